"""Several reports in one table: likelihood, and every figure with its overlap with people."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final

from export.evaluate import effort, pictures
from export.evaluate.named import Named
from export.evaluate.page import document, picture, table_of
from export.evaluate.report import Likelihood, Report, Row, Table
from export.evaluate.tables import Titled, called, spread
from live.runtime.timing import Timing

TABLES: Final = {"music": "form and musicality", "listening": "listening", "copying": "copying"}
"""Sections of figures, as the fields of a report, and what they are called."""
NONE: Final = "-"


def told_apart(reports: Sequence[Report]) -> list[Named]:
    """Return reports with names of their own: of two of one name, each with its digest, knobs or date."""
    names = [one.name for one in reports]
    found = []
    for one in reports:
        name = one.name
        if names.count(name) > 1:
            alike = [other for other in reports if other.digest == one.digest]
            apart = all(other is one or other.knobs != one.knobs for other in alike)
            by = one.digest[:6] if len(alike) == 1 else _turned(one) if apart else one.made
            name = f"{name} ({by})"
        found.append(Named(name, one))
    return found


def _turned(report: Report) -> str:
    """Return the knobs that were turned."""
    return ", ".join(f"{knob}={value}" for knob, value in report.knobs.items()) or "no knob turned"


def differences(found: Sequence[Named]) -> list[str]:
    """Return in sentences what was not asked of all of them alike: such figures say little beside each other."""
    asked = {
        "people's music": [f"{one.split} of {', '.join(one.corpora)}" for _, one in found],
        "the number of solos": [str(one.seeds) for _, one in found],
        "the bars of a solo": [str(one.bars) for _, one in found],
        "what was turned": [_turned(one) for _, one in found],
        "what a step is": [one.representation for _, one in found],
    }
    said = [
        f"{what} differs: {', '.join(f'{one.name} {value}' for one, value in zip(found, values, strict=True))}."
        for what, values in asked.items()
        if len(set(values)) > 1
    ]
    unfinished = [one.name for one in found if not one.report.complete]
    return said + ([f"not finished: {', '.join(unfinished)}."] if unfinished else [])


def tables(found: Sequence[Named], events: Sequence[Timing | None]) -> list[Titled]:
    """Return everything that two or more of them have, or that one has, as text. events: see `effort.live`."""
    made = [effort.side_by_side(found, events), *_likelihood(found), *_again(found)]
    for field, name in TABLES.items():
        made += _figures(found, field, name)
    return made


def _likelihood(found: Sequence[Named]) -> Iterator[Titled]:
    known = [one.report.likelihood for one in found]
    factors = list(dict.fromkeys(factor for one in known if one for factor in one.streamed))
    if not factors:
        return
    rows = [
        (
            factor,
            *(_nats(one.streamed if one else None, factor) for one in known),
            _floor(known, factor),
        )
        for factor in factors
    ]
    heads = ("", *_heads(found), "Markov chain")
    yield Titled("Likelihood: nats a step, streamed", heads, rows)
    steps = sorted({h.steps for one in known if one for h in one.histories if h.steps})
    histories = [{h.steps: h.nats for h in one.histories} if one else {} for one in known]
    by_steps = [
        (f"{count:,}", *(_nats(one.get(count), "all") for one in histories)) for count in steps
    ]
    if by_steps:
        title = "Nats a step, by how many steps of the past are given"
        yield Titled(title, ("history", *_heads(found)), by_steps)


def _nats(nats: Mapping[str, float] | None, factor: str) -> str:
    return f"{nats[factor]:.3f}" if nats and factor in nats else NONE


def _floor(known: Sequence[Likelihood | None], factor: str) -> str:
    return next((_nats(one.floor, factor) for one in known if one and factor in one.floor), NONE)


def _again(found: Sequence[Named]) -> Iterator[Titled]:
    known = [one.report.likelihood and one.report.likelihood.again for one in found]
    if not any(known):
        return
    values = {
        "p of what came next then": [one and f"{one.p:.2f}" for one in known],
        "how often it comes": [one and f"{100 * one.right:.0f} %" for one in known],
        "they are apart by": [one and f"{one.error:.3f}" for one in known],
        "nats": [one and f"{one.nats:.3f}" for one in known],
    }
    rows = [(name, *(one or NONE for one in row)) for name, row in values.items()]
    yield Titled("Where the last eight steps have been before", ("", *_heads(found)), rows)


def _figures(found: Sequence[Named], field: str, name: str) -> Iterator[Titled]:
    sides: list[Table | None] = [getattr(one.report, field) for one in found]
    by_name = [{row.name: row for row in one.rows} if one else {} for one in sides]
    every = {row.name: row for one in sides if one for row in one.rows}
    for family in dict.fromkeys(row.family for row in every.values()):
        rows = [
            (
                called(row),
                *(_cell(one.get(row.name)) for one in by_name),
                spread(row.people, row.unit),
            )
            for row in every.values()
            if row.family == family
        ]
        title = f"{family[:1].upper()}{family[1:]}" + (f" ({name})" if name != family else "")
        heads = ("", *_heads(found), "people")
        yield Titled(f"{title}: the value, its range, and [its overlap with people's]", heads, rows)


def _cell(row: Row | None) -> str:
    if row is None or row.model is None:
        return NONE
    said = spread(row.model, row.unit)
    return said if row.overlap is None else f"{said} [{row.overlap:.2f}]"


def _heads(found: Sequence[Named]) -> list[str]:
    return [one.name for one in found]


def page(found: Sequence[Named], events: Sequence[Timing | None]) -> str:
    """Return all of it as one HTML page. events: see `effort.live`."""
    title = " beside ".join(_heads(found))
    body = [f"<h1>{escape(title)}</h1>"]
    body += [f'<p class="bad">{escape(said)}</p>' for said in differences(found)]
    first, *others = tables(found, events)
    body.append(table_of(first))
    if learned := effort.curves(found):
        equal = effort.equal_minutes(learned)
        told = "Nats on valid while they were trained" + "; dotted: until where all were." * bool(
            equal
        )
        body.append(picture(pictures.curves(learned, equal), told))
    for field in TABLES:
        tables_ = {one.name: getattr(one.report, field) for one in found}
        rows = {name: table.rows for name, table in tables_.items() if table}
        if any(row.overlap is not None for some in rows.values() for row in some):
            told = f"{TABLES[field]}: overlap with people; grey: of people with people."
            body.append(picture(pictures.overlaps(rows), told[:1].upper() + told[1:]))
    body += map(table_of, others)
    return document(title, body)

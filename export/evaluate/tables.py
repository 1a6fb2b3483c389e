"""A report as tables in the terminal."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from export.evaluate.report import Again, Report, Row, Spread
from models.contract.errors import LONGEST, line

WHOLE: Final = "from the beginning"

OVERLAPS: Final = ("overlap", "people with people")
MEANS: Final = ("yes or no",)
"""Units of what is all or nothing: the mean says more than the median."""

UNITS: Final = (
    "share",
    "yes or no",
    "ratio",
    "area under the curve",
    "cosine",
    "fitness",
    "times",
    "notes",
)
"""Those that are not said."""

_WIDEST: Final = 200
"""Characters of a cell."""


class Titled(NamedTuple):
    """A table, and the line before it."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def show(console: Console, report: Report) -> None:
    """Print what a report has."""
    put(console, [*likelihood(report), *figures(report)])


def put(console: Console, tables: Sequence[Titled]) -> None:
    """Print tables, each after its title."""
    for found in tables:
        table = Table(*(Column(_cell(one)) for one in found.head))
        for row in found.rows:
            table.add_row(*map(_cell, row))
        console.print(line(found.title, LONGEST), markup=False, highlight=False)
        console.print(table)


def _cell(text: str) -> Text:
    """Return what a table shows of a text, which a report of somebody else's may hold."""
    return Text(line(text, _WIDEST))


def likelihood(report: Report) -> list[Titled]:
    """Return what a report says of likelihood, as text."""
    found = report.likelihood
    if found is None:
        return []
    where = f"{report.split} of {', '.join(report.corpora)}"
    # Where there is one factor, it is all.
    factors = list(found.streamed)[: 1 if len(found.streamed) == 2 else None]
    head = f"{report.name} on {where}: {found.steps:,} steps of {found.pieces} of {found.of} pieces"
    rows = [
        ("streamed", *_said(found.streamed, factors)),
        ("Markov chain", *_said(found.floor, factors)),
    ]
    tables = [Titled(head, ("nats a step", *factors), rows)]
    if found.histories:
        rows = [
            (f"{one.steps:,}" if one.steps else WHOLE, *_said(one.nats, factors))
            for one in found.histories
        ]
        said = f"By how many steps of the past it is given: {found.events:,} steps amid pieces"
        tables.append(Titled(said, ("history", *factors), rows))
    if found.again:
        tables.append(_again(found.again))
    return tables


def figures(report: Report) -> list[Titled]:
    """Return the figures of music beside people's, as text: the median, the 10 % and 90 % quantiles, overlaps."""
    head = ("", "it", "people", *OVERLAPS)
    found = []
    for table in (one for one in (report.music, report.listening, report.copying) if one):
        for family in dict.fromkeys(row.family for row in table.rows):
            rows = [
                (
                    row.name,
                    spread(row.model, row.unit),
                    spread(row.people, row.unit),
                    *overlaps(row),
                )
                for row in table.rows
                if row.family == family
            ]
            title = f"{family[:1].upper()}{family[1:]}: {table.said} ({table.played} and {table.people})"
            found.append(Titled(title, head, rows))
    return found


def called(row: Row) -> str:
    """Return a figure's name with its unit, where its values do not show that."""
    return row.name if row.unit in UNITS else f"{row.name}, {row.unit}"


def spread(found: Spread | None, unit: str) -> str:
    """Return a median and its quantiles."""
    if found is None:
        return "-"
    if unit in MEANS:
        return f"{100 * found.mean:.0f} %"
    times = 100 if unit == "share" else 1
    low, middle, high = (times * one for one in (found.low, found.middle, found.high))
    digits = 0 if times == 100 or abs(high) >= 20 else 2
    said = f"{middle:.{digits}f}" + (" %" if times == 100 else "")
    return f"{said} ({low:.{digits}f} to {high:.{digits}f})"


def overlaps(row: Row) -> tuple[str, str]:
    """Return the overlap with people, and that of people with people."""
    of, among = (("-" if one is None else f"{one:.2f}") for one in (row.overlap, row.among_people))
    return of, among


def _again(found: Again) -> Titled:
    rows = [
        ("of all steps", f"{100 * found.share:.0f} %"),
        ("what came next then comes again", f"{100 * found.right:.0f} %"),
        ("the p that it gets", f"{found.p:.2f}"),
        ("the same where it comes", f"{found.where_right:.2f}"),
        ("p and what comes are apart by", f"{found.error:.3f}"),
        ("nats", f"{found.nats:.3f}"),
    ]
    title = f"Where the last {found.length} steps have been before ({found.count:,} steps)"
    return Titled(title, ("", found.factor), rows)


def _said(nats: Mapping[str, float], factors: Sequence[str]) -> list[str]:
    return [f"{nats[factor]:.3f}" for factor in factors]

"""What models took to come so far, and what they take on stage: side by side, and at equal training time."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from export.evaluate import tables
from export.evaluate.named import Named
from export.evaluate.report import Curve, Report
from export.evaluate.tables import Titled
from live.runtime.library import installed
from live.runtime.opening import opened
from live.runtime.prepare import read_bytes
from live.runtime.timing import Timing, stepper, time_in_turns
from models.contract.errors import ExtempoError

NONE: Final = "-"
COPIED: Final = ("longest copied run", "12-runs that are known")
"""Figures of copying that stand beside the others."""


def whole(report: Report) -> Curve | None:
    """Return the curve of a model's training in all, if it has one with its steps."""
    for curve in reversed(report.curves):
        if curve.nats and len(curve.steps) == len(curve.nats):
            return curve
    return None


def curves(found: Sequence[Named]) -> list[Curve]:
    """Return the curves of all that have one, by the names of the models."""
    known = ((one.name, whole(one.report)) for one in found)
    return [Curve(name, one.minutes, one.nats, one.steps) for name, one in known if one]


def equal_minutes(found: Sequence[Curve]) -> float:
    """Return for how long all were trained; 0 where there are not two to be compared."""
    return min(one.minutes[-1] for one in found) if len(found) > 1 else 0.0


def live(paths: Sequence[Path | None]) -> list[Timing | None]:
    """Time an event of each artifact as one performs, in turns in one run, so that nothing else tells them apart.

    None where there is no file. Raises ExtempoError.
    """
    steps = [stepper(opened(path, "events").take()) if path else None for path in paths]
    taken = iter(time_in_turns([step for step in steps if step]))
    return [next(taken) if step else None for step in steps]


def installed_as(digests: Sequence[str]) -> Mapping[str, Path]:
    """Return where the installed artifacts with these digests lie."""
    found = {}
    for path in installed():
        with suppress(ExtempoError):
            found[hashlib.sha256(read_bytes(path)).hexdigest()] = path
    return {digest: found[digest] for digest in digests if digest in found}


def side_by_side(found: Sequence[Named], events: Sequence[Timing | None]) -> Titled:
    """Return loss, training, size, speed and copies in one table; what one does not say is a dash."""
    reports = [one.report for one in found]
    rows: list[tuple[str, ...]] = [
        ("held-out loss, nats a step", *map(_loss, reports), _floor(reports)),
        ("training in all", *map(_trained, reports), ""),
        *_reached([whole(one) for one in reports]),
        ("size", *map(_size, reports), ""),
        ("an event live, microseconds", *map(_event, events), ""),
        *_copied(reports),
    ]
    head = ("", *(one.name for one in found), "beside")
    return Titled("Side by side", head, [row for row in rows if set(row[1:-1]) != {NONE}])


def _loss(report: Report) -> str:
    return f"{report.likelihood.streamed['all']:.3f}" if report.likelihood else NONE


def _floor(reports: Sequence[Report]) -> str:
    floors = (one.likelihood.floor["all"] for one in reports if one.likelihood)
    return next((f"Markov chain {floor:.3f}" for floor in floors), "")


def _trained(report: Report) -> str:
    if report.trained is None or not report.trained.steps:
        return NONE
    return _effort(report.trained.steps, report.trained.minutes)


def _reached(known: Sequence[Curve | None]) -> Iterator[tuple[str, ...]]:
    """Yield how far each came on valid, after the same time, and what it took to come as far as all do."""
    every = [one for one in known if one]
    if not every:
        return
    yield "best on valid", *(_when(one, min(one.nats)) if one else NONE for one in known), ""
    if minutes := equal_minutes(every):
        title = f"on valid after {_seconds(minutes)} of training each"
        yield title, *(_after(one, minutes) if one else NONE for one in known), ""
        all_reach = max(min(one.nats) for one in every)
        title = f"to come to {all_reach:.3f} on valid, as all do"
        yield title, *(_first(one, all_reach) if one else NONE for one in known), ""


def _after(curve: Curve, minutes: float) -> str:
    """Return the best that was measured until then: what best.pt held."""
    until = [nats for at, nats in zip(curve.minutes, curve.nats, strict=True) if at <= minutes]
    return f"{min(until):.3f}" if until else "not measured"


def _when(curve: Curve, nats: float) -> str:
    return f"{nats:.3f}: {_first(curve, nats)}"


def _first(curve: Curve, nats: float) -> str:
    at = next(number for number, one in enumerate(curve.nats) if one <= nats)
    return _effort(curve.steps[at], curve.minutes[at])


def _effort(steps: int, minutes: float) -> str:
    return f"{steps:,} steps, {_seconds(minutes)}"


def _seconds(minutes: float) -> str:
    seconds = 60 * minutes
    return f"{seconds:,.0f} s" if seconds >= 10 else f"{seconds:.2g} s"


def _size(report: Report) -> str:
    numbers = f"{report.parameters:,} numbers"
    return (
        f"{numbers}, {report.bytes / 1e6:.1f} MB ({report.precision})" if report.bytes else numbers
    )


def _event(took: Timing | None) -> str:
    return f"p50 {took.p50:.0f}, p99 {took.p99:.0f}" if took else NONE


def _copied(reports: Sequence[Report]) -> Iterator[tuple[str, ...]]:
    for name in COPIED:
        rows = [
            next((row for row in one.copying.rows if row.name == name), None)
            if one.copying
            else None
            for one in reports
        ]
        said = (f"people {tables.spread(row.people, row.unit)}" for row in rows if row)
        cells = (tables.spread(row.model, row.unit) if row else NONE for row in rows)
        yield name, *cells, next(said, "")

"""A row of a bench: percentiles of one thing that was measured, beside its budget."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from models.contract.errors import ExtempoError

BUDGETS: Final[Mapping[str, Mapping[str, float]]] = {
    "event_paced": {"p99": 2000.0},
    "event_paced_warm": {"p99": 2000.0},
    "note_to_note": {"p50": 6.0, "p99": 9.0},
    "daemon_share": {"p50": 0.8, "p99": 2.0},
    "osc_to_inbox": {"p99": 1.0},
    "schedule_error_jack": {"max": 0.0},
    "schedule_error_rtmidi": {"p99": 1.0},
    "first_note": {"max": 2.0},
    "resident_memory": {"max": 300.0},
}
"""What each row may reach at most, in the row's own unit."""

LEAST: Final[Mapping[str, float]] = {"torch_default_paced": 5.0}
"""How many times an event's p50 (`event_paced`) a row's own p50 has to be, at least."""

_DIGITS: Final = 4


class BenchError(ExtempoError):
    """Something that cannot be measured here; the text is the reason that its rows give."""


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was measured, n times. note: what exactly, in words.

    times: its p50 as a multiple of event_paced's. budget: the most that it may be, by percentile,
    or the least by `times`. ok: whether it is within.
    """

    name: str
    unit: str
    p50: float
    p99: float
    max: float
    n: int
    note: str = ""
    times: float | None = None
    budget: dict[str, float] | None = None
    ok: bool | None = None


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """A row that could not be measured here, and why."""

    name: str
    skipped: str


def measured(name: str, unit: str, values: Sequence[float], note: str = "") -> Row:
    """Return the row of these values, in `unit`. Raises BenchError where there are none."""
    if not values:
        raise BenchError("nothing was measured: the run brought no value")
    p50, p99 = np.percentile(values, (50, 99))
    row = Row(
        name=name,
        unit=unit,
        p50=_rounded(float(p50)),
        p99=_rounded(float(p99)),
        max=_rounded(float(max(values))),
        n=len(values),
        note=note,
    )
    if name not in BUDGETS:
        return row
    budget = dict(BUDGETS[name])
    within = all(getattr(row, key) <= most for key, most in budget.items())
    return msgspec.structs.replace(row, budget=budget, ok=within)


def compared(row: Row, event: Row | None) -> Row:
    """Return a row with its p50 as a multiple of an event's, and its budget if it has one."""
    if event is None:
        return row
    times = _rounded(row.p50 / event.p50)
    row = msgspec.structs.replace(row, times=times)
    if row.name not in LEAST:
        return row
    least = LEAST[row.name]
    return msgspec.structs.replace(row, budget={"times": least}, ok=times >= least)


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")

"""A row of a bench: percentiles of one thing that was measured, beside its budget."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from models.contract.errors import ExtempoError

BUDGETS: Final[Mapping[str, Mapping[str, float]]] = {
    "event_paced": {"p99": 2000.0},
    "event_paced_warm": {"p99": 2000.0},
    "event_copy_hot": {"p50": 100.0},
    "event_copy_paced": {"p50": 150.0},
    "note_to_note": {"p50": 6.0, "p99": 9.0},
    "daemon_share": {"p50": 0.8, "p99": 2.0},
    "osc_to_inbox": {"p99": 1.0},
    "schedule_error_jack": {"max": 0.0},
    "schedule_error_rtmidi": {"p99": 1.0},
    "first_note": {"max": 2.0},
    "resident_memory": {"max": 300.0},
}
"""What each row may reach at most, in the row's own unit."""

LEAST: Final[Mapping[str, Mapping[str, float]]] = {
    "torch_default_paced": {"times": 5.0},
    "20x32x64.kernel": {"real_time": 4.0},
    "20x32x64.session": {"times": 8.0},
    "20x32x64.kernel_48k": {"real_time": 1.0},
    "10x16x32.kernel_48k": {"real_time": 1.0},
}
"""What each row has to reach at least."""

_DIGITS: Final = 4


class BenchError(ExtempoError):
    """Something that cannot be measured here; the text is the reason that its rows give."""


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was measured, n times. note: what exactly, in words.

    times: its p50 as a multiple of that of the row that it is held against. rate: samples a second,
    and real_time: seconds of sound in a second, both by its p50. missed: how many of n came after
    their deadline. budget: the most that it may be by percentile or `missed`, the least by `times` or
    `real_time`. ok: whether it is within.
    """

    name: str
    unit: str
    p50: float
    p99: float
    max: float
    n: int
    note: str = ""
    times: float | None = None
    rate: float | None = None
    real_time: float | None = None
    missed: int | None = None
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
    return _judged(row, BUDGETS[name]) if name in BUDGETS else row


def compared(row: Row, base: Row | None) -> Row:
    """Return a row with its p50 as a multiple of another's, and its budget if it has one."""
    if base is None:
        return row
    return least(msgspec.structs.replace(row, times=_rounded(row.p50 / base.p50)))


def sounding(row: Row, rate: int) -> Row:
    """Return a row of microseconds a sample as it is for sound of so many samples a second."""
    made = 1e6 / row.p50
    speed = {"rate": _rounded(made), "real_time": _rounded(made / rate)}
    return least(msgspec.structs.replace(row, **speed))


def missing(row: Row, missed: int, most: int | None = None) -> Row:
    """Return a row with how many came too late, and how many may."""
    row = msgspec.structs.replace(row, missed=missed)
    return row if most is None else _judged(row, {"missed": most})


def least(row: Row) -> Row:
    """Return a row held against what it has to reach, where that is known of it."""
    lowest = LEAST.get(row.name, {})
    found = {key: getattr(row, key) for key in lowest}
    if not found or None in found.values():
        return row
    within = all(found[key] >= value for key, value in lowest.items())
    return msgspec.structs.replace(row, budget=dict(lowest), ok=within)


def _judged(row: Row, most: Mapping[str, float]) -> Row:
    within = all(getattr(row, key) <= value for key, value in most.items())
    return msgspec.structs.replace(row, budget=dict(most), ok=within)


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")

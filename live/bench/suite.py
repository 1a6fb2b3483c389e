"""All rows of a bench in their order; what cannot be measured says why and stops nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from live.bench import (
    beat,
    copying,
    inbox,
    machine,
    model_rows,
    performance,
    share,
    startup,
    system_midi,
    torch_rows,
)
from live.bench.rows import BenchError, Row, Skipped, compared
from models.contract.errors import ExtempoError

SECONDS: Final = 4.0
"""Seconds that a row is measured for, unless told."""


class Rows(NamedTuple):
    """Rows that come of one run. run: takes the model, seconds, and the names that are wanted."""

    rows: tuple[str, ...]
    run: Callable[[Path, float, frozenset[str]], Iterable[Row]]


MEASURES: Final = (
    Rows(("event_hot", "event_paced", "event_paced_warm"), model_rows.events),
    Rows(("event_copy_hot", "event_copy_paced"), copying.copying),
    Rows(("onset_paced",), beat.onset),
    Rows(("note_to_note", "schedule_error_jack", "xruns"), performance.through_jack),
    Rows(("daemon_share",), share.share),
    Rows(("osc_to_inbox",), inbox.osc),
    Rows(("schedule_error_rtmidi",), system_midi.system_midi),
    Rows(("first_note", "resident_memory"), startup.first_note),
    Rows(("render_speed",), model_rows.rendering),
    Rows(("torch_default_paced", "torch_best_paced"), torch_rows.torch),
)
ORDER: Final = (
    *(
        "event_hot",
        "event_paced",
        "event_paced_warm",
        "event_copy_hot",
        "event_copy_paced",
        "onset_paced",
        "note_to_note",
        "daemon_share",
        "osc_to_inbox",
    ),
    *("schedule_error_jack", "xruns", "schedule_error_rtmidi", "first_note", "resident_memory"),
    *("render_speed", "torch_default_paced", "torch_best_paced"),
)
"""The rows as they are shown."""


class Suite(NamedTuple):
    """What one command measures. base: the row that a row is held against, or an empty name."""

    measures: tuple[Rows, ...]
    order: tuple[str, ...]
    base: Callable[[str], str]


NOTES: Final = Suite(
    MEASURES, ORDER, lambda name: "event_paced" if name.startswith("torch") else ""
)
"""How fast a model plays notes."""


class Report(NamedTuple):
    """The machine, and every row that was wanted."""

    machine: dict[str, Any]
    rows: list[Row | Skipped]

    def builtins(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"machine": self.machine, "rows": msgspec.to_builtins(self.rows)}


def run(
    suite: Suite, model: Path, seconds: float, only: Sequence[str], tell: Callable[[str], None]
) -> Report:
    """Measure the rows in `only`, or all. tell: takes the names of those that are measured now.

    Raises BenchError for a row that there is not.
    """
    unknown = [name for name in only if name not in suite.order]
    if unknown:
        raise BenchError(f"There is no row {unknown[0]!r}; there are {', '.join(suite.order)}.")
    wanted = frozenset(only or suite.order)
    tell("the machine")
    described = machine.describe() | {"model": model.name, "before": machine.others()}
    found: dict[str, Row | Skipped] = {}
    for measure in suite.measures:
        names = [name for name in measure.rows if name in wanted]
        if names:
            tell(", ".join(names))
            found |= {row.name: row for row in _rows(measure, names, model, seconds)}
    described["after"] = machine.others()
    rows = [
        _beside(found[name], found.get(suite.base(name))) for name in suite.order if name in found
    ]
    return Report(described, rows)


def _rows(
    measure: Rows, names: Sequence[str], model: Path, seconds: float
) -> Iterator[Row | Skipped]:
    missing = list(names)
    reason = "it cannot be measured on this machine"
    try:
        for row in measure.run(model, seconds, frozenset(names)):
            if row.name in missing:
                missing.remove(row.name)
                yield row
    except ExtempoError as error:
        reason = str(error)
    for name in missing:
        yield Skipped(name=name, skipped=reason)


def _beside(row: Row | Skipped, base: Row | Skipped | None) -> Row | Skipped:
    if isinstance(row, Row) and isinstance(base, Row):
        return compared(row, base)
    return row

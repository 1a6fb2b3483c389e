"""How soon it plays, and what it holds."""

import contextlib
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from live.bench.rows import BenchError, Row, measured
from live.bench.running import running
from live.engine.notes import operations as op
from live.record.replay import Journal
from live.time.clock import Timeline

STARTS: Final = 3
"""How often it is started."""
_SETTLED: Final = 1.5
"""Seconds of playing before memory is looked at."""


def first_note(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield first_note and resident_memory."""
    taken: list[float] = []
    memory: tuple[float, str] | None = None
    for start in range(STARTS):
        with running(model, "--gain", "0") as daemon:
            daemon.wait_for('"Commit"')
            if start == STARTS - 1 and "resident_memory" in wanted:
                time.sleep(_SETTLED)
                memory = held(daemon.pid)
            taken.append(_first(daemon.end()) - daemon.began)
    note = "from the execution of extempo play to the first note; the model's own pause included"
    yield measured("first_note", "s", taken, note)
    if memory is not None:
        megabytes, note = memory
        yield measured("resident_memory", "MB", [megabytes], note)


def _first(journal: Journal) -> float:
    """Return when the first note sounded, in monotonic seconds."""
    # The clock as it began: at the end it was held, perhaps before this note.
    begun = Timeline(journal.timeline.segments[:1])
    for line in journal.lines:
        if isinstance(line.did, op.Commit) and line.did.heard:
            return max(begun.time_of_tick(line.did.tick), line.at)
    raise BenchError("no note was played")


def held(pid: int) -> tuple[float, str] | None:
    """Return the megabytes of a process and all below it, and what was seen; None if it is not told.

    A page that several share counts once.
    """
    processes = list(_tree(pid))
    try:
        total = sum(_proportional(one) for one in processes)
        torch = any("libtorch" in _read(one, "maps") for one in processes)
    except OSError:
        return None
    seen = "torch is in memory" if torch else "torch is not in memory"
    return total / 1000, f"sum of PSS of {len(processes)} processes while playing; {seen}"


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError):
            for child in (task / "children").read_text().split():
                yield from _tree(int(child))


def _proportional(pid: int) -> float:
    """Return a process's kilobytes (of 1000 bytes), a page that n share counted as an nth."""
    for line in _read(pid, "smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1.024
    raise OSError(f"process {pid} does not tell its PSS")


def _read(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text(errors="replace")

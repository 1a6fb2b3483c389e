"""The notes that came somewhere, found again among those that the journal shows as committed."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from live.bench.rows import BenchError
from live.engine.notes import operations as op
from live.ipc import acts
from live.record.replay import Journal
from live.time.clock import Timeline

T = TypeVar("T")


def times(journal: Journal, came: Sequence[tuple[T, int]]) -> Iterator[tuple[float, T]]:
    """Yield, of each note that came, the seconds of the time that it carries and when or where it came.

    came: when or where, and the pitch, in order. The first notes may have been played before
    anybody listened. Raises BenchError where those that came are not a run of those committed.
    """
    # The last notes went out just before the clock was held, with the times that they had.
    timeline = Timeline(tuple(one for one in journal.timeline.segments if one.tempo > 0))
    carried = [
        (line.did.pitch, timeline.time_of_tick(line.did.tick))
        for line in journal.lines
        if isinstance(line.did, op.Commit)
    ]
    pitches = [pitch for _, pitch in came]
    for start in range(len(carried) - len(came) + 1):
        run = carried[start : start + len(came)]
        if [pitch for pitch, _ in run] == pitches:
            for (_, at), (where, _) in zip(run, came, strict=True):
                yield at, where
            return
    raise BenchError("the notes that came are not those that the journal shows as committed")


def answers(journal: Journal) -> list[tuple[int, int]]:
    """Return (the player's pitch, the answer's) of every note that was answered.

    Each was heard, which the trunk was fed, and then an event was planned, which the heads drew,
    and committed.
    """
    found: list[tuple[int, int]] = []
    heard: int | None = None
    planned = False
    for line in journal.lines:
        match line.did:
            case acts.Play(pitch=pitch):
                heard, planned = pitch, False
            case op.Plan():
                planned = True
            case op.Commit(pitch=pitch) if heard is not None and planned:
                found.append((heard, pitch))
                heard = None
            case _:
                pass
    return found

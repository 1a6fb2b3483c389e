"""The next note of a voice, as it goes to the ports and as it is written down."""

from collections.abc import Iterable

from live.engine.notes import operations as op
from live.engine.notes.generator import Generator
from live.engine.notes.history import Moment
from live.engine.notes.instruments import channel_of
from live.ipc.wire import CommittedNote
from live.time.clock import Timeline
from models.contract.grid import TICKS, Note


def committed(generator: Generator, note: Note, number: int, at: float) -> CommittedNote:
    """Return a voice's next note as it is sent. at: when it sounds, in seconds."""
    knobs = generator.knobs
    ended = tuple(one.pitch for _, one in generator.stolen())
    return CommittedNote(
        voice=generator.number, pitch=note.pitch, velocity=note.velocity, channel=channel_of(note.part, knobs),
        at=at, end=(note.sounds + note.duration) / TICKS, number=number, ended=ended, part=note.part,
    )  # fmt: skip


def written(note: Note, sent: CommittedNote, heard: bool) -> op.Commit:
    """Return the operation of a note that is sent; heard: whether it is."""
    return op.Commit(
        tick=note.onset, pitch=note.pitch, velocity=note.velocity, duration=note.duration,
        number=sent.number, channel=sent.channel, heard=heard, ended=sent.ended, part=note.part,
        offset=note.offset,
    )  # fmt: skip


def goes_out(plan: Iterable[Moment], timeline: Timeline) -> float:
    """Return when the first of the planned notes sounds, in seconds; there is one at least.

    One that is late may sound after one that is planned behind it: both go out before the earlier of them.
    """
    return timeline.time_of_tick(min(one.note.sounds for one in plan if one.note is not None))

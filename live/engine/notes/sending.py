"""The next note of a voice, as it goes to the ports and as it is written down."""

from live.declared.knobs import NoteKnobs
from live.engine.notes import operations as op
from live.engine.notes.generator import Generator
from live.ipc.wire import CommittedNote
from models.contract.grid import ACCOMPANIES, DRUM_KIT, OTHERS, TICKS, Note
from models.midi.messages import CHANNELS, DRUMS


def channel_of(part: int, knobs: NoteKnobs) -> int:
    """Return the MIDI channel of a part: further instruments are on the next ones, drums where drums are."""
    if part < DRUM_KIT:
        return (part == ACCOMPANIES and knobs.chords_channel) or knobs.channel
    if part == DRUM_KIT:
        return DRUMS
    after = ((knobs.channel + more) % CHANNELS + 1 for more in range(CHANNELS - 1))
    others = [channel for channel in after if channel != DRUMS]
    return others[(part - OTHERS) % len(others)]


def committed(generator: Generator, note: Note, number: int, at: float) -> CommittedNote:
    """Return a voice's next note as it is sent. at: when it sounds, in seconds."""
    knobs = generator.knobs
    ended = tuple(one.pitch for _, one in generator.stolen())
    return CommittedNote(
        voice=generator.number, pitch=note.pitch, velocity=note.velocity, channel=channel_of(note.part, knobs),
        at=at, end=(note.onset + note.duration) / TICKS, number=number, ended=ended, part=note.part,
    )  # fmt: skip


def written(note: Note, sent: CommittedNote, heard: bool) -> op.Commit:
    """Return the operation of a note that is sent; heard: whether it is."""
    return op.Commit(
        tick=note.onset, pitch=note.pitch, velocity=note.velocity, duration=note.duration,
        number=sent.number, channel=sent.channel, heard=heard, ended=sent.ended, part=note.part,
    )  # fmt: skip

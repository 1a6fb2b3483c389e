"""What is played to a voice goes into its history in its place; what came after it is fed again."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from live.engine.notes.feeding import Feeding, Together
from live.engine.notes.history import History, Moment, together
from live.engine.notes.instruments import Instruments
from live.engine.notes.onsets import nearest
from live.ipc import acts
from models.contract.grid import DRUM_KIT, Note

LOWER: Final = -1
"""Below every pitch: what begins together is taken out with the note that joins it."""


def hear(feeding: Feeding, history: History, note: Note, touch: bool = True) -> None:
    """Remember a note that somebody else played. touch: whether the voice's touch follows it."""
    joins = feeding.decoder.joins
    pitch = LOWER if joins else note.pitch
    note = msgspec.structs.replace(note, onset=nearest(note.onset, joins, feeding.bars))
    after = history.cut(note.onset, pitch)
    feeding.write(history, [Together((note,), touch=touch), *notes_of(after)])


def of_player(feeding: Feeding, did: acts.Play) -> Note:
    """Return the player's note: on an instrument's channel it is that instrument's, where the model knows several."""
    instruments = Instruments(feeding.model.representation.vocabulary)
    part = instruments.heard_on(did.channel, feeding.knobs)
    return Note(did.tick, did.pitch, did.velocity, 0, part, did.offset)


def take_in(
    feeding: Feeding, history: History, overheard: Iterable[tuple[int, int, Note, bool]]
) -> None:
    """Remember what other voices have played, in the order of tick and voice, each a tick back at most.

    overheard: onset, voice, note, touch. Drums are nothing to who knows pitches alone.
    """
    for onset, _, note, touch in sorted(overheard, key=lambda one: one[:2]):
        if note.part == DRUM_KIT and not feeding.decoder.drums:
            continue
        note = msgspec.structs.replace(note, onset=max(onset, history.last.tick - 1))
        hear(feeding, history, note, touch)


def lift(feeding: Feeding, history: History, tick: int, pitch: int) -> bool:
    """End the player's held note of a pitch; return whether one is remembered."""
    taken = history.cut_held(pitch)
    if taken:
        feeding.write(history, _lifted(notes_of(taken), tick, pitch))
    return bool(taken)


def notes_of(moments: Iterable[Moment]) -> Iterator[Together]:
    """Yield the notes of moments that were played or drawn, those that one step says together."""
    group: list[Note] = []
    before: Moment | None = None
    for moment in moments:
        if moment.note is None or moment.fixed:
            continue
        if before is not None and not together(before, moment):
            yield Together(tuple(group), before.own, before.touch)
            group = []
        group.append(moment.note)
        before = moment
    if before is not None:
        yield Together(tuple(group), before.own, before.touch)


def _lifted(groups: Iterable[Together], tick: int, pitch: int) -> Iterator[Together]:
    """Yield groups of notes, the player's first that is held at this pitch ending at a tick."""
    waiting = True
    for notes, own, touch in groups:
        if waiting and not own and any(one.pitch == pitch and not one.duration for one in notes):
            notes = tuple(
                _ended(one, tick) if one.pitch == pitch and not one.duration else one
                for one in notes
            )
            waiting = False
        yield Together(notes, own, touch)


def _ended(note: Note, tick: int) -> Note:
    return msgspec.structs.replace(note, duration=max(tick - note.onset, 1))

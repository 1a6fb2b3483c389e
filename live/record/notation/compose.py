"""A sheet made from a journal: its bars, its tempo, its key, and a part for the player and each voice."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

from live.declared.knob import SOUNDS
from live.declared.knobs import NoteKnobs, turned
from live.engine.notes import operations as op
from live.engine.notes.operations import Tempo
from live.ipc import acts
from live.ipc.wire import PLAYER, Who
from live.record import take
from live.record.heard import Taken, notes_heard
from live.record.notation import keys
from live.record.notation.bars import Bar, NotationError, Ruler
from live.record.notation.keys import Key
from live.record.notation.lines import lines
from live.record.notation.quantised import snapped
from live.record.notation.sheet import Part, Sheet, Staff
from live.record.replay import Journal
from models.contract.grid import MIDDLE_C, TICKS

_MARKED: Final = 1.0
"""Beats a minute by which the tempo has to change to be marked: clocks that are followed waver."""
_WIDE: Final = 24
"""Semitones beyond which a part that goes on both sides of middle C has two staves."""
_BASS: Final = 57
"""The mean pitch below which a staff has the bass clef."""


def sheet(journal: Journal, title: str) -> Sheet:
    """Return what was heard as a sheet. Raises NotationError, one sentence, where there is nothing to write."""
    taken = notes_heard(journal)
    if not taken:
        raise NotationError(_nothing(journal))
    end = max(round(one.end * TICKS) for one in taken)
    ruler = Ruler(take.measures(journal), max(end, 1))
    bars = ruler.bars(_keys(journal, taken))
    parts: dict[tuple[Who, int], list[Taken]] = {}
    for one in taken:
        parts.setdefault((one.who, one.channel), []).append(one)
    order = sorted(parts, key=lambda part: (0 if part[0] == PLAYER else part[0], part[1]))
    written = tuple(_part(parts[one], _name(one, order), ruler, bars) for one in order)
    return Sheet(title, bars, _tempi(journal.tempi, ruler), written)


def _nothing(journal: Journal) -> str:
    kinds = {line.did.kind for line in journal.lines if isinstance(line.did, op.Begin)}
    if kinds <= SOUNDS:
        return "A voice of sound plays no notes that could be written down, and nobody else played."
    return "No note was heard in this take: there is nothing to write down."


def _name(part: tuple[Who, int], parts: Sequence[tuple[Who, int]]) -> str:
    """Return what a part is called: with its MIDI channel where who plays it has several."""
    who, channel = part
    several = len([one for one, _ in parts if one == who]) > 1
    return f"{take.title(who)}, channel {channel}" if several else take.title(who)


def _part(taken: Sequence[Taken], name: str, ruler: Ruler, bars: Sequence[Bar]) -> Part:
    notes, exact = snapped(taken, ruler, bars)
    pitches = [one.pitch for one in notes]
    wide = (
        max(pitches) - min(pitches) > _WIDE
        and min(pitches) < MIDDLE_C - 2
        and max(pitches) > MIDDLE_C + 2
    )
    hands = [notes]
    if wide:
        hands = [
            [one for one in notes if one.pitch >= MIDDLE_C],
            [one for one in notes if one.pitch < MIDDLE_C],
        ]
    staves = []
    for index, own in enumerate(hands):
        low = index == 1 if wide else sum(pitches) < _BASS * len(pitches)
        staves.append(Staff("bass" if low else "treble", lines(own, bars, exact)))
    return Part(name, taken[0].channel, tuple(staves))


def _tempi(tempi: Iterable[Tempo], ruler: Ruler) -> tuple[tuple[int, float], ...]:
    """Return the tempi that are marked. A clock that is held stays where it is: no beats go by."""
    marked: dict[int, float] = {}
    last = jumped = 0.0
    for change in tempi:
        jumped += change.jump
        tempo = round(change.tempo, 2)
        if tempo > 0 and (abs(tempo - last) >= _MARKED or not marked):
            last = marked[ruler.place(round((change.beat - jumped) * TICKS))] = tempo
    return tuple(sorted(marked.items()))


def _keys(journal: Journal, taken: Iterable[Taken]) -> list[tuple[int, Key]]:
    """Return from which tick on which key stands: as the first voice's knobs say that hold to one, else estimated."""
    by_voice: dict[Who, list[tuple[int, Key | None]]] = {}
    stand: dict[Who, NoteKnobs] = {}
    for line in journal.lines:
        match line.did:
            case op.Begin(knobs=values, kind=kind) if kind not in SOUNDS:
                stand[line.voice] = turned(NoteKnobs(), values)
            case acts.SetKnob(knob="key" | "scale" as name, value=value) if line.voice in stand:
                stand[line.voice] = turned(stand[line.voice], {name: value})
            case _:
                continue
        knobs = stand[line.voice]
        said = by_voice.setdefault(line.voice, [])
        since = _tick(line.at, journal.tempi) if said else 0
        said.append((since, keys.of_knobs(knobs.key, knobs.scale)))
    heard = keys.estimated((one.pitch, one.end - one.start) for one in taken)
    for _, said in sorted(by_voice.items(), key=lambda one: str(one[0])):
        if any(key for _, key in said):
            ticks = accumulate((tick for tick, _ in said), max)
            return [(tick, key or heard) for tick, (_, key) in zip(ticks, said, strict=True)]
    return [(0, heard)]


def _tick(at: float, tempi: Sequence[Tempo]) -> int:
    """Return the tick at a time in seconds, as if the clock had never jumped."""
    beat = jumped = 0.0
    for change in tempi:
        if change.at > at and change is not tempi[0]:
            break
        jumped += change.jump
        beat = change.beat - jumped + (at - change.at) * change.tempo / 60
    return round(beat * TICKS)

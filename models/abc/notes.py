"""Notes, rests and chords: their pitches and lengths, ties, broken rhythm, tuplets, staccato and grace notes."""

import re
from typing import Final

from msgspec.structs import replace

from models.abc.keys import ALTERED, LETTERS, NATURAL, octave_of
from models.abc.state import LONGEST, SECTION, WHOLE, Grace, Held, Sounded, State, Tuplet
from models.contract.grid import MIDDLE_C

Sounds = tuple[Sounded, ...]
Named = tuple[int, str]
"""A pitch, and the letter with its octave that it is written as."""
_NOTE: Final = re.compile(r"(\^\^|\^|=|__|_)?([A-Ga-g])([,']*)(\d*)(/*)(\d*)(-?)")
_REST: Final = re.compile(r"([zxZX])(\d*)(/*)(\d*)")
_OUTER: Final = re.compile(r"\](\d*)(/*)(\d*)$")
_TIMES: Final = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
"""In the time of how many notes so many are played; the others depend on the metre."""
_GRACE: Final = 4
"""A grace note lasts so many times shorter than it is written; they take no more than all of their note."""
_CHORD: Final = 10
"""Notes of a chord, or grace notes before one note, at most; more are passed over."""


def note(state: State, token: str) -> tuple[State, Sounds]:
    """Read a note."""
    found = _NOTE.fullmatch(token)
    if not found:
        return state, ()
    state, named = _pitch(state, *found.groups()[:3])
    return _begin(state, (named,), _scaled(state.unit, *found.groups()[3:6]))


def rest(state: State, token: str) -> tuple[State, Sounds]:
    """Read a rest: of notes, or of bars."""
    found = _REST.fullmatch(token)
    if not found:
        return state, ()
    if found[1] in "zx":
        return _begin(state, (), _scaled(state.unit, *found.groups()[1:]))
    beats, over = state.metre
    return _begin(state, (), min(_number(found[2], 1) * beats * WHOLE // over, LONGEST))


def chord(state: State, token: str) -> tuple[State, Sounds]:
    """Read a chord: it lasts as long as its first note."""
    pitches: list[Named] = []
    length = 0
    tied: list[int] = []
    for found in _NOTE.finditer(token.partition("]")[0]):
        if len(pitches) == _CHORD:
            break
        state, named = _pitch(state, *found.groups()[:3])
        pitches.append(named)
        length = length or _scaled(state.unit, *found.groups()[3:6])
        tied += [named[0]] * bool(found[7])
    outer = _OUTER.search(token)
    if not pitches:
        return state, ()
    length = _scaled(length, *outer.groups()) if outer else length
    state, sounds = _begin(state, tuple(pitches), length)
    return replace(state, tied=tuple(tied)), sounds


def grace(state: State, token: str) -> tuple[State, Sounds]:
    """Read the notes in braces: they take their time from the note that follows."""
    graces = list(state.graces)
    for part in re.findall(r"\[[^\]]*|[^\[]+", token):
        together: tuple[int, ...] = ()
        for found in _NOTE.finditer(part):
            state, (pitch, _) = _pitch(state, *found.groups()[:3])
            length = _scaled(state.unit, *found.groups()[3:6]) // _GRACE
            if state.tuplet is not None:
                length = length * state.tuplet.times // state.tuplet.of
            if together and part[0] == "[":
                graces[-1] = Grace(graces[-1].length, (*together, pitch))
            else:
                graces.append(Grace(length, (pitch,)))
            together = graces[-1].pitches
    return replace(state, graces=tuple(graces[:_CHORD])), ()


def broken(state: State, token: str) -> tuple[State, Sounds]:
    """Read a dotted note and a short one, or the other way round; each sign more halves again."""
    signs = len(token) if token[0] == ">" else -len(token)
    return replace(state, broken=signs if state.last else 0, dotted=False), ()


def tuplet(state: State, token: str) -> tuple[State, Sounds]:
    """Read the sign before a tuplet; a bracket without a number is a slur, and changes nothing."""
    numbers = [_number(part, 0) for part in token[1:].split(":")]
    count = numbers[0]
    if not count:
        return replace(state, dotted=False), ()
    beats, over = state.metre
    compound = over == 8 and beats % 3 == 0 and beats > 3
    usual = _TIMES.get(count, 3 if compound else 2)
    times = (numbers[1] if len(numbers) > 1 else 0) or usual
    left = (numbers[2] if len(numbers) > 2 else 0) or count
    return replace(state, tuplet=Tuplet(times, count, left)), ()


def tie(state: State) -> State:
    """What has begun goes on in the next notes of its pitch; a tie between grace notes and theirs is a slur."""
    if state.graces:
        return state
    pitches = {pitch for one in state.held for pitch in one.pitches}
    return replace(state, tied=tuple(sorted(pitches)), carried=False, dotted=False)


def settle(state: State) -> tuple[State, Sounds]:
    """Decide the notes whose length was not decided."""
    if not state.held:
        return state, ()
    return _decided(replace(state, held=(), tied=()), state.held)


def _decided(state: State, ended: tuple[Held, ...]) -> tuple[State, Sounds]:
    sounds = tuple(one for held in ended for one in _sounding(held, state.voice))
    section, began = (*state.section, *sounds), state.began
    if began < 0 or len(section) > SECTION:
        section, began = (), -1
    return replace(state, section=section, began=began), sounds


def _sounding(held: Held, voice: int) -> Sounds:
    """Return notes, and the grace notes before them where there is time for those."""
    length = held.length - held.silent
    taken = sum(one.length for one in held.graces)
    at, sounds = held.onset, []
    if taken >= min(held.first, length):
        taken = 0
    else:
        for one in held.graces:
            sounds.append(Sounded(at, one.length, one.pitches, voice))
            at += one.length
    if length:
        sounds.append(Sounded(at, length - taken, held.pitches, voice))
    return tuple(sounds)


def _begin(state: State, notes: tuple[Named, ...], length: int) -> tuple[State, Sounds]:
    """Let notes begin where those before end; none is a rest."""
    left = state.tuplet
    if left is not None:
        length = length * left.times // left.of
        left = replace(left, left=left.left - 1) if left.left > 1 else None
    if state.broken:
        state, length = _unequal(state, length)
    begun = dict(notes)
    going = _going(state, begun, length)
    if going:
        state, sounds = _gone_on(state, going, length)
        begun = {pitch: name for pitch, name in begun.items() if pitch not in going}
    else:
        state, sounds = settle(state)
    held = state.held
    if begun and length:
        pitches, names = zip(*sorted(begun.items()), strict=True)
        silent = length - length // 2 if state.dotted else 0
        held = (*held, Held(state.at, length, pitches, names, length, silent, state.graces))
    return replace(
        state,
        held=held,
        tied=(),
        at=state.at + length,
        last=length,
        tuplet=left,
        dotted=False,
        graces=(),
    ), sounds


def _going(state: State, begun: dict[int, str], length: int) -> frozenset[int]:
    """Return the pitches that a tie leads on to; a note that has become too long ends."""
    if any(one.length + length > LONGEST for one in state.held):
        return frozenset()
    return frozenset(begun).intersection(state.tied)


def _gone_on(state: State, going: frozenset[int], length: int) -> tuple[State, Sounds]:
    """Let some of the pitches go on, and the others end."""
    staying, ending = [], []
    for one in state.held:
        stays = [pair for pair in zip(one.pitches, one.names, strict=True) if pair[0] in going]
        ends = [pair for pair in zip(one.pitches, one.names, strict=True) if pair[0] not in going]
        if stays:
            pitches, names = zip(*stays, strict=True)
            staying.append(
                replace(
                    one,
                    length=one.length + length,
                    pitches=pitches,
                    names=names,
                    silent=length - length // 2 if state.dotted else 0,
                    graces=() if ends else one.graces,
                )
            )
        if ends:
            pitches, names = zip(*ends, strict=True)
            ending.append(replace(one, pitches=pitches, names=names))
    return _decided(replace(state, held=tuple(staying)), tuple(ending))


def _unequal(state: State, length: int) -> tuple[State, int]:
    """Return the state and a note's length as the signs > and < before it say, where both notes are equal."""
    signs = abs(state.broken)
    if length != state.last:
        return replace(state, broken=0), length
    short = 2**signs
    long = 2 * short - 1
    before, after = (long, 1) if state.broken > 0 else (1, long)
    more = length * before // short - length
    held = tuple(
        replace(
            one,
            length=one.length + more,
            first=one.first + (more if one.first == one.length else 0),
            silent=one.silent and (length + more) - (length + more) // 2,
        )
        for one in state.held
    )
    return replace(state, held=held, at=state.at + more, broken=0), length * after // short


def _pitch(state: State, sign: str | None, letter: str, octaves: str) -> tuple[State, Named]:
    written = letter + octaves
    name = letter.upper()
    if sign:
        altered = {**dict(state.altered), name: ALTERED[sign]}
        state = replace(state, altered=tuple(altered.items()))
    elif state.tied and state.carried:
        for one in state.held:
            for pitch, other in zip(one.pitches, one.names, strict=True):
                if other == written and pitch in state.tied:
                    return state, (pitch, written)
    pitch = pitch_of(state, "", letter, octaves)
    return state, (min(max(pitch, 0), 127), written)


def pitch_of(state: State, sign: str, letter: str, marks: str) -> int:
    """Return the MIDI pitch of a letter where a text has come to; sign: its accidental, or none."""
    name = letter.upper()
    place = LETTERS.index(name)
    altered = dict(state.altered).get(name, state.signature[place])
    raised = ALTERED[sign] if sign else altered
    return MIDDLE_C + NATURAL[place] + raised + 12 * octave_of(letter, marks)


def _scaled(unit: int, times: str, slashes: str, over: str) -> int:
    """Return a length: 3, 3/2, /, //, /4."""
    divided = _number(over, 0) or 2 ** min(len(slashes), 10)
    return min(unit * _number(times, 1) // divided, LONGEST)


def _number(digits: str, otherwise: int) -> int:
    """Return a number of four digits at most; more of them, or none that counts, are clear too."""
    return int(digits[:4]) or otherwise if digits else otherwise

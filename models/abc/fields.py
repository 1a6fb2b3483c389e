"""The fields of a tune: what M:, L:, K: and V: say, in its head, on a line of their own, or in the line."""

import re
from typing import Final

from msgspec.structs import replace

from models.abc.keys import signature, tonic
from models.abc.state import BEAT, LONGEST, VOICES, WHOLE, State

_FIELD: Final = re.compile(r"\[?([A-Za-z]):([^\]%]*)", re.DOTALL)
_METRE: Final = re.compile(r"\(?(\d{1,3}(?:\s*\+\s*\d{1,3})*)\)?\s*/\s*(\d{1,3})")
_TEMPO: Final = re.compile(r"\[?Q:([^\]%]*)")
_SPEED: Final = re.compile(r"((?:\d{1,3}/\d{1,3}\s*)+|C\d?)\s*=\s*(\d{1,4}(?:\.\d+)?)|(\d{1,4})")
_FASTEST: Final = 6_000
"""Quarters a minute."""
_LENGTH: Final = re.compile(r"\s*(\d{1,4})(?:\s*/\s*(\d{1,4}))?")


def field(state: State, token: str) -> State:
    """Return the state after a field; those that say nothing about what sounds change nothing."""
    found = _FIELD.match(token)
    if not found:
        return state
    name, said = found.groups()
    match name:
        case "M":
            metre = metre_said(said)
            return replace(state, metre=metre, unit=state.unit if state.given else unit_of(metre))
        case "L":
            unit = _length(said)
            return replace(state, unit=unit, given=True) if unit else state
        case "K":
            return _key(state, said)
        case "V":
            return _voice(state, said) if state.body else state
        case "X":
            return replace(state, ended=state.body)
        case _:
            return state


def metre_said(said: str) -> tuple[int, int]:
    """Return how many notes of which length make a bar; (0, 1) where the text says none."""
    said = said.strip()
    if said.startswith("C"):
        return (2, 2) if said.startswith("C|") else (4, 4)
    found = _METRE.match(said)
    if not found or not int(found[2]):
        return 0, 1
    return sum(int(part) for part in found[1].split("+")), int(found[2])


def tempo_said(token: str, unit: int) -> int:
    """Return how many microseconds a quarter has after a field Q:; 0 where it says none, or is another field.

    unit: the length of a note without one, of which older texts say how many there are in a minute.
    """
    found = _TEMPO.match(token)
    said = found and _SPEED.fullmatch(re.sub('"[^"]*"', "", found[1]).strip())
    if not said:
        return 0
    length = unit * int(said[1][1:] or 1) if said[1] and said[1][0] == "C" else unit
    if said[1] and said[1][0] != "C":
        length = sum(map(_length, said[1].split()))
    tempo = float(said[2] or said[3]) * length / BEAT
    return round(60e6 / tempo) if 1 <= tempo <= _FASTEST else 0


def unit_of(metre: tuple[int, int]) -> int:
    """Return the length of a note where L: says none: 1/16 where a bar is short, else 1/8."""
    beats, over = metre
    return WHOLE // 16 if beats and beats / over < 0.75 else WHOLE // 8


def _length(said: str) -> int:
    found = _LENGTH.match(said)
    if not found:
        return 0
    return min(int(found[1]) * WHOLE // (int(found[2] or 1) or 1), LONGEST)


def _key(state: State, said: str) -> State:
    unit = state.unit or unit_of(state.metre)
    return replace(
        state, signature=signature(said), tonic=tonic(said), altered=(), unit=unit, body=True
    )


def _voice(state: State, said: str) -> State:
    """Go on in another voice, where it was left, or at the tune's beginning."""
    words = said.split()
    if not words or (state.names and state.names[state.voice] == words[0]):
        return state
    if not state.names:
        return replace(state, names=(words[0],))
    if words[0] not in state.names and len(state.names) >= VOICES:
        return state
    names = state.names if words[0] in state.names else (*state.names, words[0])
    waiting = replace(state, others=(), names=())
    others = {one.voice: one for one in (*state.others, waiting)}
    voice = names.index(words[0])
    after = others.pop(voice, None) or _beginning(state, voice)
    return replace(after, names=names, others=tuple(others.values()), fresh=state.fresh)


def _beginning(state: State, voice: int) -> State:
    return State(
        body=True,
        metre=state.metre,
        unit=state.unit,
        given=state.given,
        signature=state.signature,
        tonic=state.tonic,
        voice=voice,
    )

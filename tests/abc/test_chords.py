"""Chord symbols are accompanied: a voice of its own, known with the tune."""

import pytest

from models.abc.chords import VOICE, bass_and_chord
from models.abc.reader import read
from models.abc.state import BEAT

HEAD = "M:3/4\nL:1/4\nK:C\n"


def strokes(text: str) -> list[tuple[float, tuple[int, ...]]]:
    return [(one.onset / BEAT, one.pitches) for one in read(HEAD + text) if one.voice == VOICE]


@pytest.mark.parametrize(
    ("symbol", "bass", "chord"),
    [("C", 36, (48, 52, 55)), ("Am", 45, (48, 52, 57)), ("Bb7/F", 41, (50, 53, 56, 58))],
)
def test_a_symbol_has_a_bass_and_a_chord(symbol: str, bass: int, chord: tuple[int, ...]) -> None:
    assert bass_and_chord(symbol) == (bass, chord)


def test_the_bass_is_on_the_first_beat_and_the_chord_on_the_others() -> None:
    c, g = (48, 52, 55), (50, 55, 59)
    assert strokes('"C"c3|"G"d e f|') == [(0, (36,)), (1, c), (2, c), (3, (43,)), (4, g), (5, g)]


def test_a_symbol_stands_until_the_next_also_where_it_is_played_again() -> None:
    c, f = (48, 52, 55), (48, 53, 57)
    once = [(0, (36,)), (1, c), (2, f)]
    assert strokes('|:"C"c2"F"d:|') == once + [(at + 3, chord) for at, chord in once]


def test_a_tune_without_symbols_is_not_accompanied() -> None:
    assert strokes('c "^slow"d "x"e|') == []

import pytest

from models.corpus.pieces import Longs
from models.measures.endings import in_key, last_length, on_beat, on_strong_beat, on_tonic
from models.measures.excerpt import COMPOUND, Excerpt
from tests.measures.music import chord, excerpt, line

SCALE = [60, 62, 64, 65, 67, 69, 71]


@pytest.mark.parametrize(
    ("at", "beats", "pulse", "beat", "strong"),
    [
        (12.0, 4.0, 24, 1, 1),
        (14.0, 4.0, 24, 1, 1),
        (13.0, 4.0, 24, 1, 0),
        (13.5, 4.0, 24, 0, 0),
        (12 + 1 / 24, 4.0, 24, 1, 1),
        (12 + 2 / 24, 4.0, 24, 0, 0),
        (12 - 1 / 24, 4.0, 24, 1, 1),
        (13.5, 3.0, COMPOUND, 1, 1),
        (13.5, 4.5, COMPOUND, 1, 1),
        (15.0, 4.5, COMPOUND, 1, 0),
        (13.0, 2.0, 24, 1, 0),
        (13.0, 3.0, COMPOUND, 0, 0),
        (12.0, 3.0, COMPOUND, 1, 1),
        (13.0, 3.0, 24, 1, 0),
    ],
)
def test_the_last_onset_and_the_beat(
    at: float, beats: float, pulse: int, beat: float, strong: float
) -> None:
    music = Excerpt(excerpt(line(SCALE), chord([60], at, 1)).notes, beats, pulse)
    assert (on_beat(music), on_strong_beat(music)) == (beat, strong)


@pytest.mark.parametrize(
    ("last", "key", "tonic"),
    [
        (chord([48, 64, 67], 14, 2), 1, 1),
        (chord([52, 60, 67], 14, 2), 1, 0),
        (chord([49, 64, 68], 14, 2), 0, 0),
    ],
)
def test_the_last_chord_and_the_key(last: Longs, key: float, tonic: float) -> None:
    cadence = [
        chord(tones, 2.0 * n, 2)
        for n, tones in enumerate(([60, 64, 67], [65, 69, 72], [67, 71, 74]))
    ]
    music = excerpt(*cadence, line([*SCALE, 60], start=6), last)
    assert (in_key(music), on_tonic(music)) == (key, tonic)


def test_what_sounds_beside_the_last_note_is_part_of_its_chord() -> None:
    cadence = [
        chord(tones, 2.0 * n, 2)
        for n, tones in enumerate(([60, 64, 67], [65, 69, 72], [67, 71, 74]))
    ]
    assert on_tonic(excerpt(*cadence, chord([36], 6, 4), chord([67], 8, 2))) == 1
    assert on_tonic(excerpt(*cadence, chord([36], 6, 2), chord([67], 8, 2))) == 0


def test_the_end_is_as_long_as_it_rings() -> None:
    assert last_length(excerpt(line(SCALE), chord([36], 6, 4))) == 4.0
    assert last_length(excerpt(line([60]))) == 1.0

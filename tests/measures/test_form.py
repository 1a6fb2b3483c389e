import math

import numpy as np
import pytest

from models.measures.excerpt import Excerpt
from models.measures.form import LAGS, LENGTHS, SCALES
from models.measures.table import measured
from tests.measures.music import TUNE, canon, chord, excerpt, line, noise, scale


def test_a_canon_comes_back() -> None:
    found = measured(canon(4))
    for length in LENGTHS:
        # 64 notes have 64 - length runs; the 16 that begin in the first time through are new.
        assert found[f"{length}-runs that come back"] == pytest.approx(
            (64 - length - 16) / (64 - length)
        )
    assert found["bars that return"] == 0.0


def test_a_tune_once_has_nothing_that_comes_back() -> None:
    found = measured(excerpt(line(TUNE)))
    assert [found[f"{length}-runs that come back"] for length in (4, 6, 8, 12)] == [0.0] * 4
    assert math.isnan(found["16-runs that come back"])


def test_bars_return_with_their_top_line_in_the_same_key() -> None:
    four = line([60, 64, 67, 72, 60, 64, 67, 72, 62, 65, 69, 74, 60, 64, 67, 72])
    assert measured(excerpt(four, chord([40], 4, 4)))["bars that return"] == 0.5


def test_rhythms_of_bars() -> None:
    music = excerpt(
        line([60] * 4), line([60] * 2, 2, 4), line([72] * 4, start=8), line([60], start=12)
    )
    assert measured(music)["distinct rhythms of bars"] == 0.75


def test_even_music_has_no_variation_of_density_and_no_rest() -> None:
    found = measured(scale(64))
    assert found["variation of density"] == 0.0
    assert found["longest rest"] == 0.0


def test_a_rest_is_as_long_as_nothing_sounds() -> None:
    music = excerpt(line([60, 62]), line([64], start=5), chord([40], 0, 4))
    assert measured(music)["longest rest"] == 1.0


def test_density_that_goes_from_sixteen_notes_to_one() -> None:
    assert measured(excerpt(line([60] * 16), chord([60], 31, 1)))["variation of density"] == (
        pytest.approx(7.5 / 8.5)
    )


def test_bars_are_like_those_a_lag_on() -> None:
    chords = [(60, 64, 67), (61, 65, 68)] * 8
    music = excerpt(*(chord(list(one), 4.0 * bar, 4) for bar, one in enumerate(chords)))
    found = measured(music)
    assert [found[f"chroma similarity {lag} bars on"] for lag in LAGS] == pytest.approx(
        [0, 1, 1, 1]
    )
    assert [found[f"rhythm similarity {lag} bars on"] for lag in LAGS] == pytest.approx([1] * 4)


def test_bars_without_notes_are_like_nothing() -> None:
    found = measured(excerpt(chord([60], 0, 4), chord([60], 8, 4)))
    assert math.isnan(found["chroma similarity 1 bars on"])
    assert found["chroma similarity 2 bars on"] == pytest.approx(1.0)


def test_a_tune_that_comes_four_times_is_explained_by_one_of_them() -> None:
    found = measured(canon(4))
    # Sixteen beats cover the other 48 of 64, and are all alike in some transposition.
    assert found["structureness, short"] == pytest.approx(0.75)
    assert found["structureness, middle"] == pytest.approx(0.75)
    assert math.isnan(measured(excerpt(line([60] * 4)))["structureness, short"])


def test_noise_has_no_long_structure() -> None:
    found = measured(noise(1_000))
    assert found["structureness, long"] == 0.0
    assert found["structureness, long"] < measured(canon(16))["structureness, long"]
    assert set(SCALES) == {"short", "middle", "long"}


def stuck(music: Excerpt) -> tuple[float, float, float]:
    found = measured(music)
    return found["stuck in slow chords"], found["stuck in a loop"], found["stuck"]


def test_slow_thick_chords_are_stuck_and_a_hymn_is_not() -> None:
    random = np.random.default_rng(3)
    tones = random.integers(48, 60, 64)
    slow = [chord([tone, tone + 4, tone + 7], 2.0 * n, 2) for n, tone in enumerate(tones)]
    hymn = [chord([tone, tone + 4, tone + 7], 1.0 * n, 1) for n, tone in enumerate(tones)]
    assert stuck(excerpt(*slow)) == (1.0, 0.0, 1.0)
    assert stuck(excerpt(*hymn)) == (0.0, 0.0, 0.0)


def test_a_slow_melody_is_not_stuck() -> None:
    assert stuck(excerpt(line(TUNE * 2, 2)))[0] == 0.0


def test_three_beats_over_and_over_are_stuck_and_a_tune_is_not() -> None:
    assert stuck(excerpt(line([60, 64, 67] * 20))) == (0.0, 1.0, 1.0)
    assert stuck(canon(4))[2] == 0.0
    assert measured(canon(4))["is ever stuck"] == 0.0


def test_a_silence_of_32_beats_is_stuck() -> None:
    music = excerpt(line(TUNE), line(TUNE, start=48))
    # Of 33 stretches one has no onset at all.
    assert stuck(music)[1] == pytest.approx(1 / 33)
    assert measured(music)["is ever stuck"] == 1.0


def test_what_is_shorter_than_a_stretch_is_not_asked() -> None:
    assert all(math.isnan(one) for one in stuck(excerpt(line([60] * 8))))


def test_a_key_stays_or_goes() -> None:
    cadence = [(60, 64, 67), (65, 69, 72), (67, 71, 74), (60, 64, 67)]

    def keys(*shifts: int) -> Excerpt:
        return excerpt(
            *(
                chord([tone + shift for tone in tones], 16.0 * turn + 4 * n, 4)
                for turn, shift in enumerate(shifts)
                for n, tones in enumerate(cadence)
            )
        )

    assert measured(keys(0, 0, 0))["key stays"] == 1.0
    assert measured(keys(0, 0, 3))["key stays"] == 0.5

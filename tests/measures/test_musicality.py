import math

import numpy as np
import pytest

from models.measures.table import measured
from tests.measures.music import TUNE, chord, excerpt, line, scale


def test_a_scale_goes_in_steps_and_turns_once() -> None:
    found = measured(scale(64))
    # 32 notes up, the top one twice, 32 down: 62 moves, of which one turns.
    assert found["steps"] == 1.0
    assert found["changes of direction"] == pytest.approx(1 / 61)
    assert found["repeated notes"] == pytest.approx(1 / 63)
    assert found["range"] == 31.0
    assert found["polyphony"] == 1.0
    assert found["notes an onset"] == 1.0
    assert found["notes a beat"] == pytest.approx(64 / 63)
    assert found["entropy of rhythm"] == 0.0


def test_leaps_are_no_steps_and_a_zigzag_turns_always() -> None:
    found = measured(excerpt(line([60, 67] * 8)))
    assert (found["steps"], found["changes of direction"]) == (0.0, 1.0)


def test_one_note_has_no_line() -> None:
    found = measured(excerpt(line([60])))
    assert all(math.isnan(found[name]) for name in ("steps", "changes of direction"))
    assert (found["range"], found["polyphony"]) == (0.0, 1.0)


def test_a_hymn() -> None:
    chords = [(48, 64, 67, 72), (53, 60, 69, 72), (55, 62, 65, 71), (48, 55, 64, 72)]
    found = measured(excerpt(*(chord(list(one), 1.0 * n, 1) for n, one in enumerate(chords))))
    assert found["triads"] == 0.75
    assert found["sevenths"] == 0.25
    assert found["notes an onset"] == 4.0
    assert found["polyphony"] == 4.0
    # G7 has the tritone from F to B and the second from F to G, of six pairs; triads have none.
    assert found["dissonance"] == pytest.approx(2 / 6 / 4)


def test_a_cluster_is_dissonant_and_an_octave_has_no_pair() -> None:
    assert measured(excerpt(chord([60, 61], 0, 1)))["dissonance"] == 1.0
    assert measured(excerpt(chord([60, 66], 0, 1)))["dissonance"] == 1.0
    assert measured(excerpt(chord([60, 67], 0, 1)))["dissonance"] == 0.0
    assert math.isnan(measured(excerpt(chord([60, 72], 0, 1)))["dissonance"])


def test_chords_are_what_sounds_not_what_begins() -> None:
    broken = excerpt(chord([60], 0, 4), chord([64], 1, 3), chord([67], 2, 2))
    assert measured(broken)["triads"] == pytest.approx(1 / 3)
    assert broken.chords[-1].nonzero()[0].tolist() == [0, 4, 7]


def test_rests_are_no_part_of_polyphony() -> None:
    assert measured(excerpt(chord([60, 64], 0, 1), chord([60], 9, 1)))["polyphony"] == 1.5


def test_two_rhythms_as_often_as_each_other_are_a_bit() -> None:
    onsets = np.cumsum([0, *[12, 24] * 8])
    music = excerpt(np.stack([onsets, onsets * 0 + 60, onsets * 0 + 80, onsets * 0 + 6], 1))
    assert measured(music)["entropy of rhythm"] == 1.0


def test_pitch_classes_that_sound_equally_long_have_the_most_entropy() -> None:
    assert measured(excerpt(line(range(60, 72))))["entropy of pitch classes"] == (
        pytest.approx(math.log2(12))
    )
    assert measured(excerpt(line([60, 72])))["entropy of pitch classes"] == 0.0
    assert 0 < measured(excerpt(line(TUNE)))["entropy of pitch classes"] < math.log2(12)

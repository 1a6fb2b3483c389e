import math

import numpy as np
import pytest

from models.measures.excerpt import Excerpt
from models.measures.listening import FITS, entry, heard, shared_run
from tests.measures.music import TUNE, chord, excerpt, line, noise

WAYS = {fit.name: fit for fit in FITS}


def phrases() -> list[Excerpt]:
    """Six phrases that differ in everything: pitch classes, rhythm, density, texture, register, motif."""
    found = []
    for number in range(6):
        random = np.random.default_rng(number)
        tones = 40 + 5 * number + np.array([0, 1, 2])[random.integers(0, 3, 24)]
        parts = [line(tones + 12 * voice, 4 / 2**number) for voice in range(number + 1)]
        found.append(excerpt(*parts))
    return found


@pytest.mark.parametrize("name", list(WAYS))
def test_an_answer_that_is_its_phrase_fits_it_best(name: str) -> None:
    own = phrases()
    assert heard(WAYS[name], own, [[one] for one in own]) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("name", list(WAYS))
def test_the_same_answer_to_all_fits_as_by_chance(name: str) -> None:
    own = phrases()
    found = heard(WAYS[name], own, [[own[0]]] * len(own))
    assert found.area == pytest.approx(0.5)
    assert found.low < 0.5 < found.high


@pytest.mark.parametrize("name", list(WAYS))
def test_answers_to_a_distant_phrase_fit_worse_than_by_chance(name: str) -> None:
    own = phrases()
    assert heard(WAYS[name], own, [[one] for one in own[3:] + own[:3]]).area < 0.5


def test_a_motif_is_heard_in_any_key_and_a_key_in_any_octave() -> None:
    own = [excerpt(line(np.random.default_rng(n).integers(60, 72, 16))) for n in range(5)]
    moved = [[excerpt(one.notes + np.array((0, 5, 0, 0)))] for one in own]
    assert heard(WAYS["motif"], own, moved).area == 1.0
    high = [[excerpt(one.notes + np.array((0, 12, 0, 0)))] for one in own]
    assert heard(WAYS["key"], own, high).area == 1.0


def test_of_several_answers_to_a_phrase_the_mean_counts() -> None:
    own = phrases()
    found = heard(WAYS["register"], own, [[own[0], own[5]], *([one] for one in own[1:])])
    # The other answer to the first phrase is nearest to the last one, and farthest from its own.
    assert found.area == pytest.approx((0.5 + 5) / 6)


@pytest.mark.parametrize("name", list(WAYS))
def test_without_notes_nothing_is_heard(name: str) -> None:
    nothing = [excerpt() for _ in range(4)]
    assert all(math.isnan(one) for one in heard(WAYS[name], [], []))
    assert all(math.isnan(one) for one in heard(WAYS[name], phrases(), [[]] * 6))
    found = heard(WAYS[name], nothing, [[one] for one in phrases()[:4]])
    assert math.isnan(found.area) or found.area == 0.5
    WAYS[name].of(excerpt(line([60])), excerpt())


def test_the_longest_run_that_an_answer_shares() -> None:
    phrase = excerpt(line(TUNE))
    quoted = excerpt(line([30, 90, *[pitch + 3 for pitch in TUNE[4:11]], 20, 100]))
    assert shared_run(phrase, quoted) == 6
    assert shared_run(phrase, phrase) == 15
    assert shared_run(phrase, excerpt(line([60, 60]))) == 0
    assert math.isnan(shared_run(phrase, excerpt()))
    assert math.isnan(shared_run(excerpt(line([60])), phrase))


def test_ten_thousand_notes_share_what_they_share() -> None:
    music = noise(10_000)
    assert shared_run(music, music) == len(music.intervals)


def test_an_entry_is_as_far_from_the_beat_as_it_is() -> None:
    assert entry(excerpt(line([60], start=4))) == 0.0
    assert entry(excerpt(line([60], start=4.25))) == 0.25
    assert entry(excerpt(line([60], start=4.75))) == 0.25
    assert entry(excerpt(chord([60], 4.5, 1)), pulse=36.0, phase=0.0) == 0.0
    assert entry(excerpt(chord([60], 1, 1)), pulse=20.0, phase=4.0) == 0.0
    assert math.isnan(entry(excerpt()))

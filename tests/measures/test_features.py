import math

import numpy as np
import pytest

from models.measures.excerpt import Excerpt, Reals
from models.measures.features import FEATURES, apart
from tests.measures.music import TUNE, chord, excerpt, line, noise

OF = {feature.name: feature.of for feature in FEATURES}


def test_there_are_nine_features_that_say_what_they_are() -> None:
    assert len(OF) == 9
    assert all(feature.help.endswith(".") for feature in FEATURES)


def test_of_no_notes_there_is_no_feature() -> None:
    assert all(np.isnan(of(excerpt())).all() for of in OF.values())


def test_features_of_ten_thousand_notes_and_of_one() -> None:
    for of in OF.values():
        assert np.isfinite(of(noise(10_000))).all()
        of(excerpt(line([60])))


def test_features_of_a_line() -> None:
    music = excerpt(line([60, 64, 67, 60]))
    assert OF["pitch count"](music) == [3]
    assert OF["note count"](music) == [4]
    assert OF["pitch range"](music) == [7]
    assert OF["average pitch interval"](music) == [(4 + 3 + 7) / 3]
    assert OF["average inter-onset interval"](music) == [1]
    assert OF["pitch class histogram"](music).tolist() == [
        0.5,
        0,
        0,
        0,
        0.25,
        0,
        0,
        0.25,
        0,
        0,
        0,
        0,
    ]


def test_pitch_classes_lead_to_those_that_begin_where_they_end() -> None:
    found = OF["pitch class transitions"](excerpt(line([60, 64, 67, 60])))
    assert {(int(a), int(b)) for a, b in np.argwhere(found)} == {(0, 4), (4, 7), (7, 0)}
    assert found.sum() == 3
    assert OF["pitch class transitions"](excerpt(line([60, 64], hold=0.5))).sum() == 0
    # Notes of a tick end where they begin, and do not lead to themselves.
    assert OF["pitch class transitions"](excerpt(line([60, 64], hold=0.01))).sum() == 0


def test_lengths_of_notes() -> None:
    music = excerpt(line([60] * 3), line([60], 4, 4), line([60], 1 / 3, 8))
    found = OF["note length histogram"](music)
    assert found[2] == pytest.approx(0.6)
    assert found[0] == pytest.approx(0.2)
    assert found[11] == pytest.approx(0.2)
    moves = OF["note length transitions"](music)
    assert (moves[2, 2], moves[2, 0], moves[0, 11], moves.sum()) == (2, 1, 1, 4)


def vectors(music: list[Excerpt]) -> list[Reals]:
    return [OF["note count"](one) for one in music]


def some(seed: int, count: int, least: int) -> list[Excerpt]:
    random = np.random.default_rng(seed)
    return [
        excerpt(line(TUNE * 8).repeat(1, 0)[: least + random.integers(40)]) for _ in range(count)
    ]


def test_music_of_the_same_kind_overlaps_and_another_kind_does_not() -> None:
    people = vectors(some(1, 40, 40))
    same, other = apart(vectors(some(2, 40, 40)), people), apart(vectors(some(3, 40, 88)), people)
    assert same.overlap > 0.9
    assert other.overlap < 0.5 * same.overlap
    assert same.divergence < other.divergence
    assert other.between > 2 * other.theirs
    assert other.own == pytest.approx(other.theirs, rel=0.3)


def test_distances_are_counted_by_hand() -> None:
    found = apart(
        [np.array([1.0]), np.array([2.0])], [np.array([0.0]), np.array([3.0]), np.array([9.0])]
    )
    assert found.own == 1.0
    assert found.theirs == pytest.approx((3 + 9 + 6) / 3)
    assert found.between == pytest.approx((1 + 2 + 8 + 2 + 1 + 7) / 6)


def test_densities_are_compared_as_in_the_paper() -> None:
    people = [(0, 0), (1, 2), (2, 1), (4, 4), (7, 3), (5, 9)]
    music = [(3, 3), (6, 8), (9, 2), (12, 7)]
    found = apart([np.array(one, float) for one in music], [np.array(one, float) for one in people])
    # By scipy 1.17 (gaussian_kde, quad, entropy), as the authors' toolbox calls it.
    assert found.overlap == pytest.approx(0.7388696, abs=1e-5)
    assert found.divergence == pytest.approx(0.0066379, abs=1e-6)


def test_sets_without_spread_and_sets_of_none() -> None:
    one = [np.array([1.0])] * 5
    assert apart(one, one).overlap == 1.0
    assert apart(one, [np.array([2.0])] * 5).overlap == 0.0
    assert all(math.isnan(value) for value in apart([], []))
    assert math.isnan(apart([np.array([math.nan])] * 3, one).overlap)


def test_a_hymn_and_silence_have_vectors_of_one_shape() -> None:
    hymn = excerpt(chord([60, 64, 67], 0, 1), chord([59, 62, 67], 1, 1))
    assert all(of(hymn).shape == of(excerpt()).shape for of in OF.values())

import math

import numpy as np
import pytest

from models.measures.overlap import overlap, parted


def test_normal_sets_a_deviation_apart_overlap_as_the_theory_says() -> None:
    random = np.random.default_rng(0)
    found = overlap(random.normal(size=2000), random.normal(1, size=2000))
    assert found.area == pytest.approx(2 * 0.3085, abs=0.03)
    assert found.low < 2 * 0.3085 < found.high


def test_the_interval_is_wider_for_fewer() -> None:
    random = np.random.default_rng(0)
    few, many = (overlap(random.normal(size=n), random.normal(size=n)) for n in (20, 500))
    assert few.high - few.low > 2 * (many.high - many.low)


@pytest.mark.parametrize(
    ("one", "other", "area"),
    [
        ([0.0] * 24, [0.0] * 90, 1.0),
        ([0.0] * 24, [1.0] * 90, 0.0),
        ([0.0] * 20 + [1.0] * 4, [0.0] * 100 + [1.0] * 20, 1.0),
        ([0.0] * 20, [0.0] * 10 + [1.0] * 10, 0.5),
        ([1e9, 1e9 + 1], [0.0, 1.0], 0.0),
    ],
)
def test_sets_that_lie_on_few_values(one: list[float], other: list[float], area: float) -> None:
    found = overlap(one, other)
    assert found.area == pytest.approx(area, abs=0.01)
    assert found.low <= found.area <= found.high


def test_an_overlap_is_the_same_from_both_sides_and_at_any_scale() -> None:
    random = np.random.default_rng(1)
    one, other = random.normal(size=30), random.normal(0.5, size=50)
    area = overlap(one, other).area
    assert overlap(other, one).area == pytest.approx(area)
    assert overlap(one * 1000 + 3, other * 1000 + 3).area == pytest.approx(area, abs=1e-3)


@pytest.mark.parametrize("one", [[], [1.0], [math.nan] * 9, [math.nan, 1.0]])
def test_too_few_values_have_no_overlap(one: list[float]) -> None:
    assert all(math.isnan(value) for value in overlap(one, [1.0, 2.0, 3.0]))
    assert math.isnan(parted(one))


def test_what_is_no_number_is_left_out() -> None:
    assert overlap([0.0, 1.0, math.nan], [0.0, 1.0]) == overlap([0.0, 1.0], [0.0, 1.0])


def test_people_overlap_with_people_and_less_so_where_a_part_is_small() -> None:
    people = np.random.default_rng(2).normal(size=90)
    assert 0.8 < parted(people, 12) < parted(people) < 0.97
    assert parted(people, 1000) == parted(people)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.engine.notes.sampling import (
    PLAUSIBLE,
    Sampling,
    apply_temperature,
    probabilities,
    sample,
    sample_logits,
    sample_side_by_side,
    sample_voices,
    stretched,
    truncate,
    uniform,
    uniforms,
)
from models.contract.spans import TIMES

LOGITS = np.array([1.0, 3.0, 2.0, -1.0], np.float32)
ALL = np.ones(4, np.bool_)


def test_a_draw_depends_on_its_key_alone_and_is_the_same_on_every_machine():
    assert uniform(1, 1, 7, 2) == pytest.approx(0.2608208171530155)
    keys = {(s, v, n, f) for s in range(3) for v in (1, 2) for n in range(20) for f in range(4)}
    assert len({uniform(*key) for key in keys}) == len(keys)


def test_draws_are_spread_evenly():
    draws = [uniform(5, 1, number, 0) for number in range(4000)]
    counts, _ = np.histogram(draws, bins=10, range=(0, 1))
    assert counts.min() > 330
    assert counts.max() < 470


def test_temperature_nought_takes_the_likeliest_that_is_allowed():
    allowed = np.array([True, False, True, True])
    assert apply_temperature(probabilities(LOGITS, allowed), 0.0).tolist() == [0, 0, 1, 0]


def test_temperature_is_that_of_the_logits():
    logits = LOGITS * 0.5
    assert np.ptp(logits) < -np.log(PLAUSIBLE)
    for temperature in (0.3, 1.0, 2.0):
        weights = apply_temperature(probabilities(logits, ALL), temperature)
        expected = np.exp(logits / temperature)
        np.testing.assert_allclose(weights / weights.sum(), expected / expected.sum(), rtol=1e-6)


@given(st.floats(0.05, 2), st.lists(st.booleans(), min_size=4, max_size=4))
def test_what_is_not_allowed_is_never_drawn(temperature, allowed):
    weights = probabilities(LOGITS, np.array(allowed))
    assert weights.sum() == pytest.approx(1 if any(allowed) else 0)
    warm = apply_temperature(weights, temperature)
    assert (warm > 0).tolist() == (weights > 0).tolist() == allowed


def test_heat_makes_the_plausible_daring_and_nothing_implausible_likely():
    weights = np.array([0.6, 0.3, 0.012, 0.0012])
    hot = apply_temperature(weights, 2.0)
    assert hot[1] / hot[0] == pytest.approx(0.5**0.5)
    assert hot[2] / hot[0] == pytest.approx(0.02**0.5)
    assert hot[3] / hot[2] == pytest.approx(0.1)


def test_truncation_keeps_the_likeliest():
    weights = np.array([0.1, 0.5, 0.3, 0.1])
    assert truncate(weights, 1, 1.0, 0.0).tolist() == [0, 0.5, 0, 0]
    assert truncate(weights, 0, 0.6, 0.0).tolist() == [0, 0.5, 0.3, 0]
    assert truncate(weights, 0, 1.0, 0.3).tolist() == [0, 0.5, 0.3, 0]
    assert truncate(weights, 0, 1.0, 0.0).tolist() == weights.tolist()


def test_pick_follows_the_weights():
    weights = np.array([0.0, 0.25, 0.0, 0.75])
    assert [sample(weights, at) for at in (0.0, 0.2499, 0.25, 0.9999)] == [1, 1, 3, 3]


TASTES = st.builds(
    Sampling,
    st.sampled_from([0, 1, 3, 200]),
    st.sampled_from([1.0, 0.99, 0.7, 0.01]),
    st.sampled_from([0.0, 0.02, 0.5, 1.0]),
    st.sampled_from([0.0, 0.3, 1.0, 2.0]),
)


@given(TASTES, st.integers(0, 2**32 - 1), st.floats(0, 1, exclude_max=True, allow_subnormal=False))
def test_a_class_is_drawn_as_step_by_step(sampling, seed, at):
    chance = np.random.default_rng(seed)
    logits = chance.normal(0, chance.uniform(0.1, 5), 40).astype(np.float32)
    allowed = chance.random(40) < 0.6
    allowed[chance.integers(40)] = True
    bias = chance.choice([0.0, 1.0]) * chance.normal(0, 1, 40)
    weights = truncate(probabilities(logits, allowed, bias), *sampling[:3])
    assert sample_logits(logits, allowed, bias, sampling, at) == sample(
        apply_temperature(weights, sampling.temperature), at
    )


SAMPLINGS = [
    Sampling(*one)
    for one in [
        (0, 1.0, 0.0, 1.0), (3, 1.0, 0.0, 1.0), (0, 0.7, 0.0, 0.6), (5, 0.9, 0.02, 1.7), (0, 1.0, 0.1, 0.0),
    ]
]  # fmt: skip


def _side_by_side(voices, seed=3, places=128, classes=9):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (voices, places, classes)).astype(np.float32)
    masks = rng.random(logits.shape) < 0.6
    masks[..., 4] = True
    biases = rng.normal(0, 1, logits.shape)
    return logits, masks, biases, rng.random((voices, places))


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_codes_side_by_side_are_drawn_as_each_alone(sampling):
    (logits,), (masks,), (biases,), (at,) = _side_by_side(1)
    drawn = sample_side_by_side(logits, masks, biases, sampling, at)
    each = zip(logits, masks, biases, at, strict=True)
    assert drawn.tolist() == [sample_logits(*one[:3], sampling, float(one[3])) for one in each]
    assert masks[np.arange(len(drawn)), drawn].all()


def test_each_of_several_voices_draws_what_it_would_alone():
    logits, masks, biases, at = _side_by_side(len(SAMPLINGS))
    drawn = sample_voices(logits, masks, biases, SAMPLINGS, at)
    assert drawn.shape == at.shape
    for voice, sampling in enumerate(SAMPLINGS):
        one = slice(voice, voice + 1)
        alone = sample_voices(logits[one], masks[one], biases[one], [sampling], at[one])
        np.testing.assert_array_equal(drawn[one], alone)


def test_a_mask_and_a_bias_may_be_the_same_for_all_places():
    (logits,), _, _, (at,) = _side_by_side(1)
    allowed = np.arange(9) < 2
    drawn = sample_side_by_side(logits, allowed, 0.0, SAMPLINGS[0], at)
    assert set(drawn) == {0, 1}


def test_the_last_that_may_be_drawn_is_the_last_however_the_sum_is_rounded_at_each_place():
    logits, allowed = np.zeros((2, 3), np.float32), np.array([[True] * 3, [True, True, False]])
    at = np.ones(2)
    assert sample_side_by_side(logits, allowed, 0.0, SAMPLINGS[0], at).tolist() == [2, 1]


def test_draws_side_by_side_depend_on_their_key_alone_and_are_spread_evenly():
    assert uniforms(1, 1, 7, 2, 9)[:2] == pytest.approx([0.2970112976240512, 0.7533731865404824])
    np.testing.assert_array_equal(uniforms(1, 1, 7, 2, 9), uniforms(1, 1, 7, 2, 128)[:9])
    draws = np.concatenate([uniforms(5, 1, number, 0, 100) for number in range(40)])
    assert len(set(draws.tolist())) == 4000
    counts, _ = np.histogram(draws, bins=10, range=(0, 1))
    assert counts.min() > 330
    assert counts.max() < 470


def test_the_last_class_is_the_last_however_the_sum_is_rounded():
    assert sample_logits(LOGITS, ALL, 0.0, Sampling(0, 1.0, 0.0, 1.0), 1.0) == 3


@pytest.mark.parametrize("factor", [0.25, 0.5, 2.0])
def test_density_moves_the_mean_gap_as_far_as_it_was_asked(factor):
    values = np.array(TIMES, np.float64)
    weights = np.exp(-values / 20)
    weights[3] = 0.0
    weights /= weights.sum()
    tilted = stretched(weights, values, factor)
    assert tilted @ values == pytest.approx(factor * (weights @ values), rel=0.01)
    assert tilted[3] == 0

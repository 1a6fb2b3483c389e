import numpy as np
import pytest
import soxr

from live.engine.sound.resampler import Resampler

RATES = [
    (16000, 48000),
    (16000, 44100),
    (22050, 48000),
    (48000, 44100),
    (44100, 96000),
    (48000, 16000),
]


def run(resampler, sound, sizes):
    made, at = [], 0
    for size in sizes:
        made.append(resampler(sound[at : at + size]))
        at += size
    made += [resampler(sound[at:]), resampler.rest()]
    return np.concatenate(made)


def music(rate, limit):
    """Tones up to a share of the lower rate's limit, swelling and fading, so that nothing rings at the ends."""
    t = np.arange(rate) / rate
    tones = sum(np.sin(2 * np.pi * f * t + f) / 8 for f in np.linspace(60, limit, 8))
    return (tones * np.hanning(rate)).astype(np.float32)


@pytest.mark.parametrize(("rate", "to"), RATES)
def test_it_sounds_as_a_resampling_library_does_and_when(rate, to):
    sound = music(rate, 0.38 * min(rate, to))
    made = run(Resampler(rate, to), sound, [100] * 50)
    expected = soxr.resample(sound, rate, to, quality="VHQ")
    assert abs(len(made) - to) <= 1
    assert made[: to - 1] == pytest.approx(expected[: to - 1], abs=1e-3)


@pytest.mark.parametrize(("rate", "to"), RATES)
def test_the_lengths_of_blocks_do_not_matter(rate, to):
    sound = music(rate, 3000)
    sizes = np.random.default_rng(0).integers(0, 300, 60)
    assert run(Resampler(rate, to), sound, sizes) == pytest.approx(
        run(Resampler(rate, to), sound, []), abs=1e-6
    )


@pytest.mark.parametrize(("rate", "to"), RATES)
def test_no_more_is_held_back_than_is_said(rate, to):
    resampler = Resampler(rate, to)
    went, came = 0, 0
    for _ in range(50):
        went += 80
        came += len(resampler(np.zeros(80, np.float32)))
        assert 0 <= went / rate - came / to <= resampler.delay + 1 / to
    assert resampler.delay < 0.002


def test_what_would_come_back_as_another_tone_is_gone():
    t = np.arange(48000) / 48000
    sound = (0.5 * np.sin(2 * np.pi * 9000 * t) * np.hanning(48000)).astype(np.float32)
    assert np.abs(run(Resampler(48000, 16000), sound, [])).max() < 0.002


def test_between_equal_rates_nothing_is_touched():
    resampler = Resampler(16000, 16000)
    sound = np.random.default_rng(0).normal(size=100).astype(np.float32)
    assert (run(resampler, sound, [30, 1]) == sound).all()
    assert resampler.delay == 0

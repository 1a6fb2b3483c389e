"""Distances between sounds: nothing between a sound and itself, more the less alike they are."""

import numpy as np
import pytest

from models.train.sound.likeness import BANDS, LOWEST, average_distance, bands, frame_distance
from tests.models.sounds import RATE, tone


def test_a_sound_is_at_no_distance_from_itself() -> None:
    assert frame_distance(tone(2.0), tone(2.0), RATE) == 0.0
    assert average_distance(tone(2.0), tone(2.0), RATE) == 0.0


@pytest.mark.parametrize("measure", [frame_distance, average_distance])
def test_a_sound_ten_decibels_softer_is_at_ten_decibels(measure) -> None:  # type: ignore[no-untyped-def]
    noise = 0.3 * np.random.default_rng(1).standard_normal(2 * RATE).astype(np.float32)
    assert measure(noise, noise * np.float32(10**-0.5), RATE) == pytest.approx(10.0, abs=0.1)


def test_what_is_played_later_differs_by_frame_and_not_on_the_average() -> None:
    silence = np.zeros(RATE, np.float32)
    early, late = np.concatenate((tone(1.0), silence)), np.concatenate((silence, tone(1.0)))
    assert average_distance(early, late, RATE) < 0.2
    assert frame_distance(early, late, RATE) > 10.0


def test_another_pitch_is_further_than_another_phase() -> None:
    rng = np.random.default_rng(1)
    hiss, other = 1e-2 * rng.standard_normal((2, 2 * RATE)).astype(np.float32)
    later = tone(2.1)[-2 * RATE :]
    near = average_distance(tone(2.0) + hiss, later + other, RATE)
    far = average_distance(tone(2.0) + hiss, tone(2.0, pitch=880.0) + other, RATE)
    assert near < 1.0 < 2.0 < far


@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
def test_bands_hold_what_is_heard_and_silence_is_nothing(rate: int) -> None:
    found = bands(tone(1.0, rate, 1000.0), rate)
    assert found.shape[1] == BANDS
    loudest = int(found.sum(0).argmax())
    mel = np.linspace(*(2595 * np.log10(1 + f / 700) for f in (LOWEST, rate / 2)), BANDS + 2)[1:-1]
    assert abs(700 * (10 ** (mel[loudest] / 2595) - 1) / 1000.0 - 1) < 0.1
    assert (bands(np.zeros(rate, np.float32), rate) == 0.0).all()
    assert np.isfinite(frame_distance(np.zeros(rate, np.float32), tone(1.0, rate), rate))

"""The piano that ships: in tune over the keyboard, prompt, dying away, and with headroom."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import live

PIANO = Path(str(live.__file__)).parent / "sounds" / "piano.sf2"
RATE = 48000

tinysoundfont = pytest.importorskip(
    "tinysoundfont", reason="the built-in synth has no wheel for this Python"
)


def play(keys: list[int], velocity: int, seconds: float) -> NDArray[np.float32]:
    synth = tinysoundfont.Synth(samplerate=RATE)
    font = synth.sfload(str(PIANO))
    synth.program_select(0, font, 0, 0)
    for key in keys:
        synth.noteon(0, key, velocity)
    audio = np.frombuffer(synth.generate(int(seconds * RATE)), dtype=np.float32)
    return audio.reshape(-1, 2)


def level(audio: NDArray[np.float32], at: float) -> float:
    part = audio[int(at * RATE) : int((at + 0.1) * RATE)]
    return float(20 * np.log10(np.sqrt(np.mean(part**2)) + 1e-9))


def pitch(audio: NDArray[np.float32], expected: float) -> float:
    """Frequency of the strongest partial of the first three, over its number, in Hz."""
    mono = audio[int(0.05 * RATE) : int(1.5 * RATE)].mean(axis=1)
    size = 1 << 18
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(len(mono)), size))
    hertz = np.fft.rfftfreq(size, 1 / RATE)
    peaks = []
    for partial in (1, 2, 3):
        near = np.flatnonzero(np.abs(hertz / (expected * partial) - 1) < 0.05)
        top = near[np.argmax(spectrum[near])]
        peaks.append((spectrum[top], hertz[top] / partial))
    return float(max(peaks)[1])


@pytest.mark.parametrize("velocity", [50, 120])
@pytest.mark.parametrize("key", [33, 45, 57, 69, 81, 93])
def test_in_tune(key: int, velocity: int) -> None:
    expected = 440 * 2 ** ((key - 69) / 12)
    cents = 1200 * np.log2(pitch(play([key], velocity, 1.6), expected) / expected)
    assert abs(cents) < 20  # a grand is stretched: low keys flat, high keys sharp


@pytest.mark.parametrize("key", range(21, 109))
def test_every_key_sounds_at_once(key: int) -> None:
    audio = np.abs(play([key], 90, 0.1)).max(axis=1)
    assert audio.max() > 0.02
    assert int(np.argmax(audio > 0.05 * audio.max())) < 0.005 * RATE


@pytest.mark.parametrize("key", [33, 48, 60, 72, 84])
def test_dies_away(key: int) -> None:
    audio = play([key], 90, 6.2)
    levels = [level(audio, at) for at in (0.05, 0.5, 2.0, 4.0, 6.0)]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] - levels[-1] > 20


def test_louder_touch_is_louder() -> None:
    levels = [level(play([60], velocity, 0.3), 0.05) for velocity in range(10, 128, 9)]
    assert levels == sorted(levels)


def test_eight_keys_at_full_velocity_do_not_clip() -> None:
    assert np.abs(play([48, 52, 55, 59, 60, 64, 67, 71], 127, 1.0)).max() < 1.0

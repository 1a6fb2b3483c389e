"""Sound as codes, and keys as a network hears them."""

import numpy as np
import pytest

from models.contract.samples import (
    CHANNELS,
    CLASSES,
    DRIVE,
    FEATURES,
    HALF_LIVES,
    HARMONICS,
    HEARD,
    KEYS,
    LOWEST,
    RELEASED,
    SILENCE,
    Keyboard,
    decode,
    encode,
    excitation,
    frames,
    grow,
)

RATE, HOP = 16_000, 64


def test_every_code_comes_back_from_its_sample():
    codes = np.arange(CLASSES).astype(np.uint8)
    np.testing.assert_array_equal(encode(decode(codes)), codes)
    assert (np.diff(decode(codes)) > 0).all()


def test_silence_is_silent():
    np.testing.assert_array_equal(encode(np.zeros((2, 3), np.float32)), SILENCE)
    assert decode(np.array([SILENCE]))[0] == 0.0


def test_sound_comes_back_fine_where_it_is_soft_and_coarse_where_it_is_loud():
    sound = np.linspace(-1, 1, 20_001, dtype=np.float32)
    error = np.abs(decode(encode(sound)) - sound)
    assert error.max() < 0.022
    assert error[np.abs(sound) < 0.01].max() < 0.0003
    assert error[0] == error[-1] == 0.0


@pytest.mark.parametrize("loud", [1.0, 1.5, 1e30, np.inf])
def test_what_is_too_loud_is_cut_off(loud):
    assert encode(np.array([-loud, loud], np.float32)).tolist() == [0, CLASSES - 1]


def test_what_is_not_a_number_is_silence():
    sound = np.array([0.5, np.nan, -0.5], np.float32)
    codes = encode(sound)
    assert codes[1] == SILENCE
    np.testing.assert_array_equal(codes[[0, 2]], encode(sound[[0, 2]]))
    assert np.isnan(sound[1])


def test_shape_and_type_are_kept():
    assert encode(np.zeros((3, 5), np.float32)).shape == (3, 5)
    assert encode(np.zeros(0, np.float32)).dtype == np.uint8
    assert decode(np.zeros((3, 5), np.int64)).shape == (3, 5)
    assert decode(np.zeros(1, np.uint8)).dtype == np.float32


def held(keyboard: Keyboard) -> list[int]:
    return (np.flatnonzero(keyboard.row[:KEYS]) + LOWEST).tolist()


def strikes(keyboard: Keyboard, pitch: int) -> list[float]:
    return keyboard.row[KEYS + pitch - LOWEST : HEARD : KEYS].tolist()


def test_a_key_that_is_struck_is_held_until_it_is_lifted():
    keyboard = Keyboard(HOP, RATE)
    assert keyboard.row.shape == (FEATURES,)
    keyboard.strike(60, 127)
    keyboard.strike(64, 64)
    assert held(keyboard) == [60, 64]
    keyboard.lift(60)
    assert held(keyboard) == [64]
    for _ in range(1000):
        keyboard.tick()
    assert held(keyboard) == [64]


def test_a_strike_is_as_strong_as_its_velocity_and_stays_when_the_key_is_lifted():
    keyboard = Keyboard(HOP, RATE)
    keyboard.strike(60, 64)
    keyboard.lift(60)
    assert strikes(keyboard, 60) == pytest.approx([64 / 127, 64 / 127])
    assert strikes(keyboard, 61) == [0.0, 0.0]
    keyboard.strike(60, 127)
    assert strikes(keyboard, 60) == [1.0, 1.0]


@pytest.mark.parametrize(("hop", "rate"), [(HOP, RATE), (480, 48_000)])
def test_a_strike_fades_by_half_in_its_half_life(hop, rate):
    keyboard = Keyboard(hop, rate)
    keyboard.strike(60, 127)
    for number, half in enumerate(HALF_LIVES):
        ticks = round(half * rate / hop)
        faded = Keyboard(hop, rate)
        faded.strike(60, 127)
        for _ in range(ticks):
            faded.tick()
        seconds = ticks * hop / rate
        assert strikes(faded, 60)[number] == pytest.approx(0.5 ** (seconds / half), rel=1e-4)
        assert strikes(faded, 60)[number] == pytest.approx(0.5, abs=0.05)


def test_the_lowest_and_the_highest_key_and_those_that_a_piano_lacks():
    keyboard = Keyboard(HOP, RATE)
    for pitch in (0, LOWEST - 1, LOWEST + KEYS, 127):
        keyboard.strike(pitch, 100)
        keyboard.lift(pitch)
    assert not keyboard.row.any()
    keyboard.strike(LOWEST, 100)
    keyboard.strike(LOWEST + KEYS - 1, 100)
    assert held(keyboard) == [21, 108]
    assert np.count_nonzero(keyboard.row) == 6


def exciting(frames_: int, *struck: tuple[int, int, int]) -> np.ndarray:
    return excitation(frames(list(struck), frames_ * HOP, HOP, RATE), HOP, RATE)


def test_nothing_is_excited_while_no_key_sounds():
    assert not exciting(4).any()
    assert exciting(4).shape == (4 * HOP, CHANNELS)
    later = exciting(4, (2 * HOP, 60, 90))
    assert not later[: 2 * HOP].any()
    assert later[2 * HOP :].any()


def test_an_excitation_begins_with_the_strike_and_goes_on_as_its_string_would():
    made = exciting(100, (HOP, 57, 127))[HOP:]
    angle = 2 * np.pi * 220.0 * np.arange(len(made)) / RATE
    fading = DRIVE * np.repeat(0.5 ** (np.arange(99) * HOP / RATE / HALF_LIVES[1]), HOP)
    for harmonic in range(HARMONICS):
        for channel, wave in ((harmonic, np.sin), (HARMONICS + harmonic, np.cos)):
            expected = fading * wave((harmonic + 1) * angle)
            np.testing.assert_allclose(made[:, channel], expected, atol=6e-3)


def test_keys_are_excited_together_each_at_its_pitch_and_softer_when_it_is_up():
    both = exciting(10, (0, 60, 127), (0, 67, 64))
    alone = exciting(10, (0, 60, 127)) + exciting(10, (0, 67, 64))
    np.testing.assert_allclose(both, alone, atol=1e-4)
    up = exciting(10, (0, 60, 127), (5 * HOP, 60, 0))
    held = exciting(10, (0, 60, 127))
    np.testing.assert_allclose(up[5 * HOP :], RELEASED * held[5 * HOP :], atol=1e-5)


def test_no_harmonic_is_higher_than_the_rate_can_hold():
    made = np.abs(exciting(10, (0, 108, 127))).max(0)
    assert made[0] > 0.5
    assert not made[[1, 2, 3]].any()


@pytest.mark.parametrize("hours", [1 / 60, 1, 12])
def test_a_key_that_is_frozen_for_hours_keeps_its_pitch(hours):
    age = round(hours * 3600 * RATE / HOP)
    row = np.zeros(FEATURES, np.float32)
    row[[72 - LOWEST, HEARD - KEYS + 72 - LOWEST]] = 1.0
    row[HEARD + 72 - LOWEST] = age - 1
    grow(row)
    assert row[HEARD + 72 - LOWEST] == age
    pitch = 440.0 * 2.0 ** (3 / 12)
    seconds = (age * HOP + np.arange(HOP)) / RATE
    made = excitation(row[None], HOP, RATE)
    for harmonic in range(HARMONICS):
        wave = DRIVE * np.sin(2 * np.pi * (harmonic + 1) * pitch * seconds)
        np.testing.assert_allclose(made[:, harmonic], wave, atol=1e-4)


def test_a_strike_is_forgotten_when_nothing_is_left_of_it():
    rows = frames([(0, 60, 20)], 10 * RATE, HOP, RATE)
    key = HEARD + 60 - LOWEST
    assert rows[100, key] == 100
    assert not rows[-1, key]


def test_to_go_back_is_to_copy_the_row():
    keyboard, other = Keyboard(HOP, RATE), Keyboard(HOP, RATE)
    keyboard.strike(60, 100)
    keyboard.tick()
    other.row[:] = keyboard.row
    for one in (keyboard, other):
        one.lift(60)
        one.strike(62, 90)
        one.tick()
    np.testing.assert_array_equal(keyboard.row, other.row)


def test_a_strike_counts_from_the_first_frame_that_begins_at_or_after_it():
    rows = frames([(0, 60, 127), (64, 62, 127), (65, 64, 127), (66, 60, 0)], 200, HOP, RATE)
    assert rows.shape == (4, FEATURES)
    sounding = [(np.flatnonzero(row[:KEYS]) + LOWEST).tolist() for row in rows]
    assert sounding == [[60], [60, 62], [62, 64], [62, 64]]
    assert rows[2, KEYS + 64 - LOWEST] == 1.0
    assert rows[1, KEYS + 60 - LOWEST] == pytest.approx(0.5 ** (HOP / RATE / HALF_LIVES[0]))

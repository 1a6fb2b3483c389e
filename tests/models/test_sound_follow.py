"""Detectors with known answers: pitches that were struck are found, others are not; onsets are timed."""

import numpy as np
import pytest

from models.contract.samples import Sound
from models.corpus.sound.notes import Notes
from models.train.sound.onsets import moments, onsets
from models.train.sound.pitches import pitches, scores, threshold_of, wrong_notes
from tests.models.sounds import RATE


def melody(count: int = 24, seed: int = 1, length: int = RATE // 4) -> Notes:
    """Return notes, three a second, two at a time now and then."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        at = 4000 + number * RATE // 3 // 64 * 64
        for pitch in rng.choice(np.arange(36, 96), 1 + number % 2, replace=False):
            rows.append((at, at + length, int(pitch), 80))
    return np.array(sorted(rows), np.int64)


def plucked(notes: Notes, delay: float = 0.0, rate: int = RATE, detuned: float = 0.0) -> Sound:
    """Return strings that are struck so many seconds late, each with eight partials."""
    rng = np.random.default_rng(7)
    sound = 1e-3 * rng.standard_normal(int(notes[:, 1].max()) + rate)
    for onset, end, pitch, velocity in notes.tolist():
        begin = onset + round(delay * rate)
        time = np.arange(end - onset + rate // 8) / rate
        fade = np.exp(-4.0 * time) * np.minimum((time[-1] - time) * 20.0, 1.0)
        first = 440.0 * 2.0 ** ((pitch + detuned - 69) / 12)
        for n in range(1, 9):
            if n * first < rate / 2:
                part = np.sin(2 * np.pi * n * first * time + n) / n**1.2
                sound[begin : begin + len(time)] += velocity / 127 * 0.1 * fade * part
    return sound.astype(np.float32)


def test_pitches_that_sound_are_found_and_others_are_not() -> None:
    notes = melody()
    excerpts = [(plucked(notes), notes)]
    found = pitches(excerpts, RATE, threshold_of(excerpts, RATE))
    assert found.notes == len(notes)
    assert found.found > 0.9
    assert found.wrong <= 0.06


def test_a_sound_that_ignores_its_notes_is_at_chance() -> None:
    notes, other = melody(60), melody(60, seed=2)
    threshold = threshold_of([(plucked(notes), notes)], RATE)
    deaf = pitches([(plucked(other), notes)], RATE, threshold)
    assert deaf.found < 0.2
    noise = np.random.default_rng(1).standard_normal(len(plucked(notes))).astype(np.float32)
    hiss = pitches([(0.1 * noise, notes)], RATE, threshold)
    assert hiss.found < 0.05


@pytest.mark.parametrize("detuned", [-2.0, 3.0])
def test_a_sound_in_another_key_is_not_taken_for_its_notes(detuned: float) -> None:
    notes = melody(60)
    threshold = threshold_of([(plucked(notes), notes)], RATE)
    assert pitches([(plucked(notes, detuned=detuned), notes)], RATE, threshold).found < 0.25


def test_a_note_that_sounds_already_is_no_new_one() -> None:
    held = np.array([(4000, 60_000, 69, 80), (20_000, 60_000, 69, 80)])
    time = np.arange(70_000) / RATE
    steady = sum(0.05 * np.sin(2 * np.pi * 440.0 * n * time) for n in range(1, 6))
    steady[:4000] = 0.0
    first, again = scores(steady.astype(np.float32), RATE, held)
    assert first > 15.0
    assert again < 1.0


def test_every_key_of_a_piano_can_be_found_alone() -> None:
    for pitch in range(21, 109):
        notes = np.array([(8000, 16_000, pitch, 100)])
        assert scores(plucked(notes), RATE, notes)[0] > 10.0


def test_wrong_pitches_are_near_and_do_not_sound() -> None:
    notes = melody(60)
    wrong = wrong_notes(notes, RATE)
    assert len(wrong) > 0.95 * len(notes)
    for onset, _, pitch, _ in wrong.tolist():
        struck = notes[notes[:, 0] == onset][:, 2]
        assert pitch not in struck
        assert np.abs(struck - pitch).min() <= 6


@pytest.mark.parametrize("delay", [0.0, 0.010, 0.030])
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_onsets_are_heard_as_late_as_they_are(delay: float, rate: int) -> None:
    notes = melody(length=RATE // 8) * np.array([rate, rate, 1, 1]) // np.array([RATE, RATE, 1, 1])
    found = onsets([(plucked(notes, delay, rate), notes)], rate)
    assert found.count == 24
    assert found.heard > 0.95
    assert found.unstruck < 0.05
    assert found.quantile(0.5) == pytest.approx(delay, abs=0.003)
    assert found.quantile(0.1) <= found.quantile(0.5) <= found.quantile(0.9)


def test_a_steady_sound_has_no_onsets() -> None:
    notes = melody()
    steady = 0.1 * np.sin(np.arange(notes[-1, 1] + RATE) * 0.2)
    found = onsets([(steady.astype(np.float32), notes)], RATE)
    assert found.heard == 0.0
    assert np.isnan(found.quantile(0.5))


def test_a_chord_is_one_onset() -> None:
    notes = np.array([(0, 9, 60, 1), (300, 9, 64, 1), (2000, 9, 67, 1)])
    assert moments(notes, RATE).tolist() == [0, 2000]

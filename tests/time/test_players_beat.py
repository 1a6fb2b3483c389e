"""The player's beat is found in what they play; phrases.npz has phrases of the validation pieces.

scripts/beat/figures.py made them (--split valid --seed 83 --keep): the pieces of the page's table are not among them.
"""

import math
from itertools import accumulate, cycle, takewhile
from pathlib import Path

import numpy as np
import pytest

from live.time.sources.player import code
from live.time.sources.player.bank import Bank, Hint
from live.time.sources.player.follow import SURE
from live.time.sources.player.onset import Onset
from live.time.sources.player.tables import tables

PHRASES = Path(__file__).with_name("phrases.npz")
TUNE = (60, 64, 67, 64, 65, 69, 67, 62)
STRAIGHT = (1.0, 0.5, 0.5, 1.0, 1.0)
SWING = (1.0, 2 / 3, 1 / 3, 2 / 3, 1 / 3, 1.0)
COMPOUND = (1 / 3, 1 / 3, 1 / 3, 2 / 3, 1 / 3, 1.0)


@pytest.fixture(scope="module")
def banks():
    compiled = code.load()
    assert compiled is not None
    return {
        drums: Bank(compiled, tables("drums" if drums else "pitches"), drums)
        for drums in (False, True)
    }


def heard(bank, onsets, hint=None):
    """Return what is believed after onsets."""
    belief = bank.begin(onsets[0], hint)
    for onset in onsets[1:]:
        belief = bank.push(belief, onset)
    return belief


def played(pattern, times, beats=12, seed=1):
    """Return the onsets of a rhythm: a bass on beats, a tune above, and hands that miss by 10 ms."""
    rng = np.random.default_rng(seed)
    begins = takewhile(lambda beat: beat < beats - 0.01, accumulate(cycle(pattern), initial=0.0))
    onsets = []
    for number, beat in enumerate(begins):
        on = abs(beat - round(beat)) < 0.01
        onset = Onset.of(times(beat) + rng.normal() * 0.01, TUNE[number % 8], 80 + 8 * on)
        onsets.append(onset.joined(48, 84) if on else onset)
    return onsets


def off(guess, times, near):
    """Return how far a guess is from the nearest of the player's beats, in beats."""
    beats = [times(near + by) for by in range(-3, 4)]
    nearest = min(beats, key=lambda at: abs(at - guess.beat))
    return abs(guess.beat - nearest) / (times(near + 1) - times(near))


@pytest.mark.parametrize("pattern", [STRAIGHT, SWING, COMPOUND])
@pytest.mark.parametrize("tempo", [60, 75, 90, 105, 120, 140, 160, 180])
def test_it_finds_the_beat_with_the_tempo_as_a_hint(banks, pattern, tempo):
    def times(beat):
        return 3.0 + beat * 60 / tempo

    belief = heard(banks[False], played(pattern, times), Hint(tempo * 1.02, 0.95))
    guess = banks[False].guess(belief, times(11.6))
    assert guess.tempo == pytest.approx(tempo, rel=0.03)
    assert off(guess, times, 12) < 0.06


@pytest.mark.parametrize("tempo", [76, 88, 96, 104, 112])
def test_it_finds_the_beat_from_nothing(banks, tempo):
    def times(beat):
        return beat * 60 / tempo

    guess = banks[False].guess(heard(banks[False], played(STRAIGHT, times)), times(11.6))
    assert guess.tempo == pytest.approx(tempo, rel=0.03)
    assert off(guess, times, 12) < 0.06


@pytest.mark.parametrize("beats", [12, 24, 32])
@pytest.mark.parametrize("place", [0.0, 0.5])
def test_a_known_beat_is_kept_where_even_notes_tell_nothing(banks, beats, place):
    rng = np.random.default_rng(2)
    onsets = [
        Onset.of(0.3 * number + rng.normal() * 0.01, 60 + 2 * (number % 4), 80)
        for number in range(2 * beats)
    ]
    belief = heard(banks[False], onsets, Hint(100.0, 0.95, 0.6 * place))
    guess = banks[False].guess(belief, belief.at + 0.05)
    assert off(guess, lambda beat: 0.6 * (beat + place), beats) < 0.06


def test_a_known_beat_is_a_guess_from_the_first_onset_on(banks):
    begun = banks[False].begin(Onset.of(2.01, 60, 80), Hint(100.0, 0.95, 0.8))
    assert banks[False].guess(begun, 2.1).beat == pytest.approx(2.6, abs=0.03)
    other = banks[False].begin(Onset.of(2.01, 60, 80), Hint(100.0, 0.95))
    assert banks[False].guess(other, 2.1) is None


def test_it_goes_along_with_a_rubato(banks):
    def times(beat):
        return beat * 60 / 100 + 0.15 * math.sin(beat / 4)

    belief = heard(banks[False], played(STRAIGHT, times, beats=24), Hint(100, 0.95))
    assert off(banks[False].guess(belief, times(23.6)), times, 24) < 0.08


@pytest.mark.parametrize("factor", [1.15, 1 / 1.15])
def test_it_is_back_within_two_bars_of_a_jump(banks, factor):
    def times(beat):
        return (min(beat, 8.0) + max(beat - 8.0, 0.0) / factor) * 60 / 104

    belief = heard(banks[False], played(STRAIGHT, times, beats=16), Hint(104, 0.95))
    guess = banks[False].guess(belief, times(15.6))
    assert guess.tempo == pytest.approx(104 * factor, rel=0.03)
    assert off(guess, times, 16) < 0.06


def test_drums_have_tables_of_their_own(banks):
    onsets = []
    for eighth in range(24):
        onset = Onset.of(eighth * 0.27, 42, 60)
        kit = {0: 36, 4: 38}.get(eighth % 8 // 2 * 2 if eighth % 2 == 0 else 1)
        onsets.append(onset.joined(kit, 100) if kit else onset)
    guess = banks[True].guess(heard(banks[True], onsets), 23.5 * 0.27)
    assert min(abs(guess.tempo / (60 / 0.54) / by - 1) for by in (0.5, 1)) < 0.03
    assert guess.beat == pytest.approx(24 * 0.27, abs=0.03)


def test_a_belief_is_a_value(banks):
    onsets = played(STRAIGHT, lambda beat: beat * 0.6)
    half = heard(banks[False], onsets[:8])
    first = [heard(banks[False], onsets[:8]).cells.copy(), half.cells.copy()]
    whole = half
    for onset in onsets[8:]:
        whole = banks[False].push(whole, onset)
    again = half
    for onset in onsets[8:]:
        again = banks[False].push(again, onset)
    assert np.array_equal(half.cells, first[0])
    assert np.array_equal(first[0], first[1])
    assert np.array_equal(whole.cells, again.cells)


@pytest.mark.parametrize(
    "gaps",
    [
        [0.0] * 200,
        [1e-4] * 200,
        [0.036] * 2000,
        [3600.0] * 4,
        [0.5] * 8 + [3600.0] + [0.5] * 8,
        [-1.0] * 20,
    ],
)
def test_whatever_is_played_something_finite_is_believed(banks, gaps):
    for bank in banks.values():
        belief, at = bank.begin(Onset.of(0.0, 60, 80), Hint(20.0, 0.95, -5.0)), 0.0
        for gap in gaps:
            at += gap
            belief = bank.push(belief, Onset.of(at, 60, 127))
            assert np.isfinite(belief.cells).all()
        guess = bank.guess(belief, belief.at + 0.1)
        assert all(map(math.isfinite, (*guess[:3], *guess.told)))
        assert 0 <= guess.sure <= 1


def test_too_little_is_no_guess(banks):
    belief = heard(banks[False], played(STRAIGHT, lambda beat: beat)[:2])
    assert banks[False].guess(belief, 1.0) is None


@pytest.fixture(scope="module")
def kept():
    """Phrases: kind, when asked, the next beat, its length, a tempo and a beat as hints, and the onsets."""
    with np.load(PHRASES) as file:
        onsets, rows = file["onsets"].tolist(), file["phrases"].tolist()
    found = []
    for *row, count in rows:
        mine, onsets = onsets[: int(count)], onsets[int(count) :]
        found.append((row, [Onset(one[0], *map(int, one[1:])) for one in mine]))
    return found


def guessed(banks, kept, known):
    """Return of each phrase how far the guess was off, and how sure it was."""
    found = []
    for (kind, asked, beat, spacing, tempo, hinted, *_), onsets in kept:
        bank = banks[kind == 0]
        hint = {"nothing": None, "tempo": Hint(tempo, 0.95), "beat": Hint(tempo, 0.95, hinted)}
        guess = bank.guess(heard(bank, onsets, hint[known]), asked)
        turns = (guess.beat - beat) / spacing
        found.append((abs(turns - round(turns)), guess.sure))
    return np.array(found)


def least(share, count):
    """Return a share less two standard errors of so many trials."""
    return share - 2 * math.sqrt(share * (1 - share) / count)


# What scripts/beat/figures.py --split valid --seed 59 finds after eight beats.
@pytest.mark.parametrize(("known", "share"), [("nothing", 0.79), ("tempo", 0.83), ("beat", 0.85)])
def test_it_finds_the_next_beat_of_people_as_often_as_other_phrases(banks, kept, known, share):
    assert len(kept) > 100
    errors = guessed(banks, kept, known)[:, 0]
    assert (errors < 0.06).mean() > least(share, len(kept))


@pytest.mark.parametrize("known", ["nothing", "tempo", "beat"])
def test_where_it_is_sure_nine_in_ten_are_right(banks, kept, known):
    errors, sure = guessed(banks, kept, known).T
    followed = sure >= np.array([SURE[row[0] == 0] for row, _ in kept])
    assert followed.sum() > 20
    assert (errors[followed] < 0.06).mean() > least(0.9, followed.sum())

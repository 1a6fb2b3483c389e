"""What drum and place tell of timing and touch, as scripts/groove.py counts it."""

import numpy as np

from models.contract.representations.drums import DRUMS, KIT, ON_PLACE
from models.corpus.encoders.drums import BARS, DrumsEncoder
from models.corpus.pieces import Part, Score
from scripts.groove import DRUM, OFFSET, Counts, Habits, placed, rows_of, told, windows

BAR = 96


def take(late: int, bars: int = 8) -> Score:
    """A beat of kick and snare, the snare late by quarters of a tick."""
    hits = [
        (bar * BAR + 24 * n, 38 if n % 2 else 36, 100, 2) for bar in range(bars) for n in range(4)
    ]
    notes = np.array(hits, np.int32)
    offsets = np.where(notes[:, 1:2] == 38, late, 0).astype(np.int32)
    nothing = np.zeros((0, 3), np.int32)
    metres = np.insert(BARS, 2, 8, axis=1).astype(np.int32)
    return Score("take", (Part("", 0, True, notes, offsets),), metres, nothing[:, :2], nothing)


def test_a_habit_of_a_drum_is_learned_from_counts_and_costs_nothing() -> None:
    encoder = DrumsEncoder(DRUMS)
    rows = [rows_of(windows(encoder, [take(3)])) for _ in range(12)]
    known = placed(DRUMS, rows, rows[0])
    assert known["offset"][0] < 0.05
    assert known["drum"][0] < 0.05
    # Of nothing else counted every class is as likely.
    counts = known["offset"][2]
    left = counts.without(Counts.of(DRUMS, "offset", np.concatenate(rows)))
    assert left.nats(rows[0], 1.0) == np.float64(np.log(17)).item()
    snare = rows[0][:, DRUM] == KIT.index(38)
    assert set(rows[0][snare, OFFSET]) == {ON_PLACE + 3}


def test_how_late_and_how_alike_bars_are_is_told_as_it_was_struck() -> None:
    encoder = DrumsEncoder(DRUMS)
    assert told(encoder, [take(3)])[38, 1, 0].split(",")[1] == " +3.00 (0.00)"
    habits = Habits.of(encoder, [take(3)])
    assert (habits.hits, habits.alike, habits.within) == (4.0, 1.0, 1.5)

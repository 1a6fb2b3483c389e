"""Rolls written down: what is struck and held at each tick, one instrument at a time, and silence without memory."""

import numpy as np
import pytest

from models.contract.errors import ArtifactError, ExtempoError
from models.contract.representations.roll import PITCHES, of, roll
from models.corpus.encoders.roll import RollEncoder
from models.corpus.encoders.table import encoder
from models.corpus.pieces import Part, Score

METRES = np.array([[0, 4, 4]], np.int32)
NOTHING = np.zeros((0, 3), np.int32)


def score(*parts: list[tuple[int, int, int, int]]) -> Score:
    """A piece whose parts are instruments of their own."""
    written = tuple(
        Part("", program, False, np.array(notes, np.int32)) for program, notes in enumerate(parts)
    )
    return Score("it", written, METRES, NOTHING[:, :2], NOTHING)


def read(steps):
    """What is struck and what is held at each step after the first."""
    struck = steps.codes[1:, :PITCHES]
    held = steps.conditions[1:, 3:]
    return [
        (np.flatnonzero(s).tolist(), np.flatnonzero(h).tolist())
        for s, h in zip(struck, held, strict=True)
    ]


def window(piece, start, length, varied=False, seed=0):
    return RollEncoder(roll()).window(
        piece, start, length, np.random.default_rng(seed), varied=varied
    )


def test_one_instrument_is_written_at_a_time_and_silence_is_steps():
    high = [(0, 72, 80, 6), (24, 74, 80, 6)]
    low = [(6, 40, 80, 6)]
    piece = score(high, low)
    assert RollEncoder(roll()).count(piece) == 6
    assert read(window(piece, 0, 16)) == [([72], []), ([], []), ([], []), ([], []), ([74], [])]
    assert read(window(piece, 5, 16)) == [([40], [])]
    # A rest of a thousand bars takes no more than it lasts, and its window as much as any.
    apart = score([(0, 60, 80, 6), (96_000, 60, 80, 6)])
    assert read(window(apart, 8000, 12)) == [([], [])] * 12


def test_what_began_before_a_window_is_held_in_it():
    # How long it lasts is as somebody plays it.
    found = [
        read(window(score([(0, 60, 80, 48), (96, 62, 80, 6)]), 2, 8, seed=n)) for n in range(9)
    ]
    assert sum(one[0] == ([], [60]) for one in found) > 4


def test_a_pitch_that_is_struck_again_is_struck_and_held_anew():
    piece = score([(0, 60, 80, 12), (12, 60, 80, 12)])
    assert [struck for struck, _ in read(window(piece, 0, 4))] == [[60], [], [60], []]


def test_a_tick_that_fits_no_bar_is_refused_and_so_is_a_roll_of_another():
    with pytest.raises(ExtempoError, match="5 ticks fits no bar"):
        encoder("roll", [], None, "it", (), {"tick": 5})
    for vocabulary in ({"tick": [5]}, {}, {"tick": [6]}, {**roll().vocabulary, "touch": [1]}):
        with pytest.raises(ArtifactError, match=r"^it .*(tick is|another roll)"):
            of(vocabulary, "it")
    eighths = encoder("roll", [], None, "it", (), {"tick": 12, "apart": 1}).representation
    assert of(eighths.vocabulary, "it") == eighths == roll(12, jointly=False)
    assert not eighths.told(0)

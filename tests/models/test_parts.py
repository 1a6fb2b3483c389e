"""Instruments told apart: what of a score goes in as which, and vocabularies that are none."""

import numpy as np
import pytest

from models.contract.errors import ArtifactError
from models.contract.representations.performance import DRUMS, PARTS, PERFORMANCE, of
from models.corpus.encoders.encoder import Encoder
from models.corpus.encoders.instruments import Instruments
from models.corpus.encoders.table import encoder
from models.corpus.pieces import Part, Score
from tests.parts import PROGRAMS, parts

BARS = np.array([[0, 4, 4]], np.int32)
NOTHING = np.zeros((0, 3), np.int32)
INSTRUMENT = 4
"""Its place in a row of inputs."""


def score(*played: tuple[int, bool, list[tuple[int, int]]]) -> Score:
    """Parts by program and whether they are drums, each with its onsets and pitches, of a beat each."""
    found = [
        Part("", program, drums, np.array([(on, pitch, 70, 24) for on, pitch in notes], np.int32))
        for program, drums, notes in played
    ]
    return Score("it", tuple(found), BARS, NOTHING[:, :2], NOTHING)


BAND = score(
    (40, False, [(0, 60), (24, 62), (48, 64)]),
    (0, False, [(0, 60), (0, 48), (24, 62), (48, 48)]),
    (0, True, [(0, 36), (24, 38), (48, 36)]),
)


def writes(piece: Score, programs: list[int] | None = None) -> Encoder:
    known = None if programs is None else parts(programs).vocabulary
    return encoder("performance", [piece], known, "it", (), {"parts": 1})


def strict(writing: Encoder, piece: Score, varied: bool = False, seed: int = 0) -> np.ndarray:
    """Return the codes of a window, all of the piece."""
    rng = np.random.default_rng(seed)
    return writing.window(piece, 0, 64, rng, varied=varied).codes[1:]


def test_the_vocabulary_names_the_instruments_that_have_most_notes_first() -> None:
    assert writes(BAND).representation.vocabulary[PARTS] == [0, 40, DRUMS]
    plain = encoder("performance", [BAND], None, "it")
    assert PARTS not in plain.representation.vocabulary
    assert plain.count(BAND) == 5


def test_what_two_instruments_strike_together_is_two_notes() -> None:
    writing = writes(BAND)
    assert writing.count(BAND) == 10
    codes = strict(writing, BAND)
    found = sorted(map(tuple, codes[:, [INSTRUMENT, 1]].tolist()))
    assert found == sorted(
        [(0, 48), (0, 60), (0, 62), (0, 48), (1, 60), (1, 62), (1, 64), (2, 36), (2, 38), (2, 36)]
    )


def test_what_begins_together_goes_in_instrument_by_instrument_from_the_bottom_up() -> None:
    rows = next(
        codes
        for seed in range(20)
        if (codes := strict(writes(BAND), BAND, seed=seed))[1:4, 0].tolist() == [0, 0, 0]
    )
    assert rows[:4, [INSTRUMENT, 1]].tolist() == [[0, 48], [0, 60], [1, 60], [2, 36]]


def test_the_notes_of_instruments_are_worked_out_once() -> None:
    writing = writes(BAND)
    programs = ([0, 40, DRUMS], [0, 40, DRUMS], PROGRAMS)
    notes = [Instruments(one).notes(BAND) for one in programs]
    assert notes[0] is notes[1]
    assert notes[0] is not notes[2]
    before = notes[0].copy()
    strict(writing, BAND, varied=True)
    assert (notes[0] == before).all()


def test_drums_stay_where_they_are_in_every_key() -> None:
    writing, moved = writes(BAND), set()
    for seed in range(30):
        codes = strict(writing, BAND, varied=True, seed=seed)
        drums = codes[codes[:, INSTRUMENT] == 2, 1]
        assert set(drums.tolist()) == {36, 38}
        moved.add(int(codes[codes[:, INSTRUMENT] == 1, 1].min()))
    assert len(moved) > 6


def test_an_instrument_that_is_not_known_is_the_nearest_of_its_family() -> None:
    piece = score(
        (41, False, [(0, 60)]), (7, False, [(0, 62)]), (12, False, [(0, 64)]), (5, True, [(0, 40)])
    )
    codes = strict(writes(piece, PROGRAMS), piece)
    found = {int(pitch): int(number) for pitch, number in codes[:, [1, INSTRUMENT]]}
    assert found == {60: 1, 62: 0, 64: 0, 40: 2}


@pytest.mark.parametrize("programs", [[], [0, 0], [129], [-1], list(range(16)), ["piano"]], ids=str)
def test_instruments_that_are_none_are_refused_in_a_sentence(programs: list[int]) -> None:
    with pytest.raises(ArtifactError, match=r"it names \d+ instruments, .*export it again"):
        of({**PERFORMANCE.vocabulary, PARTS: programs}, "it")

"""Tunes in ABC are scores for who wants notes: each voice a part."""

from pathlib import Path

import numpy as np
from numpy.random import default_rng

from models.contract.representations.performance import PERFORMANCE
from models.corpus.encoders.performance import PerformanceEncoder
from models.corpus.encoders.table import kinds_of
from models.corpus.readers.abc import AbcReader, TunePiece

DUET = """X:1
T:Duet
M:3/4
L:1/8
K:Dm
V:1
A2|:d2e2f2|e4A2:|
V:2
z2|:D6|[CE]6:|

X:2
T:Alone
M:5/8
L:1/8
K:A
A2B2c|[M:7/16]
e2d3/c3/|f4e3|
"""


def tunes(tmp_path: Path) -> list[TunePiece]:
    path = tmp_path / "tunes.abc"
    path.write_text(DUET)
    return [one for one in AbcReader().read(path).pieces if isinstance(one, TunePiece)]


def test_voices_are_parts_with_metre_key_and_upbeat(tmp_path: Path) -> None:
    duet, alone = (tune.score for tune in tunes(tmp_path))
    assert [part.name for part in duet.parts] == ["1", "2"]
    upper, lower = (part.notes[:, [0, 1, 3]].tolist() for part in duet.parts)
    assert upper[:3] == [[0, 69, 24], [24, 74, 24], [48, 76, 24]]
    assert len(upper) == 11
    assert lower == [
        [24, 62, 72], [96, 60, 72], [96, 64, 72], [168, 62, 72], [240, 60, 72], [240, 64, 72],
    ]  # fmt: skip
    assert duet.metres.tolist() == [[-48, 3, 4]]
    assert duet.keys.tolist() == [[0, -1, 1]]
    assert duet.upbeat == 24
    assert alone.metres.tolist() == [[0, 5, 8], [60, 7, 16]]
    assert alone.keys.tolist() == [[0, 3, 0]]
    assert alone.upbeat == 0


def test_a_network_of_notes_learns_from_tunes(tmp_path: Path) -> None:
    assert "abc" in kinds_of("performance")
    encoder, piece = PerformanceEncoder(PERFORMANCE), tunes(tmp_path)[0]
    assert encoder.count(piece) == 17
    steps = encoder.window(piece, 0, 99, default_rng(1), varied=False)
    assert steps.codes[1:, 1].tolist() == piece.score.notes[:, 1].tolist()
    # The pickup is the third beat of a bar of three.
    assert np.array_equal(steps.conditions[1, [0, 2]], [2, 6])

import numpy as np
import pytest

from models.contract.grid import TICKS, Note
from models.corpus.pieces import Score
from models.corpus.readers.abc import TunePiece
from models.measures.excerpt import COMPOUND, Excerpt, of_notes, of_score, of_tune
from tests.measures.music import chord, excerpt, line


def test_an_excerpt_is_sorted_and_nobody_changes_it() -> None:
    one = Excerpt(np.array([(24, 64, 80, 0), (0, 67, 80, 24), (0, 60, 80, 24)]))
    assert one.notes.tolist() == [[0, 60, 80, 24], [0, 67, 80, 24], [24, 64, 80, 1]]
    with pytest.raises(ValueError, match="read-only"):
        one.notes[0, 0] = 1


@pytest.mark.parametrize(
    "notes", [[(-1, 60, 80, 24)], [(0, 128, 80, 24)], [(0, -1, 80, 24)]], ids=str
)
def test_notes_that_cannot_be_are_refused(notes: list[tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match="notes begin at tick 0 or later"):
        Excerpt(np.array(notes))


def test_bars_without_length_are_refused() -> None:
    with pytest.raises(ValueError, match="a length"):
        Excerpt(np.zeros((0, 4), np.int64), 0.0)


def test_the_top_line_the_bass_and_the_intervals() -> None:
    one = excerpt(line([60, 62, 64]), chord([48, 55], 1, 1))
    assert one.top[:, 1].tolist() == [60, 62, 64]
    assert one.bass[:, 1].tolist() == [60, 48, 64]
    assert one.intervals.tolist() == [2, 2]
    assert one.onsets.tolist() == [0, 24, 48]


def test_an_empty_excerpt_has_nothing() -> None:
    one = excerpt()
    assert one.end == 0
    assert one.bars == ()
    assert one.sounding(TICKS).shape == (0, 12)
    assert [len(part) for part in (one.top, one.bass, one.intervals, one.onsets, one.snapped)] == [
        0
    ] * 5
    assert len(one.cut(0, 4).notes) == 0


def test_bars_are_counted_from_the_first_with_notes_and_may_be_empty() -> None:
    one = excerpt(line([60], start=4), line([62], start=13))
    assert [bar[:, :2].tolist() for bar in one.bars] == [[[0, 60]], [], [[24, 62]]]


def test_what_is_a_little_beside_a_sixteenth_or_a_triplet_counts_as_that() -> None:
    played = np.array([(1, 60, 80, 5), (7, 60, 80, 5), (15, 60, 80, 5), (23, 60, 80, 5)])
    assert Excerpt(played).snapped.tolist() == [0, 6, 16, 24]


def test_what_sounds_is_divided_among_the_stretches_that_it_reaches_into() -> None:
    one = Excerpt(np.array([(12, 61, 80, 48), (24, 73, 80, 24)]))
    found = one.sounding(24)
    assert found[:, 1].tolist() == [12, 48, 12]
    assert found.sum() == 72


def test_a_cut_begins_at_its_bar() -> None:
    assert excerpt(line(range(60, 72))).cut(1, 1).notes[:, :2].tolist() == [
        [0, 64],
        [24, 65],
        [48, 66],
        [72, 67],
    ]


def score(notes: list[int], bars: list[tuple[int, int]]) -> Score:
    rows = [(onset, 60, 90, 12) for onset in notes]
    return Score.piano("score", np.array(rows, np.int32), np.array(bars, np.int32))


def test_of_a_score_the_longest_part_in_one_metre_is_taken() -> None:
    one = of_score(score([0, 24, 96, 132, 168, 400], [(0, 8), (96, 7)]))
    assert one.beats == 3.5
    assert one.notes[:, 0].tolist() == [0, 36, 72, 304]
    assert one.name == "score"


@pytest.mark.parametrize(
    ("onsets", "eighths", "pulse"),
    [
        ([0, 12, 24, 36, 48, 60, 72, 108], 6, COMPOUND),
        ([0, 24, 48, 72, 96, 120], 6, TICKS),
        ([0, 12], 9, COMPOUND),
        ([0, 12], 8, TICKS),
        ([0, 12], 7, TICKS // 2),
        ([0, 12], 0, TICKS),
    ],
)
def test_the_beat_of_a_score(onsets: list[int], eighths: int, pulse: int) -> None:
    assert of_score(score(onsets, [(0, eighths)])).pulse == pulse


def test_a_tune_is_heard_with_its_repeats_and_an_upbeat_comes_before_the_bar() -> None:
    one = of_tune(TunePiece("jig", "M:6/8\nL:1/8\nK:C\nG|cde fga|gfe dc:|\n"))
    assert one.beats == 3.0
    assert one.pulse == COMPOUND
    assert one.notes[:2, :2].tolist() == [[60, 67], [72, 72]]
    assert len(one.notes) == 24
    assert (one.bars[1][:, :2] == one.bars[3][:, :2]).all()


def test_played_notes_come_without_what_accompanies_them_and_without_drums() -> None:
    parts = (1, 2, 3)
    others = [Note(0, 48 + part, 80, 24, part) for part in parts]
    one = of_notes([Note(0, 60, 80, 0), *others], 3.0, name="solo")
    assert one.notes.tolist() == [[0, 51, 80, 24], [0, 60, 80, 1]]
    assert (one.beats, one.name) == (3.0, "solo")

import math

import numpy as np
import pytest

from models.corpus.pieces import Longs
from models.measures.copying import LENGTHS, Known
from models.measures.suffixes import LONGEST, Suffixes
from tests.measures.music import TUNE, chord, excerpt, line

random = np.random.default_rng(5)
PIECES = [(f"piece {n}", line(random.integers(48, 84, 100))) for n in range(20)]
KNOWN = Known(PIECES)


def test_a_passage_is_found_in_any_key_and_its_piece_is_named() -> None:
    stolen = line(random.integers(48, 84, 80))
    stolen[20:60, 1] = PIECES[7][1][30:70, 1] + 3
    found = KNOWN.longest(excerpt(stolen))
    # Forty notes are 39 intervals; what stands beside them may go on by chance.
    assert 39 <= found.length <= 41
    assert 18 <= found.begin <= 20
    assert found.name == "piece 7"
    assert KNOWN.longest(excerpt(stolen[:20])).length < 6


def test_with_its_rhythm_a_passage_is_another_one() -> None:
    fast = PIECES[3][1] // (2, 1, 1, 2)
    assert KNOWN.longest(excerpt(fast)).length == 99
    assert KNOWN.longest(excerpt(fast), rhythm=True).length == 0
    half = excerpt(PIECES[3][1][:50], fast[50:] + np.array((2400, 0, 0, 0)))
    assert KNOWN.longest(half, rhythm=True).length == 49


def test_it_is_the_top_line_that_is_compared() -> None:
    under = [chord([24, 31], at, 1) for at in range(100)]
    assert KNOWN.longest(excerpt(PIECES[0][1], *under)).length == 99


def test_shares_of_runs_that_stand_in_the_pieces() -> None:
    own = KNOWN.shares(excerpt(PIECES[2][1]))
    assert own == dict.fromkeys(LENGTHS, 1.0)
    half = np.concatenate((PIECES[2][1][:51, 1], random.integers(48, 84, 50)))
    found = KNOWN.shares(excerpt(line(half)))
    assert found[32] == pytest.approx((50 - 31) / (100 - 31), abs=0.03)
    assert found[8] == pytest.approx((50 - 7) / (100 - 7), abs=0.03)
    assert KNOWN.shares(excerpt(line(half)), (8,), rhythm=True)[8] == pytest.approx(
        found[8], abs=0.03
    )


def test_the_nearest_piece_shares_most_runs() -> None:
    mixed = np.concatenate((PIECES[4][1][:30, 1], PIECES[9][1][:60, 1]))
    found = KNOWN.nearest(excerpt(line(mixed)))
    # Of 82 runs of eight intervals 52 lie in the sixty notes.
    assert found.name == "piece 9"
    assert found.share == pytest.approx(52 / 82)
    assert KNOWN.nearest(excerpt(line(range(60, 72)))) == (0.0, "")


def test_no_run_goes_from_one_piece_into_the_next() -> None:
    both = np.concatenate((PIECES[0][1][60:, 1], PIECES[1][1][:40, 1]))
    assert KNOWN.longest(excerpt(line(both))).length == 39


def test_a_long_copy_counts_as_128() -> None:
    long = Known([("long", line([60, *random.integers(48, 84, 400)]))])
    assert long.longest(excerpt(line([60, *random.integers(48, 84, 9)]))).length < 9
    every = Known([("long", line(TUNE * 20))])
    assert every.longest(excerpt(line(TUNE * 20))) == (LONGEST, 0, "long")
    assert every.shares(excerpt(line(TUNE * 20)))[32] == 1.0


@pytest.mark.parametrize("notes", [[], [60]])
def test_without_a_line_nothing_is_shared(notes: list[int]) -> None:
    music = excerpt(line(notes)) if notes else excerpt()
    for known in (KNOWN, Known([]), Known([("empty", excerpt().notes)])):
        assert known.longest(music) == (0, 0, "")
        assert math.isnan(known.nearest(music).share)
        assert all(math.isnan(share) for share in known.shares(music).values())


def test_of_no_pieces_nothing_is_known() -> None:
    music = excerpt(line(TUNE))
    assert Known([]).longest(music) == (0, 0, "")
    assert Known([]).nearest(music) == (0.0, "")
    assert Known([]).shares(music)[4] == 0.0


def by_hand(texts: list[Longs], text: Longs) -> list[int]:
    known = {
        tuple(one[begin:end].tolist())
        for one in texts
        for begin in range(len(one))
        for end in range(begin + 1, len(one) + 1)
    }
    found = []
    for begin in range(len(text)):
        longest = 0
        while (
            begin + longest < len(text)
            and tuple(text[begin : begin + longest + 1].tolist()) in known
        ):
            longest += 1
        found.append(longest)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_matches_are_those_that_are_counted_by_hand(seed: int) -> None:
    chance = np.random.default_rng(seed)
    texts = [chance.integers(-2, 2, chance.integers(1, 60)) for _ in range(8)]
    text = np.concatenate((chance.integers(-2, 3, 50), texts[3], chance.integers(-2, 2, 9)))
    assert Suffixes(texts).matched(text).tolist() == by_hand(texts, text)


def test_ten_thousand_notes_that_are_in_a_hundred_thousand() -> None:
    chance = np.random.default_rng(1)
    lines = [line(chance.integers(40, 90, 1000)) for _ in range(100)]
    known = Known([(str(number), one) for number, one in enumerate(lines)])
    music = excerpt(line(np.concatenate([one[:, 1] for one in lines[:10]])))
    # Runs over a join are not there: its interval has 32 places in a run.
    assert known.shares(music)[32] == pytest.approx(1 - 9 * 32 / (9999 - 31))
    assert known.shares(excerpt(line(chance.integers(40, 90, 10_000))))[8] == 0.0

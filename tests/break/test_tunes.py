"""Files of tunes in ABC that are none, or hostile: nothing is raised, and time and memory are bounded."""

import random
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from models.abc.place import Places
from models.abc.reader import feed, finish, read
from models.abc.state import LONGEST, Sounded, State
from models.abc.transpose import transposed
from models.abc.tunes import decoded, found, parts
from models.contract.representation import limits
from models.contract.representations.abc import of
from models.corpus.readers.abc import MOST, AbcReader, TunePiece
from models.corpus.readers.reader import Held
from models.corpus.store import Store

from .tunes import noise, spoil_tune

REAL = list(parts(decoded((Path(__file__).parents[1] / "abc" / "tunes.abc").read_bytes())))
HEAD = "X:1\nT:it\nM:4/4\nL:1/8\nK:G\n"
LINE = "GABc dedB|" * 4 + "\n"
LETTERS = {letter: code for code, letter in enumerate("ABCDEFGabcdefg|:[]12^_=/ ")}
CONDITIONS = limits(of({"characters": list(LETTERS)}, "a test").conditions)
LONG = 4.0
"""Seconds of a processor that one file may take."""
MUCH = 96 << 20
"""Bytes that are needed at most to read one of these files."""
MILLION = 1 << 20

BOMBS = {
    "a line of 10 MB": HEAD + "GABc dedB|" * MILLION + "\n\n" + HEAD + LINE,
    "brackets": HEAD + "[" * 60_000 + "\n" + LINE,
    "braces": HEAD + "{" * 60_000 + "\n" + LINE,
    "all of them": HEAD + "[({" * 20_000 + "\n" + LINE,
    "a million repeats": HEAD + "GA" + "|: :|" * MILLION,
    "as many as are read": HEAD + "|:GA:|" * 10_000 + "\n" + LINE,
    "endings": HEAD + "|:GABc" + "".join(f"|{i % 9 + 1}GA:|" for i in range(6000)) + "\n",
    "endings of nine passes": HEAD + ("|:" + "GABc" * 10 + "|1-9GA:|") * 900 + "\n",
    "strokes in nine passes": HEAD + '"G"' + ("|:" + "z9999 " * 30 + "|1-9z9:|") * 300 + "\nGA|\n",
    "lengths": HEAD + "C999999999/0 C/0 C0 C9999/9999 C////////////// z9999 Z9999|" * 900 + "\n",
    "tuplets": HEAD + "(99:0:99abc (9:9:9abc (2:0:0ab (3::abc (9:1:9 abc|" * 900 + "\n",
    "a key of nonsense": HEAD.replace("K:G", "K:Qwxyz ^^^^ %&") + LINE,
    "a key that has no end": HEAD.replace("K:G", "K:" + "^c" * 20_000) + LINE,
    "no metre": HEAD.replace("4/4", "0/0") + LINE,
    "a metre of nonsense": HEAD.replace("4/4", "99999/3") + LINE,
    "a metre that has no end": HEAD.replace("4/4", "1+" * 30_000) + LINE,
    "a tempo of nonsense": HEAD.replace("K:G", "Q:nonsense=99999999/0\nK:G") + LINE,
    "inline fields": HEAD + "[K:G [M:3/4 abc|" * 4000 + "\n" + LINE,
    "voices": HEAD + "".join(f"V:{i}\nabc|\n" for i in range(5000)),
    "a chord": HEAD + "[" + "CEG" * 20_000 + "]2\n" + LINE,
    "grace notes": HEAD + "{" + "CEG" * 20_000 + "}C2\n" + LINE,
    "null bytes": HEAD + "\0" * 60_000 + "\n" + LINE,
    "ornaments": HEAD + "!abc" * 15_000 + "+!" * 100 + "\n" + LINE,
    "a title of spaces": "X:1\nT:" + " " * MILLION + "x\nK:G\n" + LINE,
    "tunes of nothing": "\nX:" * (MILLION // 4),
    "empty lines": "\n" * MILLION,
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_file_takes_little_time_and_memory(name: str) -> None:
    written = BOMBS[name].encode()
    begun = time.process_time()
    tunes, left_out = found(written)
    took = time.process_time() - begun
    assert took < LONG
    assert len(left_out) <= 1001
    for one in left_out:
        assert len(": ".join(one)) < 400
        assert ": ".join(one).isprintable()
    for tune in tunes:
        assert len(read(tune.text)) <= 1 << 16


@pytest.mark.parametrize("name", ["endings of nine passes", "strokes in nine passes", "voices"])
def test_what_a_tune_plays_is_bounded(name: str) -> None:
    written = BOMBS[name].encode()
    tracemalloc.start()
    try:
        found(written)
        assert tracemalloc.get_traced_memory()[1] < MUCH
    finally:
        tracemalloc.stop()


def test_what_is_kept_of_a_file_is_as_large_as_its_tunes() -> None:
    longest = HEAD + "GABc dedB|\n" * 5000 + "\n"
    tunes = AbcReader().arrays(Held([*_tunes(longest), *_tunes((HEAD + LINE + "\n") * 500)]))
    assert sum(one.nbytes for one in tunes.values()) < 200_000


def _tunes(text: str) -> list[TunePiece]:
    return [TunePiece(one.name, one.text) for one in found(text.encode()).tunes]


def test_a_file_of_50_mb_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "big.abc"
    with path.open("wb") as sparse:
        sparse.truncate(50 << 20)
    (row,) = Store(tmp_path / "kept").read([path])
    assert row.entry.why == f"{path} has 50 MB, more than the {MOST >> 20} MB that are read."


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("make", [noise, lambda rng: spoil_tune(rng.choice(REAL), rng)])
def test_whatever_is_read_nothing_is_raised(
    make: Callable[[random.Random], str], seed: int
) -> None:
    rng = random.Random(seed)
    for _ in range(40):
        text = HEAD * rng.randrange(2) + make(rng)
        begun = time.process_time()
        _read(text)
        for tune in found(text.encode("utf-8", "replace")).tunes:
            assert all(one.length for one in read(tune.text))
            transposed(tune.text, rng.choice((-3, 2)))
        assert time.process_time() - begun < 1.0


def _read(text: str) -> None:
    """Read letter by letter, and see that what is known between two of them holds together."""
    state = State()
    sounds: list[Sounded] = []
    for letter in text:
        state, more = feed(state, letter)
        sounds += more
        given = Places(LETTERS).of(state)
        assert (given >= 0).all()
        assert (given < CONDITIONS).all()
        assert 0 <= state.bar <= state.at
    assert msgspec.json.decode(msgspec.json.encode(state), type=State) == state
    for one in (*sounds, *finish(state)[1]):
        assert one.onset >= 0
        assert 0 < one.length <= 2 * LONGEST
        assert one.pitches
        assert all(0 <= pitch <= 127 for pitch in one.pitches)

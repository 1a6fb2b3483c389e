import hashlib

import msgspec
import numpy as np
import pytest
from numpy.random import default_rng

from models.contract import index
from models.contract.errors import GivenError
from models.contract.filters import built
from models.contract.index import LENGTHS, NONE, keys_of, read, written


@pytest.fixture(scope="module")
def lines():
    random = default_rng(3)
    steps = [random.integers(-4, 5, 300) for _ in range(20)]
    return [60 + np.cumsum(one) % 24 for one in steps]


@pytest.fixture(scope="module")
def data(lines):
    return written(lines)


@pytest.fixture(scope="module")
def known(data):
    return read(data, "it")


@pytest.mark.parametrize(
    ("count", "bits"), [(0, 8), (1, 20), (2, 8), (7, 12), (600, 7), (40000, 9)]
)
def test_a_filter_has_its_keys_and_hardly_any_other(count, bits):
    random = default_rng(count)
    keys = random.integers(0, 2**64, count, dtype=np.uint64)
    found = built(keys, bits)
    assert found.holds(keys).all()
    others = random.integers(0, 2**64, 50000, dtype=np.uint64)
    taken = found.holds(others)
    assert taken.mean() <= 2**-bits + 5 * (2**-bits / len(others)) ** 0.5
    assert [found.has(int(one)) for one in others[:200]] == taken[:200].tolist()
    assert len(found.table) == found.shape.bytes


def test_the_same_keys_in_any_order_give_the_same_filter():
    keys = default_rng(1).integers(0, 2**64, 500, dtype=np.uint64)
    assert built(keys, 12).table == built(np.tile(keys[::-1], 2), 12).table


def test_every_run_of_the_corpus_stands_there_in_any_key(known, lines):
    for length in LENGTHS:
        for moved in (-7, 0, 11):
            assert all(known.stand(line + moved, length).all() for line in lines)
    assert len(known.stand(lines[0], 8)) == len(lines[0]) - 8
    assert not len(known.stand(lines[0][:8], 8))


def test_hardly_any_other_run_stands_there(known, lines):
    taken = {key for line in lines for key in keys_of(line, 8).tolist()}
    other = 60 + np.cumsum(default_rng(9).integers(-4, 5, 40000)) % 24
    for length in LENGTHS:
        stand = known.stand(other, length)
        really = np.array([key in taken for key in keys_of(other, 8).tolist()])
        assert not (stand & ~really[: len(stand)])[: len(stand)].any() or length > 8
        assert stand.sum() <= really.sum()


@pytest.mark.parametrize("length", LENGTHS)
def test_what_completes_a_run_is_what_came_next_in_the_corpus(known, lines, length):
    line = lines[4]
    for at in range(length, 120):
        tops = tuple((line[:at] + 5).tolist())
        pitches = np.flatnonzero(known.completing(tops, length)).tolist()
        assert line[at] + 5 in pitches
        assert len(pitches) <= 3
        assert not known.completing(tops[1 - length :], length).any()


def test_a_line_of_which_only_the_end_stands_there_completes_no_longer_run(known, lines):
    line = lines[2]
    for length, before in zip(LENGTHS[1:], LENGTHS, strict=False):
        tops = (line[0] + 40, *line[1:length].tolist())
        assert not known.completing(tuple(map(int, tops)), length).any()
        assert known.completing(tuple(map(int, tops[-before:])), before).any()


def test_the_outermost_pitches_can_be_asked_about(known):
    assert known.completing((0,) * 30, 24).shape == (128,)
    assert known.completing((127,) * 30, 8).shape == (128,)
    assert known.completing((0, 127) * 15, 8).shape == (128,)


def test_where_there_is_no_index_nothing_stands():
    assert not NONE.completing(tuple(range(40, 70)), 8).any()
    assert NONE.digest == ""


def test_it_is_known_by_its_hash_and_holds_no_line(data, known, lines):
    assert known.digest == hashlib.sha256(data).hexdigest()
    assert written(lines[::-1]) == data
    assert known.runs[8] <= sum(len(line) - 8 for line in lines)
    line = lines[0].astype(np.uint8).tobytes()
    assert line[:6] not in data
    assert np.diff(lines[0]).astype(np.int8).tobytes()[:6] not in data


def test_of_nothing_an_index_can_be_made_too():
    none = read(written([]), "it")
    assert none.runs == dict.fromkeys(index.STORED, 0)


def _headed(data, change):
    begin = len(index._MAGIC) + index._SIZE
    size = int.from_bytes(data[len(index._MAGIC) : begin], "little")
    head = msgspec.json.decode(data[begin : begin + size])
    change(head)
    said = msgspec.json.encode(head)
    return data[: len(index._MAGIC)] + len(said).to_bytes(4, "little") + said + data[begin + size :]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data[:200],
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: b"x" + data,
        lambda data: data[:14] + b"\xff\xff\xff\xff" + data[18:],
        lambda data: data[:18] + b"[" * 4000 + data[4018:],
        lambda data: _headed(data, lambda head: head.update(format=9)),
        lambda data: _headed(data, lambda head: head["parts"].pop()),
        lambda data: _headed(data, lambda head: head["parts"].reverse()),
        lambda data: _headed(data, lambda head: head["parts"][0]["shape"].update(segments=1 << 40)),
        lambda data: _headed(data, lambda head: head["parts"][0]["shape"].update(width=60)),
        lambda data: _headed(data, lambda head: head["parts"][0]["shape"].update(bits=8)),
        lambda data: _headed(data, lambda head: head["parts"][0].update(runs=-1)),
    ],
)
def test_what_is_no_index_is_refused_in_one_sentence(data, spoil):
    with pytest.raises(GivenError) as refused:
        read(spoil(data), "mine.index")
    said = str(refused.value)
    assert said.startswith("mine.index is no index")
    assert "\n" not in said
    assert len(said) < 500

"""States come back as they were, and rows of a log that moments share are written once."""

import msgspec
import numpy as np
import pytest

from live.engine.memento import Tensor
from live.engine.notes.states import Reader, Writer
from models.contract.state import State
from models.contract.stream import ADVANCE, Entry, StreamSpec, TensorSpec

ROW = (1, 1, 64)
SPECS = (TensorSpec("h", "float32", (1, 4)), TensorSpec("rows", "float32", ROW, log=256))
CONTEXT = TensorSpec("context", "float32", (1, 3))
SPEC = StreamSpec((Entry(ADVANCE, (), (CONTEXT,), SPECS),))


def _after(state, number):
    row = np.full(ROW, number, np.float32)
    return state.after({"h": np.full((1, 4), number, np.float32), "rows": row})


def _line(count):
    """So many states, each a step after the one before."""
    states = [State.start(SPECS)]
    for number in range(count):
        states.append(_after(states[-1], number))
    return states


def _written(states):
    writer = Writer()
    for state in states:
        writer.place(state, (np.ones((1, 3), np.float32), state))
    return writer


def _same(one, other):
    assert one.whole().keys() == other.whole().keys()
    for name, array in one.whole().items():
        np.testing.assert_array_equal(array, other.whole()[name])


def test_states_come_back_and_go_on_as_they_would_have():
    states = _line(700)[::16]
    writer = _written(states)
    reader = Reader(SPEC, writer.chunks)
    for state, form in zip(states, writer.known, strict=True):
        again = msgspec.msgpack.decode(msgspec.msgpack.encode(form), type=type(form))
        _, read = reader.known(again)
        _same(state, read)
        _same(_after(state, 5), _after(read, 5))
        _same(_after(_after(state, 6), 7), _after(_after(read, 6), 7))
    # A log of 256 rows in 44 states would be 2.9 MB, were it copied.
    assert writer.size < 300_000


def test_a_state_is_written_once():
    state = _line(3)[-1]
    assert len(_written([state, state]).known) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        {"chunks": (0, 99)},
        {"chunks": (0,) * 40},
        {"end": 30},
        {"end": 0},
        {"newest": Tensor.of(np.zeros((1, 1, 3), np.float32))},
        {"newest": Tensor.of(np.full(ROW, np.nan, np.float32))},
    ],
)
def test_a_log_that_does_not_fit_is_refused(spoil):
    writer = _written(_line(12))
    form = writer.known[-1]
    log = msgspec.structs.replace(form.logs["rows"], **spoil)
    with pytest.raises((ValueError, LookupError)):
        Reader(SPEC, writer.chunks).known(msgspec.structs.replace(form, logs={"rows": log}))


@pytest.mark.parametrize("shape", [(1000, 64), (11, 3), (11, 64, 2), ()])
def test_a_piece_of_a_log_that_does_not_fit_is_refused(shape):
    writer = _written(_line(12))
    chunks = [Tensor.of(np.zeros(shape, np.float32)) for _ in writer.chunks]
    with pytest.raises((ValueError, LookupError)):
        Reader(SPEC, chunks).known(writer.known[-1])

"""A state is a value: kept moments cost little, a kept one never changes, and going back is exact."""

import tracemalloc

import numpy as np
import pytest

from live.runtime.windows import Windows
from models.contract.representations.performance import PERFORMANCE
from models.contract.state import Log, Rows, State, chunk_rows
from models.contract.stream import TensorSpec
from models.nets.copying import Copying

LARGE = TensorSpec("past", "float32", (1, 1, 128), log=1024)
SMALL = TensorSpec("past", "float32", (1, 1, 3), log=10)
SHORT = TensorSpec("past", "int64", (1, 1, 2, 300), log=7)
CELL = TensorSpec("h", "float32", (1, 1, 4))
MOST = 50_000_000


def _row(spec, number):
    return np.full(spec.shape, number, spec.dtype)


def _go_on(state, spec, number):
    return state.after({"h": _row(CELL, number), spec.name: _row(spec, number)})


def _begun(spec, count=0):
    state = State.start((CELL, spec))
    for number in range(1, count + 1):
        state = _go_on(state, spec, number)
    return state


def _taken(work):
    tracemalloc.start()
    kept = work()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(kept) == 1000
    return taken


def test_a_thousand_kept_moments_are_small():
    def work():
        kept = [_begun(LARGE, 1500)]
        while len(kept) < 1000:
            kept.append(_go_on(kept[-1], LARGE, len(kept)))
        return kept

    assert _taken(work) < MOST / 10


def test_a_thousand_ways_on_from_one_moment_are_small():
    first = _begun(LARGE, 1500)

    def work():
        return [_go_on(_go_on(first, LARGE, number), LARGE, 7) for number in range(1000)]

    assert _taken(work) < MOST


def test_what_is_thrown_away_takes_no_room():
    first = _begun(LARGE, 1500)
    for number in range(10):
        _go_on(first, LARGE, number)
    chunks = first.logs["past"].rows.chunks
    assert _go_on(first, LARGE, 1).logs["past"].rows.chunks is chunks


@pytest.mark.parametrize("spec", [SMALL, SHORT, TensorSpec("past", "float32", (1, 1, 700), log=33)])
def test_going_back_and_on_is_what_a_copy_would_give(spec):
    rng = np.random.default_rng(5)
    windows = Windows(spec)
    kept = [(_begun(spec), np.zeros(spec.fed.shape, spec.dtype))]
    for number in range(1, 3000):
        # Mostly on, at times from the moment before, at times from anywhere.
        back = rng.choice((1, 2, 3, len(kept)), p=(0.9, 0.06, 0.02, 0.02))
        state, copied = kept[-int(min(back, len(kept)))]
        log = state.logs[spec.name]
        np.testing.assert_array_equal(windows.of(log), copied)
        state = _go_on(state, spec, number)
        copied = np.concatenate((copied[:, 1:], _row(spec, number)), 1)
        np.testing.assert_array_equal(state.logs[spec.name].window(), copied)
        kept.append((state, copied))
        kept = kept[-400:]
    for state, copied in kept:
        np.testing.assert_array_equal(state.whole()[spec.name], copied)
        assert len(state.logs[spec.name].rows.chunks) <= -(-spec.log // chunk_rows(spec)) + 1


def test_a_window_is_one_piece_and_is_not_copied_to_go_on():
    windows = Windows(LARGE)
    state = _begun(LARGE, 2)
    before = windows.of(state.logs["past"])
    after = windows.of(_go_on(state, LARGE, 3).logs["past"])
    assert before.flags.c_contiguous
    assert after.flags.c_contiguous
    assert np.shares_memory(before, after)
    # And what was thrown away is not in the way of what is fed instead.
    again = windows.of(_go_on(state, LARGE, 4).logs["past"])
    assert again[0, -1, 0] == 4
    assert windows.of(state.logs["past"])[0, -1, 0] == 2


def test_windows_of_voices_in_turns_do_not_disturb_each_other():
    windows = Windows(SMALL)
    voices = [_begun(SMALL, count) for count in range(6)]
    for number in range(300):
        for at, state in enumerate(voices):
            expected = state.logs["past"].window()
            np.testing.assert_array_equal(windows.of(state.logs["past"]), expected)
            voices[at] = _go_on(state, SMALL, 10 * number + at)


def test_rows_that_were_kept_elsewhere_go_on_alike():
    state = _begun(SHORT, 40)
    rows = state.logs["past"].rows
    log = Log.of(SHORT, Rows(rows.chunks, rows.end, rows.newest))
    np.testing.assert_array_equal(log.window(), state.logs["past"].window())
    for number in range(9):
        state, log = _go_on(state, SHORT, number), log.appended(_row(SHORT, number))
        np.testing.assert_array_equal(log.window(), state.logs["past"].window())


@pytest.mark.parametrize("spoil", [(0, 1), (1, 1), (2, 0), (2, 900), (3, 1)])
def test_rows_that_are_not_such_a_logs_are_refused(spoil):
    count, end = spoil
    rows = _begun(SHORT, 40).logs["past"].rows
    chunks = {0: (), 1: rows.chunks[:1] * 50, 2: rows.chunks, 3: (rows.chunks[-1], *rows.chunks)}
    if count == 3:
        chunks[3][0].used = 1
    with pytest.raises(ValueError, match="do not fit"):
        Log.of(SHORT, Rows(chunks[count], end))


def test_a_thousand_kept_moments_of_what_copies_are_small():
    specs = Copying(PERFORMANCE, 1024, 4, 4, 4).specs()

    def work():
        rng = np.random.default_rng(1)
        kept = [State.start(specs)]
        while len(kept) < 1000:
            kept.append(
                kept[-1].after({one.name: rng.random(one.shape).astype(one.dtype) for one in specs})
            )
        return kept

    assert _taken(work) < MOST / 3

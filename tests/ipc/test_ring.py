import multiprocessing
import os
import signal
import time
from typing import Any

import pytest

from live.ipc.news import Counted, FromPortsToControl, Trouble
from live.ipc.ring import Ring, Wake
from live.ipc.wire import CommittedNote, LetGo, Segment, ToPorts

SPAWN = multiprocessing.get_context("spawn")


def _sound(number: int) -> CommittedNote:
    return CommittedNote(
        voice=1, pitch=60, velocity=80, channel=1, at=1.5 * number, end=2.0, number=number
    )


def _write(ring: Ring[ToPorts], count: int) -> None:
    for number in range(count):
        while not ring.put(_sound(number)):
            time.sleep(0.0005)


def _die_inside_a_write(ring: Ring[ToPorts]) -> None:
    ring.put(LetGo(who=1))
    hidden: Any = ring
    whole = hidden._encode(_sound(7))
    start = hidden._slot(1)
    hidden._bytes[start + 8 : start + 8 + len(whole) // 2] = whole[: len(whole) // 2]
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


@pytest.fixture
def wake():
    made = Wake()
    yield made
    made.close()


@pytest.fixture
def ring(wake):
    made = Ring[ToPorts](ToPorts, wake, slots=16, width=256)
    yield made
    made.close()
    made.unlink()


def _drain_until(ring, wake, count, seconds=20.0):
    found, end = [], time.monotonic() + seconds
    while len(found) < count and time.monotonic() < end:
        wake.wait(0.5)
        found += ring.drain()
    return found


def test_messages_cross_in_order_through_a_ring_that_is_smaller(ring, wake):
    writer = SPAWN.Process(target=_write, args=(ring, 500))
    writer.start()
    assert _drain_until(ring, wake, 500) == [_sound(number) for number in range(500)]
    writer.join(10)
    assert writer.exitcode == 0


def test_a_writer_that_dies_inside_a_message_leaves_nothing(ring, wake):
    writer = SPAWN.Process(target=_die_inside_a_write, args=(ring,))
    writer.start()
    writer.join(20)
    assert writer.exitcode != 0
    assert ring.drain() == [LetGo(who=1)]
    assert ring.drain() == []
    segment = Segment(beat=0.0, at=1.0, tempo=100.0)
    assert ring.put(segment)
    assert ring.drain() == [segment]


def test_a_full_ring_refuses_and_keeps_what_it_has(ring):
    taken = [ring.put(_sound(number)) for number in range(20)]
    assert taken == [True] * 16 + [False] * 4
    assert [sound.number for sound in ring.drain()] == list(range(16))
    assert ring.put(_sound(99))
    assert len(ring) == 1


def test_a_message_that_is_too_wide_is_refused():
    ring = Ring[FromPortsToControl](FromPortsToControl, slots=4, width=64)
    try:
        assert not ring.put(Trouble(code="long", text="x" * 100))
        counted = Counted(sent=1, latest=0.0, xruns=0, echoes=0)
        assert ring.put(counted)
        assert ring.drain() == [counted]
    finally:
        ring.close()
        ring.unlink()


def test_bytes_that_are_not_yet_there_are_left_for_later(ring):
    ring.put(_sound(0))
    hidden: Any = ring
    start = hidden._slot(0) + 8
    kept, hidden._bytes[start] = hidden._bytes[start], 0
    assert ring.drain() == []
    hidden._bytes[start] = kept
    assert ring.drain() == [_sound(0)]


def test_wake_waits_as_long_as_it_was_told(wake):
    begin = time.perf_counter()
    wake.wait(0.02)
    assert time.perf_counter() - begin > 0.018
    wake.wait(0)
    wake.wait(-1)
    wake.notify()
    begin = time.perf_counter()
    wake.wait(5)
    assert time.perf_counter() - begin < 1


def test_notifying_who_never_looks_never_blocks(wake):
    for _ in range(100_000):
        wake.notify()
    wake.wait(None)

import multiprocessing
import pickle

import numpy as np
import pytest

from live.soundring import FRAMES, HEADER, SoundRing


@pytest.fixture
def ring():
    ring = SoundRing()
    yield ring
    ring.close()
    ring.unlink()


def count(begin, frames):
    return np.arange(begin, begin + frames, dtype=np.float32)


def test_blocks_lie_one_after_the_other_round_the_ring(ring):
    ring.header["read"] = ring.header["written"] = FRAMES - 3
    assert ring.write(count(0, 8))
    assert ring.waiting() == 8
    assert ring.frames[FRAMES - 3 :].tolist() == [0, 1, 2]
    assert ring.frames[:5].tolist() == [3, 4, 5, 6, 7]


def test_what_has_no_room_is_not_written_at_all(ring):
    assert ring.write(count(0, FRAMES))
    assert not ring.write(count(0, 1))
    assert ring.waiting() == FRAMES
    ring.header["read"] = 1
    assert ring.write(count(0, 1))


def test_what_comes_in_is_taken_once_and_who_is_late_gets_the_newest(ring):
    ring.write(count(0, 100))
    ring.skip()
    assert ring.take().size == 0
    ring.write(count(100, 50))
    assert ring.take().tolist() == count(100, 50).tolist()
    # Whoever writes there goes on over what nobody has read.
    ring.header["written"] += 3 * FRAMES
    assert ring.take().size == FRAMES // 2
    assert ring.waiting() == 0


def test_a_frame_has_a_time(ring):
    ring.header["rate"], ring.header["heard"], ring.header["heard_at"] = 48000, 1000, 5.0
    assert ring.time_of(1000) == 5.0
    assert ring.time_of(49000) == 6.0
    # Whoever was writing it has been killed.
    ring.header["turn"] = 1
    assert ring.time_of(49000) == 6.0


def test_each_side_writes_in_a_cache_line_of_its_own():
    engine, ports = ("written", "sounding", "gain", "pan", "ended"), ("read", "rate", "heard")
    offsets = {name: HEADER.fields[name][1] for name in (*engine, *ports)}
    assert max(offsets[name] for name in engine) < 64
    assert min(offsets[name] for name in ports) >= 128


def answer(ring):
    ring.header["read"] = ring.waiting()


def test_another_process_has_the_same_ring(ring):
    ring.write(count(0, 7))
    other = multiprocessing.get_context("spawn").Process(target=answer, args=(ring,))
    other.start()
    other.join()
    assert ring.header["read"] == 7
    assert pickle.dumps(ring)

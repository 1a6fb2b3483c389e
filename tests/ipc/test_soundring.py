import multiprocessing
import pickle
import threading
import time

import numpy as np
import pytest

from live.declared.actions import LONGEST_LISTEN
from live.ipc.soundring import CAPTURED, FRAMES, HEADER, SoundRing


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


def test_what_came_in_lately_is_there_at_once(ring):
    ring.header["rate"] = 1000
    ring.write(count(0, 500))
    assert ring.listen(0.1).tolist() == count(400, 100).tolist()
    assert ring.header["sounding"] == 0
    # Whoever writes there goes on over what is old.
    ring.header["read"] = ring.header["written"]
    ring.write(count(500, FRAMES - 10))
    assert ring.listen(0.1).tolist() == count(FRAMES + 390, 100).tolist()
    kept = FRAMES * 3 // 4
    assert ring.listen(1e6).tolist() == count(FRAMES + 490 - kept, kept).tolist()


def test_all_that_may_be_asked_for_is_kept_at_every_rate():
    capture = SoundRing(length=CAPTURED)
    frames = round(LONGEST_LISTEN * 192000)
    try:
        capture.header["rate"] = 192000
        # As an input does, which goes on over what nobody has read.
        for begin in range(0, 2 * frames, 48000):
            capture.header["read"] = capture.header["written"]
            assert capture.write(count(begin, 48000))
        assert (capture.listen(LONGEST_LISTEN) == count(frames, frames)).all()
    finally:
        capture.close()
        capture.unlink()


def test_who_listens_where_no_input_can_be_opened_does_not_wait(ring):
    ring.header["refused"] = 1
    assert ring.listen(1.0, patience=60.0) is None
    assert ring.header["sounding"] == 0


def test_what_has_not_come_in_yet_is_waited_for(ring):
    ring.header["rate"] = 1000
    ring.write(count(0, 60))
    threading.Timer(0.05, ring.write, [count(60, 60)]).start()
    assert ring.listen(0.1).tolist() == count(20, 100).tolist()


@pytest.mark.parametrize("seconds", [0.1, 20.0])
def test_an_input_that_is_not_open_is_asked_for_and_listened_to_for_so_long(ring, seconds):
    ring.write(count(0, 500))
    frames = round(1000 * seconds)

    def open_it():
        while not ring.header["sounding"][0]:
            time.sleep(0.001)
        ring.header["rate"] = 1000
        for begin in range(0, frames, 50):
            ring.header["read"] = ring.header["written"]
            ring.write(count(500 + begin, 50))

    thread = threading.Thread(target=open_it)
    thread.start()
    heard = ring.listen(seconds)
    thread.join()
    kept = min(frames, FRAMES * 3 // 4)
    assert heard.tolist() == count(500 + frames - kept, kept).tolist()
    ring.header["rate"] = 0
    assert ring.listen(seconds, patience=0.05 - seconds).size == 0


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
    ring.header["read"] = ring.waiting() + len(ring.frames)


@pytest.mark.parametrize("length", [FRAMES, 1 << 10])
def test_another_process_has_the_same_ring(length):
    ring = SoundRing(length=length)
    ring.write(count(0, 7))
    other = multiprocessing.get_context("spawn").Process(target=answer, args=(ring,))
    other.start()
    other.join()
    assert ring.header["read"] == 7 + length
    assert pickle.dumps(ring)
    ring.close()
    ring.unlink()

import random

import pytest

from live.ports.midi.frames import FrameClock, offset

RATE, PERIOD = 48000, 128


def run(clock, periods, start=0, begin=10.0, scatter=3e-5, rate=RATE, seed=1):
    """Measure as a busy machine does: late by a little, and now and then by a lot."""
    draw = random.Random(seed)
    for k in range(periods):
        late = draw.uniform(0, scatter) + (draw.random() < 0.02) * 2e-3
        clock.tick(begin + k * PERIOD / rate + late, (start + k * PERIOD) % 2**32)


def test_frames_and_times_agree_within_a_frame_however_late_it_is_called():
    clock = FrameClock(RATE, PERIOD)
    run(clock, 3000)
    for frame in (383_000, 384_000, 390_000):
        assert clock.time(frame) == pytest.approx(10 + frame / RATE, abs=3e-5)
        assert clock.frame(clock.time(frame)) == frame


def test_it_is_near_from_the_first_period_on():
    clock = FrameClock(RATE, PERIOD)
    clock.tick(5.0, 1000)
    assert clock.time(1480) == pytest.approx(5.01)
    assert clock.frame(5.01) == 1480


def test_it_follows_a_sound_card_that_is_not_quite_on_time():
    clock = FrameClock(RATE, PERIOD)
    run(clock, 20000, rate=RATE * 1.0002)
    last = 20000 * PERIOD
    assert clock.time(last) == pytest.approx(10 + last / (RATE * 1.0002), abs=6e-5)


@pytest.mark.parametrize("step", [0.0048, -0.0048])
def test_a_server_that_was_held_up_is_followed_at_once(step):
    clock = FrameClock(RATE, PERIOD)
    run(clock, 1000)
    begin = 10 + 1000 * PERIOD / RATE + step
    run(clock, 10, start=1000 * PERIOD, begin=begin)
    assert clock.time(1010 * PERIOD) == pytest.approx(begin + 10 * PERIOD / RATE, abs=5e-5)


def test_frames_begin_again_after_their_last():
    clock = FrameClock(RATE, PERIOD)
    start = 2**32 - 500 * PERIOD
    run(clock, 1000, start=start)
    assert clock.frame(10 + 1000 * PERIOD / RATE) == pytest.approx(500 * PERIOD, abs=2)
    assert offset(100, 2**32 - 28) == 128
    assert offset(2**32 - 28, 100) == -128


@pytest.mark.parametrize("period", [128, 1024])
def test_notes_keep_their_distances_however_unevenly_it_is_called(period):
    clock = FrameClock(RATE, period)
    draw = random.Random(5)
    off = []
    for k in range(30 * RATE // period):
        begin = 10 + k * period / RATE
        clock.tick(begin + draw.expovariate(1 / 4e-5) + (draw.random() < 0.05) * 1e-3, k * period)
        if begin > 10.3:
            off.append(clock.time(k * period) - begin)
    assert max(off) - min(off) < 0.5 / RATE

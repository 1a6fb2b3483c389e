import subprocess
import sys
import time

import numpy as np
import pytest

from live.ipc.soundring import FRAMES, SoundRing
from tests.ports.sound_tools import RATE, SMOOTH, pitch_of, sharpest, sine

PERIOD = 256


@pytest.fixture
def rings():
    made = [SoundRing() for _ in range(3)]
    for ring in made:
        ring.header["gain"] = 1.0
    yield made
    for ring in made:
        ring.close()
        ring.unlink()


@pytest.fixture
def mixer(rings):
    from live.ports.audio.mixer import Mixer

    mixer = Mixer(rings[:2], rings[2])
    mixer.begin(RATE, PERIOD)
    return mixer


def periods(mixer, count, before=lambda number: None, period=PERIOD):
    """Return `count` periods of the mix, float32 [frames, 2]; `before` is called before each."""
    blocks = []
    for number in range(count):
        before(number)
        block = np.full((period, 2), np.nan, np.float32)
        mixer.mix(block)
        blocks.append(block)
    return np.concatenate(blocks)


def play(ring, skipping=()):
    """Return what writes the next period of a sine before each period, but not before some."""
    at = 0

    def write(number):
        nonlocal at
        if number not in skipping:
            assert ring.write(sine(at, PERIOD))
            ring.header["sounding"] = 1
        at += PERIOD

    return write


def test_a_voice_is_heard_in_the_middle_and_nothing_is_added(mixer, rings):
    out = periods(mixer, 80, play(rings[0]))
    assert sharpest(out[:, 0]) < SMOOTH
    settled = out[-4096:]
    assert np.array_equal(settled[:, 0], settled[:, 1])
    assert pitch_of(settled[:, 0]) == pytest.approx(440, abs=12)
    assert np.abs(settled).max() == pytest.approx(0.5 * np.sqrt(0.5), rel=1e-3)
    assert (rings[0].header["late"], rings[0].header["missing"]) == (0, 0)


def test_two_voices_are_added_and_silence_is_silence(mixer, rings):
    assert not periods(mixer, 4).any()
    first, second = play(rings[0]), play(rings[1])
    out = periods(mixer, 80, lambda number: (first(number), second(number)))
    assert np.abs(out[-4096:]).max() == pytest.approx(np.sqrt(0.5), rel=1e-3)


@pytest.mark.parametrize("pan", [-1.0, 1.0])
def test_pan_and_gain_go_where_they_are_turned_without_a_click(mixer, rings, pan):
    write = play(rings[0])

    def turn(number):
        write(number)
        if number == 40:
            rings[0].header["pan"] = pan
        if number == 80:
            rings[0].header["gain"] = 0.25

    out = periods(mixer, 120, turn)
    assert sharpest(out[:, 0]) < SMOOTH
    assert sharpest(out[:, 1]) < SMOOTH
    near, far = (0, 1) if pan < 0 else (1, 0)
    panned = out[78 * PERIOD : 80 * PERIOD]
    assert np.abs(panned[:, near]).max() == pytest.approx(0.5, rel=0.01)
    assert np.abs(panned[:, far]).max() < 1e-4
    assert np.abs(out[-4096:, near]).max() == pytest.approx(0.125, rel=0.01)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_a_gain_that_is_no_number_is_silence_or_the_loudest_there_is(mixer, rings, bad):
    write = play(rings[0])

    def turn(number):
        write(number)
        if number == 20:
            rings[0].header["gain"], rings[0].header["pan"] = bad, bad

    out = periods(mixer, 60, turn)
    assert np.isfinite(out).all()
    assert np.abs(out).max() <= 10 ** (-0.3 / 20) + 1e-6


def test_a_late_block_fades_out_and_in_and_is_counted(mixer, rings):
    out = periods(mixer, 60, play(rings[0], skipping=(30, 31)))
    assert (rings[0].header["late"], rings[0].header["missing"]) == (2, 2 * PERIOD)
    assert sharpest(out[:, 0]) < 3 * SMOOTH
    # Where the frames were missing it is silent once the fade is over.
    gap = out[30 * PERIOD + 400 : 32 * PERIOD, 0]
    assert not gap.any()
    assert np.abs(out[-4096:]).max() == pytest.approx(0.5 * np.sqrt(0.5), rel=1e-3)


def test_scraps_are_kept_until_a_period_is_there(mixer, rings):
    ring = rings[0]

    def write(number):
        count = {20: 100, 21: 0, 22: 100}.get(number, PERIOD)
        ring.write(sine(0, count))
        ring.header["sounding"] = 1

    periods(mixer, 23, write)
    assert ring.header["late"] == 3
    assert ring.header["missing"] == 156 + 256 + 256
    assert ring.waiting() == 100


def test_a_rest_is_not_late_and_fades_too(mixer, rings):
    ring = rings[0]
    write = play(ring)

    def until(number):
        if number < 30:
            write(number)
        else:
            ring.header["sounding"] = 0

    out = periods(mixer, 60, until)
    assert (ring.header["late"], ring.header["missing"]) == (0, 0)
    assert sharpest(out[:, 0]) < 3 * SMOOTH
    assert not out[-PERIOD:].any()


def test_nothing_is_late_before_the_first_frame(mixer, rings):
    rings[0].header["sounding"] = 1
    periods(mixer, 10)
    assert rings[0].header["late"] == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e20])
def test_what_is_no_sound_never_gets_out(mixer, rings, bad):
    ring = rings[0]
    write = play(ring)

    def spoil(number):
        write(number)
        if number in (20, 21, 30):
            place = (int(ring.header["written"][0]) - 100) % FRAMES
            ring.frames[place] = bad

    out = periods(mixer, 60, spoil)
    assert np.isfinite(out).all()
    assert np.abs(out).max() < 0.5
    assert sharpest(out[:, 0]) < 3 * SMOOTH
    assert ring.header["refused"] == 3


def test_noise_that_is_much_too_loud_is_kept_under_the_ceiling_without_a_click(mixer, rings):
    ring = rings[0]
    rng = np.random.default_rng(1)

    def write(number):
        grown = np.clip((np.arange(PERIOD) / PERIOD + number - 10) / 20, 0, 1)
        loud = (sine(number * PERIOD, PERIOD) * 24**grown).astype(np.float32)
        if number > 60:
            loud = rng.uniform(-15, 15, PERIOD).astype(np.float32)
        ring.write(loud)
        ring.header["sounding"] = 1

    out = periods(mixer, 90, write)
    ceiling = 10 ** (-0.3 / 20)
    assert np.abs(out).max() <= ceiling + 1e-6
    # A sine that is limited is a sine, and not clipped.
    limited = out[50 * PERIOD : 60 * PERIOD, 0]
    assert np.abs(limited).max() > 0.9 * ceiling
    assert sharpest(out[: 60 * PERIOD, 0]) < 4 * SMOOTH


@pytest.mark.parametrize("size", [20, 1000])
def test_without_a_stage_sound_is_limited_the_same_and_in_time(mixer, rings, size):
    from live.ports.audio.layout import LOOKAHEAD
    from live.ports.audio.mixer import limited

    count, opening = 60 * PERIOD, 6 * PERIOD
    rings[0].header["pan"] = -1.0
    loud = sine(0, count) * np.linspace(0.3, 12.0, count, dtype=np.float32)
    rings[0].write(loud)
    rings[0].header["sounding"] = 1
    heard = periods(mixer, 60)[LOOKAHEAD - 1 :]
    sides = np.stack([loud, np.zeros_like(loud)], axis=1)
    cut = [sides[begin : begin + size] for begin in range(0, count, size)]
    made = np.concatenate(list(limited(cut, RATE)))
    assert made.shape == sides.shape
    assert np.array_equal(made[:opening], sides[:opening])
    assert np.allclose(made[opening : len(heard)], heard[opening:], atol=1e-6)
    assert np.abs(made).max() < 1.0


def test_blocks_of_any_size_give_the_same_sound(mixer, rings):
    ring = rings[0]
    ring.write(sine(0, 9000))
    ring.header["sounding"] = 1
    out = periods(mixer, 1, period=8192)
    assert sharpest(out[:, 0]) < SMOOTH
    small = periods(mixer, 8, period=64)
    assert sharpest(np.concatenate([out, small])[:, 0]) < SMOOTH
    assert ring.header["read"] == 8192 + 512


def test_it_opens_and_closes_with_a_fade(mixer, rings):
    write = play(rings[0])
    out = periods(mixer, 20, write)
    assert not out[:63].any()
    assert np.abs(out[:300]).max() < 0.05
    mixer._state["open"] = 0
    closing = periods(mixer, 10, lambda number: write(20 + number))
    assert sharpest(np.concatenate([out, closing])[:, 0]) < SMOOTH
    assert not closing[-PERIOD:].any()


def test_the_engine_knows_when_a_frame_is_heard(mixer, rings):
    ring = rings[0]
    write = play(ring)
    start = time.monotonic()
    for number in range(40):
        write(number)
        mixer.mix(np.zeros((PERIOD, 2), np.float32))
        time.sleep(max(start + (number + 1) * PERIOD / RATE - time.monotonic(), 0))
    assert (ring.header["rate"], ring.header["period"]) == (RATE, PERIOD)
    frame = int(ring.header["heard"][0])
    assert frame == 39 * PERIOD
    assert ring.time_of(frame + RATE) - ring.time_of(frame) == pytest.approx(1.0)
    assert abs(ring.time_of(frame) - (start + 39 * PERIOD / RATE)) < 0.5
    assert ring.header["turn"] % 2 == 0


def test_another_rate_drops_what_was_made_for_the_old_one(mixer, rings):
    write = play(rings[0])
    periods(mixer, 10, write)
    rings[0].write(sine(0, 1000))
    mixer.begin(RATE, PERIOD, soft=False)
    assert rings[0].waiting() == 1000
    mixer._state["open"] = 0
    periods(mixer, 6)
    late = int(rings[0].header["late"][0])
    mixer.begin(44100, 512)
    assert rings[0].waiting() == 0
    assert (rings[0].header["rate"], rings[0].header["period"]) == (44100, 512)
    out = periods(mixer, 3, lambda number: None)
    assert sharpest(out[:, 0]) < 3 * SMOOTH
    assert rings[0].header["late"] == late


def test_what_comes_in_is_kept_for_who_wants_it(mixer, rings):
    from live.ports.audio import kernel

    capture = rings[2]
    came = sine(0, 3 * FRAMES)
    came[FRAMES + 100] = np.nan
    for begin in range(0, FRAMES + 2048, 1024):
        block = came[begin : begin + 1024].copy()
        kernel.hear(mixer.address, block.ctypes.data, block.ctypes.data, 1, len(block))
    assert capture.header["rate"] == RATE
    assert np.isfinite(capture.frames).all()
    end = FRAMES + 2048
    assert np.array_equal(capture.listen(500 / RATE), came[end - 500 : end])


def test_both_sides_of_what_comes_in_are_heard(mixer, rings):
    from live.ports.audio import kernel

    sides = np.stack([sine(0, 256), sine(300, 256)], axis=1)
    left = sides.ctypes.data
    kernel.hear(mixer.address, left, left + 4, 2, 256)
    assert rings[2].listen(256 / RATE) == pytest.approx(sides.mean(1), abs=1e-6)


def test_a_file_and_clients_read_the_mix_along(mixer, rings):
    from live.ports.audio.mixer import Tap

    tap = Tap(mixer)
    out = periods(mixer, 40, play(rings[0]))
    got = np.concatenate([tap.read(1000) for _ in range(12)])
    assert np.array_equal(got, out)
    assert tap.missed == 0
    out = periods(mixer, 40, period=8192)
    got = tap.read(1 << 20)
    assert tap.missed == len(out) - len(got) > 0
    assert tap.waiting == 0


def test_where_no_voice_of_sound_plays_nothing_of_it_is_imported():
    program = (
        "import sys, live.ports.process, live.daemon.links; "
        "sys.exit(any(name in sys.modules for name in ('numba', 'llvmlite', 'soundfile', 'soxr')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

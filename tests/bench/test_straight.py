import numpy as np

from live.bench.straight import deviations, held_up

RATE = 48000
PERIOD = 128
SETTLED = 9600


def cycles(count, late=lambda cycle: 0.0, seed=0):
    """Starts of cycles, each up to 100 us late, and more where `late` says so."""
    scatter = np.random.default_rng(seed).uniform(0, 1e-4, count)
    return [(5.0 + n * PERIOD / RATE + scatter[n] + late(n), n * PERIOD) for n in range(count)]


def notes(count, frame=lambda at: 1000 + at * RATE):
    return [(0.05 * n, round(frame(0.05 * n))) for n in range(count)]


def test_scattered_starts_are_no_xruns():
    assert held_up(cycles(3000), RATE) == []


def test_one_late_cycle_is_no_xrun():
    assert held_up(cycles(500, lambda n: 0.002 * (n == 250)), RATE) == []


def test_a_server_that_was_held_up_is_found_where_it_was():
    (frame,) = held_up(cycles(500, lambda n: 0.004 * (n >= 250)), RATE)
    assert abs(frame - 250 * PERIOD) <= 16 * PERIOD


def test_notes_on_a_line_are_not_off_it_however_long_a_frame_is():
    slower = notes(100, lambda at: 1000 + at * RATE * 1.0001)
    assert deviations(slower, [], RATE, SETTLED) == [0.0] * 100


def test_a_note_that_is_off_counts_its_frames():
    samples = notes(100)
    samples[50] = samples[50][0], samples[50][1] + 128
    assert max(deviations(samples, [], RATE, SETTLED)) in (125.0, 126.0, 127.0)


def test_lines_begin_anew_where_the_server_was_held_up():
    samples = notes(100, lambda at: 1000 + at * RATE + (700 if at > 2.5 else 0))
    broken = deviations(samples, [samples[51][1]], RATE, SETTLED)
    assert set(broken) == {0.0}
    assert 90 < len(broken) < 100
    assert max(deviations(samples, [], RATE, SETTLED)) > 100

from live.bench.jack_server import RATE, Heard
from live.bench.rows import LEAST, compared, measured, missing, sounding
from live.bench.sound.performance import PERIOD, Told, late_rows
from live.bench.sound.suite import ORDER, SOUND


def test_a_row_of_sound_tells_its_speed_against_real_time():
    row = sounding(measured("20x64x256.kernel", "us", [50.0] * 10), 16000)
    assert (row.rate, row.real_time) == (20000.0, 1.25)
    assert row.budget is None


def test_the_usual_size_has_to_be_four_times_as_fast_as_real_time():
    fast, slow = (
        sounding(measured("20x32x64.kernel", "us", [taken]), 16000) for taken in (15.0, 16.0)
    )
    assert (fast.budget, fast.ok) == ({"real_time": 4.0}, True)
    assert (slow.real_time, slow.ok) == (3.906, False)


def test_a_useful_size_has_to_play_at_48_khz():
    row = measured("10x16x32.kernel_48k", "us", [20.0])
    assert sounding(row, 48000).ok is True
    assert sounding(measured("10x16x32.kernel_48k", "us", [21.0]), 48000).ok is False


def test_the_session_has_to_take_eight_times_the_kernels_time():
    kernel = measured("20x32x64.kernel", "us", [10.0])
    session = sounding(measured("20x32x64.session", "us", [81.0]), 16000)
    assert session.ok is None
    assert compared(session, kernel).ok is True
    assert compared(measured("20x32x64.session", "us", [79.0]), kernel).ok is False


def test_what_came_too_late_is_counted_and_may_have_a_limit():
    row = measured("jack_256.sound", "ms", [5.0])
    assert missing(row, 3).ok is None
    assert missing(row, 3, most=2).ok is False
    within = missing(row, 2, most=2)
    assert (within.missed, within.budget, within.ok) == (2, {"missed": 2}, True)


def callbacks(late, count=1000, xruns=0):
    """Cycles on time, but for those in `late`, so many seconds."""
    starts = [(9.0 + n * PERIOD / RATE + late.get(n, 0.0), n * PERIOD) for n in range(count)]
    return Heard(starts=starts, xruns=xruns)


def test_sound_may_be_late_as_often_as_one_who_does_nothing():
    told = Told(share=0.1, late=7, depth=0.02)
    held_up = callbacks({100: 0.006, 500: 0.02, 700: 0.004})
    sound, null = late_rows(held_up, 2, told)
    assert (sound.missed, sound.budget, sound.ok) == (2, {"missed": 2}, True)
    assert (null.missed, null.n, null.ok) == (2, 1000, None)
    sound, _ = late_rows(held_up, 3, told)
    assert sound.ok is False


def test_xruns_that_jack_tells_of_count_where_they_are_more():
    _, null = late_rows(callbacks({}, xruns=4), 0, Told(0.1, 0, 0.02))
    assert null.missed == 4


def test_peers_are_held_against_the_kernel_of_their_size():
    assert SOUND.base("20x64x256.torch_naive") == "20x64x256.kernel"
    assert SOUND.base("20x64x256.kernel") == ""


def test_every_row_of_sound_is_measured_once_and_every_budget_is_a_rows():
    names = [name for measure in SOUND.measures for name in measure.rows]
    assert sorted(names) == sorted(ORDER)
    assert {name for name in LEAST if name[0].isdigit()} <= set(ORDER)

"""Taps set the tempo, and the beat falls where they fall."""

import pytest

from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import Beat, KnobSet
from live.record import replay
from tests.engine.numeric import opener
from tests.engine.test_offline import perform


def tapped(times, asked=(), beats=40, **knobs):
    taps = [(at, Command(acts.Tap(), at=at)) for at in times]
    return perform(beats, asked=[*taps, *asked], seed=6, **knobs)


def off(done, tap, spacing, begin):
    """Return how far each beat after `begin` is from the nearest tap that would have followed."""
    beats = [one.at for one in done.news if isinstance(one, Beat) and one.at > begin]
    assert len(beats) > 4
    return [abs((at - tap + spacing / 2) % spacing - spacing / 2) for at in beats]


@pytest.mark.parametrize("spacing", [0.3, 0.45, 0.5, 0.61, 0.9])
@pytest.mark.parametrize("begin", [3.0, 3.13, 3.26, 3.4])
def test_the_beat_falls_where_the_taps_fall(begin, spacing):
    taps = [begin + n * spacing for n in range(4)]
    done = tapped(taps)
    assert max(off(done, taps[-1], spacing, taps[-1] + 1.01 * spacing)) < 0.006
    tempo = [one.value for one in done.news if isinstance(one, KnobSet) and one.knob == "tempo"][-1]
    assert tempo == pytest.approx(60 / spacing, rel=1e-6)
    assert replay.replay(replay.parse(done.lines), opener) == len(done.notes) > 10


def test_no_beat_is_left_out_or_told_twice():
    done = tapped([3.13, 3.58, 4.03, 4.48, 4.93])
    beats = [(one.bar - 1) * 4 + one.beat for one in done.news if isinstance(one, Beat)]
    assert beats == list(range(1, len(beats) + 1))


def test_a_lone_tap_changes_nothing():
    assert tapped([3.13]).notes == tapped([]).notes


def test_a_pause_begins_anew():
    assert tapped([3.13, 9.0], beats=30).notes == tapped([], beats=30).notes


@pytest.mark.parametrize(
    "then",
    [Command(acts.SetKnob(knob="tempo", value=90.0), voice=0), Command(acts.Downbeat())],
)
def test_what_is_asked_before_beat_and_tap_have_met_counts(then):
    done = tapped([3.13, 3.73], [(3.9, then)])
    tempo = 90.0 if isinstance(then.act, acts.SetKnob) else 100.0
    assert done.timeline.segments[-2].tempo == pytest.approx(tempo)


def test_taps_while_the_clock_is_held_are_its_tempo_when_it_starts():
    asked = [(1.0, Command(acts.Stop())), (6.0, Command(acts.Start()))]
    done = tapped([2.0, 2.6, 3.2], asked, beats=16)
    assert done.timeline.segments[-2].tempo == pytest.approx(100.0)


def test_a_tap_in_six_eight_is_three_eighths():
    metre = (0.1, Command(acts.SetKnob(knob="metre", value="6/8"), voice=0))
    taps = [3.1, 3.7, 4.3, 4.9]
    done = tapped(taps, [metre])
    tempo = [one.value for one in done.news if isinstance(one, KnobSet) and one.knob == "tempo"][-1]
    assert tempo == pytest.approx(150.0)
    assert max(off(done, taps[-1], 0.2, 5.6)) < 0.006


def test_a_tap_that_comes_late_does_not_make_the_clock_leap():
    taps = [(at + 0.4999, Command(acts.Tap(), at=at)) for at in (3.2, 3.7, 4.2, 4.7)]
    done = perform(40, asked=taps, seed=6)
    assert all(60 <= one.tempo <= 240 for one in done.timeline.segments[:-1])
    assert max(off(done, 4.7, 0.5, 6.0)) < 0.006

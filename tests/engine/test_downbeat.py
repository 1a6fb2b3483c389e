"""A bar begins when somebody says so, and when a held clock goes on."""

import json

import pytest

from live.declared.metre import Metre
from live.engine.notes.operations import ANY, Plan
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import Beat, KnobSet
from live.record import replay
from live.time.clock import Bars, Timeline
from tests.engine.numeric import opener
from tests.engine.test_offline import BEAT, PHRASE, TEMPO, perform

TICK = BEAT / 24


def _beats(done):
    return [(one.bar, one.beat, one.at) for one in done.news if isinstance(one, Beat)]


def _lines(done):
    """Return when bars began and what the first ones are called."""
    return [(bar, at) for bar, beat, at in _beats(done) if beat == 1]


def _replays(done):
    return replay.replay(replay.parse(done.lines), opener) == len(done.notes) > 5


@pytest.mark.parametrize("metre", ["4/4", "6/8", "7/8"])
def test_now_is_the_first_beat_of_a_bar(metre):
    at = 5.237
    turn = (0.0, Command(acts.SetKnob(knob="metre", value=metre), voice=0))
    done = perform(32, asked=[turn, (at, Command(acts.Downbeat()))], density=2)
    lines = _lines(done)
    index = next(i for i, (_, when) in enumerate(lines) if when > at - TICK)
    assert lines[index][1] == pytest.approx(at, abs=1e-6)
    assert lines[index][0] == lines[index - 1][0] + 1
    assert lines[index + 1][1] - lines[index][1] == pytest.approx(
        lines[1][1] - lines[0][1], abs=1e-6
    )
    times = [when for _, _, when in _beats(done)]
    assert times == sorted(times)
    assert _replays(done)


@pytest.mark.parametrize(("ticks", "number"), [(0, 2), (5.5, 2), (12, 2), (13, 3), (95, 3)])
def test_a_bar_that_has_just_begun_keeps_its_number(ticks, number):
    at = 4 * BEAT + ticks * TICK
    done = perform(16, asked=[(at, Command(acts.Downbeat()))])
    (bar,) = {bar for bar, when in _lines(done) if when == pytest.approx(at, abs=1e-6)}
    assert bar == number


def test_beats_do_not_go_back_and_no_tick_is_passed_over():
    timeline = Timeline.start(0.0, TEMPO)
    for at in (0.5, 1.2345, 7.7):
        after = timeline.moved(at, TEMPO)
        assert (after.beat_of(at) * 24).is_integer()
        assert 0 <= after.beat_of(at) - timeline.beat_of(at) < 1 / 24 + 1e-9
        assert after.time_of_tick(after.tick_at(at)) == at
        assert after.time_of_tick(after.tick_at(at) - 1) <= at


def test_bars_are_counted_on_from_a_line_that_was_moved():
    bars = Bars(Metre(6, 8)).moved(72 + 30)
    assert [bars.number(tick) for tick in (102, 114, 173, 174)] == [(3, 1), (3, 2), (3, 6), (4, 1)]


@pytest.mark.parametrize("stopped", [True, False])
def test_what_waits_for_a_bar_line_comes_with_it(stopped):
    knob = Command(acts.SetKnob(knob="density", value=2.0), voice=1)
    asked = [
        (0.0, Command(acts.SetKnob(knob="when", value="bar"), voice=1)),
        (4.3, knob),
        (4.4, Command(acts.Load(path="two"), voice=1)),
        (4.9, Command(acts.Downbeat())),
    ]
    if stopped:
        asked[-1:] = [(4.5, Command(acts.Stop())), (4.9, Command(acts.Start()))]
    done = perform(16, asked=asked)
    journal = replay.parse(done.lines)
    (load,) = [line.at for line in journal.lines if isinstance(line.did, acts.Load)]
    turned = [
        line["at"]
        for line in map(json.loads, done.lines)
        if line.get("did", {}).get("knob") == "density"
    ]
    assert [load, *turned] == pytest.approx([4.9, 4.9], abs=0.01)
    assert [one.value for one in done.news if isinstance(one, KnobSet) and one.knob == "density"][
        -1
    ] == 2
    assert _replays(done)


@pytest.mark.parametrize("tempo", [None, 90.0])
def test_a_held_clock_goes_on_with_a_downbeat(tempo):
    asked = [(2.8, Command(acts.Stop())), (5.3, Command(acts.Start()))]
    if tempo:
        asked.insert(1, (4.0, Command(acts.SetKnob(knob="tempo", value=tempo), voice=0)))
    done = perform(24, asked=asked)
    after = [one for one in _beats(done) if one[2] > 2.8]
    gap = 60 / (tempo or TEMPO)
    assert [one[:2] for one in after[:5]] == [(3, 1), (3, 2), (3, 3), (3, 4), (4, 1)]
    assert [one[2] for one in after[:5]] == pytest.approx([5.3 + gap * i for i in range(5)])
    assert min(one.at for one in done.notes if one.at > 2.9) >= 5.3 - 1e-6
    assert _replays(done)


def test_a_downbeat_of_a_held_clock_is_where_it_goes_on():
    asked = [
        (2.8, Command(acts.Stop())),
        (4.0, Command(acts.Downbeat())),
        (5.3, Command(acts.Start())),
    ]
    after = [one for one in _beats(perform(16, asked=asked)) if one[2] > 2.8]
    assert after[0] == (3, 1, pytest.approx(5.3))


def test_a_tempo_that_changes_in_the_bar_leaves_the_line_where_it_was_put():
    asked = [
        (2.3, Command(acts.Downbeat())),
        (2.8, Command(acts.SetKnob(knob="tempo", value=60.0), voice=0)),
    ]
    done = perform(16, asked=asked)
    assert _lines(done)[2:4] == [(3, pytest.approx(2.3)), (4, pytest.approx(5.8))]
    assert _replays(done)


def test_an_answer_that_goes_on_ends_on_a_beat_of_the_new_bars():
    done = perform(
        40,
        PHRASE,
        [(4.11, Command(acts.Downbeat()))],
        mode="respond",
        silence=0.5,
        bars=2,
        density=2,
    )
    plans = [line for line in replay.parse(done.lines).lines if isinstance(line.did, Plan)]
    ends = {line.did.end for line in plans if line.at > 4.11 and line.did.end != ANY}
    line = done.timeline.tick_at(4.11)
    assert ends
    assert {(end - line) % 24 for end in ends} == {0}
    assert _replays(done)

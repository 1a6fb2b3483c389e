"""Another source leads the clock of a performance, which is replayed to the same notes."""

import pytest

from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import KnobSet, Leads
from live.record import replay
from live.time import leader
from live.time.sources.source import ClockSource, Reading
from live.time.sources.table import SOURCES
from tests.engine.numeric import opener
from tests.engine.test_offline import perform


class Script(ClockSource):
    """Says what it was given, each at its time."""

    def __init__(self, readings):
        self.readings = list(readings)

    def read(self, now):
        if self.readings and self.readings[0].at <= now:
            return self.readings.pop(0)
        return None

    def due(self):
        return self.readings[0].at if self.readings else float("inf")


def led(monkeypatch, *readings):
    monkeypatch.setattr(leader, "SOURCES", {**SOURCES, "script": lambda _: Script(readings)})
    # The second one keeps a rendering whose clock is held from ending.
    asked = [(at, Command(acts.Source(name="script"))) for at in (0.5, 6.0)]
    return perform(24, asked=asked, seed=3)


def test_its_tempo_is_the_clocks_and_replay_follows(monkeypatch):
    done = led(monkeypatch, Reading(1.0, tempo=80.0, knob=80.0), Reading(3.0, tempo=150.0))
    assert [one.tempo for one in done.timeline.segments[1:3]] == [80.0, 150.0]
    assert [one.value for one in done.news if isinstance(one, KnobSet) and one.knob == "tempo"] == [
        80
    ]
    assert {one.source for one in done.news if isinstance(one, Leads)} == {"script"}
    assert replay.replay(replay.parse(done.lines), opener) == len(done.notes) > 10


def test_it_holds_the_clock_and_lets_it_go_on(monkeypatch):
    done = led(monkeypatch, Reading(2.8, running=False), Reading(5.3, running=True, downbeat=True))
    assert done.let_go[0] == pytest.approx(2.8, abs=0.01)
    assert not [one for one in done.notes if 2.9 < one.at < 5.3 - 1e-6]
    assert 5.3 in [one.at for one in done.timeline.segments]
    assert replay.replay(replay.parse(done.lines), opener) == len(done.notes) > 10


def test_taps_count_in_the_same_way_when_they_are_chosen():
    taps = [(at, Command(acts.Tap(), at=at)) for at in (3.13, 3.73, 4.33)]
    chosen = (1.0, Command(acts.Source(name="tap")))
    assert perform(24, asked=[chosen, *taps]).notes == perform(24, asked=taps).notes


@pytest.mark.parametrize("before", ["internal", "tap"])
def test_a_choice_while_a_tap_pulls_the_beat_leaves_the_tapped_tempo(before):
    taps = [(at, Command(acts.Tap(), at=at)) for at in (1.0, 1.43, 1.87, 2.3)]
    asked = [
        (0.5, Command(acts.Source(name=before))),
        *taps,
        (2.35, Command(acts.Source(name="internal"))),
    ]
    done = perform(24, asked=asked, seed=3)
    told = [one.value for one in done.news if isinstance(one, KnobSet) and one.knob == "tempo"][-1]
    assert done.timeline.segments[-2].tempo == pytest.approx(told)

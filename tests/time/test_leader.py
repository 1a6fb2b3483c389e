"""The clock follows the source that leads, whatever it is."""

from dataclasses import dataclass, field

import pytest

from live.time import leader
from live.time.clock import Bars, Timeline
from live.time.leader import Leader
from live.time.sources.source import ClockSource, Pulse, Reading
from live.time.sources.table import SOURCES


@dataclass
class Clock:
    timeline: Timeline = field(default_factory=lambda: Timeline.start(0.0, 120.0))
    bars: Bars = field(default_factory=Bars)
    followed: list[Reading] = field(default_factory=list)
    answered: bool | None = None

    def follow(self, reading: Reading, _now: float) -> None:
        self.followed.append(reading)
        if reading.tempo:
            self.timeline = self.timeline.changed(reading.at, reading.tempo)


class Toy(ClockSource):
    """Is asked every second, and is then a beat a minute faster."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.next = 0.0
        self.told: list[float] = []

    def read(self, now: float) -> Reading | None:
        if now < self.next:
            return None
        self.next = now + 1
        return Reading(now, tempo=self.clock.timeline.last.tempo + 1)

    def due(self) -> float:
        return self.next

    def lead(self, timeline: Timeline) -> None:
        self.told.append(timeline.last.tempo)


@pytest.fixture
def toy(monkeypatch):
    made = []

    def make(clock):
        made.append(Toy(clock))
        return made[0]

    monkeypatch.setattr(leader, "SOURCES", {**SOURCES, "toy": make})
    clock = Clock()
    return clock, Leader(clock, clock.follow), made[0]


def test_only_the_one_that_leads_is_asked(toy):
    clock, leads, _ = toy
    leads.turn(0.0)
    assert clock.followed == []
    leads.choose("toy")
    for now in (0.0, 0.5, 1.0, 2.0):
        leads.turn(now)
    assert [one.at for one in clock.followed] == [0.0, 1.0, 2.0]
    assert clock.timeline.last.tempo == 123
    assert leads.due() == 3.0


def test_who_turns_the_tempo_counts_and_the_chosen_one_is_told_and_goes_on(toy):
    clock, leads, source = toy
    leads.choose("toy")
    leads.hear(Pulse("tempo", 0.0, 90.0), 0.0)
    assert source.told == [90.0]
    leads.turn(0.5)
    assert clock.timeline.last.tempo == 91.0


def test_taps_lead_until_beat_and_tap_have_met(toy):
    clock, leads, _ = toy
    leads.choose("toy")
    for at in (1.1, 1.7):
        leads.hear(Pulse("tap", at), at)
    meets = leads.due()
    assert meets == pytest.approx(2.3)
    leads.turn(2.0)
    assert len(clock.followed) == 1
    leads.turn(meets)
    assert clock.timeline.last.tempo == pytest.approx(100)
    leads.turn(2.4)
    assert clock.timeline.last.tempo == pytest.approx(101)


def test_a_pulse_that_is_nobodys_is_passed_over(toy):
    clock, leads, _ = toy
    leads.hear(Pulse("footfall", 1.0), 1.0)
    assert clock.followed == []


class Heeds(Toy):
    """Goes by notes, while it is the one that is chosen."""

    follows = frozenset(("note",))

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.heard: list[Pulse] = []

    def hear(self, pulse: Pulse) -> None:
        self.heard.append(pulse)


def test_auto_is_the_player_while_a_voice_answers_and_else_the_internal_clock(monkeypatch):
    made = []

    def make(clock):
        made.append(Heeds(clock))
        return made[0]

    monkeypatch.setattr(leader, "SOURCES", {**SOURCES, "player": make})
    clock = Clock()
    leads = Leader(clock, clock.follow)
    leads.listen(Pulse("note", 0.0))
    leads.turn(0.0)
    assert not made[0].heard
    assert not clock.followed
    clock.answered = False
    leads.listen(Pulse("note", 1.0))
    leads.turn(1.0)
    assert [pulse.at for pulse in made[0].heard] == [1.0]
    assert [reading.at for reading in clock.followed] == [1.0]
    leads.choose("internal")
    leads.listen(Pulse("note", 2.0))
    leads.turn(2.0)
    assert len(made[0].heard) == len(clock.followed) == 1

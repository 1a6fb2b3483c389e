"""The clock comes to the player's beat where a voice answers them, and stays where it should; journals replay."""

from itertools import accumulate, cycle

import numpy as np
import pytest

from live.engine.offline import render
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import EngineOptions
from live.ipc.news import Confidence, KnobSet, Leads, Trouble
from live.ipc.wire import Played
from live.machine.code import CodeError
from live.record import replay
from live.time.sources.player import code
from tests.engine.numeric import opener

TUNE = (60, 64, 67, 64, 65, 69, 67, 62)
RHYTHM = (1.0, 0.5, 0.5, 1.0, 1.0)


def phrase(tempo=88.0, beats=16, begins=1.13, seed=1):
    """Return a phrase with a bass on its beats, as hands play it."""
    rng = np.random.default_rng(seed)
    played = []
    for number, beat in enumerate(accumulate(cycle(RHYTHM), initial=0.0)):
        if beat > beats:
            return played
        at = begins + beat * 60 / tempo + rng.normal() * 0.008
        for pitch in (TUNE[number % 8],) + ((43,) if beat % 1 == 0 else ()):
            played += [
                Played(pitch=pitch, velocity=80, at=at),
                Played(pitch=pitch, velocity=0, at=at + 0.2),
            ]


def perform(played, asked=(), beats=40.0, source="", **knobs):
    knobs = {"mode": "respond", "silence": 0.8, **knobs}
    options = EngineOptions(
        "one", knobs=knobs, transport={"tempo": 100.0}, source=source, beats=beats
    )
    done = render(options, opener, sorted(played, key=lambda one: one.at), asked)
    assert replay.replay(replay.parse(done.lines), opener) == len(done.notes)
    return done


def off(done, beat, tempo=88.0, begins=1.13):
    """Return how far one of the player's beats is from the clock's nearest, in beats."""
    on_clock = done.timeline.beat_of(begins + beat * 60 / tempo)
    return abs(on_clock - round(on_clock))


def follows(done):
    return [one.follows for one in done.news if isinstance(one, Confidence)]


@pytest.mark.parametrize("tempo", [76.0, 88.0, 108.0])
@pytest.mark.parametrize("begins", [1.0, 1.13, 1.31])
def test_an_answer_comes_on_the_players_beat(tempo, begins):
    done = perform(phrase(tempo, begins=begins))
    assert follows(done)[-1]
    # The last onset is on beat 16; the answer begins within the next two.
    assert [off(done, beat, tempo, begins) for beat in (16, 17, 18)] == pytest.approx(
        [0, 0, 0], abs=0.06
    )
    entry = (done.notes[0].at - begins) * tempo / 60
    assert abs(entry - round(entry)) < 0.06
    said = [one.value for one in done.news if isinstance(one, KnobSet) and one.knob == "tempo"]
    assert said[-1] == pytest.approx(tempo, rel=0.03)


@pytest.mark.parametrize(
    "more", [{"source": "internal"}, {"source": "tap"}, {"mode": "solo"}, {"mode": "continue"}]
)
def test_the_clock_stays_where_somebody_chose_or_nobody_is_answered(more):
    done = perform(phrase(), **more)
    assert [one.tempo for one in done.timeline.segments[:-1]] == [100.0]
    assert not follows(done)


def test_a_player_who_is_chosen_leads_whatever_is_played():
    done = perform(phrase(), source="player", mode="solo")
    assert follows(done)[-1]
    assert off(done, 16) < 0.06


def test_a_choice_ends_it_and_is_told():
    done = perform(phrase(beats=32), [(4.0, Command(acts.Source(name="internal")))])
    assert [one.source for one in done.news if isinstance(one, Leads)] == ["internal"]
    assert all(one.at <= 4.0 + 1e-6 for one in done.timeline.segments[:-1])


def test_the_clock_stays_while_an_answer_sounds():
    # Patience answers though the player plays on.
    done = perform(phrase(beats=40), patience=3, bars=2, beats=60, silence=2.0)
    begun = min(one.at for one in done.notes)
    answer = [one.at for one in done.notes if one.at < begun + 4]
    moved = [one.at for one in done.timeline.segments if begun + 1 < one.at < answer[-1]]
    assert len(answer) > 3
    assert not moved


def test_one_key_without_a_beat_is_hardly_followed_and_moves_the_clock_little():
    rng = np.random.default_rng(3)
    at = (1 + np.cumsum(rng.exponential(0.35, 40))).tolist()
    played = [
        m
        for one in at
        for m in (
            Played(pitch=60, velocity=70, at=one),
            Played(pitch=60, velocity=0, at=one + 0.05),
        )
    ]
    done = perform(played)
    told = follows(done)
    assert told.count(True) <= len(told) // 3
    assert told.count(False) > 5
    assert all(abs(one.tempo - 100) < 10 for one in done.timeline.segments[:-1])


def test_taps_and_the_knob_count_while_it_follows():
    taps = [(at, Command(acts.Tap(), at=at)) for at in (13.0, 13.5, 14.0, 14.5)]
    done = perform(phrase(), taps)
    said = [one.value for one in done.news if isinstance(one, KnobSet) and one.knob == "tempo"]
    assert said[-1] == pytest.approx(120.0, rel=0.01)


@pytest.mark.parametrize(
    "flood",
    [
        [Played(pitch=60, velocity=80, at=1 + n / 1000) for n in range(3000)],
        [Played(pitch=40 + n % 16, velocity=80, at=1 + n // 16 * 0.4) for n in range(320)],
        [Played(pitch=60, velocity=80, at=1.0)],
        [Played(pitch=60, velocity=80, at=at) for at in (1.0, 1.5, 2.0, 3602.0, 3602.5)],
    ],
)
def test_whatever_is_played_the_clock_goes_on(flood):
    ended = [Played(pitch=one.pitch, velocity=0, at=one.at + 0.01) for one in flood]
    done = perform([*flood, *ended], beats=16, patience=0)
    assert all(20 <= one.tempo <= 300 for one in done.timeline.segments[:-1])


def test_a_held_clock_hears_no_beat():
    asked = [(3.0, Command(acts.Stop())), (9.0, Command(acts.Start()))]
    done = perform(phrase(), asked)
    held = [one for one in done.timeline.segments if 3.0 < one.at < 9.0]
    assert not held


def test_that_nobody_can_be_followed_is_said_once(monkeypatch):
    def refuses(*_):
        raise CodeError("no compiler")

    monkeypatch.setattr(code, "load_kernel", refuses)
    monkeypatch.setattr(code, "_loaded", [])
    assert code.load() is None
    done = perform(phrase())
    told = [one for one in done.news if isinstance(one, Trouble) and one.code == "beat"]
    assert len(told) == 1
    assert "not followed" in told[0].text
    assert [one.tempo for one in done.timeline.segments[:-1]] == [100.0]

"""The clock of a performance jumps: what sounds is let go, what was planned is dropped, replay follows."""

import numpy as np
import pytest

from live.engine.notes.history import History, Moment
from live.engine.notes.knowledge import Knowledge
from live.engine.notes.operations import Drop, Jump
from live.engine.notes.stealing import sounding
from live.engine.notes.step import Cursor
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import Beat
from live.record import replay
from live.record.heard import notes_heard
from live.time import leader
from live.time.clock import Timeline
from live.time.sources.source import Reading
from live.time.sources.table import SOURCES
from models.contract.grid import Note
from tests.engine.numeric import opener
from tests.engine.test_offline import BEAT, TEMPO, key, perform
from tests.engine.test_sources import Script

AT = 4.23
"""When it jumps: at beat 8.46."""


def jumping(monkeypatch, *readings, beats=32, asked=(), played=(), **knobs):
    monkeypatch.setattr(leader, "SOURCES", {**SOURCES, "script": lambda _: Script(readings)})
    follow = (0.5, Command(acts.Source(name="script")))
    return perform(beats, played, [follow, *asked], seed=3, **knobs)


def replays(done):
    return replay.replay(replay.parse(done.lines), opener) == len(done.notes) > 10


def test_a_timeline_is_at_the_new_beat_and_goes_on():
    timeline = Timeline.start(0.0, TEMPO).jumped(AT, 40.0)
    assert timeline.beat_of(AT) == 40.0
    assert timeline.time_of(42.0) == pytest.approx(AT + 2 * BEAT)
    assert timeline.beat_of(AT - BEAT) == pytest.approx(39.0)
    assert timeline.jumped(9.0, 2.0).time_of(2.0) == 9.0


@pytest.mark.parametrize("beat", [2.0, 8.0, 12.7, 100.0])
def test_it_plays_on_from_the_new_place_and_replays(monkeypatch, beat):
    done = jumping(monkeypatch, Reading(AT, jump=beat), beats=beat + 24, density=2)
    assert done.let_go[0] == pytest.approx(AT, abs=0.01)
    after = [one for one in done.notes if one.at > AT]
    assert after[0].at < AT + 1.2 * BEAT
    assert len(after) > 10
    assert [one.at for one in after] == sorted(one.at for one in after)
    assert min(one.end for one in after) > beat
    did = [line.did for line in replay.parse(done.lines).lines]
    index = next(i for i, one in enumerate(did) if isinstance(one, Jump))
    assert did[index].ticks == pytest.approx(24 * (beat - AT / BEAT), abs=1)
    assert any(isinstance(one, Drop) for one in did[:index])
    assert replays(done)


@pytest.mark.parametrize("bars", [-2, 3])
def test_a_jump_by_whole_bars_changes_no_note(monkeypatch, bars):
    def notes(beat):
        done = jumping(monkeypatch, Reading(AT, jump=beat), beats=beat + 16, density=2)
        after = [one for one in done.notes if one.at > AT]
        return [(round(one.at, 6), one.pitch, one.velocity, one.end - beat) for one in after]

    here = notes(AT / BEAT)
    there = notes(AT / BEAT + 4 * bars)
    assert len(here) > 10
    assert [one[:3] for one in there] == [one[:3] for one in here]
    assert [one[3] for one in there] == pytest.approx([one[3] for one in here])


def test_every_beat_is_told_after_a_jump_back(monkeypatch):
    done = jumping(monkeypatch, Reading(AT, jump=2.0), beats=12)
    beats = [(one.bar, one.beat) for one in done.news if isinstance(one, Beat) and one.at >= AT]
    assert beats[:4] == [(1, 3), (1, 4), (2, 1), (2, 2)]


def test_a_take_goes_on_where_it_jumped(monkeypatch):
    done = jumping(monkeypatch, Reading(AT, jump=2.0), beats=20, density=2)
    taken = notes_heard(replay.parse(done.lines))
    starts = sorted(one.start for one in taken)
    assert starts == pytest.approx([one.at / BEAT for one in done.notes], abs=1 / 24)
    assert all(one.end <= AT / BEAT + 0.1 or one.start >= AT / BEAT - 0.1 for one in taken)


@pytest.mark.parametrize("beat", [2.0, 100.0])
@pytest.mark.parametrize(
    "then",
    [
        Command(acts.Rewind(beats=3.0), voice=1),
        Command(acts.Recall(slot="a"), voice=1),
        Command(acts.Load(path="two"), voice=1),
        Command(acts.SetKnob(knob="freeze", value=0), voice=1),
    ],
)
def test_memory_goes_along(monkeypatch, beat, then):
    frozen = (
        [(2.0, Command(acts.SetKnob(knob="freeze", value=1), voice=1))]
        if isinstance(then.act, acts.SetKnob)
        else []
    )
    asked = [(3.0, Command(acts.Save(slot="a"), voice=1)), *frozen, (AT + 1, then)]
    played = key(60, 3.5, 6.5) + key(64, AT + 0.5, AT + 0.8)
    done = jumping(
        monkeypatch, Reading(AT, jump=beat), asked=asked, played=played, beats=beat + 24, density=2
    )
    assert len([one for one in done.notes if one.at > AT + 1]) > 5
    assert replays(done)


def moment(tick):
    note = Note(tick, 60, 80, 6)
    codes = np.zeros(5, np.int64)
    return Moment(tick, codes, codes, Cursor(tick), note, 0, Knowledge(lambda: None), own=True)


def test_going_back_across_a_jump_finds_what_was_so_long_ago():
    history = History(moment(0))
    for tick in (24, 48, 72):
        history.append(moment(tick))
    history.jumped(-60)
    assert history.last.tick == 12
    history.append(moment(20))
    found, later = history.split(0)
    assert found.tick == -12
    assert [one.tick for one in later] == [72, 12, 20]
    assert [one.tick for one in history.recent(9)] == [-60, -36, -12, 12, 12, 20]
    assert sounding(history.moments, 75, 0) == []


@pytest.mark.parametrize("mode", ["respond", "continue"])
def test_an_answer_is_given_up_and_the_next_one_comes(monkeypatch, mode):
    played = key(60, 1.0, 1.4) + key(62, 2.0, 2.4) + key(64, AT + 1, AT + 1.4)
    done = jumping(
        monkeypatch, Reading(AT, jump=1.0), played=played, mode=mode, silence=0.5, density=2
    )
    assert [one for one in done.notes if one.at > AT + 1.4]
    assert replays(done)

"""The knobs as another artifact takes over: what it asks for, and what the player turned."""

from dataclasses import replace

import pytest
from msgspec import structs

from live.declared.knobs import NOTE_KNOBS, SOUND_KNOBS, defaults, values
from live.engine.offline import render
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import EngineOptions
from live.ipc.news import KnobSet, Ready
from live.record import replay
from tests.engine import tone

ASKED = {
    "plain": {},
    "warm": {"temperature": 0.8, "top_p": 0.95},
    "cool one": {"temperature": 0.5, "channel": 3},
    "tone 150": {"temperature": 0.8, "top_p": 0.95, "gain": -6.0},
    "tone 300": {"temperature": 0.5},
}
PAIRS = {"events": ("warm", "cool one"), "audio": ("tone 150", "tone 300")}


def opener(path):
    found = tone.opener(path)
    return replace(found, document=structs.replace(found.document, knobs=ASKED[path]))


def perform(first, *asked, kind="events", beats=12, **knobs):
    options = EngineOptions(
        artifact=first, kind=kind, knobs=knobs, transport={"tempo": 120.0}, beats=beats
    )
    return render(options, opener, (), asked)


def load(path, at=1.0):
    return at, Command(acts.Load(path=path), voice=1)


def turn(knob, value, at=0.5):
    return at, Command(acts.SetKnob(knob=knob, value=value), voice=1)


def stands(done):
    """How the voice's knobs stand at the end, as everybody was told."""
    return {news.knob: news.value for news in done.news if isinstance(news, KnobSet) and news.voice}


@pytest.mark.parametrize("kind", PAIRS)
def test_knobs_go_from_where_one_artifact_put_them_to_where_the_next_one_wants_them(kind):
    first, second = PAIRS[kind]
    before, after = (stands(perform(first, *asked, kind=kind)) for asked in ((), [load(second)]))
    assert (before["temperature"], before["top_p"]) == (0.8, 0.95)
    assert (after["temperature"], after["top_p"]) == (0.5, 1.0)
    if kind == "audio":
        assert (before["gain"], after["gain"]) == (-6.0, 0.0)


def test_who_played_with_the_defaults_gets_what_the_next_artifact_asks_for():
    assert stands(perform("plain", load("warm")))["top_p"] == 0.95


@pytest.mark.parametrize("kind", PAIRS)
def test_knobs_that_the_player_turned_stay(kind):
    first, second = PAIRS[kind]
    chosen = perform(first, load(second), kind=kind, temperature=1.3)
    turned = perform(first, turn("temperature", 1.3), turn("seed", 5), load(second), kind=kind)
    assert stands(chosen)["temperature"] == stands(turned)["temperature"] == 1.3
    assert (stands(turned)["seed"], stands(turned)["top_p"]) == (5, 1.0)


def test_each_artifact_takes_over_from_the_one_before():
    there_and_back = (load("cool one"), load("warm", 4.0))
    assert stands(perform("warm", *there_and_back))["temperature"] == 0.8
    turned_between = (load("cool one"), turn("temperature", 1.1, 3.5), load("warm", 4.0))
    assert stands(perform("warm", *turned_between))["temperature"] == 1.1


def test_an_engine_that_goes_on_with_the_knobs_as_they_stand_still_knows_which_were_turned():
    stand = stands(perform("plain", turn("seed", 5), load("warm")))
    again = stands(perform("warm", load("cool one"), **stand))
    assert (again["temperature"], again["top_p"], again["seed"]) == (0.5, 1.0, 5)


def test_what_moved_is_told_after_the_artifact_and_nothing_else_is():
    news = perform("warm", load("cool one")).news
    swapped = [n.name for n in news if isinstance(n, Ready)].index("cool one")
    begun = [index for index, n in enumerate(news) if isinstance(n, Ready)][swapped]
    moved = {n.knob for n in news[begun:] if isinstance(n, KnobSet) and n.voice}
    assert moved == {"temperature", "top_p", "channel"}


def test_the_notes_go_out_on_the_channel_that_it_asks_for():
    done = perform("warm", load("cool one"), beats=16)
    assert [note.channel for note in done.notes][:: len(done.notes) - 1] == [1, 3]


def test_the_journal_replays_it():
    done = perform("warm", load("cool one"), load("plain", 4.0), beats=24)
    journal = replay.parse(done.lines)
    assert replay.replay(journal, opener) == len(done.notes) > 20
    loaded = next(n for n, line in enumerate(journal.lines) if isinstance(line.did, acts.Load))
    turned = {line.did for line in journal.lines[loaded + 1 : loaded + 4]}
    assert turned == {
        acts.SetKnob(knob="temperature", value=0.5),
        acts.SetKnob(knob="top_p", value=NOTE_KNOBS["top_p"].default),
        acts.SetKnob(knob="channel", value=3),
    }


def test_a_voice_of_sound_draws_as_the_artifact_asks():
    done = perform("tone 300", load("tone 150"), kind="audio", beats=8)
    voice = done.tracks[0].voice
    voice.render(round(4.0 * voice.rate / voice.block), 0.0)
    voice.render(round(1.0 * voice.rate / voice.block), 4.0)
    assert voice.instrument.stream.asked[-1][:2] == (0.8, 0.95)
    assert values(voice.knobs) == defaults(SOUND_KNOBS) | ASKED["tone 150"]

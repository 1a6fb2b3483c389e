"""Who hears whom: what one voice plays changes what another plays, none starves, and a replay hears the same."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from live.engine.notes import operations as op
from live.engine.notes.generator import Generator
from live.engine.offline import render
from live.engine.routing import Listening, Routing
from live.engine.sound import offline
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import EngineOptions, VoiceOptions
from live.ipc.news import Trouble
from live.ipc.wire import Pedal, Played
from live.record import replay
from live.record.heard import notes_heard
from live.runtime import library
from live.runtime.opening import opened
from models.contract.grid import Note
from models.contract.samples import KEYS, LOWEST
from tests.engine import tone
from tests.engine.numeric import opener
from tests.engine.test_offline import BEAT, PHRASE, TEMPO, key

MODES = ("solo", "continue", "respond")


def perform(one=None, two=None, beats=32, played=(), asked=(), first="one"):
    """Two voices of notes; the second plays on channel 2."""
    options = EngineOptions(
        artifact=first,
        knobs={"seed": 3} | (one or {}),
        transport={"tempo": TEMPO},
        others=(VoiceOptions("three", "events", {"channel": 2} | (two or {})),),
        beats=beats,
    )
    return render(options, opener, played, asked)


def of(done, voice):
    return [one for one in done.notes if one.voice == voice]


def turn(at, voice, **knobs):
    return [
        (at, Command(acts.SetKnob(knob=name, value=value), voice=voice))
        for name, value in knobs.items()
    ]


def replays(done):
    return replay.replay(replay.parse(done.lines), opener) == len(done.notes)


@pytest.mark.parametrize(
    ("hears", "heard"),
    [
        ("none", []),
        ("player", ["player"]),
        ("voices", [1, 3]),
        ("all", ["player", 1, 3]),
        ("voice-3", [3]),
        ("voice-2", []),
        ("voice-8", []),
    ],
)
def test_a_voice_hears_whom_it_is_told_to(hears, heard):
    routing = Routing()
    for voice in (1, 3):
        routing.set(voice, Listening("none", plays=voice))
    routing.set(2, Listening(hears, plays=2))
    assert [who for who in ("player", 1, 2, 3) if 2 in routing.hearers(who, 5)] == heard
    routing.set(2, Listening(hears, channel=4, plays=2))
    assert [who for who in ("player", 1, 2, 3) if 2 in routing.hearers(who, 4)] == heard
    assert not any(2 in routing.hearers(who, 5) for who in ("player", 1, 3))


def test_who_is_not_heard_any_more_is_known():
    routing = Routing()
    routing.set(1, Listening("none"))
    assert routing.set(2, Listening("all")) == []
    assert routing.set(2, Listening("player")) == [1]
    assert routing.set(2, Listening("player", channel=3)) == ["player"]
    assert routing.set(2, Listening("player")) == []
    assert routing.set(2, Listening("none")) == ["player"]


def test_what_comes_back_comes_back_through_others():
    routing = Routing()
    for voice, hears in ((1, "voice-3"), (2, "voice-1"), (3, "voice-2")):
        routing.set(voice, Listening(hears, plays=1))
    assert routing.returns(1, 2)
    routing.set(3, Listening("voice-2", channel=9, plays=1))
    assert not routing.returns(1, 2)


def test_what_a_voice_plays_changes_with_what_it_hears():
    deaf = perform()
    hearing = perform(two={"hears": "voice-1"})
    otherwise = perform({"seed": 4}, {"hears": "voice-1"})
    assert of(hearing, 1) == of(deaf, 1)
    assert of(otherwise, 1) != of(deaf, 1)
    played = [[(one.at, one.pitch) for one in of(done, 2)] for done in (deaf, hearing, otherwise)]
    assert all(len(notes) > 10 for notes in played)
    assert played[0] != played[1] != played[2] != played[0]
    assert [(one.at, one.pitch) for one in of(perform({"seed": 4}), 2)] == played[0]
    assert all(map(replays, (deaf, hearing, otherwise)))


@pytest.mark.parametrize("two", [{"hears": "voice-1", "hears_channel": 3}, {"hears": "voice-2"}])
def test_a_voice_on_another_channel_is_not_heard(two):
    assert of(perform(two=two), 2) == of(perform(), 2)


def test_a_muted_voice_is_not_heard():
    assert of(perform({"mute": 1}, {"hears": "voice-1"}), 2) == of(perform(), 2)


def test_what_is_heard_is_not_in_the_journal():
    done = perform(two={"hears": "voice-1"})
    did = [line.did for line in replay.parse(done.lines).lines]
    assert not any(isinstance(one, acts.Play) for one in did)


@pytest.mark.parametrize("modes", list(itertools.product(MODES, MODES)))
def test_two_that_hear_each_other_go_on_and_replay(modes):
    one, two = ({"hears": "all", "mode": mode} for mode in modes)
    done = perform(one, two, 96, PHRASE)
    for voice in (1, 2):
        played = [note.at for note in of(done, voice)]
        assert len(played) > 10
        assert played[-1] > 96 * BEAT - 17
    assert replays(done)


def test_two_that_hear_each_other_share_the_music_and_do_not_play_more_and_more():
    played = {}
    for hears in ("none", "all"):
        path = str(library.SHIPPED / f"{library.DEFAULT}.onnx")
        two = VoiceOptions(path, "events", {"channel": 2, "hears": hears, "seed": 2})
        options = EngineOptions(
            artifact=path, knobs={"hears": hears, "seed": 1}, others=(two,), beats=48
        )
        done = render(options, lambda path: opened(Path(path)))
        played[hears] = [len(of(done, voice)) for voice in (1, 2)]
    # Unshared, they play four times as many.
    assert sum(played["all"]) < 2 * sum(played["none"])
    assert min(played["all"]) > sum(played["all"]) / 4


FAST = (0.0, Command(acts.Force(factor="time", code=6), voice=1))
"""Voice 1 plays four notes a beat; voice 2, at temperature 0, wants to wait half a beat after each."""


@pytest.mark.parametrize("one", ["none", "all"])
def test_who_would_wait_for_the_other_for_ever_comes_when_it_was_about_to(one):
    done = perform({"hears": one}, {"hears": "voice-1", "temperature": 0.0}, asked=[FAST])
    assert len(of(done, 1)) > 120
    ats = [note.at for note in of(done, 2)]
    assert len(ats) > 60
    assert max(np.diff(ats)) < 0.51 * BEAT
    assert replays(done)


def test_a_chord_is_heard_whole_and_costs_one_plan():
    done = perform(two={"hears": "voice-1"}, beats=64)
    chords = [len(list(notes)) for _, notes in itertools.groupby(of(done, 1), lambda one: one.at)]
    assert max(chords) > 1
    lines = replay.parse(done.lines).lines
    drops = [line.at for line in lines if isinstance(line.did, op.Drop) and line.voice == 2]
    # One more as the clock ends.
    assert len(drops) == len(set(drops)) == len(chords) + 1


def test_a_note_goes_back_a_tick_at_most():
    voice = Generator(1, lambda path: opener(path).model)
    voice.do(op.Begin(path="one", digest="", knobs={"seed": 1}, tick=0, held_start=False))
    for _ in range(6):
        assert voice.do(op.Plan(floor=0, ceiling=-1, end=-1))
        note = voice.plan[0].note
        voice.do(op.Commit(tick=note.onset, pitch=note.pitch, velocity=note.velocity,
                           duration=note.duration, number=1, channel=1, heard=True))  # fmt: skip
    last = voice.history.last.tick
    before = voice.history.moments[:]
    voice.others.hear(3, Note(last - 30, 50, 80, 12), True)
    voice.others.hear(2, Note(last - 30, 52, 80, 12), True)
    assert voice.history.moments == before
    voice.do(op.Drop())
    heard = [one.note for one in voice.history.moments if one.note and not one.own]
    assert [(note.onset, note.pitch) for note in heard] == [
        (last - 1, 50),
        (last - 1, 52),
    ]
    assert voice.history.moments[0] is before[0]
    ticks = [one.tick for one in voice.history.moments]
    assert ticks == sorted(ticks)


def test_an_answer_at_once_doubles_a_voice_note_for_note():
    asked = [(0.0, Command(acts.Force(factor="time", code=0), voice=2))]
    done = perform(two={"hears": "voice-1"}, asked=asked)
    ats = {one.at for one in of(done, 1)}
    assert {one.at for one in of(done, 2)} == ats
    assert replays(done)


def test_two_that_answer_each_other_at_once_do_not_run_away():
    asked = [(0.0, Command(acts.Force(factor="time", code=0), voice=voice)) for voice in (1, 2)]
    done = perform({"hears": "all"}, {"hears": "all"}, played=PHRASE, asked=asked)
    for voice in (1, 2):
        ats = [one.at for one in of(done, voice) if one.at > 0.5]
        assert ats == [one.at for one in PHRASE if one.velocity]


def test_two_that_answer_the_same_phrase_take_turns():
    respond = {"hears": "all", "mode": "respond", "silence": 0.5, "patience": 0, "bars": 1}
    respond |= {"entry": "now", "closing": 0, "texture": 0}
    done = perform(respond, respond, 64, PHRASE)
    turns = [voice for voice, _ in itertools.groupby(done.notes, lambda one: one.voice)]
    assert len(turns) > 6
    ends = max(one.at for one in PHRASE)
    first = next(one.voice for one in done.notes if one.at > ends)
    # Who began goes on for about a bar, and the other waits.
    answer = list(itertools.takewhile(lambda one: one.voice == first, done.notes))
    assert len({one.at for one in answer}) >= 3 or len(answer) >= 3
    assert replays(done)


def together(done):
    """The notes that began while another voice's sounded."""
    spans = [(one, one.at, done.timeline.time_of(one.end)) for one in done.notes]
    return [
        (one, other)
        for one, at, _ in spans
        for other, began, ends in spans
        if other.voice != one.voice and began <= at < ends - 1e-6
    ]


@pytest.mark.parametrize("silence", [0.1, 0.6, 2.0])
def test_two_that_answer_each_other_never_play_at_once(silence):
    respond = {"hears": "all", "mode": "respond", "silence": silence, "bars": 1}
    for seed in range(3):
        done = perform(respond | {"seed": seed}, respond | {"seed": seed + 9}, 64, PHRASE)
        assert not together(done)
        turns = [voice for voice, _ in itertools.groupby(done.notes, lambda one: one.voice)]
        assert turns[:6] == [1, 2, 1, 2, 1, 2]
        assert replays(done)


def test_of_three_that_answer_each_other_who_has_waited_longest_comes_next():
    respond = {"hears": "all", "mode": "respond", "bars": 1}
    options = EngineOptions(
        artifact="one", knobs=respond, transport={"tempo": TEMPO}, beats=64,
        others=tuple(VoiceOptions("three", "events", respond | {"channel": n, "seed": n}) for n in (2, 3)),
    )  # fmt: skip
    done = render(options, opener, PHRASE, [])
    turns = [voice for voice, _ in itertools.groupby(done.notes, lambda one: one.voice)]
    assert turns[:7] == [1, 2, 3, 1, 2, 3, 1]
    assert not together(done)


def test_who_is_muted_keeps_nobody_waiting():
    respond = {"hears": "all", "mode": "respond", "bars": 4}
    done = perform(respond | {"mute": 1}, respond, 24, PHRASE)
    first = min(one.at for one in of(done, 2))
    assert first == min(one.at for one in of(perform({"mute": 1}, respond, 24, PHRASE), 2))


def test_an_answer_to_a_voice_waits_for_its_end_and_is_given_up_for_it():
    respond = {"hears": "voice-1", "mode": "respond", "silence": 0.25, "patience": 0, "bars": 4}
    short = (0.0, Command(acts.Force(factor="duration", code=5), voice=1))
    asked = [FAST, short, *turn(6.0, 1, mode="respond"), *turn(9.0, 1, mode="solo")]
    done = perform({}, respond, asked=asked)
    ats = [one.at for one in of(done, 2)]
    assert 6.2 < ats[0] < 8.0
    assert 8.0 < ats[-1] < 9.2
    assert replays(done)


def test_keys_of_a_player_who_is_not_heard_any_more_come_up():
    played = [Played(pitch=60, velocity=80, at=1.0), Pedal(down=True, at=1.1)]
    done = perform(played=played, asked=turn(2.0, 1, hears="none"))
    lifts = [
        (line.voice, line.did.pitch, line.at)
        for line in replay.parse(done.lines).lines
        if isinstance(line.did, op.Lift)
    ]
    assert lifts[0] == (1, 60, pytest.approx(2.0, abs=0.01))
    assert [voice for voice, _, at in lifts if at < 15] == [1]
    assert replays(done)


def test_the_player_is_heard_on_one_channel_only():
    played = [m for pitch in (60, 64) for m in key(pitch, 1.0, 2.0)]
    played = [type(one)(pitch=one.pitch, velocity=one.velocity, at=one.at, channel=5)
              for one in played]  # fmt: skip
    done = perform({"hears_channel": 5}, {"hears_channel": 4}, played=played)
    heard = {
        line.voice for line in replay.parse(done.lines).lines if isinstance(line.did, acts.Play)
    }
    assert heard == {1}


def test_what_is_played_to_a_voice_by_its_number_reaches_it_whomever_it_hears():
    done = perform(
        {"hears": "none"}, asked=[(1.0, Command(acts.Play(pitch=60, velocity=80), voice=1))]
    )
    plays = [line for line in replay.parse(done.lines).lines if isinstance(line.did, acts.Play)]
    assert [line.voice for line in plays] == [1]


@pytest.mark.parametrize("hears", ["none", "voice-1"])
def test_what_the_player_plays_is_in_the_take_though_nobody_hears_it(hears):
    played = [*key(60, 1.0, 2.0), *key(64, 3.0, 5.0)]
    asked = turn(4.0, 1, hears="player")
    done = perform({"hears": "none"}, {"hears": hears}, played=played, asked=asked)
    hand = [one for one in notes_heard(replay.parse(done.lines)) if one.who == "player"]
    assert [(one.pitch, one.start, one.end) for one in hand] == [
        (60, pytest.approx(2.0), pytest.approx(4.0)),
        (64, pytest.approx(6.0), pytest.approx(10.0)),
    ]
    assert replays(done)


@pytest.mark.parametrize(("hears", "why"), [("voice-1", "itself"), ("voice-7", "no voice 7")])
def test_a_voice_that_hears_nobody_by_mistake_says_so(hears, why):
    done = perform(asked=turn(1.0, 1, hears=hears))
    (said,) = [news.text for news in done.news if isinstance(news, Trouble)]
    assert said.startswith("Voice 1 hears nobody: ")
    assert why in said


def test_a_voice_that_hears_a_later_one_says_nothing():
    done = perform({"hears": "voice-2"}, {"hears": "voice-1"}, beats=1)
    assert not [one for one in done.news if isinstance(one, Trouble)]


def shown(asked=(), played=(), **knobs):
    """What a voice of sound was shown of the keys beside a voice of notes: the pitches, and its rows."""
    options = EngineOptions(
        artifact="one",
        knobs={"top_p": 0.8},
        transport={"tempo": TEMPO},
        others=(VoiceOptions("tone 150", "audio", knobs),),
        beats=8,
    )
    done = render(options, tone.opener, played, asked)
    _, blocks = offline.mix(done.tracks, 4.0)
    list(blocks)
    voice = done.tracks[0].voice
    rows = np.array(voice.instrument.stream.rows)[:, :KEYS]
    notes = {one.pitch for one in done.notes}
    pressed = set((np.nonzero(rows.any(0))[0] + LOWEST).tolist())
    return pressed, notes, rows, voice.block / voice.rate


HAND = [Played(pitch=107, velocity=80, at=0.1)]


@pytest.mark.parametrize(
    ("hears", "player", "voices"),
    [
        ("all", True, True),
        ("player", True, False),
        ("voices", False, True),
        ("voice-1", False, True),
        ("voice-2", False, False),
        ("none", False, False),
    ],
)
def test_a_voice_of_sound_plays_the_notes_that_it_hears(hears, player, voices):
    pressed, notes, _, _ = shown(played=HAND, hears=hears)
    assert (107 in pressed) == player
    assert bool(pressed & (notes - {107})) == voices


def test_keys_of_who_is_not_heard_any_more_come_up_in_sound_too():
    _, _, rows, frame = shown(asked=turn(2.0, 2, hears="player"), played=HAND)
    frames, keys = np.nonzero(rows)
    assert (frames[keys != 107 - LOWEST] * frame).max() == pytest.approx(2.0, abs=0.03)
    assert (frames[keys == 107 - LOWEST] * frame).max() > 3.0


def test_an_earlier_journals_follow_is_read_as_hears():
    line = '{"voice":2,"at":1.0,"did":{"type":"SetKnob","knob":"follow","value":"voices"}}'
    begin = (
        '{"voice":2,"at":0.0,"did":{"type":"Begin","path":"a","digest":"","knobs":{"follow":"none"},'
        '"tick":0,"kind":"audio"}}'
    )
    first, second = replay.parse([begin, line]).lines
    assert first.did.knobs == {"hears": "none"}
    assert (second.did.knob, second.did.value) == ("hears", "voices")

"""Drums on stage: hits sound off the grid where they were drawn so, pads are heard as they are struck."""

import numpy as np
import pytest

from live.declared.knobs import NOTE_KNOBS, defaults
from live.engine.notes import operations as op
from live.engine.notes.generator import Generator
from live.engine.offline import render
from live.engine.settling import Settling
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import EngineOptions
from live.ipc.news import Trouble
from live.ipc.wire import Played
from live.record import replay
from live.record.heard import notes_heard
from live.runtime import opening
from models.contract.grid import FINE
from models.contract.representations.drums import DRUMS, KIT, OFFSETS, PLACES, placed
from tests.engine.happening import anything, everything, perform
from tests.tiny import tiny_artifact

LOOSE = {"time": (0, 6, 12), "velocity": tuple(range(8, 28)), "offset": (2, 4, 6, 10, 12, 14)}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    path = tmp_path_factory.mktemp("drums") / "it.onnx"
    return opening.opened(tiny_artifact(path, written=DRUMS, likely=LOOSE))


def begun(opened, **knobs) -> Generator:
    voice = Generator(1, lambda path: opened.model)
    settled = defaults(NOTE_KNOBS) | {"seed": 1} | knobs
    voice.do(op.Begin(path="a", digest="", knobs=settled, tick=0, held_start=False))
    return voice


def test_hits_are_sent_when_they_sound_and_a_take_has_them_there(opened):
    done = perform(opened, beats=32, spread=127)
    journal = replay.parse(done.lines)
    played = [line.did for line in journal.lines if isinstance(line.did, op.Commit)]
    assert len({one.offset for one in played}) > 4
    assert {one.tick % 24 for one in played} <= set(PLACES)
    for sent, one in zip(done.notes, played, strict=True):
        beat = done.timeline.beat_of(sent.at)
        assert beat == pytest.approx((one.tick + one.offset / FINE) / 24)
        assert sent.end > beat
    taken = [note.start * 24 * FINE for note in notes_heard(journal)]
    assert sorted(taken) == pytest.approx(sorted(one.tick * FINE + one.offset for one in played))


def test_no_hit_sounds_before_the_voice_could_play_it(opened):
    voice = begun(opened)
    for floor in range(0, 400, 7):
        if voice.do(op.Plan(floor=floor, ceiling=-1, end=-1)):
            note, _ = voice.coming
            assert note.sounds >= floor
        voice.do(op.Drop())


def test_pads_are_heard_with_their_touch_and_where_they_were_struck(opened):
    voice = begun(opened)
    for tick, lost, key, velocity in ((23, 0.6, 36, 110), (31, -0.8, 22, 30), (48, 0.49, 40, 77)):
        voice.do(acts.Play(tick=tick, lost=lost, pitch=key, velocity=velocity))
    codes = np.array([one.codes for one in voice.history.moments[1:]])
    assert [KIT[code] for code in codes[:, 1]] == [36, 42, 40]
    assert [OFFSETS[code] for code in codes[:, 3]] == [-2, 1, 2]
    assert np.cumsum(codes[:, 0]).tolist() == [24, 30, 48]


def test_the_touch_knobs_and_the_range_shape_the_hits(opened):
    loud = [n.velocity for n in perform(opened, 32, velocity=120, spread=4).notes]
    soft = [n.velocity for n in perform(opened, 32, velocity=24, spread=4).notes]
    assert min(loud) > max(soft)
    assert {n.pitch for n in perform(opened, 16, low=42, high=46).notes} <= {42, 43, 44, 45, 46}


@pytest.mark.parametrize(("heat", "alike"), [(0, True), (1, False)])
def test_offsets_have_a_temperature_of_their_own(opened, heat, alike):
    drawn = []
    for seed in range(3):
        voice = begun(opened, temperature_offset=heat, seed=seed)
        voice.forced = {"time": 6, "drum": 2, "velocity": 20}
        assert all(voice.do(op.Plan(floor=-1, ceiling=-1, end=-1)) for _ in range(20))
        drawn.append([moment.note.offset for moment in voice.plan])
    assert (drawn[0] == drawn[1] == drawn[2]) == alike


def test_drums_play_on_channel_10_unless_the_player_says_otherwise(opened):
    assert Settling("events").begin(opened, {})["channel"] == 10
    assert Settling("events").begin(opened, {"channel": 3})["channel"] == 3
    assert {note.channel for note in perform(opened, 8).notes} == {10}


def test_knobs_of_pitch_are_declined_in_words(opened):
    asked = [(1.0, Command(acts.SetKnob(knob="scale", value="major"), voice=1))]
    said = [one.text for one in _news(opened, asked) if isinstance(one, Trouble)]
    assert said == ["Voice 1 plays what is written as 'drums', to which scale does nothing."]


def _news(opened, asked):
    options = EngineOptions(artifact="a", knobs={}, transport={"tempo": 120.0}, beats=8)
    return render(options, lambda path: opened, (), asked).news


@pytest.mark.parametrize("happens", [everything, lambda it, seed: anything(it, seed, _nothing)])
def test_whatever_happens_is_replayed(opened, happens):
    assert happens(opened, 1).notes


def _nothing(_rng):
    return ()


@pytest.mark.parametrize("channel", [1, 10])
def test_pads_are_heard_on_the_channel_of_drums_as_on_any(opened, channel):
    pads = [
        Played(pitch=pitch, velocity=velocity, at=at, channel=channel)
        for at, pitch, velocity in ((0.5, 36, 90), (0.55, 36, 0), (1.0, 38, 50), (1.05, 38, 0))
    ]
    options = EngineOptions(
        artifact="a", knobs={"mode": "respond"}, transport={"tempo": 120.0}, beats=12
    )
    done = render(options, lambda path: opened, pads)
    played = [one.did for one in replay.parse(done.lines).lines if isinstance(one.did, acts.Play)]
    assert [(one.pitch, one.velocity, one.channel) for one in played] == [
        (36, 90, channel), (38, 50, channel),
    ]  # fmt: skip
    # They are let go of too, so that it answers.
    assert done.notes


def test_voices_of_pitches_hear_no_pads(tmp_path):
    plain = opening.opened(tiny_artifact(tmp_path / "plain.onnx"))
    pads = [Played(pitch=36, velocity=v, at=at, channel=10) for at, v in ((0.5, 90), (0.6, 0))]
    options = EngineOptions(
        artifact="a", knobs={"mode": "respond"}, transport={"tempo": 120.0}, beats=12
    )
    done = render(options, lambda path: plain, pads)
    assert not any(isinstance(one.did, acts.Play) for one in replay.parse(done.lines).lines)
    assert not done.notes


def test_every_offset_that_is_drawn_belongs_to_its_place(opened):
    voice = begun(opened)
    for _ in range(120):
        assert voice.do(op.Plan(floor=-1, ceiling=-1, end=-1))
        note = voice.plan[-1].note
        tick, code = placed(note.onset * FINE + note.offset)
        assert (tick, OFFSETS[code]) == (note.onset, note.offset)

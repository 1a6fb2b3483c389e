"""A voice whose network tells instruments apart: their channels, what ends what, and what is heard."""

from pathlib import Path

import pytest

from live.declared.knobs import NOTE_KNOBS, NoteKnobs, defaults, turned
from live.engine.notes import operations as op
from live.engine.notes.generator import Generator
from live.engine.notes.hearing import hear
from live.engine.notes.instruments import channel_of
from live.engine.notes.sending import committed
from live.engine.notes.transposing import Notes
from live.engine.offline import render
from live.ipc import acts
from live.ipc.config import EngineOptions
from live.ipc.wire import Played
from live.record import replay
from models.contract.grid import ACCOMPANIES, DRUM_KIT, OTHERS, Note
from tests.parts import parts_artifact
from tests.tiny import tiny_artifact
from tests.tokens import open_tokens

FREE = op.Plan(floor=-1, ceiling=-1, end=-1)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return open_tokens(parts_artifact(tmp_path_factory.mktemp("band") / "band.onnx")).model


def played(model, steps: int, **knobs) -> list[tuple[Note, int, tuple[int, ...]]]:
    """What is sent: notes, channels, and the pitches that each ends."""
    voice = Generator(1, lambda path: model)
    stand = defaults(NOTE_KNOBS) | knobs
    voice.do(op.Begin(path="a", digest="", knobs=stand, tick=0, held_start=False))
    sent = []
    for _ in range(steps):
        assert voice.do(FREE)
        while voice.coming:
            note, number = voice.coming
            one = committed(voice, note, number, 0.0)
            sent.append((note, one.channel, one.ended))
            voice.do(op.Commit(tick=note.onset, pitch=note.pitch, velocity=note.velocity,
                duration=note.duration, number=number, channel=one.channel, heard=True,
                ended=one.ended, part=note.part))  # fmt: skip
    return sent


@pytest.mark.parametrize(
    ("channel", "found"), [(1, [1, 10, 2, 3]), (8, [8, 10, 9, 11]), (16, [16, 10, 1, 2])]
)
def test_each_instrument_has_a_channel_and_drums_have_theirs(channel, found):
    knobs = turned(NoteKnobs(), {"channel": channel})
    parts = (0, DRUM_KIT, OTHERS, OTHERS + 1)
    assert [channel_of(part, knobs) for part in parts] == found
    assert channel_of(ACCOMPANIES, knobs) == channel
    assert channel_of(ACCOMPANIES, turned(knobs, {"chords_channel": 5})) == 5


def test_no_two_instruments_share_a_channel():
    knobs = turned(NoteKnobs(), {"channel": 12})
    channels = [channel_of(part, knobs) for part in (0, DRUM_KIT, *range(OTHERS, OTHERS + 13))]
    assert len(set(channels)) == len(channels) == 15


def test_all_instruments_play_and_none_ends_a_note_of_another(model):
    sent = played(model, 200, polyphony=4)
    assert {channel for _, channel, _ in sent} == {1, 2, 10}
    sounding: dict[int, set[int]] = {}
    for note, channel, ended in sent:
        # What it ends sounds on its own channel.
        assert set(ended) <= sounding.setdefault(channel, set())
        sounding[channel] |= {note.pitch}


def test_key_and_range_hold_for_what_has_pitches_alone(model):
    sent = played(model, 150, scale="major", key="D", low=60, high=72)
    pitched = [note.pitch for note, channel, _ in sent if channel != 10]
    assert {pitch % 12 for pitch in pitched} <= {2, 4, 6, 7, 9, 11, 1}
    assert min(pitched) >= 60
    assert max(pitched) <= 72
    assert any(not 60 <= note.pitch <= 72 for note, channel, _ in sent if channel == 10)


def test_what_begins_together_is_no_more_than_polyphony_allows(model):
    sent = played(model, 200, polyphony=3)
    together: dict[int, int] = {}
    for note, *_ in sent:
        together[note.onset] = together.get(note.onset, 0) + 1
    assert max(together.values()) <= 3


def test_what_the_player_plays_on_an_instruments_channel_is_heard_as_that_instrument(model):
    voice = Generator(1, lambda path: model)
    stand = defaults(NOTE_KNOBS) | {"channel": 3}
    voice.do(op.Begin(path="a", digest="", knobs=stand, tick=0, held_start=False))
    for number, channel in enumerate((3, 4, 7, 0)):
        voice.do(acts.Play(tick=24 * number, pitch=60, velocity=80, channel=channel))
        voice.do(op.Lift(tick=24 * number + 12, pitch=60))
    heard = [one.note for one in voice.history.moments if one.note is not None]
    assert [(one.part, one.duration) for one in heard] == [(0, 12), (OTHERS, 12), (0, 12), (0, 12)]


def test_a_run_writes_down_on_which_channel_the_player_played(tmp_path):
    path = parts_artifact(tmp_path / "band.onnx")
    played = [
        Played(pitch=60, velocity=80, at=1.0, channel=2),
        Played(pitch=60, velocity=0, at=1.4, channel=2),
    ]
    options = EngineOptions(artifact=str(path), knobs={"mode": "continue"}, beats=12)
    done = render(options, lambda name: open_tokens(Path(name)), played)
    journal = replay.parse(done.lines)
    assert [one.did.channel for one in journal.lines if isinstance(one.did, acts.Play)] == [2]
    assert done.notes


def begun(model, **knobs) -> Generator:
    voice = Generator(1, lambda path: model)
    stand = defaults(NOTE_KNOBS) | knobs
    voice.do(op.Begin(path="a", digest="", knobs=stand, tick=0, held_start=False))
    return voice


def heard_by(model, *notes: Note) -> list[Note]:
    """What a voice remembers of what another one plays."""
    voice = begun(model)
    for note in notes:
        voice.others.hear(2, note, touch=True)
        voice.do(op.Drop())
    return [one.note for one in voice.history.moments if one.note is not None]


def test_drums_of_another_voice_are_heard_by_those_who_know_drums_alone(model, tmp_path):
    plain = open_tokens(tiny_artifact(tmp_path / "plain.onnx")).model
    hit, note = Note(24, 38, 90, 2, DRUM_KIT), Note(48, 60, 90, 12)
    assert heard_by(model, hit, note) == [hit, note]
    assert heard_by(plain, hit, note) == [note]


def test_the_top_line_has_no_drums_nor_loses_a_note_to_them(model):
    voice = begun(model)
    for note in (
        Note(24, 60, 80, 12),
        Note(48, 38, 80, 2, DRUM_KIT),
        Note(48, 55, 80, 12),
        Note(48, 57, 80, 12, OTHERS),
        Note(72, 38, 80, 2, DRUM_KIT),
    ):
        hear(voice._feeding, voice.history, note)
    assert voice.history.last.cursor.top == (60, 57)


def test_what_comes_back_is_no_drums(model):
    voice = begun(model)
    hear(voice._feeding, voice.history, Note(24, 38, 80, 2, DRUM_KIT))
    first, last = voice.history.moments[0], voice.history.last
    assert Notes().trace(last, first) is None
    hear(voice._feeding, voice.history, Note(48, 38, 80, 2))
    assert Notes().trace(voice.history.last, last) == (48, 38)

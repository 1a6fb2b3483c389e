"""The chord symbols of a tune accompany it: on a channel of their own, in time and in key, or not at all."""

from itertools import groupby, pairwise

import pytest

from live.engine.notes import masks
from live.engine.notes import operations as op
from live.engine.notes.others import Others
from live.engine.notes.stealing import sounding
from live.engine.offline import render
from live.ipc import acts
from live.ipc.config import EngineOptions, VoiceOptions
from live.ipc.wire import CommittedNote, Segment
from live.record import replay
from live.record.heard import notes_heard
from live.runtime.opening import Opened
from live.time.table import NoteTable
from models.midi.messages import NoteOn
from tests.engine.happening import FREE, TEMPO, anything, everything, play
from tests.engine.test_tunes import begun
from tests.engine.tunes import LETTERS, open_tunes, tune_artifact
from tests.tiny import tiny_artifact

HEAD = "M:C\nL:1/8\nK:C\n"
TUNE = '"C"G2c2 e2d2|"F"c4e4-|e4 "G"B4|"Am"(3ABA G2 "Dm"F4|'
C, F, G, AM, DM = (48, 52, 55), (48, 53, 57), (50, 55, 59), (48, 52, 57), (50, 53, 57)
STROKES = [
    *((0, (36,)), (1, C), (2, C), (3, C), (4, (41,)), (5, F), (6, F), (7, F), (8, (41,)), (9, F), (10, G), (11, G)),
    *((12, (45,)), (13, AM), (14, DM), (15, DM)),
]  # fmt: skip


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return open_tunes(tune_artifact(tmp_path_factory.mktemp("chords") / "noise.onnx"))


def written(opened, text=HEAD + TUNE + '"C"c', **knobs):
    """Return a voice that has planned a text."""
    voice = begun(opened, **({"key": "C", "scale": "major", "chords_channel": 2} | knobs))
    for letter in text:
        voice.forced = {"character": LETTERS.index(letter)}
        fed = sum(one.fed for one in voice.plan)
        while sum(one.fed for one in voice.plan) == fed:
            assert voice.do(FREE)
        assert LETTERS[voice.plan[-1].codes[0]] == letter
    while voice.plan[-1].cursor.ready:
        assert voice.do(FREE)
    voice.forced = {}
    return voice


def beats(notes) -> list[tuple[float, tuple[int, ...]]]:
    """Return which pitches begin together, and on which beat."""
    together = groupby(notes, lambda note: note.onset)
    return [(onset / 24, tuple(note.pitch for note in group)) for onset, group in together]


def planned(voice, part):
    return [one.note for one in voice.plan if one.note is not None and one.note.part == part]


def test_a_symbol_is_struck_on_every_beat_in_the_order_of_time(opened):
    voice = written(opened)
    assert beats(planned(voice, 1))[:16] == STROKES
    notes = [one.note for one in voice.plan if one.note is not None]
    assert all(one.onset <= after.onset for one, after in pairwise(notes))
    assert all(note.duration == 24 for note in planned(voice, 1))
    assert beats(planned(voice, 0))[:5] == [
        (0, (67,)),
        (1, (72,)),
        (2, (76,)),
        (3, (74,)),
        (4, (72,)),
    ]


def test_without_a_channel_nothing_accompanies_the_same_tune(opened):
    voice = written(opened, chords_channel=0)
    assert not planned(voice, 1)
    assert beats(planned(voice, 0)) == beats(planned(written(opened), 0))


def test_it_is_in_range_in_key_and_has_its_own_room(opened):
    voice = written(opened, low=60, high=76, polyphony=2)
    allowed = masks.pitches(voice.knobs)
    assert all(allowed[note.pitch] for part in (0, 1) for note in planned(voice, part))
    assert max(len(chord) for _, chord in beats(planned(voice, 1))) == 2
    play(voice, len([one for one in voice.plan if one.note is not None]))
    for at in range(0, 16 * 24, 6):
        sounds = [note.part for _, note in sounding(voice.history.moments, at, 0)]
        assert sounds.count(0) <= 1
        assert sounds.count(1) <= 2


def test_another_key_moves_it_with_the_tune(opened):
    voice = written(opened)
    play(voice, 4)
    voice.do(op.Drop())
    voice.do(acts.SetKnob(knob="key", value="D"))
    for letter in TUNE[TUNE.index("|") :]:
        voice.forced = {"character": LETTERS.index(letter)}
        voice.do(FREE)
    allowed = masks.pitches(voice.knobs)
    assert planned(voice, 1)
    assert all(allowed[note.pitch] for note in planned(voice, 1))


def test_symbols_that_are_not_in_the_scale_are_not_written(opened):
    voice = begun(opened, key="C", scale="major", chords_channel=2)
    text = HEAD + '"'
    for letter in text:
        voice.forced = {"character": LETTERS.index(letter)}
        assert voice.do(FREE)
    for letter, follows in (("A", True), ("F", False)):
        voice.do(op.Drop())
        for one in text + letter + "m":
            voice.forced = {"character": LETTERS.index(one)}
            assert voice.do(FREE)
        # F has no minor third there.
        assert (LETTERS[voice.plan[-1].codes[0]] == "m") is follows


def test_turned_off_it_is_silent_at_once(opened):
    voice = written(opened)
    play(voice, 9)
    voice.do(op.Drop())
    voice.do(acts.SetKnob(knob="chords_channel", value=0))
    assert all(note.part == 0 for note in play(voice, 20))


def performed(opened, beats=48, **knobs):
    """Render a voice in C major."""
    knobs = {"key": "C", "scale": "major"} | knobs
    options = EngineOptions(artifact="a", knobs=knobs, transport={"tempo": TEMPO}, beats=beats)
    return render(options, lambda path: opened, [], [])


def test_it_goes_out_on_its_channel_and_replays(opened):
    done = performed(opened, chords_channel=5)
    channels = {(note.part, note.channel) for note in done.notes}
    assert channels == {(0, 1), (1, 5)}
    journal = replay.parse(done.lines)
    assert replay.replay(journal, lambda path: opened) == len(done.notes)
    assert {note.channel for note in notes_heard(journal)} == {1, 5}


@pytest.mark.parametrize("seed", range(2))
def test_everything_that_happens_to_a_voice_replays(opened, seed):
    everything(opened, seed)
    anything(
        opened,
        seed,
        lambda rng: (
            lambda: acts.SetKnob(knob="chords_channel", value=int(rng.integers(0, 4))),
            lambda: acts.SetKnob(knob="channel", value=int(rng.integers(1, 4))),
        ),
    )


@pytest.mark.parametrize(("channel", "hears"), [(0, {0, 1}), (1, {0}), (2, {1})])
def test_who_listens_chooses_by_the_channel(opened, tmp_path, monkeypatch, channel, hears):
    heard = []
    monkeypatch.setattr(Others, "hear", lambda _, voice, note, *, touch: heard.append(note.part))
    other = open_tunes(tiny_artifact(tmp_path / "tiny.onnx"))
    both = {"a": opened, "b": other, str(opened.path): opened, str(other.path): other}
    listens = {"hears": "voice-1", "hears_channel": channel, "mode": "continue"}
    options = EngineOptions(
        artifact="a", transport={"tempo": TEMPO}, beats=16,
        knobs={"chords_channel": 2, "key": "C", "scale": "major"}, others=(VoiceOptions("b", "events", listens),),
    )  # fmt: skip
    done = render(options, both.__getitem__, [], [])
    assert {note.part for note in done.notes if note.voice == 1} == {0, 1}
    assert set(heard) == hears


def test_what_ends_in_one_part_goes_on_in_the_other():
    table = NoteTable()
    table.segment(Segment(0.0, 0.0, 60.0))
    table.sound(CommittedNote(1, 48, 80, 1, 0.0, 9.0, 1))
    table.sound(CommittedNote(1, 48, 80, 2, 0.0, 9.0, 1, part=1))
    table.sound(CommittedNote(1, 50, 80, 2, 1.0, 9.0, 2, ended=(48,), part=1))
    due = table.advance(1.5)
    off = [one.message for one in due if not isinstance(one.message, NoteOn)]
    assert [(one.channel, one.pitch) for one in off] == [(2, 48)]

"""An answer takes up the phrase that it answers, as the knob motif says."""

import numpy as np
import pytest

from live.declared.knobs import NOTE_KNOBS, NoteKnobs, defaults
from live.engine.notes import masks, memento, remembering
from live.engine.notes import operations as op
from live.engine.notes.generator import Generator
from live.engine.notes.transposing import moved
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import Trouble
from live.runtime import opening
from tests.engine import happening
from tests.engine.each import EACH
from tests.engine.numeric import opener
from tests.engine.test_offline import key
from tests.engine.tunes import tune_artifact

BAR = 96
TUNE = (60, 64, 62, 65, 64, 67, 65, 69, 67, 71, 72, 67)
GAPS = (0, 12, 12, 24, 12, 12, 24, 12, 12, 24, 12, 12)


def _answer(opened, count=12, seed=1, begun=0, before=(), **knobs):
    """Return the onsets of a phrase, and the onsets and pitches of what answers it. before: what is played first."""
    voice = _begun(opened, seed=seed, **knobs)
    ticks = _hear(voice, begun, before)
    notes = _given(voice, ticks[-1] + 31, count)
    return ticks, [note.onset for note in notes], [note.pitch for note in notes]


def _begun(opened, **knobs):
    voice = Generator(1, lambda path: opened.model)
    settled = defaults(NOTE_KNOBS) | {"seed": 1, "form": 0.0, "vary": 0.0, "mode": "respond"}
    voice.do(op.Begin(path="a", digest="", knobs=settled | knobs, tick=0, held_start=False))
    return voice


def _hear(voice, begun=0, before=()):
    """Have a voice hear a phrase; return its onsets."""
    ticks = (np.cumsum(GAPS) + begun).tolist()
    for tick, pitch in (*before, *zip(ticks, TUNE, strict=True)):
        voice.do(acts.Play(tick=tick, pitch=pitch, velocity=80))
        voice.do(op.Lift(tick=tick + 10, pitch=pitch))
    return ticks


def _given(voice, floor, count):
    """Return so many notes of an answer that begins at a tick or after it."""
    voice.do(op.Plan(floor=floor, ceiling=floor + 24, end=-1))
    notes = []
    while len(notes) < count:
        if voice.coming is None:
            voice.do(op.Plan(floor=-1, ceiling=-1, end=-1))
            continue
        note, number = voice.coming
        notes.append(note)
        voice.do(op.Commit(tick=note.onset, pitch=note.pitch, velocity=1, duration=1,
            number=number, channel=1, heard=True))  # fmt: skip
    return notes


def test_a_quote_begins_as_the_phrase_began():
    ticks, onsets, pitches = _answer(opener("a"), 8, motif="quote")
    assert pitches == list(TUNE[:8])
    assert np.diff(onsets).tolist() == list(GAPS[1:8])
    # At the same place in the beat.
    assert (onsets[0] - ticks[0]) % 24 == 0
    assert _answer(opener("a"), 8, motif="off")[2] != pitches


def test_a_quote_of_chords_takes_up_as_much_of_the_line():
    below = [(sum(GAPS[: at + 1]), pitch - 12) for at, pitch in enumerate(TUNE)]
    chords = [one for tick, pitch in below for one in ((tick, pitch), (tick, pitch + 12))]
    voice = _begun(opener("a"), motif="quote")
    for tick, pitch in chords:
        voice.do(acts.Play(tick=tick, pitch=pitch, velocity=80))
        voice.do(op.Lift(tick=tick + 10, pitch=pitch))
    notes = _given(voice, chords[-1][0] + 31, 20)
    assert [note.pitch for note in notes] == [pitch for _, pitch in chords[:20]]


def test_in_solo_motif_does_nothing_and_says_so_once():
    def turn(knob, value):
        return Command(acts.SetKnob(knob=knob, value=value), voice=1)

    asked = [
        (2.0, turn("motif", "quote")),
        (3.0, turn("motif", "vary")),
        (4.0, turn("mode", "solo")),
    ]
    for mode, count in (("solo", 1), ("respond", 1), ("continue", 1)):
        done = happening.perform(opener("a"), 16, asked=asked[: 2 + (mode != "solo")], mode=mode)
        told = [one.text for one in done.news if isinstance(one, Trouble) and one.code == "motif"]
        assert len(told) == count
        assert "continue or respond" in told[0]
    done = happening.perform(opener("a"), 16, asked=asked[:2], mode="respond")
    assert not [one for one in done.news if isinstance(one, Trouble)]


def test_a_quote_keeps_its_place_in_the_beat():
    ticks, onsets, _ = _answer(opener("a"), 4, begun=7, motif="quote")
    assert (onsets[0] - ticks[0]) % 24 == 0


def test_what_is_varied_keeps_the_rhythm_or_the_line():
    kept = []
    for seed in range(12):
        _, onsets, pitches = _answer(opener("a"), 8, seed, motif="vary")
        assert np.diff(onsets).tolist() == list(GAPS[1:8])
        assert pitches != list(TUNE[:8])
        kept.append(np.sign(np.diff(pitches)).tolist() == np.sign(np.diff(TUNE[:8])).tolist())
    assert 0 < sum(kept) < 12


def test_a_contrast_has_none_of_the_pitches_that_stood_there():
    for seed in range(8):
        ticks, onsets, pitches = _answer(opener("a"), 8, seed, motif="contrast")
        there = [
            (tick + 216 - ticks[0], pitch % 12) for tick, pitch in zip(ticks, TUNE, strict=True)
        ]
        for onset, pitch in zip(onsets, pitches, strict=True):
            assert (pitch % 12) not in {one for tick, one in there[:8] if 0 <= tick - onset <= 12}


@pytest.mark.parametrize("motif", ["quote", "vary", "contrast"])
@pytest.mark.parametrize("kind", ["performance", "abc"])
def test_a_phrase_is_taken_up_again_after_a_recall_also_from_a_memento(kind, motif, tmp_path):
    opened = opening.opened(EACH[kind](tmp_path / "tiny.onnx"))
    voice, other = (_begun(opened, motif=motif) for _ in range(2))
    saved = _hear(voice)[-1] + 12
    voice.do(acts.Save(slot="a", tick=saved))
    first = _given(voice, saved + 19, 8)
    assert any(one.pointer for one in voice.history.moments)
    voice.do(op.Drop())
    other.mementos["a"] = remembering.unpack(memento.pack(voice.past()), opened.model, "it")
    assert other.do(op.Restore(digest="a", whole=True))
    for one in (voice, other):
        one.do(acts.Recall(slot="a", tick=saved + 10 * BAR))
        again = _given(one, saved + 19 + 10 * BAR, 8)
        assert [(note.onset - 10 * BAR, note.pitch) for note in again] == [
            (note.onset, note.pitch) for note in first
        ]


def test_masks_win():
    _, _, pitches = _answer(opener("a"), 12, motif="quote", scale="pentatonic", key="C", high=66)
    allowed = masks.pitches(NoteKnobs(scale="pentatonic", key="C", high=66))
    assert all(allowed[pitch] for pitch in pitches)


def test_a_line_is_moved_in_its_own_scale():
    places = tuple(enumerate((60, 62, 64, 65, 67)))
    everything = masks.pitches(NoteKnobs(low=0, high=127))
    assert [pitch for _, pitch in moved(places, 2, everything)] == [64, 65, 67, 69, 71]
    minor = masks.pitches(NoteKnobs(scale="minor", key="C"))
    assert all(minor[pitch] for _, pitch in moved(places, -3, minor))


def test_a_phrase_begins_after_a_bar_in_which_nothing_began():
    before = ((0, 50), (12, 48))
    for rest, together in ((BAR, True), (BAR + 1, False)):
        _, _, pitches = _answer(opener("a"), 10, begun=12 + rest, before=before, motif="quote")
        assert pitches == ([50, 48, *TUNE[:8]] if together else list(TUNE[:10]))


def test_a_tune_takes_a_phrase_up_from_its_bar_line(tmp_path):
    opened = opening.opened(tune_artifact(tmp_path / "tune.onnx"))
    played = [m for i, pitch in enumerate(TUNE) for m in key(pitch, 0.25 * i, 0.25 * i + 0.2)]
    kept = {}
    for how in ("off", "quote", "vary", "contrast"):
        done = happening.perform(
            opened, 40, played, mode="respond", bars=4, motif=how, form=0.0, vary=0.0, seed=2
        )
        pitches = [note.pitch for note in done.notes]
        assert pitches
        runs = {tuple(np.diff(TUNE[i : i + 4])) for i in range(len(TUNE) - 3)}
        found = [tuple(np.diff(pitches[i : i + 4])) in runs for i in range(len(pitches) - 3)]
        kept[how] = sum(found)
    assert kept["quote"] > kept["off"]


@pytest.mark.parametrize("mode", ["respond", "continue"])
def test_what_takes_up_a_phrase_replays_to_the_same_notes(mode):
    played = [m for i, pitch in enumerate(TUNE) for m in key(pitch, 0.3 * i, 0.3 * i + 0.2)]
    played += [m for i in range(4) for m in key(60 + i, 12 + 0.3 * i, 12.2 + 0.3 * i)]
    for how in ("quote", "vary", "contrast"):
        assert happening.perform(opener("a"), 48, played, mode=mode, motif=how, vary=0.1).notes

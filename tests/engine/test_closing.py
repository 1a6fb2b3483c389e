"""Answers that come in with the beat, in the player's texture, and come to an end; knobs turn each of it off."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from live.declared.knobs import BEFORE, NOTE_KNOBS, NoteKnobs, defaults
from live.declared.metre import Metre
from live.engine.notes import memento, remembering
from live.engine.notes import operations as op
from live.engine.notes.fitting import Key, heard_key
from live.engine.notes.generator import Generator
from live.engine.notes.manner import half_bar, landing, last_chord, told_key
from live.engine.notes.operations import ANY
from live.engine.notes.phrase import NOTES, gone_on, phrase_of, shifted
from live.engine.offline import render
from live.ipc import acts
from live.ipc.config import EngineOptions
from live.record import replay
from live.runtime import opening
from live.time.clock import Bars
from models.contract.asked import ASKED, BARS_LEFT, DENSITY, asked_code, asked_vocabulary
from models.contract.grid import TICKS, Note
from models.contract.representations.performance import PERFORMANCE, of
from tests.engine.numeric import NumericModel, opener
from tests.engine.test_offline import BEAT, key
from tests.tiny import tiny_artifact

BAR = 4 * TICKS
SCALE = (60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 62, 60)
SEEDS = range(8)


def line(gap=0.25, begin=1.0, pitches=SCALE, length=0.9):
    """Return a line of notes, `gap` seconds from onset to onset; a beat is half a second."""
    return [
        one
        for number, pitch in enumerate(pitches)
        for one in key(pitch, begin + number * gap, begin + number * gap + length * gap)
    ]


def answer(played=None, beats=40, metre="4/4", **knobs):
    options = EngineOptions(
        "one",
        knobs={"mode": "respond", "silence": 0.4, **knobs},
        transport={"tempo": 120.0, "metre": metre},
        beats=beats,
        source="internal",
    )
    return render(options, opener, line() if played is None else played)


def onsets(done):
    """Return ticks of onsets, rising, with the notes that begin then."""
    found = {}
    for one in done.notes:
        found.setdefault(round(one.at / BEAT * TICKS), []).append(one)
    return dict(sorted(found.items()))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("entry", "grid"), [("beat", TICKS), ("bar", BAR)])
def test_an_answer_comes_in_on_the_beat_or_the_bar(entry, grid, seed):
    for begin in (1.0, 1.13, 1.6):
        first = min(onsets(answer(line(begin=begin), entry=entry, seed=seed)))
        assert first % grid == 0
        silent = begin + 11 * 0.25 + 0.9 * 0.25 + 0.4
        assert 0 <= first - silent / BEAT * TICKS <= grid + 1


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("metre", ["4/4", "3/4", "6/8", "2/4"])
@pytest.mark.parametrize("bars", [1, 2, 4])
def test_an_answer_ends_on_a_strong_beat_on_a_chord_of_the_key_with_notes_that_ring(
    seed, metre, bars
):
    done = answer(metre=metre, bars=bars, seed=seed)
    assert replay.replay(replay.parse(done.lines), opener) == len(done.notes)
    found = onsets(done)
    last = max(found)
    length = {"4/4": BAR, "3/4": 3 * TICKS, "6/8": 3 * TICKS, "2/4": 2 * TICKS}[metre]
    end = max(round(one.end * TICKS) for one in found[last])
    strong = {"4/4": 2 * TICKS, "6/8": 36}.get(metre, length)
    assert last % (strong if bars > 1 else TICKS // 2) == 0
    assert end % length == 0 or end - last >= 0.7 * (length - last % length)
    line = -(-end // length) * length
    assert abs(line - min(found) - bars * length) <= length // 2
    assert {one.pitch % 12 for one in found[last]} <= {0, 4, 7}
    assert all(round(one.end * TICKS) - last >= TICKS // 2 for one in found[last])


def test_it_lands_where_a_bar_is_strong_and_a_beat_is_left():
    assert [half_bar(Bars(Metre(*one))) for one in ((4, 4), (3, 4), (6, 8), (2, 4), (9, 8), (6, 4))] == [
        48, 72, 36, 48, 108, 72,
    ]  # fmt: skip
    bars = Bars()
    assert landing(2 * BAR, bars, ANY) == BAR + 2 * TICKS
    assert landing(2 * BAR + TICKS, bars, ANY) == 2 * BAR
    # One bar after the phrase, there is room on its last beat only; and less is no ending.
    assert landing(BAR, bars, TICKS) == BAR - TICKS
    assert landing(BAR, bars, 2 * TICKS) == ANY


def test_it_ends_on_the_tonic_or_on_the_dominant_where_that_is_asked_for():
    free = NoteKnobs()

    def heard(*pitches):
        return phrase_of(tuple((n * 12, pitch, 12) for n, pitch in enumerate(pitches)))

    assert last_chord(free, heard(*SCALE)) == (0, 4, 7)
    assert last_chord(free, heard(*SCALE, 65)) == (7, 11, 2)
    assert last_chord(free, heard(69, 71, 72, 74, 76, 80, 81, 76, 72, 69)) == (9, 0, 4)
    assert last_chord(free, heard(60, 61)) == ()
    assert last_chord(free, None) == ()
    assert told_key(NoteKnobs(key="Eb", scale="dorian")) == Key(3, True)
    assert last_chord(NoteKnobs(key="D", scale="major"), heard(*SCALE)) == (2, 6, 9)


@pytest.mark.parametrize("tonic", range(12))
def test_the_key_of_a_scale_is_heard_in_every_key(tonic):
    assert heard_key(tuple((pitch + tonic, 12) for pitch in SCALE)) == Key(tonic, False)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_line_is_answered_by_one_line_in_its_range(seed):
    found = onsets(answer(seed=seed, bars=4))
    assert all(len(notes) == 1 for notes in found.values())
    assert all(53 <= one.pitch <= 79 for notes in found.values() for one in notes)
    *before, last = found
    ends = [round(one.end * TICKS) for tick in before for one in found[tick]]
    assert max(ends) <= last


def test_chords_are_answered_by_chords_and_the_players_knobs_go_first():
    chords = [
        one
        for number, root in enumerate((60, 65, 67, 60))
        for third in (0, 4, 7)
        for one in key(root + third, 1 + number * 0.5, 1.4 + number * 0.5)
    ]
    found = [onsets(answer(chords, seed=seed, bars=4)) for seed in SEEDS]
    sizes = [len(notes) for one in found for notes in one.values()]
    assert max(sizes) == 3
    one_line = [onsets(answer(seed=seed, bars=4, polyphony=3)) for seed in SEEDS]
    assert max(len(notes) for one in one_line for notes in one.values()) > 1
    low = [one.pitch for seed in SEEDS for one in answer(seed=seed, high=50, low=30).notes]
    assert low
    assert max(low) <= 50


@pytest.mark.parametrize("seed", SEEDS)
def test_turned_off_it_is_as_before(seed):
    free = {"entry": "now", "closing": 0, "texture": 0}
    done = answer(seed=seed, **free)
    loose = [tick % TICKS for tick in onsets(done)]
    assert any(loose)
    assert (BEFORE.entry, BEFORE.closing, BEFORE.texture) == ("now", False, False)
    # A journal that knows none of these knobs has them so.
    lines = []
    for text in done.lines:
        raw = msgspec.json.decode(text)
        if raw.get("did", {}).get("type") == "Begin":
            for name in free:
                del raw["did"]["knobs"][name]
        lines.append(msgspec.json.encode(raw).decode())
    assert replay.replay(replay.parse(lines), opener) == len(done.notes)


def test_a_phrase_is_what_was_played_since_the_voice_played():
    phrase = ()
    for tick in (0, 12, 24):
        phrase = gone_on(phrase, False, Note(tick, 60, 80, 6))
    assert gone_on(phrase, True, None) == phrase
    # While it goes on as the voice plays too, it is one phrase.
    assert len(gone_on(phrase, True, Note(36, 62, 80, 0))) == 4
    assert gone_on(phrase, True, Note(200, 62, 80, 0)) == ((200, 62, 0),)
    assert len(gone_on(phrase, False, Note(200, 62, 80, 0))) == 4
    for tick in range(36, 36 + 2 * NOTES):
        phrase = gone_on(phrase, False, Note(tick, 60, 80, 6))
    assert len(phrase) == NOTES
    assert shifted(((0, 60, 6),), 96) == ((96, 60, 6),)


def test_what_an_answer_takes_from_a_phrase():
    notes = tuple((n * 12, pitch, 12) for n, pitch in enumerate(SCALE))
    found = phrase_of((*notes, (144, 48, 0), (144, 72, 0)))
    assert (found.until, found.voices, found.low, found.high, found.top) == (144, 1, 48, 72, 0)
    assert found.density == pytest.approx(8.0)
    assert found.length == pytest.approx(np.log2(12))
    assert phrase_of(()) is None
    assert phrase_of(((0, 60, 0), (0, 64, 0), (0, 67, 0))).voices == 3


class Asked(NumericModel):
    """A model that is asked; it keeps what its head of time is asked."""

    representation = of({**PERFORMANCE.vocabulary, **asked_vocabulary(ASKED)}, "here")

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.asked = []

    def _step(self, event, place, state):
        return super()._step(event, place[:, :3], state)

    def logits(self, factor, context, onset, drawn, states):
        if not factor:
            self.asked.append(onset[0].tolist())
        return super().logits(factor, context, onset, drawn, states)


def _heard(voice, start, pitches=SCALE):
    for number, pitch in enumerate(pitches):
        tick = start + number * 12
        voice.do(acts.Play(tick=tick, pitch=pitch, velocity=80))
        voice.do(op.Lift(tick=tick + 11, pitch=pitch))
    return start + 12 * len(pitches)


def _begun(model, **knobs):
    voice = Generator(1, lambda path: model)
    settled = defaults(NOTE_KNOBS) | {"seed": 1, "mode": "respond"} | knobs
    voice.do(op.Begin(path="a", digest="", knobs=settled, tick=0, held_start=False))
    return voice


def _answers(voice, floor, end):
    """Have it answer until it has nothing to play any more; return its notes."""
    notes = []
    wanted = op.Plan(floor=floor, ceiling=floor, end=end)
    while voice.do(wanted):
        note, _ = voice.coming
        notes.append(note)
        voice.do(
            op.Commit(
                tick=note.onset, pitch=note.pitch, velocity=note.velocity, duration=note.duration,
                number=0, channel=1, heard=True,
            )
        )  # fmt: skip
        wanted = op.Plan(floor=ANY, ceiling=ANY, end=end)
    return notes


def test_a_network_is_asked_for_as_many_bars_as_are_left_and_as_dense_as_the_phrase():
    model = Asked()
    voice = _begun(model)
    silent = _heard(voice, 0)
    model.asked.clear()
    end = 4 * BAR
    notes = _answers(voice, 2 * BAR, end)
    bars_left, dense = zip(*(row[3:] for row in model.asked), strict=True)
    assert {row[:3] == [0, 0, 0] for row in model.asked} == {True}
    assert set(dense) == {asked_code(DENSITY, 8.0)}
    assert bars_left[0] == asked_code(BARS_LEFT, 2)
    assert bars_left[-1] == asked_code(BARS_LEFT, 1)
    assert list(bars_left) == sorted(bars_left, reverse=True)
    assert silent < notes[0].onset == 2 * BAR
    own = [one for one in voice.history.moments if one.own]
    assert {one.conditions[3] for one in own} == set(bars_left)
    assert not any(one.conditions[3:].any() for one in voice.history.moments if not one.own)
    # In a solo nothing is asked.
    model.asked.clear()
    voice.do(op.Plan(floor=end, ceiling=ANY, end=ANY))
    assert model.asked[0][3:] == [0, 0]


def test_an_answer_is_given_again_after_recall_and_from_what_is_written_down(tmp_path: Path):
    model = opening.opened(tiny_artifact(tmp_path / "tiny.onnx")).model
    voice, other = _begun(model), _begun(model)
    _heard(voice, 0)
    voice.do(acts.Save(slot="A", tick=2 * BAR - 1))
    first = _answers(voice, 2 * BAR, 4 * BAR)
    assert len({one.onset for one in first}) > 2
    digest = "0" * 64
    other.mementos[digest] = remembering.unpack(memento.pack(voice.past()), model, "it")
    other.do(op.Restore(digest=digest, whole=True))
    phrases = [[one.phrase for one in each.history.moments] for each in (voice, other)]
    assert phrases[0] == phrases[1]
    assert any(phrases[0])
    for each in (voice, other):
        each.do(acts.Recall(slot="A", tick=6 * BAR - 1, planned=False))
        again = _answers(each, 6 * BAR, 8 * BAR)
        assert [msgspec.structs.replace(one, onset=one.onset - 4 * BAR) for one in again] == first


def test_a_jump_takes_the_phrase_along():
    voice = _begun(NumericModel())
    _heard(voice, 0)
    before = voice.history.last.phrase
    voice.do(op.Jump(ticks=5 * BAR))
    assert voice.history.last.phrase == shifted(before, 5 * BAR)
    frozen = replace(voice.history.last, tick=0)
    assert frozen.moved(BAR).phrase == shifted(before, 6 * BAR)

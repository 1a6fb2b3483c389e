"""What was played comes back as often, from as far and as faithfully as the knobs say, and never against a mask."""

from collections import Counter
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from live.declared.knobs import NOTE_KNOBS, NoteKnobs, defaults, turned
from live.engine.notes import masks, pointing
from live.engine.notes import operations as op
from live.engine.notes.draw import Draw
from live.engine.notes.generator import Generator
from live.engine.notes.pointer import RHYTHM, Pointer
from live.engine.notes.transposing import Notes, transposed
from live.ipc import acts
from live.ipc.commands import Command
from live.runtime import opening
from live.time.clock import Bars
from tests.engine import happening
from tests.engine.happening import perform
from tests.engine.numeric import opener
from tests.engine.test_voice import a_voice, hear, play
from tests.engine.tunes import tune_artifact

BAR = 96
OFTEN = {"form": 1.0, "vary": 0.0}


def _again(notes, bars=1):
    """Return the share of notes that stand so many bars earlier too."""
    there = {(note.onset, note.pitch) for note in notes}
    late = [note for note in notes if note.onset >= notes[0].onset + bars * BAR]
    return sum((note.onset - bars * BAR, note.pitch) in there for note in late) / len(late)


def test_a_voice_that_points_comes_back_to_its_bars():
    shares = [_again(play(a_voice(far=1, seed=4, form=form, vary=0.0), 400)) for form in (0, 1)]
    assert shares[0] < 0.1
    assert shares[1] > 0.4


def test_how_faithfully_is_a_knob():
    shares = [
        _again(play(a_voice(far=1, seed=4, form=1.0, vary=vary), 400)) for vary in (0, 0.3, 1)
    ]
    assert shares[0] > shares[1] + 0.1 > shares[2] + 0.1
    off = play(a_voice(seed=4, form=0.0), 100)
    assert play(a_voice(seed=4, form=1.0, vary=1.0), 100) == off


def test_a_journal_that_knows_no_form_has_none():
    knobs = {name: value for name, value in defaults(NOTE_KNOBS).items() if name != "form"}
    voice = Generator(1, lambda path: opener(path).model)
    voice.do(op.Begin(path="a", digest="", knobs=knobs | {"top_p": 1.0, "seed": 1}, tick=0))
    assert play(voice, 80) == play(a_voice(form=0.0), 80) != play(a_voice(form=1.0), 80)


def _begun(far=16):
    """Return the pointers that begin after one moment or another of a long solo."""
    voice = a_voice(form=0.0, seed=2)
    play(voice, 400)
    knobs = turned(voice.knobs, {"form": 1.0, "far": far})
    *_, before, last = voice.history.moments
    early = msgspec.structs.replace(before.note, onset=last.note.onset - BAR)
    before = replace(before, note=early)
    moments = (*voice.history.moments[:-2], before)
    for number in range(600):
        draw = Draw(opener("a").model, knobs, {}, 1, Bars(), replace(last, number=number))
        pointer = pointing._begun(Notes(), draw, -1, (draw.last, *reversed(moments)))
        assert pointer is not None
        yield pointer


def test_lines_and_lengths_are_those_of_people():
    found = list(_begun())
    assert 0.28 < np.mean([pointer.begins % BAR == 0 for pointer in found]) < 0.4
    lengths = [len(pointer.places) for pointer in found]
    assert 9 <= np.median(lengths) <= 13
    assert np.quantile(lengths, 0.9) > 25


def test_lags_are_those_of_people():
    shares = (np.arange(2000) + 0.5) / 2000
    counted = Counter(pointing._chosen([1, 2, 4, 8], share) for share in shares)
    assert counted[1] / 2000 == pytest.approx(0.2 / 0.64, abs=0.01)
    assert counted[8] / 2000 == pytest.approx(0.14 / 0.64, abs=0.01)


def test_what_is_longer_than_its_lag_comes_round_again():
    trail = ((0, 60), (24, 62), (48, 64), (96, 65))
    assert pointing.again(trail, 120, 96, 5) == (
        *((120, 62), (144, 64), (192, 65)),
        *((216, 62), (240, 64)),
    )
    assert pointing.again(trail, 600, 96, 5) == ()


def test_what_has_just_come_back_from_near_does_not_again():
    bar = tuple((24 * beat, 60 + beat) for beat in range(4))
    once = bar + tuple((tick + BAR, pitch + 7) for tick, pitch in bar)
    twice = bar + tuple((tick + BAR, pitch) for tick, pitch in bar)
    assert pointing._came_back(twice, 2 * BAR, BAR)
    assert not pointing._came_back(once, 2 * BAR, BAR)
    assert not pointing._came_back(twice, 2 * BAR, 2 * BAR)


def test_it_lets_go_when_the_player_plays_or_turns_it_off():
    for form_off in (False, True):
        voice = a_voice(**OFTEN)
        while voice.history.last.pointer is None or len(voice.history.last.pointer.places) < 5:
            play(voice, 1)
        if form_off:
            voice.do(acts.SetKnob(knob="form", value=0.0))
        else:
            hear(voice, voice.history.last.tick + 5, 40, voice.history.last.tick + 20)
        assert voice.history.last.pointer is None


def test_nothing_from_before_density_was_turned_comes_back():
    voice = a_voice(**OFTEN)
    play(voice, 100)
    voice.do(acts.SetKnob(knob="density", value=2.0))
    assert pointing.trail_of(reversed(voice.history.moments), Notes()) == ()
    new = play(voice, 3)
    trail = pointing.trail_of(reversed(voice.history.moments), Notes())
    assert trail == tuple((note.onset, note.pitch) for note in new)


@pytest.mark.parametrize(("scale", "low"), [("minor", 28), ("major", 60)])
def test_masks_win(scale, low):
    voice = a_voice(**OFTEN)
    play(voice, 150)
    for knob, value in (("scale", scale), ("key", "Eb"), ("low", low)):
        voice.do(acts.SetKnob(knob=knob, value=value))
    allowed = masks.pitches(voice.knobs)
    assert all(allowed[note.pitch] for note in play(voice, 200))


def _allowed(**knobs):
    return masks.pitches(NoteKnobs(**knobs))


TUNE = ((0, 60), (24, 62), (48, 64), (72, 65), (96, 71))


def test_in_another_key_it_keeps_its_intervals():
    moved = transposed(TUNE, (), 0, _allowed(key="D", scale="major"))
    assert [pitch - 60 for _, pitch in moved] == [2, 4, 6, 7, 13]
    assert [tick for tick, _ in moved] == [tick for tick, _ in TUNE]
    assert transposed(TUNE, (), 0, _allowed(scale="major")) == TUNE


def test_in_a_scale_that_has_not_its_intervals_each_pitch_goes_to_the_nearest():
    moved = transposed(((0, 60), (24, 61), (48, 64)), (), 0, _allowed(scale="pentatonic"))
    assert [pitch for _, pitch in moved] == [60, 60, 64]


def test_out_of_range_it_comes_an_octave_off_and_what_is_still_outside_as_its_time():
    moved = transposed(TUNE, (), 0, _allowed(low=70, high=80))
    assert moved == ((0, 72), (24, 74), (48, 76), (72, 77), (96, RHYTHM))


def test_where_the_music_has_moved_to_another_key_it_moves_too():
    scale = (60, 62, 64, 65, 67, 69, 71, 72)
    then = tuple((tick, pitch) for tick, pitch in enumerate(scale * 8))
    now = tuple((1000 + tick, pitch + 6) for tick, pitch in enumerate(scale * 8))
    moved = transposed(TUNE, then + now, 64, _allowed())
    assert {new - old for (_, old), (_, new) in zip(TUNE, moved, strict=True)} == {6}
    assert transposed(TUNE, then + then, 64, _allowed()) == TUNE


def test_a_recall_points_where_it_pointed_though_other_music_was_played_meanwhile():
    voice = a_voice(seed=5, **OFTEN)
    play(voice, 200)
    kept = voice.history.last.tick
    voice.do(acts.Save(slot="good", tick=kept))
    first = play(voice, 120)
    voice.do(acts.Reset(tick=kept + BAR * 30))
    play(voice, 60)
    voice.do(acts.Recall(slot="good", tick=kept + BAR * 60))
    voice.do(op.Drop())
    second = play(voice, 120)
    assert [(n.onset - BAR * 60, n.pitch) for n in second] == [(n.onset, n.pitch) for n in first]
    assert any(moment.pointer is not None for moment in voice.history.moments[-120:])


def test_a_rewind_points_where_it_pointed():
    voice = a_voice(seed=6, **OFTEN)
    notes = play(voice, 300)
    now = notes[-1].onset
    voice.do(acts.Rewind(ticks=4 * BAR, tick=now))
    past = voice.history.last
    followed = [note for note in notes if note.onset > past.tick - 4 * BAR]
    again = play(voice, len(followed))
    assert [(n.onset - 4 * BAR, n.pitch) for n in again] == [(n.onset, n.pitch) for n in followed]


def test_after_a_jump_it_comes_back_to_what_was_before():
    voice, witness = a_voice(seed=7, **OFTEN), a_voice(seed=7, **OFTEN)
    for one in (voice, witness):
        play(one, 150)
    voice.do(op.Jump(ticks=8 * BAR))
    jumped, stayed = play(voice, 100), play(witness, 100)
    assert [(n.onset - 8 * BAR, n.pitch) for n in jumped] == [(n.onset, n.pitch) for n in stayed]


def test_a_performance_that_points_replays_to_the_same_notes():
    asked = [
        (at, Command(act, voice=1))
        for at, act in (
            (6.0, acts.SetKnob(knob="form", value=1.0)),
            (9.1, acts.Save(slot="a")),
            (12.0, acts.SetKnob(knob="vary", value=0.5)),
            (14.0, acts.SetKnob(knob="far", value=2)),
            (15.3, acts.Recall(slot="a")),
            (18.0, acts.SetKnob(knob="freeze", value=1)),
            (22.0, acts.SetKnob(knob="freeze", value=0)),
            (24.0, acts.SetKnob(knob="form", value=0.0)),
        )
    ]
    done = perform(opener("a"), 60, asked=asked, form=0.5)
    assert len(done.notes) > 40


def test_a_pointer_is_met_and_passed():
    pointer = Pointer(0, ((24, 60), (24, 64), (48, 62)))
    assert pointer.met(26).places == ((26, 64), (48, 62))
    assert pointer.passed(24, 62).places == ((24, 64), (48, 62))
    assert pointer.shifted(5) == Pointer(5, ((29, 60), (29, 64), (53, 62)))


@pytest.fixture(scope="module")
def tunes(tmp_path_factory):
    return opening.opened(tune_artifact(tmp_path_factory.mktemp("tunes") / "tunes.onnx"))


def _tune(tunes, **knobs):
    voice = Generator(1, lambda path: tunes.model)
    settled = defaults(NOTE_KNOBS) | {"seed": 3, "far": 1} | knobs
    voice.do(op.Begin(path="a", digest="", knobs=settled, tick=0, held_start=False))
    return voice


def test_a_tune_comes_back_to_its_bars_letter_by_letter(tunes):
    shares = []
    for form in (0.0, 1.0):
        notes = happening.play(_tune(tunes, form=form, vary=0.0), 400)
        shares.append(_again(notes))
    assert shares[1] > 2 * shares[0]


def test_a_tune_that_points_at_nothing_is_as_it_was(tunes):
    plain = happening.play(_tune(tunes, form=0.0), 120)
    assert happening.play(_tune(tunes, form=1.0, vary=1.0), 120) == plain


def test_a_tune_leans_from_bar_lines_on_and_again_from_the_next_where_it_has_strayed(tunes):
    voice = _tune(tunes, form=1.0, vary=0.3)
    strayed, written = 0, []
    for _ in range(1500):
        before = voice.latest.pointer
        voice.do(happening.FREE)
        moment = voice.latest
        written.append(moment)
        if voice.coming is not None:
            note, number = voice.coming
            voice.do(op.Commit(tick=note.onset, pitch=note.pitch, velocity=1, duration=1,
                number=number, channel=1, heard=True))  # fmt: skip
        else:
            voice.do(op.Pass(tick=1 << 40))
        after = moment.pointer
        if before is None or after is None or not moment.fed or before.begins == after.begins:
            continue
        if after.places and after.begins > before.begins:
            strayed += 1
            assert after.begins % BAR == 0
            assert after.places[0][0] >= after.begins
    assert strayed > 5


def test_a_performance_of_tunes_that_points_replays_to_the_same_notes(tunes):
    asked = [
        (at, Command(act, voice=1))
        for at, act in (
            (9.1, acts.Save(slot="a")),
            (14.0, acts.SetKnob(knob="key", value="D")),
            (15.3, acts.Recall(slot="a")),
            (20.3, acts.Rewind(beats=4)),
        )
    ]
    assert perform(tunes, 60, asked=asked, form=1.0, vary=0.1).notes


@pytest.mark.parametrize(
    "asked", [acts.Plan(sections="AA", bars=1), acts.SetKnob(knob="far", value=2)]
)
def test_what_comes_back_while_no_pitch_is_left_is_its_times(asked):
    low = [Command(acts.SetKnob(knob="low", value=value), voice=1) for value in (100, 30)]
    for seed in range(4):
        turns = [(8.0, low[0]), (9.0, Command(asked, voice=1)), (14.0, low[1])]
        done = perform(opener("a"), 40, asked=turns, seed=seed, far=1, **OFTEN)
        assert not [note for note in done.notes if 9 < note.at < 14]
        assert [note for note in done.notes if note.at > 14]

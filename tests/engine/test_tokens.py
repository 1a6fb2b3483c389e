"""Tokens on stage: a chord is one step, masks act through its pitches, and what is in no token is told once."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from live.declared.knobs import NOTE_KNOBS, NoteKnobs, defaults, turned
from live.engine.notes import operations as op
from live.engine.notes.decoders.table import decoder
from live.engine.notes.draw import Draw
from live.engine.notes.generator import Generator
from live.engine.notes.guard import Guard
from live.engine.notes.pointer import Pointer
from live.engine.offline import render
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import EngineOptions
from live.ipc.news import Trouble
from live.time.clock import Bars
from models.contract.representations.tokens import EIGHTH, table_of
from tests.engine.happening import FREE, TEMPO, anything, everything, perform, play
from tests.engine.test_offline import key
from tests.tokens import eighths_artifact, open_tokens, tokens_artifact

CLUSTER = range(50, 70)
WIDE = {"low": 0, "high": 127, "polyphony": 16}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    return open_tokens(tokens_artifact(tmp_path_factory.mktemp("tokens") / "it.onnx"))


@pytest.fixture(scope="module")
def eighths(tmp_path_factory):
    return open_tokens(eighths_artifact(tmp_path_factory.mktemp("eighths") / "it.onnx"))


@pytest.fixture(scope="module")
def chords_only(tmp_path_factory):
    path = tmp_path_factory.mktemp("chords") / "it.onnx"
    return open_tokens(tokens_artifact(path, table=["C4.E4.G4", "D4.F4.A4", "E4.G4.B4"]))


def begun(opened, **knobs) -> Generator:
    voice = Generator(1, lambda path: opened.model)
    settled = defaults(NOTE_KNOBS) | {"seed": 1} | WIDE | knobs
    voice.do(op.Begin(path="a", digest="", knobs=settled, tick=0, held_start=False))
    return voice


def strike(voice, tick, pitches):
    for pitch in pitches:
        voice.do(acts.Play(tick=tick, pitch=pitch, velocity=80))


def steps(voice):
    """The codes of the steps that the model was told, as it was told them, but for the first."""
    return [one.codes.tolist() for one in voice.history.moments[1:] if one.fed]


def said(voice):
    return [
        table_of(voice._feeding.model.representation.vocabulary).pitches[s[1]] for s in steps(voice)
    ]


def troubles(done):
    return Counter(one.code for one in done.news if isinstance(one, Trouble))


@pytest.mark.parametrize("order", [(60, 64, 67), (67, 60, 64), (64, 67, 60)])
def test_a_chord_is_one_token_once_it_is_together_in_whatever_order_it_comes(opened, order):
    voice = begun(opened)
    strike(voice, 24, (72,))
    strike(voice, 48, order)
    strike(voice, 72, (65,))
    assert said(voice) == [(72,), (60, 64, 67), (65,)]
    for pitch, tick in zip(order, (60, 61, 62), strict=True):
        assert voice.do(op.Lift(tick=tick, pitch=pitch))
    assert said(voice) == [(72,), (60, 64, 67), (65,)]
    notes = [one.note for one in voice.history.moments if one.note]
    lasted = {note.pitch: note.duration for note in notes if note.onset == 48}
    assert lasted == dict(zip(order, (12, 13, 14), strict=True))
    # It lasts as long as its highest note.
    assert steps(voice)[1][2] == lasted[67] - 1 - (lasted[67] > 12)


def test_a_note_that_comes_late_joins_its_chord_and_what_came_after_is_told_again(opened):
    voice, witness = begun(opened), begun(opened)
    strike(voice, 48, (60, 64))
    strike(voice, 72, (65,))
    strike(voice, 48, (67,))
    strike(witness, 48, (60, 64, 67))
    strike(witness, 72, (65,))
    assert steps(voice) == steps(witness)
    np.testing.assert_array_equal(voice.history.last.context, witness.history.last.context)


def test_what_a_voice_plays_itself_is_no_note_of_the_players_chord(opened):
    voice = begun(opened)
    own = play(voice, 1)[0]
    strike(voice, own.onset, (60, 64))
    together = [one for one in voice.history.moments if one.note and one.note.onset == own.onset]
    assert sum(one.fed for one in together) == 2
    assert {one.note.pitch for one in together if not one.own} == {60, 64}


def test_a_cluster_of_twenty_notes_is_the_nearest_token_and_every_note_is_kept(opened):
    voice = begun(opened)
    strike(voice, 48, CLUSTER)
    assert len(steps(voice)) == 1
    assert set(said(voice)[0]) <= set(CLUSTER)
    kept = {one.note.pitch for one in voice.history.moments if one.note}
    assert kept == set(CLUSTER)
    for pitch in CLUSTER:
        assert voice.do(op.Lift(tick=60, pitch=pitch))
    assert len(steps(voice)) == 1


@pytest.mark.parametrize(("pitch", "nearest"), [(0, 24), (20, 32), (109, 97), (127, 103)])
def test_a_pitch_in_no_token_is_heard_in_another_octave(opened, pitch, nearest):
    voice = begun(opened)
    strike(voice, 48, (pitch,))
    assert said(voice) == [(nearest,)]


def test_what_is_in_no_token_is_told_once_and_a_known_chord_never(opened):
    chord = [one for pitch in (60, 64, 67) for one in key(pitch, 1.0 + pitch / 1e4, 1.5)]
    assert "nearest" not in troubles(render_with(opened, chord))
    played = [one for i in range(4) for pitch in CLUSTER for one in key(pitch, 1.0 + i, 1.4 + i)]
    done = render_with(opened, sorted(played, key=lambda one: one.at))
    assert troubles(done)["nearest"] == 1


def render_with(opened, played=(), asked=(), beats=24, **knobs):
    options = EngineOptions(artifact="a", knobs=knobs, transport={"tempo": TEMPO}, beats=beats)
    return render(options, lambda path: opened, played, asked)


def test_where_no_token_is_left_the_voice_rests_and_says_so_and_goes_on(chords_only):
    narrow = Command(acts.SetKnob(knob="polyphony", value=2), voice=1)
    wide = Command(acts.SetKnob(knob="polyphony", value=3), voice=1)
    done = render_with(chords_only, asked=[(2.0, narrow), (8.0, wide)])
    onsets = [note.at for note in done.notes]
    assert [at for at in onsets if at < 2.1]
    assert not [at for at in onsets if 3.1 < at < 8.0]
    assert [at for at in onsets if at > 8.0]
    assert troubles(done)["empty"] == 1
    whole = Command(acts.SetKnob(knob="scale", value="whole"), voice=1)
    assert troubles(render_with(chords_only, asked=[(2.0, whole)]))["empty"] == 1


def test_a_model_that_takes_over_says_that_it_has_nothing_to_play(opened, chords_only):
    asked = [
        (1.0, Command(acts.SetKnob(knob="high", value=59), voice=1)),
        (2.0, Command(acts.Load(path="b"), voice=1)),
    ]
    both = {"a": opened, "b": chords_only, str(opened.path): opened}
    options = EngineOptions(artifact="a", transport={"tempo": TEMPO}, beats=12)
    assert troubles(render(options, both.__getitem__, [], asked))["empty"] == 1


@pytest.mark.parametrize("room", [1, 2, 3])
def test_no_token_has_more_pitches_than_may_sound_together_or_one_that_may_not(opened, room):
    voice = begun(opened, polyphony=room, scale="major", key="D", low=50, high=80)
    played = play(voice, 80)
    together = Counter(note.onset for note in played)
    assert max(together.values()) == room
    assert all(50 <= note.pitch <= 80 for note in played)
    assert {(note.pitch - 2) % 12 for note in played} <= {0, 2, 4, 5, 7, 9, 11}


def test_density_and_the_temperatures_of_its_factors_hold(opened):
    def onsets(**knobs):
        return len({note.at for note in perform(opened, 48, seed=3, **knobs).notes})

    assert onsets(density=0.5) < onsets() < onsets(density=2.0)
    still = begun(opened, temperature_pitch=0.0)
    play(still, 60)
    free = begun(opened)
    play(free, 60)
    assert len({step[1] for step in steps(still)}) < len({step[1] for step in steps(free)})


def forces(rng):
    return (lambda: acts.Force(factor="token", code=int(rng.integers(-1, 300))),)


@pytest.mark.parametrize("which", ["opened", "eighths"])
def test_whatever_happens_to_a_voice_replays(which, request):
    opened = request.getfixturevalue(which)
    everything(opened, 2)
    for seed in range(2):
        anything(opened, seed, forces)


def test_steps_of_tokens_alone_are_eighths_of_the_bar_and_decline_what_bends_them(eighths):
    voice = begun(eighths)
    onsets = sorted({note.onset for note in play(voice, 60)})
    assert set(np.diff(onsets)) == {EIGHTH}
    assert onsets[0] % EIGHTH == 0
    turn = Command(acts.SetKnob(knob="density", value=2.0), voice=1)
    done = render_with(eighths, key(60, 1.1, 1.3), [(2.0, turn)])
    assert troubles(done)["declined"] == 1
    assert all(note.at * 4 % 1 < 1e-6 for note in done.notes)
    odd = Command(acts.SetKnob(knob="metre", value="7/8"), voice=0)
    sevenths = perform(eighths, 24, asked=[(0.5, odd)]).notes
    assert len({note.at for note in sevenths}) > 30


def test_each_note_is_answered_at_once_where_no_time_may_pass(opened):
    played = [m for i in range(6) for m in key(60 + i, 1 + 0.7 * i, 1.4 + 0.7 * i)]
    force = (0.0, Command(acts.Force(factor="time", code=0), voice=1))
    done = perform(opened, 16, played, [force], mode="continue")
    answers = sorted({note.at for note in done.notes if note.at > 0.9})
    assert len(answers) == 6
    assert all(abs(at - 1 - 0.7 * i) < 0.05 for i, at in enumerate(answers))


def draws(opened, voice, pointer=None, guard=None, **knobs):
    last, model = voice.history.last, opened.model
    knobs = turned(NoteKnobs(), WIDE | knobs)
    draw = Draw(
        model, knobs, {}, 1, Bars(), replace(last, pointer=pointer), pointer=pointer, guard=guard
    )
    return decoder(model.representation).draw(draw, FREE, -1)


@pytest.mark.parametrize("which", ["opened", "eighths"])
def test_a_chord_comes_back_as_its_token_in_its_place(which, request):
    opened = request.getfixturevalue(which)
    voice = begun(opened)
    strike(voice, 48, (60,))
    places = ((72, 60), (72, 64), (72, 67), (84, 65))
    step = draws(opened, voice, Pointer(60, places), vary=0.0)
    while step.notes[0].onset < 72:
        voice.plan += voice._feeding.after(voice.latest, step, own=True)
        voice.history.moments += voice.plan
        voice.plan.clear()
        step = draws(opened, voice, step.pointer, vary=0.0)
    assert [note.pitch for note in step.notes] == [60, 64, 67]
    assert step.notes[0].onset == 72
    assert step.pointer.places == ((84, 65),)
    away = draws(opened, voice, Pointer(voice.history.last.tick + 1, places, away=True), vary=0.0)
    onset = away.notes[0].onset
    near = {pitch % 12 for tick, pitch in places if abs(tick - onset) <= 12}
    assert not near & {note.pitch % 12 for note in away.notes}


def test_the_guard_looks_at_the_highest_pitch_of_a_token(opened):
    class Refuses:
        def completing(self, line, length):
            refused = np.ones(128, bool)
            refused[72] = False
            return refused

    voice = begun(opened)
    strike(voice, 48, (60,))
    step = draws(opened, voice, guard=Guard(Refuses(), 8))
    assert max(note.pitch for note in step.notes) == 72

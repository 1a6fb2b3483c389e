import itertools
import weakref

import numpy as np
import pytest

from live.declared.knobs import NOTE_KNOBS, defaults
from live.engine.notes import masks
from live.engine.notes import operations as op
from live.engine.notes.busier import GAPS, busier
from live.engine.notes.generator import Generator
from live.ipc import acts
from models.contract.grid import Note
from tests.engine.numeric import NumericModel, opener


def a_voice(model=None, **knobs):
    voice = Generator(1, lambda path: model or opener(path).model)
    settled = defaults(NOTE_KNOBS) | {"top_p": 1.0, "min_p": 0.0, "seed": 1} | knobs
    voice.do(op.Begin(path="a", digest="", knobs=settled, tick=0))
    return voice


def play(voice, count):
    """Let a voice play so many events; return their notes."""
    notes = []
    for _ in range(count):
        assert voice.do(op.Plan(floor=-1, ceiling=-1, end=-1))
        notes.append(voice.plan[0].note)
        voice.do(
            op.Commit(tick=0, pitch=0, velocity=0, duration=0, number=0, channel=1, heard=True)
        )
    return notes


def hear(voice, tick, pitch, until=None):
    voice.do(acts.Play(tick=tick, pitch=pitch, velocity=80, lost=0.0))
    if until is not None:
        voice.do(op.Lift(tick=until, pitch=pitch))


def test_the_same_seed_gives_the_same_notes_and_another_seed_others():
    assert play(a_voice(seed=3), 40) == play(a_voice(seed=3), 40)
    assert play(a_voice(seed=3), 40) != play(a_voice(seed=4), 40)


def test_keeping_warm_changes_no_note():
    warmed, witness = a_voice(), a_voice()
    notes = []
    for _ in range(12):
        notes += play(warmed, 1)
        for _ in range(3):
            warmed.warm()
    assert notes == play(witness, 12)


def test_dropping_a_plan_and_planning_again_changes_nothing():
    voice, witness = a_voice(), a_voice()
    for _ in range(12):
        for _ in range(3):
            voice.do(op.Plan(floor=-1, ceiling=-1, end=-1))
        voice.do(op.Drop())
        assert play(voice, 1) == play(witness, 1)


def test_recall_plays_what_followed_note_for_note():
    voice = a_voice()
    play(voice, 10)
    kept = voice.history.last.tick
    voice.do(acts.Save(slot="good", tick=kept))
    first = play(voice, 20)
    voice.do(acts.Recall(slot="good", tick=kept + 96 * 40))
    second = play(voice, 20)
    assert [(n.pitch, n.velocity, n.duration) for n in second] == [
        (n.pitch, n.velocity, n.duration) for n in first
    ]
    assert [n.onset - 96 * 40 for n in second] == [n.onset for n in first]


def test_an_empty_slot_changes_nothing():
    voice = a_voice()
    play(voice, 3)
    last = voice.history.last
    assert not voice.do(acts.Recall(slot="none", tick=999))
    assert voice.history.last is last


def test_rewind_gives_the_memory_of_then():
    voice = a_voice()
    notes = play(voice, 30)
    now = notes[-1].onset
    past, _ = voice.history.split(now - 96)
    voice.do(acts.Rewind(ticks=96, tick=now))
    assert voice.history.last.state is past.state
    assert voice.history.last.number == past.number


def test_freeze_comes_back_to_its_moment_every_few_bars():
    model = NumericModel()
    fed = []
    voice = a_voice(model, bars=1)
    play(voice, 5)
    frozen = voice.history.last
    assert frozen.state
    voice.do(acts.SetKnob(knob="freeze", value=1))
    advance = model.advance
    model.advance = lambda event, place, states: (
        fed.extend(states),
        advance(event, place, states),
    )[1]
    play(voice, 60)
    passes = [(moment.tick - frozen.tick) // 96 for moment in voice.history.moments[5:]]
    assert passes[-1] > 3
    for (before, now), state in zip(itertools.pairwise(passes), fed, strict=False):
        assert (state is frozen.state) == (before != now or state is fed[0])
    assert sum(state is frozen.state for state in fed) > 3
    voice.do(acts.SetKnob(knob="freeze", value=0))
    play(voice, 1)
    assert voice.history.last.state is not frozen.state


def test_what_the_player_plays_moves_no_frozen_memory():
    voice = a_voice()
    play(voice, 5)
    state = voice.history.last.state
    voice.do(acts.SetKnob(knob="freeze", value=1))
    for bar in range(5):
        hear(voice, voice.history.last.tick + 96 * bar + 10, 60, voice.history.last.tick + 20)
    assert voice.history.last.state is state


def test_a_note_that_ends_is_fed_again_with_its_true_length():
    voice, witness = a_voice(), a_voice()
    hear(voice, 24, 60)
    hear(voice, 36, 64)
    voice.do(op.Lift(tick=48, pitch=60))
    voice.do(op.Lift(tick=60, pitch=64))
    hear(witness, 24, 60, 48)
    hear(witness, 36, 64, 60)
    assert np.array_equal(voice.history.last.context, witness.history.last.context)
    assert voice.history.moments[1].note == Note(24, 60, 80, 24)


def test_a_held_note_is_not_fed_as_a_short_one():
    voice, witness = a_voice(), a_voice()
    hear(voice, 24, 60)
    hear(witness, 24, 60, 30)
    assert not np.array_equal(voice.history.last.context, witness.history.last.context)


def test_a_chord_is_fed_from_the_bottom_up_however_it_was_struck():
    voice, witness = a_voice(), a_voice()
    for pitch in (67, 60, 64):
        hear(voice, 24, pitch)
    for pitch in (60, 64, 67):
        hear(witness, 24, pitch)
    assert np.array_equal(voice.history.last.context, witness.history.last.context)


def test_a_note_that_lies_before_one_of_its_own_is_put_before_it():
    voice = a_voice()
    play(voice, 6)
    own = [moment.note for moment in voice.history.moments[1:]]
    tick = own[-1].onset - 1
    hear(voice, tick, 60, tick + 4)
    order = [moment.tick for moment in voice.history.moments]
    assert order == sorted(order)
    assert [m.note for m in voice.history.moments if m.own] == own
    assert voice.history.last.number == 6


def test_going_back_is_bounded():
    model = NumericModel()
    voice = a_voice(model)
    play(voice, 200)
    before = model.steps
    hear(voice, 1, 60)
    assert model.steps - before <= 34


@pytest.mark.parametrize(
    ("scale", "key", "allowed"),
    [("major", "D", {2, 4, 6, 7, 9, 11, 1}), ("pentatonic", "C", {0, 2, 4, 7, 9})],
)
def test_nothing_outside_scale_and_range_is_played(scale, key, allowed):
    voice = a_voice(scale=scale, key=key, low=50, high=70, temperature=2.0)
    for note in play(voice, 200):
        assert note.pitch % 12 in allowed
        assert 50 <= note.pitch <= 70


@pytest.mark.parametrize("polyphony", [1, 3])
def test_no_more_notes_sound_at_once_than_polyphony_allows(polyphony):
    voice = a_voice(polyphony=polyphony, temperature=1.5)
    play(voice, 200)
    notes = [moment.note for moment in voice.history.moments[1:]]
    for note in notes:
        sounding = [n for n in notes if n.onset <= note.onset < n.onset + n.duration]
        assert len(sounding) <= polyphony


def test_a_long_note_holds_up_none_that_comes_after_it():
    free, alone = a_voice(polyphony=16), a_voice(polyphony=1)
    play(free, 100)
    play(alone, 100)
    gaps = np.diff([moment.tick for moment in alone.history.moments[1:]])
    assert gaps.min() > 0
    assert np.median(gaps) <= np.median(
        [gap for gap in np.diff([moment.tick for moment in free.history.moments[1:]]) if gap]
    )


def test_without_a_pitch_to_play_it_rests():
    voice = a_voice(scale="pentatonic", low=61, high=61)
    assert not voice.do(op.Plan(floor=-1, ceiling=-1, end=-1))


def test_density_makes_it_busier():
    spans = []
    for density in (0.25, 0.5, 1.0, 2.0, 4.0):
        notes = play(a_voice(density=density, polyphony=16, min_p=0.02), 300)
        spans.append(notes[-1].onset - notes[0].onset)
    assert spans == sorted(spans, reverse=True)
    assert spans[0] > 2 * spans[2] > 2 * 1.5 * spans[4]


def test_density_leaves_chords_as_likely_as_they_were():
    weights = np.zeros(len(GAPS))
    weights[[0, 6, 12, 24]] = 0.4, 0.3, 0.2, 0.1
    for density in (0.5, 2.0):
        moved = busier(weights, density)
        assert moved[0] == pytest.approx(0.4)
        assert moved @ GAPS == pytest.approx(weights @ GAPS * density**-0.5, rel=0.01)
    alone = np.eye(len(GAPS))[0]
    assert busier(alone, 0.5) is alone


def test_density_makes_no_bars_of_silence_of_a_rest_that_is_hardly_ever_drawn():
    weights = np.zeros(len(GAPS))
    weights[[6, 12, 24, -1]] = 0.6, 0.3, 0.098, 0.002
    moved = busier(weights, 0.25)
    assert moved[-1] < 0.02
    assert moved[24] > 0.3


def test_no_temperature_makes_likely_what_truncation_leaves_out():
    notes = play(a_voice(temperature=2.0, min_p=0.02), 200)
    gaps = np.diff([note.onset for note in notes])
    # A few follow where all likely gaps are forbidden, for too many notes sound.
    assert np.isin(gaps, (0, 6, 12, 24)).mean() > 0.95


@pytest.mark.parametrize("knobs", [{"min_p": 0.3}, {"top_p": 0.6}, {"temperature": 0.4}])
def test_chords_grow_no_thicker_by_leaving_out_rare_rhythm(knobs):
    def thickness(**turned):
        notes = play(a_voice(polyphony=16, spread=127, **turned), 600)
        return len(notes) / len({note.onset for note in notes})

    rhythm = {"top_k": 0, "min_p": 0.0, "top_p": 1.0} | knobs
    assert thickness(**rhythm) == pytest.approx(thickness(min_p=0.0, top_p=1.0), rel=0.1)


def test_variety_keeps_it_from_what_it_has_just_played():
    def again(variety):
        pitches = [note.pitch for note in play(a_voice(variety=variety, low=60, high=72), 400)]
        return np.mean([pitch in pitches[max(n - 4, 0) : n] for n, pitch in enumerate(pitches)])

    assert again(0.0) > again(0.5) > again(1.5)


def test_variety_forgets_what_was_long_ago():
    alone = masks.fresh([(0, 60)], 24, 1.0)
    assert alone[60] < masks.fresh([(0, 60)], 240, 1.0)[60] < -0.01
    assert not masks.fresh([(24, 60)], 24, 1.0).any()
    assert alone[61] == 0


def test_velocity_and_spread_shape_the_touch():
    quiet = [n.velocity for n in play(a_voice(velocity=30.0, spread=6.0), 200)]
    loud = [n.velocity for n in play(a_voice(velocity=110.0, spread=6.0), 200)]
    assert max(quiet) < 60 < 80 < min(loud)


def test_a_note_for_an_answer_is_over_when_the_answer_is():
    voice = a_voice()
    while voice.do(op.Plan(floor=-1, ceiling=-1, end=96)):
        assert len(voice.plan) < 50
    assert voice.plan
    for moment in voice.plan:
        assert moment.note.onset < 96
        assert moment.note.onset + moment.note.duration <= 96


def test_a_swap_is_fed_the_past():
    voice = a_voice()
    play(voice, 20)
    number = voice.history.last.number
    voice.do(acts.Load(path="another", digest="", tick=voice.history.last.tick))
    assert voice.history.last.number == number
    assert len(voice.history.moments) == 21
    play(voice, 5)


def test_what_is_forgotten_is_freed():
    voice = a_voice()
    play(voice, 3)
    old = weakref.ref(voice.history.last.knowledge()[0])
    voice.history.moments = voice.history.moments[:1]
    play(voice, 3)
    assert old() is None

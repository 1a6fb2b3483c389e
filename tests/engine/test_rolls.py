"""Rolls on stage: a step a tick, silence too; what the player plays goes into the tick that runs."""

from collections import Counter

import numpy as np
import pytest

from live.declared.knobs import NOTE_KNOBS, defaults
from live.engine.notes import operations as op
from live.engine.notes.generator import Generator
from live.ipc import acts
from models.contract.representations.roll import PITCHES
from tests.engine.happening import FREE, anything, everything, perform, play
from tests.rolls import roll_artifact
from tests.tokens import open_tokens

WIDE = {"low": 0, "high": 127, "polyphony": 16}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    return open_tokens(roll_artifact(tmp_path_factory.mktemp("roll") / "it.onnx"))


def begun(opened, **knobs) -> Generator:
    voice = Generator(1, lambda path: opened.model)
    settled = defaults(NOTE_KNOBS) | {"seed": 1} | WIDE | knobs
    voice.do(op.Begin(path="a", digest="", knobs=settled, tick=0, held_start=False))
    return voice


def strike(voice, tick, *pitches):
    for pitch in pitches:
        voice.do(acts.Play(tick=tick, pitch=pitch, velocity=80))


def told(voice):
    """Ticks, and what the model was told of each: what is struck, and what is held."""
    return [
        (
            one.cursor.tick,
            np.flatnonzero(one.codes[:PITCHES]).tolist(),
            np.flatnonzero(one.conditions[3:]).tolist(),
        )
        for one in voice.history.moments[1:]
        if one.fed
    ]


def test_silence_is_told_and_what_is_held_goes_in(opened):
    voice = begun(opened)
    strike(voice, 6, 60)
    strike(voice, 31, 64)
    assert told(voice) == [
        (0, [], []), (6, [60], []), (12, [], [60]), (18, [], [60]), (24, [], [60]), (30, [64], [60]),
    ]  # fmt: skip
    assert voice.do(op.Lift(tick=18, pitch=60))
    assert told(voice)[2:] == [(12, [], [60]), (18, [], []), (24, [], []), (30, [64], [])]
    long = begun(opened)
    strike(long, 6 * 1000, 60)
    assert len(told(long)) == 32


def test_what_the_player_plays_rewrites_the_tick_that_runs(opened):
    voice, witness = begun(opened), begun(opened)
    for tick, pitch in ((46, 60), (50, 64), (72, 65), (48, 67)):
        strike(voice, tick, pitch)
    strike(witness, 48, 60, 64, 67)
    strike(witness, 72, 65)
    assert told(voice) == told(witness)
    assert sum(tick == 48 for tick, *_ in told(voice)) == 1
    np.testing.assert_array_equal(voice.history.last.context, witness.history.last.context)


def test_what_the_player_adds_to_a_tick_of_the_voices_own_is_told_instead_of_it(opened):
    voice = begun(opened)
    own = play(voice, 1)[0]
    strike(voice, own.onset, *{60, 61} - {own.pitch})
    ticks = [one for one in told(voice) if one[0] == own.onset]
    assert set(ticks[-1][1]) >= {own.pitch, *({60, 61} - {own.pitch})}
    # The network knows that tick once: it is as if all had been struck together.
    moments = [one for one in voice.history.moments if one.cursor.tick < own.onset]
    last, again = voice.history.last, opened.model.advance
    codes, given, state = last.codes[None], last.conditions[None], moments[-1].state
    np.testing.assert_array_equal(again(codes, given, [state])[0], last.context)
    # And it is not drawn again.
    assert voice.do(FREE)
    assert voice.plan[0].tick > own.onset


@pytest.mark.parametrize("room", [1, 3])
def test_no_tick_has_more_pitches_than_may_sound_together_or_one_that_may_not(opened, room):
    voice = begun(opened, polyphony=room, scale="major", key="D", low=50, high=80, density=4.0)
    played = play(voice, 60)
    together = Counter(note.onset for note in played)
    assert max(together.values()) == room
    assert all(50 <= note.pitch <= 80 for note in played)
    assert {(note.pitch - 2) % 12 for note in played} <= {0, 2, 4, 5, 7, 9, 11}
    assert all(note.onset % 6 == 0 for note in played)


def test_density_holds_and_temperature_leaves_it(opened):
    def notes(**knobs):
        return len(perform(opened, 32, seed=3, **WIDE, **knobs).notes)

    usual = notes()
    assert notes(density=0.4) < 0.7 * usual
    assert notes(density=2.0) > 1.4 * usual
    assert 0.6 * usual < notes(temperature=0.5) < 1.6 * usual


def test_a_network_of_independent_pitches_and_of_other_ticks_plays(tmp_path):
    other = open_tokens(roll_artifact(tmp_path / "it.onnx", tick=12, jointly=False))
    played = play(begun(other), 30)
    assert {note.onset % 12 for note in played} == {0}
    assert len({note.pitch for note in played}) > 5


def forces(rng):
    return (lambda: acts.Force(factor="struck", code=int(rng.integers(-1, 9))),)


def test_whatever_happens_to_a_voice_replays(opened):
    everything(opened, 2)
    for seed in range(2):
        anything(opened, seed, forces)

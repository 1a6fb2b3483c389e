"""How far sound goes back, and what becomes of frozen keys."""

import re

import numpy as np
import pytest

from live.engine.sound.offline import Track
from live.engine.sound.orders import Load, Rewind
from live.engine.stage import Stage
from live.ipc import acts
from live.ipc.commands import Command
from live.runtime.sound.instrument import Instrument
from live.time.clock import Timeline
from models.contract.samples import HEARD, KEYS, LOWEST
from tests.engine.tone import CLOCK, FRAME, TONE, ToneModel, note, sound_voice, voice

C, G = 60 - LOWEST, 67 - LOWEST
BEAT = 0.5


def rewound(beats, played=60.0, began=0.0):
    """What is told of a rewind, after so many seconds of playing."""
    one = voice()
    stage = Stage(Timeline.start(0.0, 60 / BEAT), lambda _: None, lambda _: None)
    asked = sound_voice(2, stage, Track(one), TONE)
    one.render(round((played - began) / FRAME), began)
    act = acts.Rewind(beats=beats)
    asked.obey(act, Command(act, voice=2), played)
    one.render(10, played)
    return [(told.code, told.text) for told in asked.troubles()]


def test_what_is_remembered_is_gone_back_to_without_a_word():
    assert not rewound(4)
    assert not rewound(32)


def test_who_asks_for_more_than_is_remembered_is_told_how_far_it_went():
    ((code, text),) = rewound(4096)
    assert code == "slot"
    assert re.match(r"Voice 2 went back 32\.\d beats, not 4096: ", text)
    assert "the last 16 seconds" in text


def test_what_was_before_the_beginning_is_not_remembered_either():
    ((_, text),) = rewound(8, played=12.0, began=10.0)
    assert text.startswith("Voice 2 went back 3.5 beats, not 8: ")


def test_who_has_heard_nothing_yet_stays_where_it_is_and_says_so():
    ((_, text),) = rewound(8, played=10.0, began=10.0)
    assert text.startswith("Voice 2 went back 0.0 beats, not 8: ")


def freeze(on):
    return acts.SetKnob(knob="freeze", value=int(on))


def chords():
    """C until second 1, then G; both are the voice's of notes."""
    one = voice()
    one.ask(0.0, CLOCK)
    one.ask(0.0, note(at=0.0, end=2.0))
    one.ask(0.0, note(at=1.0, end=30.0, pitch=67))
    return one


def shown(one, seconds, begin=0.0):
    one.render(round(seconds / FRAME), begin)
    return np.array(one.instrument.stream.rows)


def held(row):
    return np.flatnonzero(row[:KEYS]).tolist()


def test_a_frozen_voice_that_goes_back_holds_the_keys_of_then():
    one = chords()
    one.ask(1.5, freeze(on=True))
    one.ask(2.0, Rewind(to=0.8))
    rows = shown(one, 3.0)
    assert held(rows[round(1.9 / FRAME)]) == [G]
    then, after = rows[round(0.752 / FRAME)], rows[round(2.1 / FRAME) :]
    assert held(then) == [C]
    assert (after[:, :HEARD] == after[0, :HEARD]).all()
    assert after[0, :HEARD] == pytest.approx(then[:HEARD], rel=0.02, abs=1e-6)
    # Their strings go on from then.
    assert (np.diff(after[:, HEARD + C]) == 1).all()
    assert after[0, HEARD + C] * FRAME == pytest.approx(0.75 + 0.1, abs=0.02)


def test_thawed_afterwards_the_keys_are_as_they_are_by_then():
    one = chords()
    one.ask(1.5, freeze(on=True))
    one.ask(2.0, Rewind(to=0.8))
    one.ask(2.5, freeze(on=False))
    last = shown(one, 3.0)[-1]
    assert held(last) == [G]


def test_what_was_frozen_then_is_held_again():
    one = chords()
    one.ask(0.8, freeze(on=True))
    one.ask(1.5, acts.Save(slot="a", tick=0))
    one.ask(2.0, freeze(on=False))
    one.ask(2.5, freeze(on=True))
    one.ask(3.0, acts.Recall(slot="a", tick=0))
    rows = shown(one, 3.5)
    assert held(rows[round(2.9 / FRAME)]) == [G]
    assert held(rows[-1]) == [C]


def test_a_frozen_voice_that_forgets_holds_no_key():
    one = chords()
    one.ask(1.5, freeze(on=True))
    one.ask(2.0, acts.Reset(tick=0))
    assert not shown(one, 2.5)[-1].any()


@pytest.mark.parametrize("frozen", [False, True])
def test_keys_are_as_old_for_a_network_with_longer_frames(frozen):
    one, other = chords(), ToneModel(block=48)
    if frozen:
        one.ask(0.5, freeze(on=True))
    one.ask(0.7, Load(Instrument(other)))
    one.render(round(0.8 / FRAME), 0.0)
    rows = shown(one, 0.2, 0.7)
    ages = rows[:, HEARD + C]
    assert ages[0] * other.block / other.rate == pytest.approx(0.7, abs=0.01)
    assert (np.diff(ages) == 1).all()
    assert (ages == np.rint(ages)).all()

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from live.declared.actions import REMEMBERED
from live.engine.sound.generator import FADE
from live.engine.sound.orders import Load, Prime, Rest, Rewind
from live.ipc import acts
from live.runtime import opening
from live.runtime.sound.instrument import EVERY, Instrument
from live.runtime.sound.stream import Bars
from models.contract.samples import FEATURES, KEYS, LOWEST
from tests.engine.tone import CLOCK, FRAME, TONE, ToneModel, note, played, rows, voice
from tests.tiny_sound import tiny_sound_artifact


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))

        @cache
        def model(seed=0, rate=16000):
            path = folder / f"{seed}-{rate}.onnx"
            return opening.opened(tiny_sound_artifact(path, seed=seed, rate=rate)).model

        yield model


# Memory


def test_the_same_seed_gives_the_same_sound_and_another_or_another_voice_does_not(tiny):
    first = voice(tiny(), seed=1).render(200, 0.0)
    assert (voice(tiny(), seed=1).render(200, 0.0) == first).all()
    assert (voice(tiny(), seed=2).render(200, 0.0) != first).any()
    assert (voice(tiny(), number=2, seed=1).render(200, 0.0) != first).any()


def test_what_is_recalled_goes_on_with_the_same_samples(tiny):
    one = voice(tiny())
    frame = one.block / one.rate
    one.render(100, 0.0)
    one.ask(100 * frame, acts.Save(slot="a", tick=0))
    before = one.render(200, 100 * frame)
    for begin in (300, 700):
        one.ask(begin * frame, acts.Recall(slot="a", tick=0))
        after = one.render(200, begin * frame)
        fade = round(FADE * one.rate)
        assert (after[fade:] == before[fade:]).all()
        one.render(200, (begin + 200) * frame)


def test_a_voice_that_goes_back_plays_again_what_was_heard_then(tiny):
    one = voice(tiny())
    frame = one.block / one.rate
    past = one.render(2000, 0.0)
    one.ask(2000 * frame, Rewind(to=1.1))
    again = one.render(400, 2000 * frame)
    begin = 4 * one.instrument.interval * one.block
    assert begin / one.rate == pytest.approx(1.0)
    fade = round(FADE * one.rate)
    assert (again[fade:] == past[begin + fade : begin + len(again)]).all()


def test_who_goes_back_further_than_is_remembered_goes_to_the_oldest():
    one = voice()
    every = one.instrument.interval * FRAME
    assert every == pytest.approx(EVERY, abs=FRAME)
    seconds = REMEMBERED + 20 * every
    one.render(round(seconds / FRAME), 0.0)
    oldest = one.instrument.before(-100.0)
    assert REMEMBERED <= seconds - oldest.at <= REMEMBERED + 2 * every
    assert one.instrument.before(oldest.at + 2.3 * every).at == pytest.approx(
        oldest.at + 2 * every, abs=FRAME
    )


def test_a_voice_that_has_heard_nothing_yet_stays_where_it_is():
    one = voice()
    one.ask(0.0, Rewind(to=-5.0))
    one.ask(0.0, acts.Recall(slot="never", tick=0))
    assert one.render(10, 0.0).any()


def test_a_voice_that_forgets_begins_again(tiny):
    one = voice(tiny())
    begun = one.render(300, 0.0)
    one.ask(1.0, acts.Reset(tick=0))
    fade = round(FADE * one.rate)
    assert (one.render(300, 1.0)[fade:] == begun[fade:]).all()


def test_keys_that_were_down_then_and_are_up_now_come_up():
    one = voice()
    one.ask(0.0, CLOCK)
    one.ask(0.0, note(at=0.0, end=1.0))
    one.ask(0.3, acts.Save(slot="a", tick=0))
    one.ask(0.0, note(at=0.8, end=8.0, pitch=67, velocity=100))
    one.ask(1.0, acts.Recall(slot="a", tick=0))
    shown = rows(one, 1.5)[-1]
    assert shown[[60 - LOWEST, 67 - LOWEST]].tolist() == [0, 1]
    assert shown[2 * KEYS + 67 - LOWEST] > 0.2


def test_primed_it_goes_on_from_what_another_stream_has_heard(tiny):
    model = tiny()
    other = model.open(0)
    rng = np.random.default_rng(3)
    keys = np.zeros((50, FEATURES), np.float32)
    other.feed(rng.integers(0, 256, 50 * model.block).astype(np.uint8), keys)
    state = other.snapshot()
    one = voice(model)
    one.render(100, 0.0)
    one.ask(1.0, Prime(model, state))
    sound = one.render(100, 1.0)
    expected = np.zeros(100 * model.block, np.float32)
    other.seed = one.instrument.stream.seed
    other.generate(
        replace(one._controls, keys=np.zeros((100, FEATURES), np.float32)), Bars(), expected
    )
    fade = round(FADE * one.rate)
    assert (sound[fade:] == expected[fade:]).all()


def test_a_state_of_a_network_that_has_gone_meanwhile_is_not_taken_up():
    one, gone = voice(), ToneModel(block=32)
    one.ask(0.0, Prime(gone, gone.open(0).snapshot()))
    phase = one.instrument.stream.phase
    one.render(1, 0.0)
    assert one.instrument.stream.phase == pytest.approx(
        phase + 2 * np.pi * TONE.pitch * FRAME, abs=1e-4
    )


# Blocks


def orders():
    yield 0.0, CLOCK
    yield 0.1, note(at=0.211, end=3.0)
    yield 0.333, acts.SetKnob(knob="temperature", value=0.7)
    yield 0.35, acts.Save(slot="a", tick=0)
    yield 0.4017, Rewind(to=0.1)
    yield 0.5, played(0.5, pitch=50)
    yield 0.61, Rest(on=True)
    yield 0.7033, Rest(on=False)
    yield 0.8, acts.Recall(slot="a", tick=0)
    yield 0.803, acts.Reset(tick=0)


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_the_sound_does_not_depend_on_how_it_is_cut_into_blocks(tiny, size):
    def play(size):
        one = voice(tiny())
        for at, order in orders():
            one.ask(at, order)
        made = [
            one.render(min(size, 1000 - at), at * one.block / one.rate)
            for at in range(0, 1000, size)
        ]
        return np.concatenate(made)

    assert (play(size) == play(10)).all()


def test_what_is_asked_is_done_at_its_time_whatever_else_waits():
    one = voice()
    one.ask(1.0, CLOCK)
    one.ask(0.5, Rest(on=True))
    one.ask(0.5, Rest(on=False))
    one.ask(0.4, Rest(on=True))
    one.ask(0.5, Rest(on=True))
    sound = one.render(round(0.8 / FRAME), 0.0)
    begin = round((0.4 + FRAME + FADE) * one.rate)
    assert np.abs(sound[: begin - 200]).max() > 0.4
    assert not sound[begin : round(0.5 * one.rate)].any()
    one.ask(0.9, Rest(on=False))
    assert one.silent
    assert np.abs(one.render(100, 1.0)).max() > 0.4


# Cuts


CUTS = {
    "rest": (Rest(on=True),),
    "rest and go on": (Rest(on=True), Rest(on=False)),
    "go back": (Rewind(to=0.62),),
    "recall": (acts.Recall(slot="a", tick=0),),
    "forget": (acts.Reset(tick=0),),
    "prime": (Prime(TONE, TONE.open(0).snapshot()),),
    "two at once": (acts.Recall(slot="a", tick=0), acts.Reset(tick=0)),
}


@pytest.mark.parametrize("apart", [0.0, 0.003, 0.05])
@pytest.mark.parametrize("cut", CUTS)
def test_no_cut_makes_a_step_that_the_sound_itself_does_not_make(cut, apart):
    one = voice()
    one.ask(0.3333, acts.Save(slot="a", tick=0))
    for number, order in enumerate(CUTS[cut]):
        one.ask(0.9017 + number * apart, order)
    sound = np.concatenate([np.zeros(1, np.float32), one.render(round(1.2 / FRAME), 0.0)])
    assert np.abs(np.diff(sound)).max() < TONE.step()
    assert np.abs(sound[:9600]).max() > 0.4


def test_without_the_fade_a_cut_is_a_step(monkeypatch):
    monkeypatch.setattr("live.engine.sound.generator.FADE", 2 / TONE.rate)
    one = voice()
    one.ask(0.9017, Rest(on=True))
    assert np.abs(np.diff(one.render(300, 0.0))).max() > 2 * TONE.step()


def test_who_rests_is_silent_and_goes_on_from_where_it_was():
    one = voice()
    one.render(200, 0.0)
    one.ask(0.8, Rest(on=True))
    resting = one.render(200, 0.8)
    assert one.silent
    assert not resting[round(FADE * one.rate) :].any()
    frames = len(one.instrument.stream.rows)
    one.render(200, 1.6)
    assert len(one.instrument.stream.rows) == frames
    one.ask(2.4, Rest(on=False))
    assert np.abs(one.render(200, 2.4)).max() > 0.4
    assert not one.silent


def test_another_network_takes_over_without_a_step_and_its_keys_go_on():
    one, other = voice(), ToneModel(block=32, pitch=200.0)
    one.ask(0.0, CLOCK)
    one.ask(0.0, note(at=0.5, end=8.0))
    one.ask(1.0, Load(Instrument(other)))
    sound = np.concatenate([one.render(300, 0.0), one.render(600, 1.0)])
    assert np.abs(np.diff(sound)).max() < other.step(1)
    assert one.instrument.model is other
    assert one.instrument.stream.rows[-1][60 - LOWEST] == 1


def test_a_network_with_another_rate_ends_the_block_faded_out_and_comes_in_softly():
    one, other = voice(), ToneModel(rate=22050)
    one.ask(0.5, Load(Instrument(other)))
    sound = one.render(300, 0.0)
    assert 0.5 * TONE.rate <= len(sound) < 0.52 * TONE.rate
    assert np.abs(np.diff(sound)).max() < TONE.step()
    assert abs(sound[-1]) < 0.02
    assert one.rate == 22050
    after = one.render(100, 0.51)
    assert abs(after[0]) < 0.02
    assert np.abs(np.diff(after)).max() < TONE.step()
    assert np.abs(after).max() > 0.4

"""Clips of a second: made ahead, cut into short blocks, never waited for."""

import gc
import threading

import numpy as np
import pytest

from live.runtime.sound.ahead import _READY, EDGE, Ahead, AheadStream, ahead
from live.runtime.sound.stream import Bars, Controls, SoundModel
from models.contract.errors import ExtempoError
from models.contract.samples import FEATURES, HEARD, Sound
from tests.engine.tone import ToneModel
from tests.runtime.allocated import allocated
from tests.runtime.clips import RATE, Clips
from tests.system_tools import wait_for

EDGES = round(EDGE * RATE)


def raw(clips: int, seed: int = 0, keys: int = 0) -> Sound:
    """So many clips as the model itself makes them."""
    stream, controls = Clips().open(seed), Controls.of(1)
    controls.keys[0, :keys] = 1.0
    out = np.zeros((clips, RATE), np.float32)
    for clip in out:
        stream.generate(controls, Bars(), clip)
    return out.ravel()


def cut(model: Clips, waits: bool = True, seed: int = 0) -> AheadStream:
    made = ahead(model, waits)
    assert isinstance(made, Ahead)
    return made.open(seed)


def play(stream: AheadStream, seconds: float, blocks: int = 25, keys: int = 0) -> Sound:
    """So much of a stream, so many blocks at a time."""
    controls, size = Controls.of(blocks), blocks * stream.model.block
    controls.keys[:, :keys] = 1.0
    out = np.zeros((round(seconds * RATE / size), size), np.float32)
    for part in out:
        stream.generate(controls, Bars(), part)
    return out.ravel()


def ready(stream: AheadStream) -> None:
    """Wait until the next clip is made."""
    maker = stream._maker
    if stream.model.waits:
        return
    wait_for(lambda: stream._numbers[_READY] or maker.done == maker.asked, what="a clip")


def begun(model: Clips, waits: bool = False) -> AheadStream:
    """Return a stream whose first clip is there, and was not when it was wanted first."""
    stream = cut(model, waits)
    model.gate.clear()
    if not waits:
        assert not play(stream, 0.1).any()
    model.gate.set()
    ready(stream)
    return stream


def steps(sound: Sound) -> float:
    return float(np.abs(np.diff(sound)).max())


def test_what_makes_short_blocks_is_left_as_it_is() -> None:
    model: SoundModel = ToneModel()
    assert ahead(model, waits=False) is model


def test_what_it_says_of_itself_is_what_a_voice_needs_to_know() -> None:
    model = ahead(Clips(), waits=True)
    assert (model.rate, model.channels, model.block) == (RATE, 1, 32)
    assert model.latency == 2 * RATE
    assert model.abilities == {"keys", "prime"}


@pytest.mark.parametrize("blocks", [1, 3, 7, 125, 500])
def test_clips_are_cut_whole_however_they_are_asked_for(blocks: int) -> None:
    sound = play(cut(Clips()), 3.0, blocks)
    assert np.array_equal(sound[EDGES:], raw(4)[EDGES : len(sound)])
    assert sound[0] == pytest.approx(0, abs=1e-3)


def test_a_thread_makes_the_same_as_whoever_waits() -> None:
    stream = begun(Clips())
    made = []
    for _ in range(6):
        ready(stream)
        made.append(play(stream, 0.5))
    assert np.array_equal(np.concatenate(made), play(cut(Clips()), 3.0))
    assert stream.late == 0


def test_a_seed_has_its_own_clips_and_a_new_one_counts_from_the_next_that_is_made() -> None:
    assert np.array_equal(play(cut(Clips(), seed=3), 2.0)[EDGES:], raw(2, 3)[EDGES:])
    stream = cut(Clips())
    first = play(stream, 0.5)
    stream.seed = 3
    sound = np.concatenate((first, play(stream, 2.5)))
    # The second was asked for when the first began.
    assert np.array_equal(sound[EDGES : 2 * RATE], raw(2)[EDGES:])
    assert np.array_equal(sound[2 * RATE :], raw(3, 3)[2 * RATE :])


def test_keys_shape_the_clip_that_is_asked_for_next() -> None:
    stream = cut(Clips())
    sound = np.concatenate((play(stream, 0.5), play(stream, 2.5, keys=2)))
    assert np.array_equal(sound[RATE : 2 * RATE], raw(2)[RATE:])
    assert np.array_equal(sound[2 * RATE :], raw(3, keys=2)[2 * RATE :])


def test_keys_are_as_old_for_the_clips_as_for_what_they_are_cut_into() -> None:
    stream, controls = cut(Clips()), Controls.of(1)
    controls.keys[0, HEARD + 5] = 125.0
    stream.generate(controls, Bars(3.0, 90.0), np.zeros(32, np.float32))
    shape = stream._maker.shape
    assert shape.row[HEARD + 5] == pytest.approx(0.5)
    assert shape.knobs[2:].tolist() == [3.0, 90.0]


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
def test_a_moment_in_the_middle_of_a_clip_is_gone_on_from(waits: bool, at: float) -> None:
    stream = begun(Clips(), waits)
    play(stream, at)
    kept = stream.snapshot()
    play(stream, 0.1)
    stream.keep(kept)

    def on() -> Sound:
        made = []
        for _ in range(4):
            ready(stream)
            made.append(play(stream, 0.5))
        return np.concatenate(made)

    once = on()
    for _ in range(2):
        stream.restore(kept)
        assert np.array_equal(on(), once)
    other = cut(Clips(), waits, seed=5)
    other.seed = stream.seed
    other.restore(kept)
    stream = other
    assert np.array_equal(on(), once)


def test_a_moment_whose_next_clip_was_not_ready_has_the_same_one_made_again() -> None:
    model = Clips()
    stream = begun(model)
    model.gate.clear()
    play(stream, 0.5)
    kept = stream.snapshot()
    # What is being made now is of no use any more, and comes in the way of nothing.
    stream.restore(kept)
    model.gate.set()
    ready(stream)
    once = play(stream, 1.4)
    stream.restore(kept)
    ready(stream)
    again = play(stream, 0.4)
    ready(stream)
    assert np.array_equal(np.concatenate((again, play(stream, 1.0))), once)
    assert stream.late == 0


def test_a_clip_that_is_late_leaves_silence_is_counted_and_is_not_waited_for() -> None:
    model = Clips()
    stream = begun(model)
    model.gate.clear()
    first = play(stream, 1.0)
    assert stream.late == 0
    silence = play(stream, 0.5, blocks=5)
    assert stream.late == 25
    assert not silence.any()
    model.gate.set()
    ready(stream)
    second = play(stream, 0.9)
    assert stream.late == 25
    sound, expected = np.concatenate((first, silence, second)), raw(2)
    assert steps(sound) < 1.5 * steps(expected)
    assert np.array_equal(first[EDGES:-EDGES], expected[EDGES : RATE - EDGES])
    assert np.array_equal(second[EDGES:], expected[RATE + EDGES :][: len(second) - EDGES])


def test_silence_before_the_first_clip_is_nobodys_fault() -> None:
    model = Clips()
    model.gate.clear()
    stream = cut(model, waits=False)
    assert not play(stream, 0.5).any()
    assert stream.late == 0
    model.gate.set()


@pytest.mark.parametrize("seconds", [0.5, 1.5])
def test_primed_it_begins_anew_after_what_was_heard(seconds: float) -> None:
    stream = cut(Clips())
    play(stream, 0.5)
    stream.prime(np.full(round(seconds * RATE), 0.25, np.float32))
    kept = stream.snapshot()
    expected = raw(2)[EDGES:] + np.float32(0.25)
    assert np.array_equal(play(stream, 2.0)[EDGES:], expected)
    stream.restore(kept)
    assert np.array_equal(play(stream, 2.0)[EDGES:], expected)


def test_a_model_that_fails_is_told() -> None:
    model = Clips()
    model.fails = True
    stream = cut(model, waits=False)
    play(stream, 0.1)
    wait_for(lambda: stream._maker.error is not None)
    with pytest.raises(ExtempoError, match=r"a clip cannot be made \(no more\)"):
        play(stream, 0.1)


def test_its_thread_ends_with_it() -> None:
    def threads() -> int:
        return sum(thread.name == "clips" for thread in threading.enumerate())

    gc.collect()
    wait_for(lambda: not threads())
    stream = cut(Clips(), waits=False)
    play(stream, 0.1)
    assert threads() == 1
    del stream
    gc.collect()
    wait_for(lambda: not threads())


def test_a_stream_that_has_played_allocates_nothing_also_where_a_clip_ends() -> None:
    stream, controls, bars = begun(Clips()), Controls.of(1), Bars()
    out = np.zeros(stream.model.block, np.float32)
    kept = stream.snapshot()
    assert controls.keys.shape == (1, FEATURES)
    assert allocated(lambda: stream.generate(controls, bars, out), times=100).nothing
    assert allocated(lambda: stream.keep(kept)).nothing
    play(stream, 0.2)
    stream.restore(kept)
    assert allocated(lambda: stream.restore(kept)).nothing

    def end() -> None:
        stream.restore(kept)
        stream.generate(controls, bars, out)

    assert allocated(end).nothing

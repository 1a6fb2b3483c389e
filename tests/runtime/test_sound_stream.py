"""Streams of sound as the engine sees them: in float32, in memory that is there already."""

from collections.abc import Callable

import numpy as np
import pytest

from live.runtime import opening
from live.runtime.sound.excitation import Excitation
from live.runtime.sound.stream import Bars, Controls, SoundStream
from live.runtime.sound.wavenet import Draw, WaveNet
from models.contract.samples import CHANNELS, FEATURES, HEARD, KEYS, Keyboard, decode, excitation
from tests.runtime.allocated import allocated
from tests.tiny_sound import tiny_sound_artifact

BLOCKS = 16


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> WaveNet:
    folder = tmp_path_factory.mktemp("streams")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        return opening.opened(tiny_sound_artifact(folder / "a.onnx", hop=64, depth=8)).model


def chord(model: WaveNet, blocks: int) -> Controls:
    keyboard = Keyboard(model.block, model.rate)
    for pitch in (36, 60, 64, 67, 71, 74):
        keyboard.strike(pitch, 90)
    return Controls(np.tile(keyboard.row, (blocks, 1)), temperature=0.9, top_p=0.95)


def playing(model: WaveNet) -> tuple[SoundStream, Controls, np.ndarray]:
    return model.open(7), chord(model, BLOCKS), np.zeros(BLOCKS * model.block, np.float32)


def test_what_it_generates_is_what_it_draws_decoded(model: WaveNet) -> None:
    stream, controls, out = playing(model)
    stream.generate(controls, Bars(), out)
    codes = np.zeros(len(out), np.uint8)
    model.open(0).draw(controls.keys, Draw(controls.temperature, controls.top_p, 7), codes)
    assert np.array_equal(out, decode(codes))
    assert np.abs(out).max() > 0.1


def test_the_seed_may_change_between_two_blocks(model: WaveNet) -> None:
    stream, controls, out = playing(model)
    other = model.open(8)
    other.generate(controls, Bars(), out)
    stream.seed = 8
    again = np.zeros_like(out)
    stream.generate(controls, Bars(), again)
    assert np.array_equal(out, again)


def test_keys_that_are_too_few_are_no_accident_in_compiled_code(model: WaveNet) -> None:
    stream, controls, out = playing(model)
    controls.keys = controls.keys[:3]
    with pytest.raises(ValueError, match="do not go together"):
        stream.generate(controls, Bars(), out)


@pytest.mark.parametrize("silent", [False, True])
def test_a_stream_that_has_played_allocates_nothing(model: WaveNet, silent: bool) -> None:
    stream, controls, out = playing(model)
    if silent:
        controls.keys[:] = 0.0
    bars, kept = Bars(), stream.snapshot()
    assert allocated(lambda: stream.generate(controls, bars, out)).nothing
    assert allocated(lambda: stream.keep(kept)).nothing
    assert allocated(lambda: stream.restore(kept)).nothing


def leaking(work: Callable[[], object], into: list[object]) -> Callable[[], object]:
    return lambda: (work(), into.append(object()))


def test_one_allocation_would_be_counted(model: WaveNet) -> None:
    stream, controls, out = playing(model)
    bars, kept = Bars(), stream.snapshot()
    held: list[object] = []

    def generate() -> None:
        stream.generate(controls, bars, out)

    assert not allocated(lambda: (generate(), out.copy())).nothing
    assert not allocated(leaking(generate, held)).nothing
    assert not allocated(stream.snapshot).nothing
    assert not allocated(leaking(lambda: stream.keep(kept), held)).nothing


@pytest.mark.parametrize(("hop", "rate"), [(64, 16000), (37, 22050), (20, 44100)])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.05, 0.3, 1.0])
@pytest.mark.parametrize("frames", [1, 4, 30])
def test_what_excites_is_bit_for_bit_what_it_was_in_training(
    hop: int, rate: int, share: float, frames: int
) -> None:
    random = np.random.default_rng(frames)
    keys = random.random((frames, FEATURES)) * (random.random((frames, FEATURES)) < share)
    keys = keys.astype(np.float32)
    keys[:, :KEYS] = keys[:, :KEYS] > 0.5
    keys[:, HEARD:] = np.rint(1e5 * keys[:, HEARD:])
    made = np.full((frames, hop, CHANNELS), np.nan, np.float32)
    Excitation(hop, rate).write(keys, made)
    assert np.array_equal(made.reshape(-1, CHANNELS), excitation(keys, hop, rate))

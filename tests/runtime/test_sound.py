"""Networks that play sound: what the compiled code says, against the same in plain numpy."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pytest

from live.runtime.sound.compiled.layout import Target
from live.runtime.sound.wavenet import Draw, WaveNet
from models.contract.samples import CLASSES, FEATURES, SILENCE
from models.contract.sizes import Sizes
from tests.tiny_sound import Weights, by_numpy, tiny_sound_document, tiny_weights

SMALL: Final = Sizes(8, 16, 1, 4, hop=20, condition=8, keys=1, rate=16000)
ODD: Final = Sizes(5, 7, 2, 6, hop=37, condition=3, keys=1, rate=22050)
USUAL: Final = Sizes(32, 64, 2, 10, hop=64, condition=32, keys=1, rate=16000)
WIDE: Final = Sizes(20, 276, 1, 3, hop=20, condition=8, keys=1, rate=16000)
"""More columns than sums fit the registers."""
EVERY: Final = pytest.mark.parametrize(
    "sizes", [SMALL, ODD, USUAL, WIDE], ids=["small", "odd", "usual", "wide"]
)
STRUCK: Final = [(4, 60, 90), (20, 64, 70), (40, 60, 0), (150, 21, 127), (333, 108, 1)]
ALL: Final = Draw(1.0, 1.0, 7)


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def model_of(sizes: Sizes, weights: Weights | None = None) -> WaveNet:
    weights = weights or tiny_weights(sizes, scale=1.0)
    return WaveNet.of(weights, tiny_sound_document(weights, sizes, "tiny"))


def keys_of(frames: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    struck = rng.random((frames, FEATURES)) * (rng.random((frames, FEATURES)) < 0.03)
    return struck.astype(np.float32)


def generated(model: WaveNet, keys: np.ndarray, draw: Draw, block: int) -> np.ndarray:
    stream = model.open(0)
    out = np.zeros(len(keys) * model.block, np.uint8)
    for first in range(0, len(keys), block):
        some = keys[first : first + block]
        begin = first * model.block
        stream.draw(some, draw, out[begin : begin + len(some) * model.block])
    assert stream.position == len(out)
    return out


def said_as_by_numpy(sizes: Sizes, samples: int) -> None:
    from models.contract.samples import frames

    weights = tiny_weights(sizes, scale=1.0)
    model = model_of(sizes, weights)
    count = samples // sizes.hop * sizes.hop
    codes = np.random.default_rng(3).integers(0, CLASSES, count).astype(np.uint8)
    expected = by_numpy(weights, sizes, codes.tolist(), STRUCK)
    keys = frames(STRUCK, count, sizes.hop, sizes.rate)
    stream = model.open(0)
    said = stream.said(codes, keys)
    assert np.abs(said - expected).max() < 5e-4
    assert np.array_equal(stream.logits(), said[-1])


@EVERY
def test_it_says_what_the_same_network_says_in_numpy(sizes: Sizes) -> None:
    said_as_by_numpy(sizes, 1300)


@pytest.mark.parametrize(("lanes", "registers"), [(8, 16), (4, 32), (4, 16)])
def test_it_says_the_same_on_processors_with_shorter_vectors(
    monkeypatch: pytest.MonkeyPatch, lanes: int, registers: int
) -> None:
    from live.runtime.sound.compiled import compiling as sound_compile

    this = sound_compile.this_machine()
    lanes = min(lanes, this.lanes)
    short = Target(this.name, this.features, lanes, registers)
    monkeypatch.setattr(sound_compile, "this_machine", lambda: short)
    assert model_of(ODD).layout.lanes == lanes
    said_as_by_numpy(ODD, 200)
    said_as_by_numpy(WIDE, 200)


@pytest.mark.parametrize("dead", [slice(0), slice(1), slice(1, None), slice(None)])
def test_what_is_0_counts_for_nothing(dead: slice) -> None:
    weights = dict(tiny_weights(SMALL, scale=1.0))
    weights["first_bias"] = np.full(SMALL.skip, 100.0, np.float32)
    weights["first_bias"][dead] = -100.0
    weights["first"] = np.zeros_like(weights["first"])
    said = model_of(SMALL, weights).open(0).said(np.zeros(20, np.uint8), keys_of(1))
    expected = np.maximum(weights["first_bias"], 0) @ weights["second"] + weights["second_bias"]
    assert np.abs(said - expected).max() < 5e-4


@EVERY
def test_what_it_draws_it_takes_in(sizes: Sizes) -> None:
    model = model_of(sizes)
    keys = keys_of(9)
    playing, listening = model.open(0), model.open(0)
    out = np.zeros(9 * sizes.hop, np.uint8)
    playing.draw(keys, ALL, out)
    listening.feed(out, keys)
    assert np.abs(playing.logits() - listening.logits()).max() < 1e-4
    assert out[0] == SILENCE
    assert len(set(out.tolist())) > 30

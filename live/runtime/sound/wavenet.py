"""The audio WaveNet as a sound model: samples in 256 classes of mu-law, drawn one by one by compiled code.

A stream says what comes next after every sample it takes in; before it has taken in any, silence
comes. Sample number t is taken in together with the keys of frame t // block.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from live.machine.memory import address
from live.runtime.prepared import Prepared
from live.runtime.sound.compiled.layout import room
from live.runtime.sound.compiled.wavenet import weights
from live.runtime.sound.compiled.wavenet.layout import Weights, pack
from live.runtime.sound.compiled.wavenet.limits import check as check
from live.runtime.sound.compiled.wavenet.program import is_ready as is_ready
from live.runtime.sound.compiled.wavenet.program import program
from live.runtime.sound.compiled.wavenet.weights import packed as packed
from live.runtime.sound.excitation import Excitation
from live.runtime.sound.samples import Logits, by_samples
from live.runtime.sound.stream import KEYS, PRIME, Bars, Controls, Keys, Snapshot
from models.contract.document import Document
from models.contract.errors import ArtifactError
from models.contract.samples import (
    CHANNELS,
    CLASSES,
    DECODED,
    FEATURES,
    HEARD,
    SILENCE,
    Codes,
    Sound,
    encode,
)
from models.contract.sizes import Sizes
from models.contract.stream import StreamSpec, Tensors

_UNHEARD: Final = -1e4
"""The logit of all classes but silence before anything was heard."""


def opened(prepared: Prepared) -> "WaveNet":
    """Make an artifact that passed the checks ready to play; ArtifactError says why it cannot."""
    return WaveNet.of_prepared(prepared)


class Draw(NamedTuple):
    """What a draw depends on besides the logits and the sample's number.

    top_p: the likeliest classes that together come to this share are kept; then the temperature is
    applied, 0 takes the likeliest class. key: 64 bits, made of the voice's seed and number.
    """

    temperature: float
    top_p: float
    key: int


class WaveNet:
    """A network, compiled. Read-only; built on any thread, shared by all."""

    latency, channels = 0, 1

    def __init__(self, document: Document, digest: str, weights: Weights, where: str) -> None:
        """Compile the network, or load what was compiled before, and try it out.

        where: what it is called in messages. Raises ArtifactError where it computes what is not a number.
        """
        # Brings LLVM along, which only those need who play sound.
        from live.runtime.sound.compiled import compiling

        self.document = document
        self.digest = digest
        self.spec: StreamSpec = document.stream
        sizes = Sizes.of(document.config, where)
        self.rate, self.block = sizes.rate, sizes.hop
        self.abilities = frozenset({PRIME, KEYS} if sizes.keys else {PRIME})
        self.reach = sum(sizes.dilations)
        """How many samples before the last one what it says depends on."""
        code = program(sizes)
        self.layout = code.layout
        # Sums too large to be numbers are found when it is tried out.
        with np.errstate(all="ignore"):
            self.memory = pack(weights, self.layout)
        compiled = compiling.compiled(code)
        self.cached = compiled.cached
        """Whether the compiled network came from the disk."""
        self.run, self.hear = (compiled.functions[name] for name in ("generate", "listen"))
        if not self._warm_up():
            raise ArtifactError(
                f"{where} computes what is not a number: train or export the model again."
            )

    @classmethod
    def of(cls, weights: Weights, document: Document) -> Self:
        """Return a model of weights in memory, by the names of `models.contract.samples`."""
        return cls(document, "", weights, document.name)

    @classmethod
    def of_prepared(cls, prepared: Prepared) -> Self:
        """Make an artifact that passed the checks ready to play; ArtifactError says why it cannot."""
        where = str(prepared.path)
        return cls(prepared.document, prepared.digest, weights.read(prepared), where)

    def open(self, seed: int) -> "WaveNetStream":
        """Return a new stream that has heard nothing yet."""
        return WaveNetStream(self, seed)

    def said(self, inputs: Tensors) -> Tensors:
        """Return the logits after every sample; see `live.runtime.golden.Model`."""
        return by_samples(self.open(0).said, inputs, self.block)

    def _warm_up(self) -> bool:
        """Play the loudest and quietest samples under all keys and none; return whether it can."""
        stream = self.open(0)
        keys = np.zeros((2, FEATURES), np.float32)
        keys[1, :HEARD] = 1.0
        codes = np.resize(np.array([0, CLASSES - 1, SILENCE], np.uint8), 2 * self.block)
        said = stream.said(codes, keys)
        stream.draw(keys, Draw(1.0, 0.9, 0), codes)
        return bool(np.isfinite(said).all() and np.isfinite(stream.logits()).all())


class WaveNetStream:
    """A `SoundStream`; what it draws may also be had in codes, and it can be fed.

    Threads: one at a time. What it computes does not hold Python's lock.
    """

    def __init__(self, model: WaveNet, seed: int) -> None:
        self.model = model
        self.seed, self.late = seed, 0
        layout = model.layout
        self._state = room(layout.state)
        self._position = np.zeros(1, np.int64)
        self._arrays: Mapping[str, NDArray[Any]] = {
            "state": self._state,
            "position": self._position,
        }
        self._logits = self._state[-CLASSES:]
        self._logits[:] = _UNHEARD
        self._logits[SILENCE] = 0.0
        self._scratch = room(layout.scratch["end"])
        self._memory = tuple(address(one) for one in (model.memory, self._state, self._scratch))
        self._excitation = Excitation(model.block, model.rate)
        self._keys: Keys = np.zeros((0, FEATURES), np.float32)
        self._keys_at = 0
        """The rows that were seen last, and where they lie."""
        self._excited = np.zeros((0, model.block, CHANNELS), np.float32)
        self._grow(1)

    @property
    def position(self) -> int:
        """Samples since the start; the counter of the draws."""
        return int(self._position[0])

    @position.setter
    def position(self, samples: int) -> None:
        self._position[0] = samples

    def generate(self, controls: Controls, bars: Bars, out: Sound) -> None:
        """Draw samples into `out`, and take each of them in; see `SoundStream.generate`."""
        count = len(out) // self.model.block
        self._grow(count)
        codes = self._codes[: len(out)]
        self._check(controls.keys[:count], codes)
        self._draw(controls.keys, count, controls.temperature, controls.top_p, self._codes_at)
        places = self._places[: len(out)]
        np.copyto(places, codes)
        np.take(DECODED, places, out=out, mode="clip")

    def prime(self, heard: Sound) -> None:
        """Begin anew after other sound, no key down; what lies further back than it remembers is left out."""
        block, reach = self.model.block, self.model.reach
        frames = len(heard) // block
        some = min(frames, -(-(reach + 1) // block))
        fresh = self.model.open(self.seed)
        fresh.position = (frames - some) * block
        codes = encode(heard[len(heard) - some * block :])
        fresh.feed(codes, np.zeros((some, FEATURES), np.float32))
        self.restore(fresh.snapshot())

    def draw(self, keys: Keys, draw: Draw, out: Codes) -> None:
        """Draw samples into `out` as codes, (frames * block,), and take each of them in."""
        self._check(keys, out)
        self._grow(len(keys))
        self.seed = draw.key
        self._draw(keys, len(keys), draw.temperature, draw.top_p, address(out))

    def feed(self, codes: Codes, keys: Keys) -> None:
        """Take in samples as they are given, (frames * block,), faster than they could be drawn."""
        self._feed(codes, keys, None)

    def said(self, codes: Codes, keys: Keys) -> Logits:
        """Take in samples, and return the logits after each of them, (frames * block, 256)."""
        logits = np.zeros((len(codes), CLASSES), np.float32)
        self._feed(codes, keys, logits)
        return logits

    def logits(self) -> Logits:
        """Return what the network says comes next, float32 (256,)."""
        return self._logits.copy()

    def snapshot(self) -> Snapshot:
        """Return a copy of this moment; see `SoundStream.snapshot`."""
        return Snapshot(self._arrays)

    def keep(self, into: Snapshot) -> None:
        """Write this moment over a snapshot of any stream of the same model."""
        into.copy_from(self._arrays)

    def restore(self, to: Snapshot) -> None:
        """Go on from a moment that a stream of the same model has had."""
        to.copy_to(self._arrays)

    def _draw(self, keys: Keys, count: int, temperature: float, top_p: float, into: int) -> None:
        self._see(keys, count)
        self.model.run(
            *self._memory,
            self._keys_at,
            self._excited_at,
            count,
            self.model.block,
            self.position,
            self.seed,
            temperature,
            top_p,
            into,
        )
        self._position += count * self.model.block

    def _feed(self, codes: Codes, keys: Keys, said: Logits | None) -> None:
        self._check(keys, codes)
        self._grow(len(keys))
        self._see(keys, len(keys))
        self.model.hear(
            *self._memory,
            self._keys_at,
            self._excited_at,
            len(keys),
            self.model.block,
            self.position,
            address(codes),
            None if said is None else address(said),
        )
        self._position += len(codes)

    def _see(self, keys: Keys, count: int) -> None:
        """Make ready what excites the network while it sees these rows."""
        self._excitation.write(keys[:count], self._excited[:count])
        if keys is not self._keys:
            self._keys, self._keys_at = keys, address(keys)

    def _grow(self, frames: int) -> None:
        """Make room for so many frames at a time."""
        if frames <= len(self._excited):
            return
        self._excited = np.zeros((frames, self.model.block, CHANNELS), np.float32)
        self._codes: Codes = np.zeros(frames * self.model.block, np.uint8)
        self._places = np.zeros(len(self._codes), np.intp)
        self._excited_at, self._codes_at = address(self._excited), address(self._codes)

    def _check(self, keys: Keys, codes: Codes) -> None:
        """Checks of what is handed to compiled code: it must be exactly what the code expects."""
        shapes = keys.shape == (len(keys), FEATURES) and codes.shape == (
            len(keys) * self.model.block,
        )
        kinds = keys.dtype == np.float32 and codes.dtype == np.uint8
        if not (shapes and kinds and keys.flags.c_contiguous and codes.flags.c_contiguous):
            raise ValueError(
                f"keys {keys.dtype} {keys.shape} and codes {codes.dtype} {codes.shape} "
                f"do not go together: {self.model.block} samples a frame"
            )

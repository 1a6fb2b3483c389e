"""Networks that play sound sample by sample, compiled for this processor, and the streams they play.

A stream says what comes next after every sample it takes in; before it has taken in any, silence
comes. Sample number t is taken in together with the keys of frame t // hop.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from live.runtime.introduction import check_kind
from live.runtime.prepare import prepare
from live.runtime.prepared import Prepared
from live.runtime.sound.compiled.layout import Layout, Shape, Weights, pack, room
from live.runtime.sound.compiled.weights import read
from models.contract.document import Document
from models.contract.errors import ArtifactError
from models.contract.samples import CLASSES, FEATURES, HEARD, SILENCE, Codes, excitation
from models.contract.sizes import Sizes
from models.contract.stream import StreamSpec

if TYPE_CHECKING:
    from live.runtime.sound.compiled.compiling import Function

Keys = NDArray[np.float32]
"""Frames of keys, (frames, FEATURES); see `models.contract.samples.Keyboard`."""
Logits = NDArray[np.float32]

_UNHEARD: Final = -1e4
"""The logit of all classes but silence before anything was heard."""


class Draw(NamedTuple):
    """What a draw depends on besides the logits and the sample's number.

    top_p: the likeliest classes that together come to this share are kept; then the temperature is
    applied, 0 takes the likeliest class. key: 64 bits, made of the voice's seed and number.
    """

    temperature: float
    top_p: float
    key: int


class Snapshot:
    """Room for one moment of a stream; made by `SoundStream.snapshot`. Threads: one at a time."""

    def __init__(self, state: NDArray[np.float32], position: int) -> None:
        self.state, self.position = state, position


class SoundModel:
    """A network that plays sound, compiled. Read-only; built on any thread, shared by all."""

    def __init__(self, document: Document, digest: str, weights: Weights, where: str) -> None:
        """Compile the network, or load what was compiled before, and try it out.

        where: what it is called in messages. Raises ArtifactError where it computes what is not a number.
        """
        # Brings LLVM along, which only those need who play sound.
        from live.runtime.sound.compiled.compiling import compiled

        self.document = document
        self.digest = digest
        self.spec: StreamSpec = document.stream
        sizes = Sizes.of(document.config, where)
        self.rate, self.hop = sizes.rate, sizes.hop
        self.hears_keys = bool(sizes.keys)
        self.reach = sum(sizes.dilations)
        """How many samples before the last one what it says depends on."""
        self.layout = layout_of(sizes)
        # Sums too large to be numbers are found when it is tried out.
        with np.errstate(all="ignore"):
            self.memory = pack(weights, self.layout)
        code = compiled(self.layout)
        self.cached = code.cached
        """Whether the compiled network came from the disk."""
        self.run: Function = code.generate
        self.hear: Function = code.listen
        if not self._warm_up():
            raise ArtifactError(
                f"{where} computes what is not a number: train or export the model again."
            )

    @classmethod
    def of(cls, weights: Weights, document: Document) -> Self:
        """Return a model of weights in memory, by the names of `models.contract.samples`."""
        return cls(document, "", weights, document.name)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Check the artifact at `path` and make it ready to play; ArtifactError says why it cannot."""
        return cls.of_prepared(prepare(path))

    @classmethod
    def of_prepared(cls, prepared: Prepared) -> Self:
        """Make an artifact that passed the checks ready to play; it raises as `open` does."""
        check_kind(prepared.document, "audio", str(prepared.path))
        return cls(prepared.document, prepared.digest, read(prepared), str(prepared.path))

    def stream(self) -> "SoundStream":
        """Return a new stream that has heard nothing yet."""
        return SoundStream(self)

    def _warm_up(self) -> bool:
        """Play the loudest and quietest samples under all keys and none; return whether it can."""
        stream = self.stream()
        keys = np.zeros((2, FEATURES), np.float32)
        keys[1, :HEARD] = 1.0
        codes = np.resize(np.array([0, CLASSES - 1, SILENCE], np.uint8), 2 * self.hop)
        said = stream.said(codes, keys)
        stream.generate(keys, Draw(1.0, 0.9, 0), codes)
        return bool(np.isfinite(said).all() and np.isfinite(stream.logits()).all())


def layout_of(sizes: Sizes) -> Layout:
    """Return where this machine's code has the weights of a network of these sizes."""
    # Brings LLVM along, as above.
    from live.runtime.sound.compiled.compiling import this_machine

    shape = Shape(sizes.residual, sizes.skip, sizes.condition, sizes.dilations)
    return Layout(shape, this_machine())


class SoundStream:
    """One voice's sound as it goes on; its memory is changed in place.

    Threads: one at a time. `generate` and `feed` do not hold Python's lock while they work.
    """

    def __init__(self, model: SoundModel) -> None:
        self.model = model
        self.position = 0
        """Samples since the start; the counter of the draws."""
        layout = model.layout
        self._state = room(layout.state)
        self._logits = self._state[-CLASSES:]
        self._logits[:] = _UNHEARD
        self._logits[SILENCE] = 0.0
        self._scratch = room(layout.scratch["end"])
        self._memory = tuple(
            array.ctypes.data for array in (model.memory, self._state, self._scratch)
        )

    def generate(self, keys: Keys, draw: Draw, out: Codes) -> None:
        """Draw samples into `out`, (frames * hop,), and take each of them in."""
        self._check(keys, out)
        excited = excitation(keys, self.model.hop, self.model.rate)
        self.model.run(
            *self._memory,
            _address(keys),
            _address(excited),
            len(keys),
            self.model.hop,
            self.position,
            draw.key,
            draw.temperature,
            draw.top_p,
            _address(out),
        )
        self.position += len(out)

    def feed(self, codes: Codes, keys: Keys) -> None:
        """Take in samples as they are given, (frames * hop,), faster than they could be drawn."""
        self._feed(codes, keys, None)

    def said(self, codes: Codes, keys: Keys) -> Logits:
        """Take in samples, and return the logits after each of them, (frames * hop, 256)."""
        logits = np.zeros((len(codes), CLASSES), np.float32)
        self._feed(codes, keys, logits)
        return logits

    def logits(self) -> Logits:
        """Return what the network says comes next, float32 (256,)."""
        return self._logits.copy()

    def snapshot(self) -> Snapshot:
        """Return a copy of this moment, to go back to or to write over with `keep`."""
        return Snapshot(self._state.copy(), self.position)

    def keep(self, into: Snapshot) -> None:
        """Write this moment over a snapshot of any stream of the same model."""
        np.copyto(into.state, self._state)
        into.position = self.position

    def go_back(self, to: Snapshot) -> None:
        """Go on from a moment that a stream of the same model has had."""
        np.copyto(self._state, to.state)
        self.position = to.position

    def _feed(self, codes: Codes, keys: Keys, said: Logits | None) -> None:
        self._check(keys, codes)
        excited = excitation(keys, self.model.hop, self.model.rate)
        self.model.hear(
            *self._memory,
            _address(keys),
            _address(excited),
            len(keys),
            self.model.hop,
            self.position,
            _address(codes),
            None if said is None else _address(said),
        )
        self.position += len(codes)

    def _check(self, keys: Keys, codes: Codes) -> None:
        """What is handed to compiled code has to be exactly what it expects."""
        shapes = keys.shape == (len(keys), FEATURES) and codes.shape == (
            len(keys) * self.model.hop,
        )
        kinds = keys.dtype == np.float32 and codes.dtype == np.uint8
        if not (shapes and kinds and keys.flags.c_contiguous and codes.flags.c_contiguous):
            raise ValueError(
                f"keys {keys.dtype} {keys.shape} and codes {codes.dtype} {codes.shape} "
                f"do not go together: {self.model.hop} samples a frame"
            )


def _address(array: NDArray[np.generic]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address

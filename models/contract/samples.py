"""The `samples` representation: sound as 8-bit mu-law codes, and the keys that shape it.

Mu-law with mu = 255 as in van den Oord et al. 2016: 256 classes, fine near silence and coarse where
it is loud. A network may be played: every `hop` samples it is given the state of 88 keys, and for every
sample what strings tuned like those keys would do, which gives it the pitch (an excitation, as in
neural source-filter models, Wang et al. 2019).
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contract.stream import ADVANCE, Entry, StreamSpec, TensorSpec

NAME: Final = "samples"
CLASSES: Final = 256
MU: Final = CLASSES - 1
SILENCE: Final = CLASSES // 2
"""The code of a sample that is 0."""

LOWEST: Final = 21
"""The MIDI pitch of the first key of a piano."""
KEYS: Final = 88
HALF_LIVES: Final = (0.03, 0.5)
"""Seconds in which what a key remembers of its strike is halved: its attack, and its age."""
HEARD: Final = KEYS * (1 + len(HALF_LIVES))
"""What the condition is made of: 88 x held (0 or 1), then 88 x strike for each half-life."""
FEATURES: Final = HEARD + KEYS
"""What a frame of keys holds: that, and for 88 keys how many frames ago they were struck."""
SOUNDING: Final = 1e-3
"""A strike that has faded below this excites nothing, and its age is 0."""
HARMONICS: Final = 4
CHANNELS: Final = 2 * HARMONICS
"""Of the excitation: the sine and the cosine of each harmonic, of all keys together."""
DRIVE: Final = 6.0
"""The excitation of a key that is struck as hard as can be."""
RELEASED: Final = 0.3
"""How much of its excitation a key keeps when it comes up."""

CONDITION: Final = "condition"
"""The entry that turns the keys into what is added to every layer's gates, once a hop."""
FRAME: Final = TensorSpec("keys", "float32", (1, FEATURES))
SAMPLE: Final = TensorSpec("sample", "int64", (1,))
LOGITS: Final = TensorSpec("logits", "float32", (1, CLASSES))
EXCITATION: Final = TensorSpec("excitation", "float32", (1, CHANNELS))
GATES: Final = "gates"

_TURNED: Final = 0.5
"""A channel that is less like the loudest than minus this is turned round."""

Codes = NDArray[np.uint8]
Sound = NDArray[np.float32]
"""Samples from -1 to 1."""


def polarities(frames: Sound) -> Sound:
    """Return 1 or -1 for each channel of frames [frames, channels]: -1 where it is turned against the loudest.

    Recordings come with one side the wrong way round; mixed to one channel they would be silence.
    """
    # Whoever reads the sound says what is no number in it.
    frames = np.clip(np.nan_to_num(frames), -16, 16)
    energy = np.square(frames, dtype=np.float64).sum(0)
    loudest = int(energy.argmax())
    alike = (frames * frames[:, loudest, None]).sum(0, dtype=np.float64)
    turned = alike < -_TURNED * np.sqrt(energy * energy[loudest])
    return np.where(turned, -1, 1).astype(np.float32)


def encode(sound: Sound) -> Codes:
    """Return mu-law codes of samples, any shape.

    What is louder than 1 is cut off, and what is not a number is silence.
    """
    clipped = np.clip(np.where(np.isnan(sound), 0.0, sound), -1.0, 1.0)
    bent = np.sign(clipped) * np.log1p(MU * np.abs(clipped)) / np.log1p(MU)
    codes: Codes = np.floor((bent + 1.0) / 2.0 * MU + 0.5).astype(np.uint8)
    return codes


def decode(codes: NDArray[np.integer]) -> Sound:
    """Return the samples that codes stand for."""
    sound: Sound = DECODED.take(codes)
    return sound


def _decoded() -> Sound:
    bent = 2.0 * np.arange(CLASSES) / MU - 1.0
    table: Sound = (np.sign(bent) * np.expm1(np.abs(bent) * np.log1p(MU)) / MU).astype(np.float32)
    # An even number of levels has none in the middle; silence must be silent.
    table[SILENCE] = 0.0
    return table


DECODED: Final[Sound] = _decoded()
"""The sample that each code stands for."""


class Keyboard:
    """The keys as a network sees them, frame by frame; one frame lasts `hop` samples.

    Its whole state is `row`, so to keep or to go back is to copy it. Threads: one.
    """

    def __init__(self, hop: int, rate: int) -> None:
        self.row: NDArray[np.float32] = np.zeros(FEATURES, np.float32)
        """The frame that begins now: held, one block of 88 for each half-life, and ages in frames."""
        self.seconds = hop / rate
        """How long a frame lasts."""
        fading = [0.5 ** (self.seconds / half) for half in HALF_LIVES]
        self._fading = np.repeat(fading, KEYS).astype(np.float32)

    def strike(self, pitch: int, velocity: int) -> None:
        """A key goes down, velocity 1 to 127; pitches that a piano lacks are not heard."""
        key = pitch - LOWEST
        if 0 <= key < KEYS:
            self.row[key] = 1.0
            self.row[KEYS + key : HEARD : KEYS] = velocity / 127.0
            self.row[HEARD + key] = 0.0

    def lift(self, pitch: int) -> None:
        """A key comes up (or the pedal that held its string)."""
        key = pitch - LOWEST
        if 0 <= key < KEYS:
            self.row[key] = 0.0

    def tick(self) -> None:
        """Go on to the next frame."""
        self.row[KEYS:HEARD] *= self._fading
        grow(self.row)


def grow(row: NDArray[np.float32]) -> None:
    """Make the keys of a row one frame older; ages count exactly up to 2 ** 24 frames, hours of them."""
    row[HEARD:] += 1.0
    row[HEARD:] *= row[HEARD - KEYS : HEARD] > SOUNDING


def frames(
    struck: Sequence[tuple[int, int, int]], samples: int, hop: int, rate: int
) -> NDArray[np.float32]:
    """Return what a network sees of the keys while so many samples pass, (frames, FEATURES).

    struck: (sample, pitch, velocity) in order; velocity 0 lifts a key. A strike counts from the first frame that
    begins at or after its sample.
    """
    keyboard = Keyboard(hop, rate)
    waiting = list(reversed(struck))
    rows = np.zeros((-(-samples // hop), FEATURES), np.float32)
    for frame, row in enumerate(rows):
        if frame:
            keyboard.tick()
        while waiting and waiting[-1][0] <= frame * hop:
            _, pitch, velocity = waiting.pop()
            if velocity:
                keyboard.strike(pitch, velocity)
            else:
                keyboard.lift(pitch)
        row[:] = keyboard.row
    return rows


def excitation(keys: NDArray[np.float32], hop: int, rate: int) -> NDArray[np.float32]:
    """Return what excites a network while it sees `keys`, (frames * hop, CHANNELS).

    Each key that sounds adds the sines and cosines of its harmonics, which began when it was
    struck and fade as its strike does. keys: (frames, FEATURES). Threads: any.
    """
    each_wave = waves(hop, rate)
    strikes = keys[:, HEARD - KEYS : HEARD]
    frames, struck = (strikes > SOUNDING).nonzero()
    made = np.zeros((len(keys), HARMONICS, hop), np.complex64)
    if len(frames):
        loud = strikes[frames, struck] * (RELEASED + (1 - RELEASED) * keys[frames, struck])
        # A key that is frozen gets old: in float32 its pitch would be lost within the hour.
        ages = keys[frames, HEARD + struck].astype(np.float64)
        cycles = pitches()[struck] * (ages * (hop / rate))
        begun = np.exp(2j * np.pi * np.outer(cycles % 1.0, np.arange(1, HARMONICS + 1)))
        begun *= DRIVE * loud[:, None]
        each = begun.astype(np.complex64)[..., None] * each_wave[struck]
        some, first = np.unique(frames, return_index=True)
        made[some] = np.add.reduceat(each, first, axis=0)
    both = np.stack((made.imag, made.real), 1).reshape(len(keys), CHANNELS, hop)
    return np.ascontiguousarray(both.transpose(0, 2, 1)).reshape(-1, CHANNELS)


@lru_cache(1)
def pitches() -> NDArray[np.float64]:
    """Return the frequency of each key, tempered."""
    return 440.0 * 2.0 ** ((LOWEST + np.arange(KEYS) - 69) / 12)


@lru_cache(8)
def waves(hop: int, rate: int) -> NDArray[np.complex64]:
    """Return a frame of each key's harmonics, (KEYS, HARMONICS, hop); none above what the rate can hold."""
    tuned = np.outer(pitches(), np.arange(1, HARMONICS + 1))
    turns = tuned[..., None] * (np.arange(hop) / rate)
    return np.asarray(np.exp(2j * np.pi * turns) * (tuned < 0.45 * rate)[..., None], np.complex64)


def weight_shapes(
    residual: int, skip: int, layers: int, condition: int
) -> Mapping[str, tuple[int, ...]]:
    """Return the name and shape of every weight of an audio WaveNet, as its ONNX file holds them.

    The compiled kernel reads them by these names. A vector x times a matrix is `x @ w`. For a layer:
    gates = past @ past_k + now @ now_k + its 2 * residual columns of the condition's output (which has
    the bias), in the first layer + excitation @ excite; z = tanh(first half) * sigmoid(second half);
    z @ out_k + out_bias_k is what is added to `now`, then to the skips. At the end: relu(skips) @ first
    + first_bias, relu, @ second + second_bias.
    The condition: silu(keys[:HEARD] @ keys_in + keys_in_bias) @ keys_out + keys_out_bias.
    """
    shapes: dict[str, tuple[int, ...]] = {
        "embed": (CLASSES, residual),
        "keys_in": (HEARD, condition),
        "keys_in_bias": (condition,),
        "keys_out": (condition, layers * 2 * residual),
        "keys_out_bias": (layers * 2 * residual,),
        "excite": (CHANNELS, 2 * residual),
    }
    for layer in range(layers):
        shapes[f"past_{layer}"] = (residual, 2 * residual)
        shapes[f"now_{layer}"] = (residual, 2 * residual)
        shapes[f"out_{layer}"] = (residual, residual + skip)
        shapes[f"out_bias_{layer}"] = (residual + skip,)
    shapes |= {
        "first": (skip, skip),
        "first_bias": (skip,),
        "second": (skip, CLASSES),
        "second_bias": (CLASSES,),
    }
    return shapes


def taps_name(layer: int) -> str:
    """Return the name of a layer's state: its last `dilation` inputs, oldest first."""
    return f"taps_{layer}"


def sample_stream(residual: int, dilations: tuple[int, ...]) -> StreamSpec:
    """Return the spec of an audio WaveNet: float32 taps (1, dilation, residual) for each layer."""
    gates = TensorSpec(GATES, "float32", (1, len(dilations) * 2 * residual))
    taps = tuple(
        TensorSpec(taps_name(layer), "float32", (1, dilation, residual))
        for layer, dilation in enumerate(dilations)
    )
    return StreamSpec(
        entries=(
            Entry(CONDITION, (FRAME,), (gates,)),
            Entry(ADVANCE, (SAMPLE, gates, EXCITATION), (LOGITS,), taps),
        )
    )

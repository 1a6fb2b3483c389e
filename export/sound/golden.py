"""The golden pair of a network of sound: silence, then chords, and what the network says follows."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from export.golden import TOLERANCE
from models.contract.pair import Output, Pair, Tensor, kept
from models.contract.samples import FRAME, LOGITS, SAMPLE, Codes, encode, excitation, frames
from models.contract.stream import Array
from models.nets.audio import AudioNet

SECONDS: Final = 1.0
"""So much sound has to agree before an artifact is written."""
SAMPLES: Final = 2048
"""How many of its samples go into the artifact."""
ROWS: Final = 24
"""Of how many of the last samples the artifact says what follows."""

_CHORDS: Final = ((48, 60, 64, 67, 76), (45, 57, 60, 64, 72), (50, 57, 62, 65, 77))
_REST: Final = 250
"""Samples of silence at first; no frame begins here, so that a strike has to wait for one."""
_EVERY: Final = 0.06
"""Seconds from chord to chord."""
_HALF_LIFE: Final = 0.05


class SoundPhrase:
    """A second of chords as a network of sound is given them.

    codes: uint8 (frames * hop,). struck: (sample, pitch, velocity). keys: float32 (frames, FEATURES).
    """

    def __init__(self, hop: int, rate: int, hears_keys: bool) -> None:
        count = -(-max(int(SECONDS * rate), SAMPLES) // hop) * hop
        starts = range(_REST, count, int(_EVERY * rate))
        sound = np.zeros(count)
        struck = []
        for number, start in enumerate(starts):
            end = min(start + int(_EVERY * rate * 0.8), count - 1)
            for voice, pitch in enumerate(_CHORDS[number % len(_CHORDS)]):
                velocity = 50 + 12 * voice + number
                sound[start:] += velocity / 800 * _tone(pitch, count - start, rate)
                struck += [(start, pitch, velocity), (end, pitch, 0)]
        self.codes: Codes = encode(sound.astype(np.float32))
        self.struck: list[tuple[int, int, int]] = sorted(struck) if hears_keys else []
        self.keys = frames(self.struck, count, hop, rate)


def _tone(pitch: int, count: int, rate: int) -> NDArray[np.float64]:
    seconds = np.arange(count) / rate
    frequency = 440.0 * 2 ** ((pitch - 69) / 12)
    fading = 0.5 ** (seconds / _HALF_LIFE)
    tone: NDArray[np.float64] = fading * np.sin(2 * np.pi * frequency * seconds)
    return tone


def phrase_of(net: AudioNet) -> SoundPhrase:
    """Return the phrase at the network's rate; without keys where it hears none."""
    return SoundPhrase(net.config.hop, net.config.rate, bool(net.config.keys))


def sound_reference(net: AudioNet, phrase: SoundPhrase) -> NDArray[np.float32]:
    """Return PyTorch's logits after every sample of the phrase, (n, 256)."""
    excited = excitation(phrase.keys, net.config.hop, net.config.rate)
    heard = (phrase.codes.astype(np.int64), phrase.keys, excited)
    with torch.no_grad():
        logits: torch.Tensor = net.eval()(*(torch.from_numpy(each)[None] for each in heard))
    said: NDArray[np.float32] = logits[0].numpy()
    return said


def pairs(net: AudioNet, precision: str) -> Iterator[Pair]:
    """Yield what has to agree: the logits after every sample of the phrase."""
    count = len(phrase_of(net).codes)
    yield _pair(net, precision, count, count)


def pair(net: AudioNet, precision: str) -> Pair:
    """Return the golden pair of a network: the phrase's beginning."""
    return _pair(net, precision, SAMPLES, ROWS)


def _pair(net: AudioNet, precision: str, samples: int, rows: int) -> Pair:
    """rows: of how many of the last samples it is said what follows."""
    phrase = phrase_of(net)
    logits = sound_reference(net, phrase)[samples - rows : samples]
    keys = phrase.keys[: -(-samples // net.config.hop)]
    inputs: dict[str, Array] = {
        FRAME.name: keys[:, None],
        SAMPLE.name: phrase.codes[:samples, None],
    }
    outputs = {LOGITS.name: Output(Tensor.of(logits[:, None]))}
    return Pair(kept(inputs), outputs, {precision: TOLERANCE[precision]})

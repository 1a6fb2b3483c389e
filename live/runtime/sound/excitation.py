"""What excites a network while keys sound, in memory that is there already.

`models.contract.samples.excitation` says what it is and is made for training; this gives the same numbers, bit for bit,
to a stream that plays.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contract.samples import (
    DRIVE,
    HARMONICS,
    HEARD,
    KEYS,
    RELEASED,
    SOUNDING,
    pitches,
    waves,
)

_TOGETHER: Final = 4
"""Frames that are worked out at once, where few keys sound: most of the time goes into asking for it."""
_MOST: Final = KEYS
"""Keys that sound in these together at most: as many as a frame may have."""


class Excitation:
    """Writes the excitation of frames of keys. Threads: one at a time."""

    def __init__(self, hop: int, rate: int) -> None:
        self._seconds = hop / rate
        self._waves, self._pitches = waves(hop, rate), pitches()
        self._harmonics = np.tile(np.arange(1.0, HARMONICS + 1), (_MOST, 1))
        self._sounds = np.zeros((_TOGETHER, KEYS), np.bool_)
        self._keys = np.zeros((3, _TOGETHER, KEYS), np.float32)
        self._loud, self._held, self._old = np.zeros((3, _MOST), np.float32)
        self._cycles, self._tuned = np.zeros((2, _MOST))
        self._turns = np.zeros((_MOST, HARMONICS))
        self._louder, self._begun = np.zeros((2, _MOST, HARMONICS), np.complex128)
        # Numbers are spread out before they are multiplied: numpy would take memory to do it meanwhile.
        self._waved, self._spread = np.zeros((2, _MOST, HARMONICS, hop), np.complex64)
        self._sums = np.zeros((_TOGETHER, HARMONICS, hop), np.complex64)
        self._first = np.zeros(1, np.intp)

    def write(self, keys: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        """Write what excites the network while it sees `keys`, (frames, FEATURES), into `out`.

        out: (frames, hop, CHANNELS).
        """
        begin = 0
        while begin < len(keys):
            some = self._take(keys[begin : begin + _TOGETHER])
            self._write(some, out[begin : begin + some])
            begin += some

    def _take(self, keys: NDArray[np.float32]) -> int:
        """Find which keys sound in the next frames; return how many frames are worked out now."""
        some = len(keys)
        sounds, (held, loud, old) = self._sounds, self._keys
        np.copyto(held[:some], keys[:, :KEYS])
        np.copyto(loud[:some], keys[:, HEARD - KEYS : HEARD])
        np.copyto(old[:some], keys[:, HEARD:])
        np.greater(loud[:some], SOUNDING, out=sounds[:some])
        while np.count_nonzero(sounds[:some]) > _MOST:
            some //= 2
        return some

    def _write(self, some: int, out: NDArray[np.float32]) -> None:
        struck = self._sounds[:some].ravel().nonzero()[0]
        if not len(struck):
            out[:] = 0.0
            return
        self._begin(struck, *self._keys)
        each, at = self._waved, 0
        for frame in range(some):
            count = int(np.count_nonzero(self._sounds[frame]))
            into = self._sums[frame : frame + 1]
            if count:
                # As it is summed in training: other orders differ in the last bits.
                np.add.reduceat(each[at : at + count], self._first, axis=0, out=into)
            else:
                into[:] = 0.0
            at += count
        both = out.reshape(some, -1, 2, HARMONICS).transpose(2, 0, 3, 1)
        np.copyto(both[0], self._sums[:some].imag)
        np.copyto(both[1], self._sums[:some].real)

    def _begin(
        self,
        struck: NDArray[np.intp],
        held: NDArray[np.float32],
        strike: NDArray[np.float32],
        old: NDArray[np.float32],
    ) -> None:
        """Make the waves of all keys that sound in these frames. struck: frame * KEYS + key."""
        count = len(struck)
        loud, down, age = self._loud[:count], self._held[:count], self._old[:count]
        held.take(struck, out=down, mode="clip")
        down *= 1 - RELEASED
        down += RELEASED
        strike.take(struck, out=loud, mode="clip")
        loud *= down
        loud *= DRIVE
        old.take(struck, out=age, mode="clip")
        # A key that is frozen gets old: in float32 its pitch would be lost within the hour.
        cycles, tuned, begun = self._cycles[:count], self._tuned[:count], self._begun[:count]
        np.copyto(cycles, age)
        cycles *= self._seconds
        struck %= KEYS
        self._pitches.take(struck, out=tuned, mode="clip")
        cycles *= tuned
        np.remainder(cycles, 1.0, out=cycles)
        turns, louder = self._turns[:count], self._louder[:count]
        np.copyto(turns, cycles[:, None])
        turns *= self._harmonics[:count]
        turns *= 2 * np.pi
        begun.real = 0.0
        begun.imag = turns
        np.exp(begun, out=begun)
        np.copyto(louder, loud[:, None])
        begun *= louder
        waved, spread = self._waved[:count], self._spread[:count]
        np.copyto(spread, begun[..., None], casting="same_kind")
        self._waves.take(struck, axis=0, out=waved, mode="clip")
        np.multiply(spread, waved, out=waved)

"""Notes that lie beside a sound, counted in its samples, and the keys that a network sees of them."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.contract.errors import ExtempoError
from models.contract.samples import FEATURES, HALF_LIVES, HEARD, KEYS, LOWEST, SOUNDING
from models.midi import pairing, reading
from models.midi.reading import MidiError

Notes = NDArray[np.int64]
"""Notes (n, 4) as onset, end, pitch and velocity, sorted by onset; times are in samples."""
Keys = NDArray[np.float32]
"""Frames of keys, (F, FEATURES)."""

REMEMBERED: Final = 16 * max(HALF_LIVES)
"""Seconds after which a strike is forgotten: it has faded to 1 in 65,000."""
LAST: Final = np.iinfo(np.int64).max


def read_notes(path: Path, rate: int) -> Notes:
    """Read the notes of a MIDI file, in the samples of a sound of `rate`; the pedal holds them.

    Raises ExtempoError for a file that is broken.
    """
    try:
        file = reading.read(path)
    except MidiError as error:
        raise ExtempoError(
            f"{str(error).rstrip('.')}; mend it, or take it away, and its sound is learned without notes."
        ) from error
    rows = [
        (round(file.seconds(note.onset) * rate), round(file.seconds(note.end) * rate), *note[2:4])
        for note in pairing.notes(file)
    ]
    return untangled(np.array(rows, np.int64).reshape(-1, 4))


def untangled(notes: Notes) -> Notes:
    """Return notes where a key is struck once at a time, and comes up before it is struck again."""
    notes = notes[np.lexsort((-notes[:, 1], notes[:, 0], notes[:, 2]))]
    same_key = notes[1:, 2] == notes[:-1, 2]
    first = np.ones(len(notes), bool)
    first[1:] = ~same_key | (notes[1:, 0] != notes[:-1, 0])
    notes = notes[first]
    following = np.full(len(notes), LAST)
    same_key = notes[1:, 2] == notes[:-1, 2]
    following[:-1][same_key] = notes[1:, 0][same_key]
    notes[:, 1] = np.minimum(np.maximum(notes[:, 1], notes[:, 0] + 1), following)
    return notes[np.lexsort((notes[:, 2], notes[:, 0]))]


def keys_of(notes: Notes, start: int, frames: int, hop: int, rate: int) -> Keys:
    """Return what `Keyboard` would show of notes in the `frames` that begin at sample `start`.

    A strike counts from the first frame that begins at or after it.
    """
    keys = np.zeros((frames, FEATURES), np.float32)
    end = start + frames * hop
    near = notes[: np.searchsorted(notes[:, 0], end)]
    near = near[(near[:, 0] > start - REMEMBERED * rate) | (near[:, 1] > start)]
    near = near[(near[:, 2] >= LOWEST) & (near[:, 2] < LOWEST + KEYS)]
    struck, lifted = -((start - near[:, :2]) // hop).T
    for at, up, pitch, velocity in zip(struck, lifted, near[:, 2], near[:, 3], strict=True):
        key = pitch - LOWEST
        if at >= frames:
            continue
        keys[max(at, 0) :, key] = 0.0
        keys[max(at, 0) : max(up, 0), key] = 1.0
        ages = np.arange(max(at, 0), frames) - at
        for block, half in enumerate(HALF_LIVES, 1):
            fading = 0.5 ** (ages * (hop / rate / half))
            keys[max(at, 0) :, block * KEYS + key] = velocity / 127.0 * fading
        keys[max(at, 0) :, HEARD + key] = ages * (velocity / 127.0 * fading > SOUNDING)
    return keys

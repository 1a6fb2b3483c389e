"""Excerpts as sound, all alike in touch, grid and instrument, so that the ear judges the music alone."""

import io
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from live.ports.audio.synth import Synth
from models.contract.grid import TICKS
from models.corpus.pieces import Longs
from models.measures.excerpt import Excerpt, snapped
from models.midi.messages import Message, NoteOff, NoteOn

BEATS: Final = 48
"""Of an excerpt."""
FEWEST: Final = 24
"""Notes in that time."""
SHORTEST: Final = TICKS // 8
"""Ticks of a note."""
TEMPO: Final = 100.0
RATE: Final = 32000
RING: Final = 1.5
"""Seconds in which the end dies away."""
TOP, OTHERS = 84, 66
"""Velocities of the top line and of all else."""
LOUDNESS: Final = 0.06
"""The root of the mean square of a clip, of 1."""
PEAK: Final = 0.95


def stretch(music: Excerpt, rng: Generator) -> Excerpt | None:
    """Return some bars of music that take `BEATS` beats about, from anywhere in it; None where it has too few."""
    count = -(-BEATS * TICKS // music.bar)
    starts = rng.permutation(max(music.end // music.bar - count + 1, 0))
    cuts = (music.cut(int(start), count) for start in starts)
    return next((cut for cut in cuts if len(cut.notes) >= FEWEST), None)


def even(music: Excerpt) -> Excerpt:
    """Return music on the grid of sixteenths and triplets, its top line a little louder, its touch gone otherwise."""
    notes = music.notes.copy()
    ends = snapped(notes[:, 0] + notes[:, 3])
    notes[:, 0] = snapped(notes[:, 0])
    notes[:, 3] = np.maximum(ends - notes[:, 0], SHORTEST)
    alike = _once(notes)
    alike[:, 2] = np.where(np.append(alike[1:, 0] != alike[:-1, 0], True), TOP, OTHERS)
    return Excerpt(alike, music.beats, music.pulse, music.name)


def _once(notes: Longs) -> Longs:
    """Return notes in order, each pitch once at an onset, and let go before it is struck again."""
    kept: list[list[int]] = []
    following: dict[int, int] = {}
    ordered = notes[np.lexsort((notes[:, 1], notes[:, 0]))]
    for onset, pitch, velocity, duration in reversed(ordered.tolist()):
        after = following.get(pitch)
        if after != onset:
            long = duration if after is None else min(duration, after - onset)
            kept.append([onset, pitch, velocity, long])
        following[pitch] = onset
    return np.array(kept[::-1], np.int64).reshape(-1, 4)


def sound(music: Excerpt) -> NDArray[np.float32]:
    """Return what the built-in synth makes of music, one channel at `RATE`, all equally loud.

    Raises PortError, one sentence, where the synth is missing.
    """
    synth = Synth(rate=RATE)
    for at, message in _messages(music):
        synth.put(at, message)
    seconds = min(music.end / TICKS, BEATS) * 60 / TEMPO
    made = synth.render(0.0, round((seconds + RING) * RATE)).mean(1)
    fade = round(RING * RATE)
    made[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32) ** 2
    loud = float(np.sqrt((made**2).mean()))
    made *= min(LOUDNESS / max(loud, 1e-6), PEAK / max(float(np.abs(made).max()), 1e-6))
    return np.asarray(made, np.float32)


def _messages(music: Excerpt) -> list[tuple[float, Message]]:
    found: list[tuple[float, Message]] = []
    for onset, pitch, velocity, duration in music.notes.tolist():
        if onset < BEATS * TICKS:
            found.append((_seconds(onset), NoteOn(1, pitch, velocity)))
            end = min(onset + duration, BEATS * TICKS)
            found.append((_seconds(end), NoteOff(1, pitch)))
    return sorted(found, key=lambda one: (one[0], isinstance(one[1], NoteOn)))


def _seconds(ticks: int) -> float:
    return ticks / TICKS * 60 / TEMPO


def compressed(samples: NDArray[np.float32]) -> bytes:
    """Return sound as MP3, which every browser plays."""
    import soundfile

    into = io.BytesIO()
    soundfile.write(into, samples, RATE, format="MP3", compression_level=0.6)
    return into.getvalue()

"""Small scores as MIDI files, for tests."""

from pathlib import Path

import mido
import numpy as np

from models.corpus import sources
from models.corpus.splits import Split

Strokes = list[tuple[float, int, float]]
"""Notes as onset and length in beats, and pitch: (onset, pitch, length)."""


def write_score(
    path: Path,
    tracks: list[Strokes],
    *,
    velocity: int = 90,
    metre: tuple[int, int] | None = (4, 4),
    channel: int = 0,
    kind: int = 1,
) -> Path:
    file = mido.MidiFile(type=kind, ticks_per_beat=480)
    for number, strokes in enumerate(tracks):
        track = file.add_track()
        if metre and not number:
            numerator, denominator = metre
            track.append(
                mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator)
            )
        moments = [(round(on * 480), 1, pitch) for on, pitch, _ in strokes]
        moments += [(round((on + length) * 480), 0, pitch) for on, pitch, length in strokes]
        last = 0
        for at, sounds, pitch in sorted(moments):
            message = mido.Message(
                "note_on", channel=channel, note=pitch, velocity=velocity * sounds, time=at - last
            )
            track.append(message)
            last = at
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save(path)
    return path


def random_score(path: Path, seed: int, beats: int = 40, channel: int = 0) -> Path:
    """Two hands: a wandering melody in eighths over a chord a bar; on channel 9, of drums, the tenth."""
    random = np.random.default_rng(seed)
    melody = 67 + np.cumsum(random.integers(-2, 3, beats * 2)) % 12
    right = [(index / 2, int(pitch), 0.5) for index, pitch in enumerate(melody)]
    left = [(bar, 48 + tone, 4.0) for bar in range(0, beats, 4) for tone in (0, 4, 7)]
    hands = [right, [(float(on), pitch, length) for on, pitch, length in left]]
    return write_score(path, hands, channel=channel)


def files_of(folder: Path, split: Split, cache: Path) -> list[Path]:
    """The files of a split of a folder of one's own."""
    found = sources.held(folder, ("train", "valid", "test"), cache)
    return [found.paths[number] for number in found.splits[split]]

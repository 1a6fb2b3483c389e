"""However long a corpus sounds, reading it and drawing from it takes the same memory."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.corpus.sound import sources as sound
from models.corpus.sound.render import midi_of
from models.corpus.sound.windows import Shape, Weighed, measuring_batches, training_batch
from tests.models.sounds import tone

RATE = 8_000
SHAPE = Shape(context=512, scored=1024, hop=64, keys=True)


def one_file(folder: Path, seconds: int) -> None:
    """Write a long recording, bit by bit."""
    folder.mkdir(parents=True)
    with soundfile.SoundFile(folder / "a.flac", "w", RATE, 1) as file:
        for _ in range(seconds):
            file.write(tone(1.0, RATE))


def many_files(folder: Path, seconds: int) -> None:
    """Write pieces of 8 seconds, with 25 notes a second."""
    folder.mkdir(parents=True)
    onsets = np.arange(200) * 4
    notes = np.stack((onsets, onsets + 4, onsets % 88 + 21, onsets % 127 + 1), 1)
    for number in range(seconds // 8):
        soundfile.write(folder / f"{number}.wav", tone(8.0, RATE), RATE)
        midi_of(notes, RATE).save(folder / f"{number}.mid")


def peak(what: Callable[[], object]) -> int:
    """Return the most bytes that were in use at once."""
    tracemalloc.start()
    try:
        what()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def draw(folder: Path, cache: Path) -> None:
    """Draw windows of a corpus that was read before."""
    corpus = sound.load(folder, "train", RATE, cache)
    weighed = Weighed([corpus], np.ones(1))
    for number in range(10):
        training_batch(weighed, 2, SHAPE, 1, number)
    assert len(measuring_batches([corpus], 2, SHAPE, 4)) == 2


@pytest.mark.parametrize("make", [one_file, many_files])
def test_memory_does_not_grow_with_the_corpus(
    make: Callable[[Path, int], None], tmp_path: Path
) -> None:
    cache, reading, drawing = tmp_path / "cache", [], []
    # What is loaded once and kept counts for the first, which is left out.
    for name, seconds in (("first", 40), ("short", 40), ("long", 200)):
        folder = tmp_path / name / "mine"
        make(folder / "train", seconds)
        reading.append(peak(lambda folder=folder: sound.load(folder, "train", RATE, cache)))
        drawing.append(peak(lambda folder=folder: draw(folder, cache)))
    # The rest is 1.3 million codes, or 4,000 notes of 32 bytes; what is kept is the names of files.
    assert reading[2] - reading[1] < 130_000
    assert drawing[2] - drawing[1] < 60_000
    corpus = sound.load(folder, "train", RATE, cache)
    assert len(corpus.codes) == 200 * RATE

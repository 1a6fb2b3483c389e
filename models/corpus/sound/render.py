"""A corpus of rendered piano: scores played by rule, and études for the keyboard's sake.

FluidSynth renders each piece, and its notes lie beside the sound as a MIDI file of the same name.
The gain is the same for all, so that velocity stays audible. Onsets and ends lie on FluidSynth's
own blocks of 64 samples, so that notes and sound agree to the sample.
"""

import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Final

import mido
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.contract.errors import ExtempoError
from models.contract.grid import TICKS
from models.contract.samples import KEYS, LOWEST
from models.contract.whole import whole
from models.corpus import sources
from models.corpus.perform import perform
from models.corpus.pieces import Score
from models.corpus.sound.notes import untangled
from models.corpus.splits import Split

BLOCK: Final = 64
"""Samples in a block of FluidSynth, which begins and ends notes between blocks only."""
LATE: Final = 2 * BLOCK
"""Samples by which FluidSynth's file renderer is late."""
TICKS_PER_BLOCK: Final = 2
"""MIDI ticks a block; FluidSynth is given the odd ones, where no rounding can move a note."""
TICKS_PER_BEAT: Final = 500
GAIN: Final = 1.0
PIECE_SECONDS: Final = 60.0
TAIL_SECONDS: Final = 1.5
ETUDES: Final = 0.25
"""The share of pieces that are études."""
TEMPI: Final = (50.0, 150.0)
TRANSPOSE: Final = (-5, 6)

Blocks = NDArray[np.int64]
"""Notes (n, 4) as onset, end (both in blocks), pitch and velocity, sorted by onset."""


@dataclass(frozen=True)
class Rendering:
    """How a corpus is rendered: the piano (a SoundFont), samples a second, and a seed."""

    piano: Path
    rate: int = 16_000
    seed: int = 1


def render_corpus(
    rendering: Rendering,
    scores: Path,
    out: Path,
    split: Split,
    minutes: float,
    *,
    workers: int = 2,
    report: Callable[[Path], None] = lambda path: None,
) -> list[Path]:
    """Render `minutes` of sound of a split of the scores into `out`/split; what is there stays.

    Returns the sounds' paths. Raises ExtempoError if FluidSynth, the piano or the scores are
    missing.
    """
    if which("fluidsynth") is None:
        raise ExtempoError("fluidsynth is not installed: get it from your system's packages.")
    if not rendering.piano.is_file():
        raise ExtempoError(f"there is no SoundFont {rendering.piano}: name one that is there.")
    pieces = sources.load(scores, split)
    folder = out / split
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:05}.flac" for number in range(round(minutes * 60 / PIECE_SECONDS))]

    def make(number: int) -> None:
        if not paths[number].exists():
            rng = np.random.default_rng((rendering.seed, len(split), number))
            _render(rendering, compose(pieces, rendering.rate, rng), paths[number])
        report(paths[number])

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(make, range(len(paths))))
    return paths


def compose(pieces: list[Score], rate: int, rng: Generator) -> Blocks:
    """Return a minute of notes: two excerpts of scores, or an étude."""
    blocks = PIECE_SECONDS * rate / BLOCK
    if rng.random() < ETUDES:
        return untangled(etude(blocks, rate / BLOCK, rng))
    half = blocks / 2
    parts = []
    for start in (0.0, half):
        piece = pieces[int(rng.integers(len(pieces)))]
        notes = excerpt(piece, half - TAIL_SECONDS * rate / BLOCK, rate / BLOCK, rng)
        notes[:, :2] += int(start)
        parts.append(notes)
    return untangled(np.concatenate(parts))


def excerpt(piece: Score, length: float, blocks_per_second: float, rng: Generator) -> Blocks:
    """Return `length` blocks from anywhere in a piece, performed, transposed, at some tempo."""
    per_tick = 60.0 / (rng.uniform(*TEMPI) * TICKS) * blocks_per_second
    onsets = piece.notes[:, 0]
    last = max(int(onsets[-1]) - round(length / per_tick), 0)
    first = rng.integers(last + 1)
    inside = (onsets >= first) & (onsets < first + length / per_tick)
    if not inside.any():
        inside[int(np.searchsorted(onsets, first))] = True
    notes = perform(piece.notes[inside].astype(np.int64), piece.bars, rng)
    low, high = LOWEST - int(notes[:, 1].min()), LOWEST + KEYS - 1 - int(notes[:, 1].max())
    shift = int(np.clip(rng.integers(TRANSPOSE[0], TRANSPOSE[1] + 1), low, max(high, low)))
    onset = (notes[:, 0] - notes[0, 0]) * per_tick
    end = np.minimum(onset + notes[:, 3] * per_tick, length)
    return np.stack((np.rint(onset), np.rint(end), notes[:, 1] + shift, notes[:, 2]), 1).astype(
        np.int64
    )


def etude(length: float, blocks_per_second: float, rng: Generator) -> Blocks:
    """Return notes and chords all over the keyboard, of every velocity and length, with rests."""
    rows: list[tuple[int, int, int, int]] = []
    at = rng.uniform(0.0, 0.5) * blocks_per_second
    while True:
        seconds = np.exp(rng.uniform(np.log(0.08), np.log(3.0)))
        gap = seconds * rng.choice([0.5, 1.0, 1.2]) + rng.choice([0.0, 0.0, 0.6])
        if at + (seconds + TAIL_SECONDS) * blocks_per_second > length:
            return np.array(rows, np.int64)
        count = int(rng.choice([1, 1, 1, 2, 3, 4]))
        velocity = rng.uniform(12, 120)
        centre = rng.integers(KEYS)
        for _ in range(count):
            key = int(np.clip(centre + (rng.integers(-12, 13) if count > 1 else 0), 0, KEYS - 1))
            loud = int(np.clip(velocity + rng.normal(0, 6), 1, 127))
            end = at + seconds * blocks_per_second
            rows.append((round(at), round(end), LOWEST + key, loud))
        at += gap * blocks_per_second


def midi_of(notes: Blocks, rate: int, late: int = 0) -> mido.MidiFile:
    """Return notes as a MIDI file, in the seconds that they have at this rate, ticks `late`."""
    file = mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_BEAT)
    track = mido.MidiTrack()
    file.tracks.append(track)
    tempo = round(1e6 * TICKS_PER_BEAT / TICKS_PER_BLOCK * BLOCK / rate)
    track.append(mido.MetaMessage("set_tempo", tempo=tempo, time=0))
    timed = [(onset, 1, pitch, velocity) for onset, _, pitch, velocity in notes.tolist()]
    timed += [(end, 0, pitch, 0) for _, end, pitch, _ in notes.tolist()]
    last = 0
    for block, _, pitch, velocity in sorted(timed):
        tick = block * TICKS_PER_BLOCK + late
        track.append(mido.Message("note_on", note=pitch, velocity=velocity, time=tick - last))
        last = tick
    return file


def _render(rendering: Rendering, notes: Blocks, path: Path) -> None:
    """Write the sound of notes as FLAC, and the notes beside it."""
    import soundfile

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        given = Path(folder) / "given.mid"
        midi_of(notes, rendering.rate, late=1).save(given)
        sound = played(rendering, given).reshape(-1, 2).mean(1)[LATE:]
    wanted = round(PIECE_SECONDS * rendering.rate)
    sound = np.pad(sound[:wanted], (0, max(wanted - len(sound), 0)))
    with whole(path) as fresh:
        soundfile.write(fresh, sound, rendering.rate, format="FLAC", subtype="PCM_16")
        midi_of(notes, rendering.rate).save(path.with_suffix(".mid"))


def played(rendering: Rendering, midi: Path) -> NDArray[np.float32]:
    """Return what FluidSynth plays: float32, left and right in turn."""
    raw = midi.with_suffix(".raw")
    options = ["-ni", "-q", "-R", "0", "-C", "0", "-g", str(GAIN), "-r", str(rendering.rate)]
    options += ["-O", "float", "-T", "raw", "-o", "synth.polyphony=512", "-F", str(raw)]
    done = subprocess.run(
        ["fluidsynth", *options, str(rendering.piano), str(midi)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not raw.exists():
        raise ExtempoError(f"fluidsynth could not render {midi}: {done.stderr.strip()}")
    return np.fromfile(raw, "<f4")

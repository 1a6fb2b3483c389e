"""Pieces whose beats are known, and phrases of them as somebody would play them."""

import csv
import json
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from live.time.sources.player.onset import Onset
from models.abc.reader import feed, read
from models.abc.state import BEAT, State
from models.abc.tunes import found
from models.contract.errors import ExtempoError
from models.midi import pairing, reading
from models.midi.messages import NoteOn

Split = Literal["train", "valid", "test"]
KINDS: Final = ("drums", "piano", "song", "tune")
KEPT_ASIDE: Final = frozenset(("drummer5", "drummer6", "drummer10"))
"""Drummers of whom nothing is learned: they are the test."""
GRID: Final = 12
FEWEST: Final = 80
"""Onsets of a piece that is used; 24 of a tune."""
_ACCENT: Final = 5.0
"""Velocity that a rendered beat has more, beside noise of sigma 8."""
_TOGETHER: Final = 0.025
"""Seconds within which what drummers strike is one onset."""


@dataclass(frozen=True)
class Piece:
    """Onsets with their beats (a beat is a pulse: three eighths where those are counted so).

    tempo: beats a minute of a performance; None of a score. by: who plays it, of drums.
    """

    kind: str
    compound: bool
    onsets: tuple[Onset, ...]
    tempo: float | None = None
    by: str = ""


def pieces(split: Split, data: Path, most: int, rng: random.Random) -> dict[str, list[Piece]]:
    """Return pieces of each kind: so many at most, and twice as many tunes."""
    return {
        "drums": list(drummed(split, data / "groove", most, rng)),
        "piano": list(_scores(split, data / "piano_scores", most, rng, melody=False)),
        "song": list(_scores(split, data / "lieder_cc0", most, rng, melody=True)),
        "tune": list(_tunes(split, data / "abc_pd", 2 * most, rng)),
    }


def gathered(notes: Sequence[tuple[float, int, int]], gap: float) -> tuple[Onset, ...]:
    """Return onsets of notes (beat, pitch, velocity): those nearer than `gap` beats are one."""
    onsets: list[Onset] = []
    for beat, pitch, velocity in sorted(notes):
        if onsets and beat - onsets[-1].at < gap:
            onsets[-1] = onsets[-1].joined(pitch, velocity)
        else:
            onsets.append(Onset.of(beat, pitch, velocity))
    return tuple(onsets)


def drummed(split: Split, folder: Path, most: int, rng: random.Random) -> Iterator[Piece]:
    """Yield pieces that drummers have played: of the test those of drummers of whom nothing is learned."""
    with (folder / "info.csv").open() as lines:
        rows = [
            row
            for row in csv.DictReader(lines)
            if row["beat_type"] == "beat" and 60 <= int(row["bpm"]) <= 180
            and float(row["duration"]) > 20 and row["time_signature"] in ("4-4", "3-4")
        ]  # fmt: skip
    aside = {"train": "train", "valid": "validation"}
    used = [
        row
        for row in rows
        if (split == "test" and row["drummer"] in KEPT_ASIDE)
        or (row["split"] == aside.get(split) and row["drummer"] not in KEPT_ASIDE)
    ]
    for row in rng.sample(used, min(most, len(used))):
        file = reading.read(folder / row["midi_filename"])
        tempo = float(row["bpm"])
        notes = [
            (one.tick / file.division, one.message.pitch, one.message.velocity)
            for one in file.events
            if isinstance(one.message, NoteOn)
        ]
        yield Piece("drums", False, gathered(notes, _TOGETHER * tempo / 60), tempo, row["drummer"])


def _scores(
    split: Split, folder: Path, most: int, rng: random.Random, melody: bool
) -> Iterator[Piece]:
    with (folder / "index.csv").open() as lines:
        rows = [row for row in csv.DictReader(lines) if row["split"] == split]
    rng.shuffle(rows)
    for row in rows:
        piece = _score(folder / row["file"], melody)
        if piece is not None:
            yield piece
            most -= 1
        if not most:
            return


def _score(path: Path, melody: bool) -> Piece | None:
    try:
        file = reading.read(path)
    except ExtempoError:
        return None
    notes = pairing.notes(file)
    if melody and notes:
        first = min(one.track for one in notes)
        notes = [one for one in notes if one.track == first]
    metres = {(one.numerator, one.denominator) for one in file.metres}
    units = {_pulse(*one) for one in metres}
    if len(notes) < FEWEST or len(units) != 1 or None in units:
        return None
    pulse = units.pop() or 1.0
    written = [(one.onset / file.division / pulse, one.pitch, 80) for one in notes]
    onsets = gathered(written, 0.02)
    kind = "song" if melody else "piano"
    return Piece(kind, pulse == 1.5, onsets) if _begins_well(onsets) else None


def _tunes(split: Split, folder: Path, most: int, rng: random.Random) -> Iterator[Piece]:
    rows = [json.loads(line) for line in (folder / f"{split}.jsonl").read_text().splitlines()]
    rng.shuffle(rows)
    for row in rows:
        piece = None if "Norbeck" in row["transcriber"] else _tune(row["abc_raw"])
        if piece is not None:
            yield piece
            most -= 1
        if not most:
            return


def _tune(text: str) -> Piece | None:
    tunes = found(text.encode()).tunes
    if not tunes:
        return None
    text = tunes[0].text
    metre = {"C": "4/4", "C|": "2/2"}.get(said := text.split("\n")[0][2:], said)
    numerator, _, denominator = metre.partition("/")
    pulse = _pulse(int(numerator), int(denominator)) if denominator.isdigit() else None
    if pulse is None:
        return None
    state, bar = State(), 4 * BEAT * int(numerator) // int(denominator)
    for letter in text:
        state, _ = feed(state, letter)
        if state.bar:
            break
    upbeat = state.bar % bar / BEAT
    notes = [
        ((one.onset / BEAT - upbeat) / pulse, pitch, 80)
        for one in read(text)
        if one.voice == 0
        for pitch in one.pitches
    ]
    onsets = gathered(notes, 0.02)
    return (
        Piece("tune", pulse == 1.5, onsets) if len(onsets) > 24 and _begins_well(onsets) else None
    )


def _pulse(numerator: int, denominator: int) -> float | None:
    """Return the quarters of a beat; None for metres in which people would not agree."""
    if denominator == 8 and numerator in (3, 6, 9, 12):
        return 1.5
    return 1.0 if denominator == 4 and numerator in (2, 3, 4) else None


def _begins_well(onsets: Sequence[Onset]) -> bool:
    """Return whether most onsets are on beats: else an odd upbeat has moved them."""
    places = np.rint(np.array([one.at for one in onsets]) * GRID).astype(int) % GRID
    return bool(np.argmax(np.bincount(places, minlength=GRID)) == 0)


Times = Callable[[float], float]


@dataclass(frozen=True)
class Phrase:
    """Some beats of a piece, to be played at a tempo; with its own seed it always comes out the same."""

    piece: Piece
    tempo: float
    begins: float
    seed: int


def phrases(found: Sequence[Piece], each: int, beats: int, rng: random.Random) -> Iterator[Phrase]:
    """Yield phrases of so many beats that begin anywhere, half of them on a beat."""
    for piece in found:
        last = int(piece.onsets[-1].at) - beats - 2
        for _ in range(each if last >= 0 else 0):
            begins = rng.randrange(last + 1) + (
                0 if rng.random() < 0.5 else rng.choice((0.25, 0.5, 0.75))
            )
            tempo = piece.tempo or math.exp(rng.uniform(math.log(60), math.log(180)))
            yield Phrase(piece, tempo, begins, rng.randrange(1 << 30))


def played(phrase: Phrase, beats: int, rng: random.Random) -> tuple[list[Onset], Times]:
    """Return a phrase's onsets in seconds, and when each of its beats falls.

    What people have played stays as it is: its beats are theirs, not the click's. A score is played with a
    tempo that drifts by 4 %, onsets that miss by 10 to 25 ms, and accents that are hardly there.
    """
    onsets, begins = phrase.piece.onsets, phrase.begins
    if phrase.piece.tempo is not None:
        spacing = 60 / phrase.tempo
        own = own_beat([one.at for one in onsets if begins - 8 <= one.at < begins + beats + 8])
        chosen = [one for one in onsets if begins - 0.05 <= one.at < begins + beats]
        return [one.moved(one.at * spacing) for one in chosen], lambda beat: (beat + own) * spacing
    swing, period, phase = rng.uniform(-0.04, 0.04), rng.uniform(16, 40), rng.uniform(0, 6.28)
    jitter = rng.uniform(0.010, 0.025)
    grid = np.arange(-4, beats + 20, 0.05)
    spacings = 60 / (phrase.tempo * (1 + swing * np.sin(2 * np.pi * grid / period + phase)))
    at = np.concatenate([[0], np.cumsum(0.05 * spacings[:-1])])
    chosen = [one for one in onsets if begins - 1e-6 <= one.at < begins + beats]

    def times(beat: float) -> float:
        return float(np.interp(beat - begins, grid, at))

    heard = []
    for one in chosen:
        velocity = touch(one, rng)
        heard.append(one.moved(times(one.at) + rng.gauss(0, jitter), velocity))
    return sorted(heard, key=lambda one: one.at), times


def own_beat(beats: Sequence[float]) -> float:
    """Return how far a drummer's beat is from the click's, in beats: what most of their strokes agree on."""
    whole, own = np.array(beats), 0.0
    for _ in range(6):
        off = whole - own - np.rint(whole - own)
        near = off[np.abs(off) < 0.09]
        own += float(np.median(near)) if len(near) else 0.0
    return own


def touch(onset: Onset, rng: random.Random) -> int:
    """Return with which velocity a written onset is played."""
    accent = _ACCENT if abs(onset.at - round(onset.at)) < 0.02 else 0.0
    return round(min(127.0, max(20.0, onset.velocity + accent + rng.gauss(0, 8))))

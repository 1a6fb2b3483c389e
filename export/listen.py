"""Listening to a network of sound: what it plays from held-out notes, beside the sound of those notes.

It plays as on stage, by the compiled network, and hears nothing of the sound that it is held against
but what lies before an excerpt's beginning.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from live.runtime.sound.stream import KEYS
from live.runtime.sound.wavenet import Draw, WaveNet
from models.contract.document import Measured
from models.contract.errors import ExtempoError
from models.contract.samples import FEATURES, Sound, decode
from models.corpus.sound import sources as sound
from models.corpus.sound.notes import Keys, Notes, keys_of
from models.corpus.splits import Split
from models.train.sound.likeness import average_distance, frame_distance
from models.train.sound.onsets import Onsets, onsets
from models.train.sound.pitches import WINDOW, Excerpt, pitches, threshold_of, wrong_notes

BEFORE: Final = 1.0
"""Seconds before an excerpt that the network hears, where there are any."""


@dataclass(frozen=True)
class Heard:
    """Excerpts of held-out sound, each with what was played from its notes, at one rate."""

    rate: int
    real: list[Excerpt]
    played: list[Excerpt]


@dataclass(frozen=True)
class Spot:
    """An excerpt: a sound of a corpus, and the samples from `start` to `end` of it."""

    corpus: sound.Sounds
    number: int
    start: int
    end: int


def spots_of(model: WaveNet, folders: Sequence[Path], split: Split, seconds: float, most: int,
             cache: Path | None = None) -> list[Spot]:  # fmt: skip
    """Return at most so many excerpts of so many seconds, spread evenly over a split of corpora.

    Raises ExtempoError if a corpus is missing, or too short for two.
    """
    rate, hop = model.rate, model.block
    length = round(seconds * rate) // hop * hop
    # A network that nobody plays goes on from what it has heard.
    first = 0 if KEYS in model.abilities else round(BEFORE * rate) // hop * hop
    spots = []
    for folder in folders:
        corpus = sound.load(folder, split, rate, cache, noted=KEYS in model.abilities)
        for number in range(corpus.count):
            last = corpus.length(number) - length
            spots += [
                Spot(corpus, number, start, start + length)
                for start in range(first, last + 1, length)
            ]
    if len(spots) < 2:
        raise ExtempoError(
            f"{split} has no two excerpts of {seconds:g} s: ask for shorter ones (--seconds)."
        )
    count = min(most, len(spots))
    return [spots[index * len(spots) // count] for index in range(count)]


def listen(model: WaveNet, spots: Sequence[Spot], draw: Draw) -> Heard:
    """Let a network play each excerpt's notes; its length in real time is about what it takes."""
    heard = Heard(model.rate, [], [])
    for spot in spots:
        codes, notes = spot.corpus.of(spot.number)
        first, last = np.searchsorted(notes[:, 0], (spot.start, spot.end))
        inside: Notes = notes[first:last] - (spot.start, spot.start, 0, 0)
        heard.real.append((decode(codes[spot.start : spot.end]), inside))
        heard.played.append((_played(model, spot, draw), inside))
    return heard


def _played(model: WaveNet, spot: Spot, draw: Draw) -> Sound:
    codes, notes = spot.corpus.of(spot.number)
    hop = model.block
    before = min(round(BEFORE * model.rate) // hop * hop, spot.start)
    begin = spot.start - before
    frames = (spot.end - begin) // hop
    if KEYS in model.abilities:
        keys: Keys = keys_of(notes, begin, frames, hop, model.rate)
    else:
        keys = np.zeros((frames, FEATURES), np.float32)
    stream = model.open(0)
    if before:
        stream.feed(np.ascontiguousarray(codes[begin : spot.start]), keys[: before // hop])
    out = np.zeros(spot.end - spot.start, np.uint8)
    stream.draw(keys[before // hop :], draw, out)
    return decode(out)


def measures_of(heard: Heard, split: Split, *, keys: bool) -> list[Measured]:
    """Return distances from held-out sound, and how the notes are followed (keys: if it hears them).

    What each may be held against is said beside it.
    """
    measures = _likeness(heard, split, keys)
    if keys:
        measures += _follow(heard, split)
    # Where nothing was heard, nothing was late.
    return [measure for measure in measures if math.isfinite(measure.value)]


def _likeness(heard: Heard, split: Split, keys: bool) -> list[Measured]:
    real, played = ([sound for sound, _ in side] for side in (heard.real, heard.played))
    others = real[1:] + real[:1]
    distances = {
        measure: {
            who: _mean([measure(a, b, heard.rate) for a, b in zip(one, other, strict=True)])
            for who, one, other in (
                ("same", played, real), ("other", played, others), ("real", real, others),
            )
        }
        for measure in (average_distance, frame_distance)
    }  # fmt: skip
    average, frame = distances[average_distance], distances[frame_distance]
    measures = [
        Measured(
            f"average spectrum, {split}",
            average["other"],
            "dB from real sound of other notes",
            f"two real excerpts of other notes: {average['real']:.1f} dB",
        )
    ]
    if keys:
        beside = f"real sound of other notes: {frame['other']:.1f} dB; two real excerpts of other "
        measures += [
            Measured(
                f"spectrum by frame, {split}",
                frame["same"],
                "dB from real sound of the same notes",
                f"{beside}notes: {frame['real']:.1f} dB",
            ),
            Measured(
                f"average spectrum of the same notes, {split}",
                average["same"],
                "dB from real sound of the same notes",
                f"two real excerpts of other notes: {average['real']:.1f} dB",
            ),
        ]
    return measures


def _follow(heard: Heard, split: Split) -> list[Measured]:
    end = min(len(sound) for sound, _ in heard.real) - round(WINDOW[1] * heard.rate)
    real, played = (
        [(sound, notes[notes[:, 0] < end]) for sound, notes in side]
        for side in (heard.real, heard.played)
    )
    # A network that hears keys may have learned from sounds without notes, too.
    if not any(len(wrong_notes(notes, heard.rate)) for _, notes in real):
        return []
    threshold = threshold_of(real, heard.rate)
    truth, own = (pitches(side, heard.rate, threshold) for side in (real, played))
    struck, answered = (onsets(side, heard.rate) for side in (real, played))
    return [
        Measured(
            f"pitches found, {split}",
            100.0 * own.found,
            f"% of {own.notes} notes",
            f"real sound: {100.0 * truth.found:.0f} %; pitches that were not struck: "
            f"{100.0 * own.wrong:.0f} %, in real sound {100.0 * truth.wrong:.0f} %",
        ),
        Measured(
            f"onsets heard, {split}",
            100.0 * answered.heard,
            f"% of {answered.count} onsets",
            f"real sound: {100.0 * struck.heard:.0f} %; where nothing is struck: "
            f"{100.0 * answered.unstruck:.0f} %, in real sound {100.0 * struck.unstruck:.0f} %",
        ),
        Measured(
            f"delay of the onsets heard, {split}",
            1000.0 * answered.quantile(0.5),
            "ms, median",
            f"{_spread(answered)}; real sound: median {1000.0 * struck.quantile(0.5):.0f}, "
            f"{_spread(struck)}",
        ),
    ]


def _spread(found: Onsets) -> str:
    low, high = (1000.0 * found.quantile(share) for share in (0.1, 0.9))
    return f"10 % under {low:.0f}, 90 % under {high:.0f} ms"


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)

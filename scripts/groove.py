"""How much of people's timing and touch a network of drums has learned, beside what drum and place alone tell.

Three figures for each factor, nats a hit of the same windows: the network's, a Markov chain's (both as `extempo
measure` has them), and of counts that know drum, beat and tick. The last also without the takes of the same session.
Then how far from its place each drum is struck, by people and in renderings of the network.
Run it from the project's folder: `.venv-dev/bin/python scripts/groove.py CHECKPOINT --data data --takes folder`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

import click
import numpy as np
import torch
from numpy.typing import NDArray

from models.contract.grid import BEATS, TICKS
from models.contract.representation import Representation
from models.contract.representations.drums import KIT, OFFSETS
from models.contract.spans import TIMES
from models.corpus import sources
from models.corpus.encoders.drums import DrumsEncoder
from models.corpus.pieces import Piece
from models.corpus.readers.midi import MidiReader
from models.corpus.windows import Batch, Weighed, measuring_batches
from models.train.checkpoint import load_checkpoint
from models.train.evaluate import SEED, measure
from models.train.floors import floors

Rows = NDArray[np.int64]
"""Hits: beat and tick of the step before, beat, tick, time, drum, velocity, offset (n, 8)."""
BEFORE_BEAT, BEFORE_TICK, BEAT, TICK, TIME, DRUM, VELOCITY, OFFSET = range(8)
BATCH: Final = 32
WEIGHTS: Final = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Of what is known with less, in hits; the best is chosen on every tenth take that is learned from."""
TENTH: Final = 10
KNOWN: Final[Mapping[str, tuple[int, tuple[int, ...]]]] = {
    "time": (TIME, (BEFORE_TICK, BEFORE_BEAT)),
    "drum": (DRUM, (TICK, BEAT)),
    "velocity": (VELOCITY, (DRUM, TICK, BEAT)),
    "offset": (OFFSET, (DRUM, TICK, BEAT)),
}
"""Of each factor where it stands in a row, and what is known of it, the coarsest first."""
SIXTEENTH: Final = TICKS // 4
FEWEST: Final = 4
"""Bars of a take."""
PLACES: Final = (
    (36, 0, 0),
    (38, 1, 0),
    (38, 3, 0),
    (42, 0, 0),
    (42, 0, 12),
    (42, 0, 6),
    (42, 0, 18),
)
"""Drum, beat (from 0) and tick of what is told apart."""
NAMES: Final = {36: "kick", 38: "snare", 42: "hi-hat"}


def rows_of(batches: Iterable[Batch]) -> Rows:
    """Return the hits of windows that count, in their order."""
    found = []
    for batch in batches:
        places = batch.conditions[..., :2]
        rows = np.concatenate((places[:, :-1], places[:, 1:], batch.codes[:, 1:]), -1)
        found.append(rows[batch.scored[..., VELOCITY - TIME]])
    return np.concatenate(found)


@dataclass
class Counts:
    """How often a class was seen with what is known of it, from nothing to all of it."""

    sizes: tuple[int, ...]
    at: int
    known: tuple[int, ...]
    tables: list[Rows]

    @classmethod
    def of(cls, representation: Representation, factor: str, rows: Rows) -> "Counts":
        """Count rows."""
        at, known = KNOWN[factor]
        inputs = representation.inputs
        every = (BEATS, TICKS, BEATS, TICKS, *(column.classes for column in inputs))
        tables = []
        for many in range(len(known) + 1):
            used = (*known[:many], at)
            table = np.zeros([every[one] for one in used], np.int64)
            np.add.at(table, tuple(rows[:, one] for one in used), 1)
            tables.append(table)
        return cls(every, at, known, tables)

    def without(self, other: "Counts") -> "Counts":
        """Return the counts less those of some of the same rows."""
        left = [a - b for a, b in zip(self.tables, other.tables, strict=True)]
        return Counts(self.sizes, self.at, self.known, left)

    def nats(self, rows: Rows, weight: float) -> float:
        """Return the mean nats of rows; each count is smoothed by what is known with less."""
        chances = np.full(len(rows), 1 / self.sizes[self.at])
        for many, table in enumerate(self.tables):
            where = tuple(rows[:, one] for one in self.known[:many])
            seen = table[(*where, rows[:, self.at])]
            chances = (seen + weight * chances) / (table.sum(-1)[where] + weight)
        return float(-np.log(chances).mean())


def placed(
    representation: Representation, takes: Sequence[Rows], asked: Rows
) -> dict[str, tuple[float, float, Counts]]:
    """Return for each factor nats of `asked`, the weight it was smoothed with, and the counts of `takes`."""
    tuned = np.concatenate(takes[::TENTH])
    some = np.concatenate([rows for n, rows in enumerate(takes) if n % TENTH])
    found = {}
    for factor in KNOWN:
        fewer = Counts.of(representation, factor, some)
        weight = min(WEIGHTS, key=lambda one: fewer.nats(tuned, one))
        counts = Counts.of(representation, factor, np.concatenate(takes))
        found[factor] = (counts.nats(asked, weight), weight, counts)
    return found


def windows(encoder: DrumsEncoder, pieces: Sequence[Piece]) -> list[Batch]:
    """Return the windows of pieces on which networks are measured."""
    return list(measuring_batches(encoder, pieces, BATCH, encoder.measured, SEED))


def apart(
    encoder: DrumsEncoder,
    learned: Mapping[Path, Rows],
    asked: Mapping[Path, Sequence[Piece]],
    known: Mapping[str, tuple[float, float, Counts]],
) -> dict[str, float]:
    """Return nats by place of each session's takes where no take of the same is counted."""
    sums: dict[str, float] = defaultdict(float)
    hits = 0
    for name, pieces in asked.items():
        rows = rows_of(windows(encoder, pieces))
        hits += len(rows)
        for factor, (_, weight, counts) in known.items():
            own = learned.get(name)
            left = counts
            if own is not None:
                left = counts.without(Counts.of(encoder.representation, factor, own))
            sums[factor] += left.nats(rows, weight) * len(rows)
    return {factor: value / hits for factor, value in sums.items()}


def told(encoder: DrumsEncoder, pieces: Sequence[Piece]) -> dict[tuple[int, int, int], str]:
    """Return of drums at places: hits, mean and deviation of offset (quarters of a tick) and of velocity."""
    rows = rows_of(windows(encoder, pieces))
    said = {}
    for drum, beat, tick in (*PLACES, (0, -1, -1)):
        chosen = np.ones(len(rows), bool)
        if drum:
            chosen = (rows[:, DRUM] == KIT.index(drum)) & (rows[:, TICK] == tick)
            chosen &= rows[:, BEAT] == beat
        late = np.array(OFFSETS)[rows[chosen, OFFSET]]
        loud = rows[chosen, VELOCITY] * 4 + 2
        if len(late):
            said[drum, beat, tick] = (
                f"{len(late):6} hits, {late.mean():+.2f} ({late.std():.2f}), touch {loud.mean():.0f} "
                f"({loud.std():.0f})"
            )
    return said


@dataclass(frozen=True)
class Habits:
    """What takes are like: hits a bar, the share of hits that a bar has in common with the one before, to the sixteenth
    (of those that either has), and the deviation of offsets within a take, in quarters of a tick.
    """

    hits: float
    alike: float
    within: float

    @classmethod
    def of(cls, encoder: DrumsEncoder, pieces: Sequence[Piece]) -> "Habits":
        """Return the means over takes that have four bars or more."""
        found = []
        for piece in pieces:
            steps = encoder.window(
                piece, 0, encoder.count(piece), np.random.default_rng(0), varied=False
            )
            codes, (beat, tick) = steps.codes[1:], steps.conditions[1:, :2].T
            onsets = np.cumsum(np.array(TIMES)[codes[:, 0]])
            bars: dict[int, set[tuple[int, int]]] = defaultdict(set)
            for onset, inside, drum in zip(onsets, beat * TICKS + tick, codes[:, 1], strict=True):
                bars[int(onset - inside)].add((round(inside / SIXTEENTH), int(drum)))
            struck = [frozenset(hits) for _, hits in sorted(bars.items())]
            if len(struck) >= FEWEST:
                alike = np.mean([len(a & b) / len(a | b) for a, b in pairwise(struck)])
                found.append(
                    (
                        len(codes) / len(struck),
                        float(alike),
                        float(np.array(OFFSETS)[codes[:, 3]].std()),
                    )
                )
        return cls(*np.mean(found, 0).tolist())


def takes_of(folder: Path) -> list[Piece]:
    """Return the drums of the MIDI files of a folder, as they are struck."""
    return [
        piece for path in sorted(folder.glob("*.mid")) for piece in MidiReader().read(path).pieces
    ]


def compare(encoder: DrumsEncoder, valid: Sequence[Piece], takes: Sequence[Path]) -> None:
    """Print how far from their places drums are struck, by people and in each folder of renderings."""
    read: dict[str, Sequence[Piece]] = {"people": valid}
    read |= {folder.name: takes_of(folder) for folder in takes}
    for name, pieces in read.items():
        habits = Habits.of(encoder, pieces)
        print(
            f"{name}: {habits.hits:.1f} hits a bar; {habits.alike:.0%} as in the bar before; "
            f"deviation of offsets within a take {habits.within:.2f}"
        )
    sides = {name: told(encoder, pieces) for name, pieces in read.items()}
    print("offset in quarters of a tick: mean (deviation); velocity: mean (deviation)")
    for place in sides["people"]:
        drum, beat, tick = place
        where = f"{NAMES[drum]}, beat {beat + 1}, tick {tick}" if drum else "all drums"
        for name, said in sides.items():
            print(f"  {where:24} {name:10} {said.get(place, 'none')}")


@click.command()
@click.argument("checkpoint", type=click.Path(path_type=Path, exists=True))
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--corpus", default="groove", show_default=True)
@click.option("--split", type=click.Choice(["valid", "test"]), default="valid", show_default=True)
@click.option("--takes", type=click.Path(path_type=Path, exists=True), multiple=True)
@click.option("--threads", default=1, show_default=True)
def main(
    checkpoint: Path,
    data: Path,
    corpus: str,
    split: Literal["valid", "test"],
    takes: tuple[Path, ...],
    threads: int,
) -> None:
    """Measure a checkpoint of drums on a split beside floors, and its renderings in --takes beside people."""
    torch.set_num_threads(threads)
    net = load_checkpoint(checkpoint).build()
    encoder = DrumsEncoder(net.representation)
    found = sources.held(data / corpus, ("train", split), kinds=encoder.reads)
    learned, valid = found.of("train"), found.of(split)
    batches = windows(encoder, valid)
    by_take = [rows_of(windows(encoder, [piece])) for piece in learned]
    known = placed(encoder.representation, by_take, rows_of(batches))
    homes = [found.paths[number].parent for number in found.splits["train"]]
    whole = {
        home: np.concatenate(
            [rows for one, rows in zip(homes, by_take, strict=True) if one == home]
        )
        for home in set(homes)
    }
    asked: dict[Path, list[Piece]] = defaultdict(list)
    for number, piece in zip(found.splits[split], valid, strict=True):
        asked[found.paths[number].parent].append(piece)
    others = apart(encoder, whole, asked, known)
    chain = floors(Weighed.of(encoder, {corpus: (1.0, learned)}), 1, batches)
    model = measure(net, batches)
    print(
        f"{len(valid)} takes of {split}, of {len(asked)} sessions; "
        f"{len(asked.keys() - whole.keys())} of these have no take in train"
    )
    print("nats a hit: network, Markov chain, drum and place, the same without the take's session")
    for factor in KNOWN:
        print(
            f"  {factor:9} {model[factor]:.3f}  {chain[factor]:.3f}  {known[factor][0]:.3f}  {others[factor]:.3f}"
        )
    compare(encoder, valid, takes)


if __name__ == "__main__":
    main()

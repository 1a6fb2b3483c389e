"""What the knob novelty does: how many runs of the training pieces are played with and without it, and what it costs.

It plays from nothing, as `extempo render` does, and counts with the pieces themselves, not with the index.
Run it from the project's folder: `.venv-dev/bin/python scripts/novelty.py improviser --data data`.
"""

from pathlib import Path

import click
import numpy as np

from export.evaluate.copies import NOTES
from live.engine.offline import render
from live.ipc.config import EngineOptions
from live.ipc.news import Trouble
from live.runtime.library import find
from live.runtime.opening import Opened, opened
from live.runtime.timing import time_hot, time_paced
from models.contract.grid import TICKS
from models.contract.index import LENGTHS, LONGEST, keys_of
from models.corpus import sources
from models.corpus.encoders.table import encoder_of
from models.measures.copying import Known
from models.measures.excerpt import Excerpt

TEMPO = 100.0


def known(artifact: Opened, data: Path) -> Known:
    """Return what the artifact has learned from."""
    kinds = encoder_of(artifact.take().representation).reads
    pieces = []
    for corpus in artifact.document.corpora:
        for piece in sources.read(data / corpus.name, ("train",), kinds=kinds)["train"]:
            pieces.append((piece.name, NOTES[kinds[0]](piece)))
    return Known(pieces)


def played(artifact: Opened, novelty: str, seed: int, bars: int) -> tuple[Excerpt, int]:
    """Return what is played from nothing, and how often the guard left no pitch."""
    knobs = {"novelty": novelty, "seed": seed}
    options = EngineOptions(
        artifact=str(artifact.path), knobs=knobs, transport={"tempo": TEMPO}, beats=4 * bars
    )
    done = render(options, lambda path: artifact)
    rows = [
        (round(note.at * TEMPO / 60 * TICKS), note.pitch, note.velocity, 1)
        for note in done.notes
        if not note.part
    ]
    empty = sum(isinstance(one, Trouble) and one.code == "novelty" for one in done.news)
    notes = np.array(rows, np.int64).reshape(-1, 4)
    notes[:, 0] = np.maximum(notes[:, 0], 0)
    return Excerpt(notes), empty


def falsely(artifact: Opened, data: Path, pieces: int) -> str:
    """Return how often the index takes what does not stand in the training pieces for what does.

    Asked about all 128 pitches after each note of unseen pieces.
    """
    model, corpora = artifact.take(), [one.name for one in artifact.document.corpora]
    kinds = encoder_of(model.representation).reads
    learned = [
        piece.line()
        for name in corpora
        for piece in sources.read(data / name, ("train",), kinds=kinds)["train"]
    ]
    unseen = sources.read(data / corpora[0], ("valid",), kinds=kinds)["valid"][:pieces]
    said = []
    for length in LENGTHS:
        stand = set(np.concatenate([keys_of(line, length) for line in learned]).tolist())
        asked = wrong = 0
        for line in (piece.line() for piece in unseen):
            for at in range(length, len(line)):
                tops = line[at - length : at]
                found = np.flatnonzero(model.index.completing(tuple(tops.tolist()), length))
                keys = [int(keys_of(np.append(tops, pitch), length)[0]) for pitch in found]
                wrong += sum(key not in stand for key in keys)
                asked += 128
        said.append(f"{length}: {wrong} of {asked:,}")
    return ", ".join(said)


def cost(artifact: Opened, tops: list[int], novelty: int) -> str:
    """Return what an event costs under the guard: what may begin, and what may join."""
    index = artifact.take().index
    places = iter(range(LONGEST + 1, len(tops) * 10**6))

    def ask() -> None:
        at = LONGEST + 1 + next(places) % (len(tops) - LONGEST - 1)
        line = tuple(tops[at - LONGEST - 1 : at])
        index.completing(line, novelty)
        index.completing(line[:-1], novelty)

    return ", ".join(
        f"{name} {found.p50:.0f} us (p99 {found.p99:.0f})"
        for name, found in (("hot", time_hot(ask, 2000)), ("20 a second", time_paced(ask, 200)))
    )


@click.command()
@click.argument("model")
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--seeds", default=6, show_default=True)
@click.option("--bars", default=250, show_default=True, help="Of four beats, with each seed.")
@click.option("--pieces", default=0, help="Of valid, by which false alarms are counted.")
@click.option("--novelty", multiple=True, default=("off", *map(str, LENGTHS)), show_default=True)
def main(
    model: str, data: Path, seeds: int, bars: int, pieces: int, novelty: tuple[str, ...]
) -> None:
    """Count for each setting of novelty what is copied, and time the guard on what was played."""
    artifact = opened(find(model))
    if pieces:
        print(f"false alarms: {falsely(artifact, data, pieces)}")
    corpus = known(artifact, data)
    print(
        f"{seeds * bars * 4 / TEMPO / 60:.2f} hours; runs of 8, 12, 16, 24 that stand; longest; rests"
    )
    for setting in novelty:
        found, longest, rests, notes = dict.fromkeys(LENGTHS, 0.0), 0, 0, 0
        tops: list[int] = []
        for seed in range(1, seeds + 1):
            excerpt, empty = played(artifact, setting, seed, bars)
            rests += empty
            notes += len(excerpt.notes)
            tops += excerpt.top[:, 1].tolist()
            longest = max(longest, corpus.longest(excerpt).length)
            for length, share in corpus.shares(excerpt, LENGTHS).items():
                found[length] += 0 if np.isnan(share) else share * (len(excerpt.top) - length)
        runs = ", ".join(f"{round(count)}" for count in found.values())
        print(
            f"{setting}: {notes} notes, {len(tops)} onsets; {runs}; {longest}; {rests}", flush=True
        )
        if setting != "off":
            print(f"  {cost(artifact, tops, int(setting))}", flush=True)


if __name__ == "__main__":
    main()

"""The figures of a trained model: nats an event on a split, beside a Markov chain's."""

import json
from pathlib import Path
from typing import Literal

import msgspec
from matplotlib.figure import Figure as Drawing

from models.contract.document import Figure
from models.contract.performance import FACTORS
from models.corpus import sources
from models.corpus.windows import Weighed, measuring_batches
from models.train.checkpoint import Checkpoint
from models.train.evaluate import LENGTH, SEED, measure
from models.train.floors import floors
from models.train.recipe import Recipe
from models.train.sound import FACTOR

BATCH = 32


def figures_of(
    checkpoint: Checkpoint,
    data: Path,
    split: Literal["valid", "test"],
    *,
    most: int | None = None,
    cache: Path | None = None,
) -> list[Figure]:
    """Measure a checkpoint on a split of the corpora that it learned from, in float32.

    most: at most so many windows, spread evenly (None: all).
    Raises ExtempoError if a corpus is missing.
    """
    recipe = msgspec.convert(checkpoint.recipe, Recipe)
    pieces = [p for name in recipe.corpora for p in sources.load(data / name, split, cache)]
    batches = list(measuring_batches(pieces, BATCH, LENGTH, SEED, most))
    weighed = Weighed.of(
        {
            name: (weight, sources.load(data / name, "train", cache))
            for name, weight in recipe.corpora.items()
        }
    )
    model = measure(checkpoint.build(), batches)
    floor = floors(weighed, recipe.seed, batches)
    return [Figure(split, factor, model[factor], floor[factor]) for factor in (*FACTORS, "all")]


def draw_losses(log: Path, picture: Path) -> None:
    """Draw the nats of a run's log, on the training stream and on valid, as a PNG."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    figure = Drawing(figsize=(9, 5), layout="constrained")
    axes = figure.add_subplot()
    known = {name for line in lines for name in line.get("train") or line.get("valid") or {}}
    factors = [factor for factor in (*FACTORS, FACTOR) if factor in known]
    for number, factor in enumerate((*factors, "all") if len(factors) > 1 else factors):
        trained = [(line["minutes"], line["train"][factor]) for line in lines if "train" in line]
        valid = [(line["minutes"], line["valid"][factor]) for line in lines if "valid" in line]
        colour = f"C{number}"
        if trained:
            axes.plot(*zip(*trained, strict=True), color=colour, alpha=0.35)
        # A short run has no lines of training, and one that was killed early none of valid.
        axes.plot(
            [at for at, _ in valid],
            [nats for _, nats in valid],
            color=colour,
            marker="o",
            label=f"{factor}, valid",
        )
    unit = "a sample" if FACTOR in known else "an event"
    axes.set(xlabel="minutes of training", ylabel=f"nats {unit} (pale: training stream)")
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend()
    figure.savefig(picture, dpi=90)

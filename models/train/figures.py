"""The figures of a model on a split of corpora: nats a step, beside a Markov chain's."""

import json
from pathlib import Path
from typing import Final

from matplotlib.figure import Figure as Drawing

from models.contract.document import Figure
from models.corpus import sources
from models.corpus.prints import known, piece_print
from models.corpus.windows import Weighed, measuring_batches
from models.train.evaluate import SEED, factors_of
from models.train.floors import floors
from models.train.sound.task import FACTOR
from models.train.subject import Asked, Overlap, Subject, heard_by
from models.train.task import corpora_of

BATCH: Final = 32


def figures_of(subject: Subject, asked: Asked) -> tuple[list[Figure], Overlap]:
    """Measure a model of notes on a split, beside a chain that knows the training split of the same.

    Raises ExtempoError if a corpus is missing.
    """
    assert subject.nats is not None
    assert subject.writes is not None
    kinds = subject.writes.reads
    corpora, pieces = corpora_of(asked.corpora, asked.data, asked.split, asked.cache, kinds)
    batches = list(
        measuring_batches(
            subject.writes, pieces, BATCH, subject.writes.measured, SEED, subject.most
        )
    )
    windows = sum(len(batch.codes) for batch in batches)
    model = subject.nats(batches)
    floor = floors(Weighed.of(subject.writes, corpora), subject.seed, batches)
    spread = windows if windows == subject.most else 0
    figures = [
        Figure(asked.split, factor, model[factor], floor[factor], spread, asked.names)
        for factor in floor
    ]
    heard, unknown = heard_by(
        subject,
        {Path(name).name: map(piece_print, own) for name, (_, own) in corpora.items()},
        lambda name: map(
            piece_print,
            sources.read(asked.data / name, ("train",), asked.cache, kinds)["train"],
        ),
    )
    again = known([(piece_print(piece),) for piece in pieces], heard)
    return figures, Overlap(len(pieces), [pieces[number].name for number in again], unknown)


def draw_losses(log: Path, picture: Path) -> None:
    """Draw the nats of a run's log, on the training stream and on valid, as a PNG."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    figure = Drawing(figsize=(9, 5), layout="constrained")
    axes = figure.add_subplot()
    factors = list(dict.fromkeys(name for line in lines for name in factors_of(line)))
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
    unit = "a sample" if FACTOR in factors else "a step"
    axes.set(xlabel="minutes of training", ylabel=f"nats {unit} (pale: training stream)")
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend()
    figure.savefig(picture, dpi=90)

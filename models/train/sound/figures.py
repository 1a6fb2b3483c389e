"""The figures of a trained model of sound: nats a sample on a split, beside simple floors."""

import math
from dataclasses import dataclass
from typing import Final, Literal

from models.contract.document import Figure, Measured
from models.corpus.prints import known
from models.corpus.sound import sources as sound
from models.corpus.sound.windows import measuring_batches
from models.train.sound.floors import BATCH, Linear, Unigram, mean, stream
from models.train.sound.task import (
    FACTOR,
    MEASURED_SECONDS,
    corpora_of,
    measure,
    prints_of,
    shape_of,
)
from models.train.subject import Asked, Overlap, Subject, heard_by

MOST: Final = 512
"""How many windows are measured at most, unless another number is asked for."""


@dataclass(frozen=True)
class Figures:
    """Nats a sample on a split: the model's, a linear predictor's, and of the codes' frequencies alone."""

    split: Literal["valid", "test"]
    model: float
    linear: float
    unigram: float
    windows: int = 0
    corpora: tuple[str, ...] = ()

    @property
    def figure(self) -> Figure:
        """Return what an artifact says of them, in nats."""
        return Figure(self.split, FACTOR, self.model, self.linear, self.windows, self.corpora)

    def measure_on(self, where: str) -> Measured:
        """Return the same in bits; where: the split, or what else it was measured on."""
        beside = (
            f"linear predictor: {bits(self.linear):.2f}; how often each code comes, alone: "
            f"{bits(self.unigram):.2f}"
        )
        return Measured(f"what comes next, {where}", bits(self.model), "bits a sample", beside)


def bits(nats: float) -> float:
    """Return nats as bits."""
    return nats / math.log(2.0)


def figures_of(subject: Subject, asked: Asked) -> tuple[Figures, Overlap]:
    """Measure a model of sound on windows spread over a split, in float32, beside the floors.

    Raises ExtempoError if a corpus is missing.
    """
    net = subject.net
    assert net is not None
    weighed, held_out = corpora_of(asked.corpora, net, asked.data, asked.split, asked.cache)
    shape, most = shape_of(net, MEASURED_SECONDS), subject.most or MOST
    batches = measuring_batches(held_out, BATCH, shape, most)
    windows = sum(len(batch.codes) for batch in batches)
    fitted_on = stream(weighed, shape, subject.seed)
    figures = Figures(
        asked.split,
        measure(net, batches),
        mean(batches, Linear.fit(fitted_on).nats),
        mean(batches, Unigram.fit(fitted_on).nats),
        windows if windows == most else 0,
        asked.names,
    )
    rate, noted = net.config.rate, bool(net.config.keys)
    heard, unknown = heard_by(
        subject,
        {corpus.name: prints_of([corpus]) for corpus in weighed.corpora},
        lambda name: prints_of(
            [sound.load(asked.data / name, "train", rate, asked.cache, noted=noted)]
        ),
    )
    sounds = [pair for corpus in held_out for pair in zip(corpus.names, corpus.prints, strict=True)]
    again = known([prints for _, prints in sounds], heard)
    return figures, Overlap(len(sounds), [sounds[number][0] for number in again], unknown)

"""The golden pair: a phrase as it goes into the network, and what the network says comes next."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from live.runtime.golden import LEAST
from models.contract.pair import Output, Pair, Tensor, kept
from models.contract.representation import (
    CONDITIONS,
    NEXT_CONDITIONS,
    STEP,
    Codes,
    Representation,
    drawn_name,
    logits_name,
)
from models.contract.stream import Array
from models.corpus.encoders.table import encoder_of
from models.nets.notes import NotesNet

TOLERANCE: Final = {"fp32": 1e-3, "int8": 0.5}
"""By precision, the largest difference of log-probabilities that still counts as equal."""


class Phrase:
    """Real steps and their conditions, the start first; the last one is only foretold.

    codes: int64 (n + 1, inputs). conditions: int64 (n + 1, conditions).
    """

    def __init__(self, representation: Representation) -> None:
        steps = encoder_of(representation).golden()
        self.codes, self.conditions = steps.codes, steps.conditions
        self._targets = representation.targets()

    @property
    def drawn(self) -> Codes:
        """Return the codes of all factors of each step but the start, (n, drawn)."""
        return np.ascontiguousarray(self.codes[1:, self._targets])


def reference(net: NotesNet, phrase: Phrase) -> dict[str, NDArray[np.float32]]:
    """Return PyTorch's logits after every step of the phrase but the last, (n, ..., classes) by factor."""
    codes, conditions = (torch.from_numpy(rows)[None] for rows in (phrase.codes, phrase.conditions))
    with torch.no_grad():
        logits = net.eval().logits(codes, conditions)
    return {factor: values[0].numpy() for factor, values in logits.items()}


def pairs(net: NotesNet, precision: str) -> Iterator[Pair]:
    """Yield what has to agree: a pair that ends with each step of the phrase, all heads given the true factors."""
    representation = net.representation
    phrase = Phrase(representation)
    logits, drawn = reference(net, phrase), phrase.drawn
    for last in range(len(drawn)):
        after = slice(last + 1, last + 2)
        inputs: dict[str, Array] = {
            STEP: phrase.codes[: last + 1, None],
            CONDITIONS: phrase.conditions[: last + 1, None],
        }
        outputs = {}
        for number, factor in enumerate(representation.factors):
            if representation.read_by(number):
                inputs[NEXT_CONDITIONS] = phrase.conditions[after]
            if representation.told(number):
                given = drawn[last : last + 1, : representation.told(number)]
                inputs[drawn_name(factor.name)] = given
            said = Tensor.of(logits[factor.name][last : last + 1])
            outputs[logits_name(factor.name)] = Output(said, least=LEAST)
        yield Pair(kept(inputs), outputs, {precision: TOLERANCE[precision]})


def pair(net: NotesNet, precision: str) -> Pair:
    """Return the golden pair of a network: the whole phrase, its tolerance being that of the precision."""
    *_, last = pairs(net, precision)
    return last

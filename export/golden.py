"""The golden pair: a phrase as it goes into the network, and what the network says comes next."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from models.contract.document import Golden
from models.contract.representation import Codes, Representation
from models.corpus.encoders.table import encoder_of
from models.nets.events import EventNet, factor_logits

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


def reference(net: EventNet, phrase: Phrase) -> dict[str, NDArray[np.float32]]:
    """Return PyTorch's logits after every step of the phrase but the last, (n, ..., classes) by factor."""
    codes, conditions = (torch.from_numpy(rows)[None] for rows in (phrase.codes, phrase.conditions))
    with torch.no_grad():
        contexts = net.eval()(codes[:, :-1], conditions[:, :-1])
        logits = factor_logits(net, contexts, codes[:, 1:], conditions[:, 1:])
    return {factor: values[0].numpy() for factor, values in logits.items()}


def golden(net: EventNet, precision: str) -> Golden:
    """Return the golden pair of a network, its tolerance being that of the precision."""
    representation = net.representation
    phrase = Phrase(representation)
    logits = reference(net, phrase)
    last = representation.drawn(len(representation.factors) - 1)
    return Golden(
        events=phrase.codes[:-1].tolist(),
        places=phrase.conditions[:-1].tolist(),
        onset=phrase.conditions[-1].tolist(),
        drawn=phrase.drawn[-1, :last].tolist(),
        logits={factor: values[-1].ravel().tolist() for factor, values in logits.items()},
        tolerance={precision: TOLERANCE[precision]},
    )

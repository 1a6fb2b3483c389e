"""What a step is drawn from: a decoder's tools, each factor's head under its mask."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from live.declared.knobs import NoteKnobs
from live.engine.notes.guard import Guard
from live.engine.notes.history import PHRASE, Moment
from live.engine.notes.pointer import Pointer
from live.engine.notes.sampling import (
    Logits,
    Mask,
    Sampling,
    Weights,
    apply_temperature,
    sample_logits,
    sample_side_by_side,
    truncate,
    uniform,
    uniforms,
)
from live.engine.notes.sections import Sections
from live.engine.notes.trading import ALONE, Trade
from live.time.clock import Bars
from models.contract.representation import Codes
from models.contract.stepping import StepModel

_OWN: Final[Mapping[str, Callable[[NoteKnobs], float]]] = MappingProxyType(
    {
        "time": lambda knobs: knobs.temperature_time,
        "struck": lambda knobs: knobs.temperature_pitch,
        "length": lambda knobs: knobs.temperature_duration,
        "pitch": lambda knobs: knobs.temperature_pitch,
        "drum": lambda knobs: knobs.temperature_pitch,
        "offset": lambda knobs: knobs.temperature_offset,
        "token": lambda knobs: knobs.temperature_pitch,
        "velocity": lambda knobs: knobs.temperature_velocity,
        "duration": lambda knobs: knobs.temperature_duration,
    }
)
"""The temperatures that some factors have of their own."""
_LEANS: Final = b"extempo leans"
ANSWERED: Final = 64
"""Moments among which notes of voices that hear this one are looked for."""
STRUCK: Final = 32
"""How many of its own notes a voice remembers besides the last, to vary them."""


def shared(number: int, returned: frozenset[int], moments: Sequence[Moment], last: Moment) -> int:
    """Return how many voices share the music with voice `number`, itself too; see `Draw`.

    returned: those that it has heard and that hear it. moments: what it remembers.
    """
    if not returned or not answered(moments, last):
        return 1
    return len({number, *returned})


def answered(moments: Sequence[Moment], last: Moment) -> bool:
    """Return whether a voice that hears this one has played in the last bars before a moment."""
    recent = (one for one in reversed(moments[-ANSWERED:]) if one.tick >= last.tick - PHRASE)
    return any(not one.touch for one in recent)


@dataclass(frozen=True, slots=True)
class Draw:
    """Everything that a draw depends on.

    last: where it goes on from. sharing: how many voices hear each other and share what sounds: who hears another
    goes on as densely as both have played, and two that did would play more and more. trade: how they trade
    bars. pointer: what it leans on, if it does; see `pointing`. guard: what refuses to copy, where it is asked
    to. sections: the form that was asked for, if one was.
    """

    model: StepModel
    knobs: NoteKnobs
    forced: Mapping[str, int]
    voice: int
    bars: Bars
    last: Moment
    sharing: int = 1
    trade: Trade = ALONE
    pointer: Pointer | None = None
    guard: Guard | None = None
    sections: Sections | None = None

    def leans(self, factor: int) -> bool:
        """Return whether a factor is to be what the voice points at, or, leaning away, is not to be."""
        if self.pointer is None:
            return False
        faithful = 1 - self.knobs.vary
        if not self.sampling(factor).temperature:
            faithful = round(faithful)
        at = uniform(self.knobs.seed, self.voice, self.last.number, factor, _LEANS)
        return at < faithful

    def code(
        self, factor: int, conditions: Codes, earlier: list[int], mask: Mask, bias: Weights | float
    ) -> int:
        """Draw one factor's class, or take the one that is forced.

        factor: its place among the representation's. conditions: those of the step that is drawn. earlier:
        the codes of the factors before. mask: which classes may be drawn, one at least. bias: see `sample_logits`.
        """
        if self.forced:
            forced = self.forced.get(self.name(factor))
            if forced is not None and forced < len(mask) and mask[forced]:
                return forced
        logits = self.logits(factor, conditions, earlier)
        return sample_logits(logits, mask, bias, self.sampling(factor), self.share(factor))

    def codes(
        self,
        factor: int,
        conditions: Codes,
        earlier: list[int],
        masks: Mask,
        biases: Weights | float,
    ) -> Codes:
        """Draw a factor of n codes side by side, (n,), each on its own; a forced class where it may be drawn.

        masks: bool (n, classes), or of a shape that is repeated to it; see `code`.
        """
        logits = self.logits(factor, conditions, earlier)
        masks = np.broadcast_to(masks, logits.shape)
        at = uniforms(self.knobs.seed, self.voice, self.last.number, factor, len(logits))
        drawn = sample_side_by_side(logits, masks, biases, self.sampling(factor), at)
        forced = self.forced.get(self.name(factor))
        if forced is None or forced >= masks.shape[1]:
            return drawn
        return np.where(masks[:, forced], forced, drawn)

    def logits(self, factor: int, conditions: Codes, earlier: list[int]) -> Logits:
        """Return what the model says of a factor; see `code`."""
        given = np.array([earlier], np.int64)
        context, state = self.last.knowledge()
        logits = self.model.logits(factor, context, conditions[None], given, (state,))
        return np.asarray(logits[0], np.float32)

    def plausible(self, factor: int, weights: Weights) -> Weights:
        """Return what is left to draw from.

        Temperature comes last: it makes the plausible daring, and nothing implausible likely.
        """
        sampling = self.sampling(factor)
        kept = truncate(weights, sampling.top_k, sampling.top_p, sampling.min_p)
        return apply_temperature(kept, sampling.temperature)

    def sampling(self, factor: int) -> Sampling:
        """Return how a factor is drawn, as the knobs say."""
        knobs, own = self.knobs, _OWN.get(self.name(factor))
        temperature = knobs.temperature * (1.0 if own is None else own(knobs))
        return Sampling(knobs.top_k, knobs.top_p, knobs.min_p, temperature)

    def share(self, factor: int) -> float:
        """Return where among the weights the factor falls, from 0 to 1: it depends on the step's number alone."""
        return uniform(self.knobs.seed, self.voice, self.last.number, factor)

    def name(self, factor: int) -> str:
        """Return what a factor is called."""
        return self.model.representation.factors[factor].name

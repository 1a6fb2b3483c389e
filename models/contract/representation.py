"""A representation is a way to write music down as steps: which columns of codes a step has.

The stage, the artifact and training know a representation by this alone; what its codes mean in
music is an encoder's (`models.corpus.encoders`) and a decoder's (`live.engine.notes.decoders`).
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.contract.pair import Inputs
from models.contract.stream import ADVANCE, Entry, StreamSpec, TensorSpec

Codes = NDArray[np.int64]
Vocabulary = Mapping[str, Sequence[int | str]]
"""What codes mean, by name: written into an artifact, and read back at load."""

CONTEXT: Final = "context"
STEP: Final = "event"
"""The graph's input that holds the codes of a step."""
CONDITIONS: Final = "place"
"""The graph's input that holds the conditions of that step."""
NEXT_CONDITIONS: Final = "onset"
"""The heads' input that holds the conditions of the step that is drawn."""


class Column(msgspec.Struct, frozen=True):
    """One thing of a step: fed, drawn or given.

    classes: how many codes it may hold, from 0. shape: () for one code; (n,) for n of them side by side,
    one for each pitch for instance. placed: of a factor, whether its head reads the conditions of the step
    that is drawn; one that decides when that is cannot. asked: of a condition, that it says what is wanted, and not
    where the step falls: every head reads it, and code 0 asks for nothing. values: what each code stands for, where
    that is a number (ticks, a pitch; -1 for none). made_of: of which MIDI pitches each code is, where
    that is a chord; codes after these are of none. joint: of a factor of codes side by side, that they are drawn from
    the first on, each given those before it: its head is given its own codes too, 0 where none is known yet. of: a
    factor before it, as wide; where that one's code is 0, so is this one's, and nothing is to be foretold.
    """

    name: str
    classes: int
    shape: tuple[int, ...] = ()
    placed: bool = True
    asked: bool = False
    values: tuple[int, ...] = ()
    made_of: tuple[tuple[int, ...], ...] = ()
    joint: bool = False
    of: str = ""

    @property
    def width(self) -> int:
        """Return how many codes it takes in a row of codes."""
        return prod(self.shape)


class Repeats(msgspec.Struct, frozen=True):
    """What of a step may come back, by the names of factors, in the order in which they are drawn.

    time: its values are ticks since the step before. pitch: its codes rise with the pitch, so that it may come back
    moved. alike: others, which come back as they were. metre: the condition that holds the eighths of a bar.
    letter: the one factor of a step that has neither time nor pitch; it comes back as it was, and what is alike are
    equal codes.
    """

    time: str = ""
    pitch: str = ""
    metre: str = ""
    alike: tuple[str, ...] = ()
    letter: str = ""


class Representation(msgspec.Struct, frozen=True):
    """A way to write notes down.

    inputs: what is fed of a step. factors: what is drawn of it, in order, each head given those before.
    conditions: what is given with every step (place in the bar, metre), what is asked for last.
    start: the codes of the step before the first: in training, in golden pairs and on stage. vocabulary: see
    `Vocabulary`.
    repeats: what a network may copy of its past; None where steps do not say it.
    """

    name: str
    inputs: tuple[Column, ...]
    factors: tuple[Column, ...]
    conditions: tuple[Column, ...]
    start: tuple[int, ...]
    vocabulary: Mapping[str, Sequence[int | str]]
    repeats: Repeats | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the factors, in the order in which they are drawn."""
        return tuple(column.name for column in self.factors)

    def start_codes(self) -> Codes:
        """Return the codes of the step before the first, int64 (inputs,)."""
        return np.array(self.start, np.int64)

    def drawn(self, factor: int) -> int:
        """Return how many codes the factors before this one have together."""
        return width(self.factors[:factor])

    def told(self, factor: int) -> int:
        """Return how many codes a factor's head is given: those before it, and its own if they are drawn jointly."""
        column = self.factors[factor]
        return self.drawn(factor) + column.joint * column.width

    def place_of(self, name: str) -> int:
        """Return where in a row of inputs the codes of this column begin; KeyError if it is not fed."""
        at = 0
        for column in self.inputs:
            if column.name == name:
                return at
            at += column.width
        raise KeyError(name)

    @property
    def asked(self) -> tuple[Column, ...]:
        """Return the conditions that say what is wanted."""
        return tuple(column for column in self.conditions if column.asked)

    def read_by(self, factor: int) -> tuple[Column, ...]:
        """Return the conditions that the head of a factor reads, the last ones of a row."""
        return self.conditions if self.factors[factor].placed else self.asked

    def fed_back(self, factor: int | None = None) -> tuple[Column, ...]:
        """Return the factors (those before this one) as the inputs of their names hold them.

        An input may hold codes that are never drawn. KeyError if a factor is not fed back.
        """
        inputs = {column.name: column for column in self.inputs}
        return tuple(inputs[column.name] for column in self.factors[:factor])

    def targets(self) -> Codes:
        """Return where in a row of inputs the codes of all factors are, in order."""
        starts = ((self.place_of(column.name), column.width) for column in self.factors)
        return np.concatenate([np.arange(at, at + count) for at, count in starts])

    def given(self) -> Inputs:
        """Return what codes a model's inputs may hold."""
        conditions = limits(self.conditions)
        given = {STEP: limits(self.inputs), CONDITIONS: conditions, NEXT_CONDITIONS: conditions}
        drawn = limits(self.factors)
        for number, factor in enumerate(self.factors):
            if self.told(number):
                given[drawn_name(factor.name)] = drawn[: self.told(number)]
        return Inputs(given)

    def stream(self, context: int, state: tuple[TensorSpec, ...]) -> StreamSpec:
        """Return the spec of a model with this width of context and this state."""
        made = TensorSpec(CONTEXT, "float32", (1, context))
        step = TensorSpec(STEP, "int64", (1, width(self.inputs)))
        given = TensorSpec(CONDITIONS, "int64", (1, width(self.conditions)))
        heads = (self._head(number, made, state) for number in range(len(self.factors)))
        return StreamSpec(entries=(Entry(ADVANCE, (step, given), (made,), state), *heads))

    def _head(self, number: int, context: TensorSpec, state: tuple[TensorSpec, ...]) -> Entry:
        factor = self.factors[number]
        takes = [context]
        if self.read_by(number):
            takes.append(TensorSpec(NEXT_CONDITIONS, "int64", (1, width(self.conditions))))
        if self.told(number):
            takes.append(TensorSpec(drawn_name(factor.name), "int64", (1, self.told(number))))
        logits = TensorSpec(logits_name(factor.name), "float32", (1, *factor.shape, factor.classes))
        reads = tuple(spec for spec in state if factor.name in spec.read)
        return Entry(factor.name, tuple(takes), (logits,), reads=reads)


def width(columns: Sequence[Column]) -> int:
    """Return how many codes these columns take in a row."""
    return sum(column.width for column in columns)


def limits(columns: Sequence[Column]) -> Codes:
    """Return the number of codes that each place in a row of these columns may hold, (width,)."""
    return np.repeat([c.classes for c in columns], [c.width for c in columns]).astype(np.int64)


def drawn_name(factor: str) -> str:
    """Return the name of the head's input that holds the codes it is given; see `Representation.told`."""
    return f"drawn_{factor}"


def logits_name(factor: str) -> str:
    """Return the name of the head's output."""
    return f"{factor}_logits"

"""Indices of small corpora, and what of a line that was played stands in them."""

from itertools import pairwise

import numpy as np

from live.declared.knobs import NOTE_KNOBS, defaults
from live.engine.notes import operations as op
from live.engine.notes.generator import Generator
from models.contract.index import Index, read, written
from tests.engine.numeric import NumericModel, opened


def index_of(*lines) -> Index:
    """Return the index of top lines."""
    return read(written([np.array(line, np.int64) for line in lines]), "it")


def knowing(index: Index, seed: int = 0) -> NumericModel:
    """Return a model that has learned from what an index is of."""
    model = NumericModel(seed)
    model.index = index
    return model


def opening(index: Index):
    """Return what opens models that have learned from what an index is of."""
    return lambda path: opened(knowing(index, len(path)), path)


def begun(model, index=None, **knobs) -> Generator:
    """Return a voice; index: the hash that the journal names, the model's if none is given."""
    voice = Generator(1, lambda path: model)
    settled = defaults(NOTE_KNOBS) | {"seed": 1} | knobs
    digest = model.index.digest if index is None else index
    voice.do(op.Begin(path="a", digest="", knobs=settled, tick=0, held_start=False, index=digest))
    return voice


def top_of(notes) -> list[int]:
    """Return the top line of notes in the order of their onsets: of each the highest pitch."""
    tops: dict[int, int] = {}
    for note in notes:
        if not note.part:
            tops[note.onset] = max(tops.get(note.onset, 0), note.pitch)
    return [tops[onset] for onset in sorted(tops)]


def intervals(line) -> tuple[int, ...]:
    """Return the intervals of a line."""
    return tuple(after - before for before, after in pairwise(line))


def copied(line, corpus, length: int) -> int:
    """Return how many runs of `length` intervals of a line stand in another, as they are."""
    known, asked = intervals(corpus), intervals(line)
    runs = {known[at : at + length] for at in range(len(known) - length + 1)}
    return sum(asked[at : at + length] in runs for at in range(len(asked) - length + 1))

"""Where the last steps have occurred before: which code came next then, and what the model gives it now."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from export.evaluate.report import Again, Bin
from models.contract.representation import Codes, Representation

LENGTH: Final = 8
"""Steps that must be like earlier ones."""
NEAR: Final = 2
"""Ticks by which gaps differ that are alike."""
BINS: Final = 10


class Looked(NamedTuple):
    """For each step what came next where it was longest like this, -1 for nothing; factor: whose codes they are."""

    factor: int
    codes: Codes


class Given(NamedTuple):
    """One step that had an earlier one: the probability of the earlier next code, whether it came, and its nats."""

    p: float
    came: bool
    nats: float


def look_back(representation: Representation, codes: Codes) -> Looked | None:
    """Return what came next before, of codes (T + 1, inputs) from the start on; None where steps do not say it.

    Steps are alike with equal intervals, and gaps within two ticks, in any key; of text, with equal letters.
    """
    repeats = representation.repeats
    if repeats is not None and not repeats.letter:
        return _of_notes(representation, codes)
    if len(representation.factors) == 1 and representation.factors[0].width == 1:
        at = representation.place_of(representation.factors[0].name)
        return Looked(0, _text(codes[:, at]))
    return None


def _text(letters: Codes) -> Codes:
    found = np.full(len(letters) - 1, -1, np.int64)
    for now, then in _longest(
        lambda now: np.equal(letters[1 : now + 1], letters[now]), len(letters)
    ):
        found[now] = letters[then + 1]
    return found


def _of_notes(representation: Representation, codes: Codes) -> Looked:
    repeats = representation.repeats
    assert repeats is not None
    columns = {column.name: column for column in representation.inputs}
    pitches = codes[:, representation.place_of(repeats.pitch)]
    ticks = np.array(columns[repeats.time].values)
    gaps = ticks[codes[:, representation.place_of(repeats.time)]]
    intervals = np.diff(pitches, prepend=pitches[0])
    factor = representation.names.index(repeats.pitch)
    classes = representation.factors[factor].classes
    found = np.full(len(codes) - 1, -1, np.int64)

    def alike(now: int) -> NDArray[np.bool_]:
        same: NDArray[np.bool_] = np.equal(intervals[1 : now + 1], intervals[now])
        same &= np.abs(gaps[1 : now + 1] - gaps[now]) <= NEAR
        # The start has no pitch, so the first note has no interval.
        same[:1] = False
        return same

    for now, then in _longest(alike, len(codes)):
        code = pitches[now] + intervals[then + 1]
        if 0 <= code < classes:
            found[now] = code
    return Looked(factor, found)


def _longest(alike: Callable[[int], NDArray[np.bool_]], count: int) -> list[tuple[int, int]]:
    """Return steps that have been before, with where; of several the longest, and the latest of these.

    alike: told a step returns which of those from 1 up to it are like it.
    """
    found = []
    lengths = np.zeros(0, np.int64)
    for now in range(1, count - 1):
        before = np.append(0, lengths)
        lengths = (before + 1) * alike(now)
        earlier = lengths[:-1]
        if len(earlier) and earlier.max() >= LENGTH:
            latest = len(earlier) - 1 - int(earlier[::-1].argmax())
            found.append((now, latest + 1))
    return found


def summed(factor: str, given: Sequence[Given], steps: int) -> Again | None:
    """Return what a model gave in all of them; None where there were none. steps: how many there were at all."""
    if not given:
        return None
    p, came, nats = (np.array(column, np.float64) for column in zip(*given, strict=True))
    number = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    bins = [
        Bin(float(p[inside].mean()), float(came[inside].mean()), int(inside.sum()))
        for inside in (number == one for one in range(BINS))
        if inside.any()
    ]
    return Again(
        factor, LENGTH, len(p), len(p) / steps, float(came.mean()), float(p.mean()),
        float(p[came > 0].mean()) if came.any() else 0.0, float(nats.mean()),
        sum(abs(one.p - one.right) * one.count for one in bins) / len(p), bins,
    )  # fmt: skip

"""Likelihood: how well an artifact foretells people's music, stepped as the stage steps it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from export.evaluate.again import Given, look_back, summed
from export.evaluate.excerpts import Music
from export.evaluate.report import History, Likelihood
from export.evaluate.subject import Judged, evenly
from export.likelihood import foretold
from models.contract.stepping import StepModel, feed
from models.corpus.encoders.encoder import Steps
from models.corpus.windows import Batch, Weighed
from models.train.evaluate import SEED, totals
from models.train.floors import floors

LONGEST: Final = 2048
"""Steps of a piece that are streamed, from its beginning."""
STEPS: Final = 60_000
"""Steps that are streamed in all, about."""
STREAMED: Final = 150.0
"""Seconds of the processor after which no further piece is streamed."""
HISTORIES: Final = (8, 16, 32, 64, 128, 256, 512, 1024)
SPOTS: Final = 96
"""Places at which histories are compared."""
COMPARED: Final = 120.0
"""Seconds of the processor after which no further place is taken."""
EVENTS: Final = 8
"""Steps that are foretold at each of them."""
EACH: Final = 32
"""From this length on, one run foretells all steps of a place: their histories differ by a few steps."""
FEWEST: Final = 8
"""Pieces that must be long enough for a history."""
COUNTED: Final = 24
"""Batches of the training stream that the floors count."""
Reals = NDArray[np.float64]
Shown = Callable[[float], None]
"""Told which share is done."""


@dataclass(frozen=True)
class Streamed:
    """A piece, and the nats of each of its steps by factor (T, factors); nan where a factor is not foretold."""

    steps: Steps
    nats: Reals


def likelihood(made: Music, shown: Shown) -> Likelihood:
    """Measure an artifact on the people's pieces: streamed, by history, and where the last steps were before."""
    judged = made.judged
    names = judged.model.representation.names
    streamed, given, factor = _stream(judged, lambda done: shown(0.4 * done))
    spots = _spots(streamed)
    histories = _histories(judged.model, spots, lambda done: shown(0.4 + 0.5 * done))
    steps = sum(len(one.nats) for one in streamed)
    floor = floors(
        Weighed.of(judged.writes, judged.learned),
        judged.seed,
        [_batch(one.steps) for one in streamed],
        COUNTED,
    )
    return Likelihood(
        pieces=len(streamed),
        of=len(judged.pieces),
        steps=steps,
        longest=LONGEST,
        streamed=_means(names, np.concatenate([one.nats for one in streamed])),
        floor=floor,
        events=EVENTS * histories[1],
        histories=[History(length, _means(names, nats)) for length, nats in histories[0].items()],
        again=summed(names[factor], given, steps),
    )


def _means(names: Sequence[str], nats: Reals) -> dict[str, float]:
    counted = np.maximum(np.count_nonzero(~np.isnan(nats), 0), 1)
    return totals(names, np.nansum(nats, 0) / counted)


def _batch(steps: Steps) -> Batch:
    return Batch(steps.codes[None], steps.conditions[None], steps.scored[None])


def _stream(judged: Judged, shown: Shown) -> tuple[list[Streamed], list[Given], int]:
    """Step through pieces spread evenly over all, until there are enough steps or the time is over."""
    until = time.process_time() + STREAMED
    found: list[Streamed] = []
    given: list[Given] = []
    factor, count = 0, 0
    for number, piece in evenly(list(enumerate(judged.pieces))):
        if count >= STEPS or (found and time.process_time() > until):
            break
        steps = _written(judged, piece, number)
        looked = look_back(judged.model.representation, steps.codes)
        factor = looked.factor if looked else factor
        nats = _through(judged.model, steps, looked and looked.codes, factor, given)
        found.append(Streamed(steps, nats))
        count += len(nats)
        shown(min(count / STEPS, 1.0))
    return found, given, factor


def _written(judged: Judged, piece: Any, number: int) -> Steps:
    """Return a piece's steps from its beginning on, always played in the same way."""
    rng = np.random.default_rng((SEED, number))
    return judged.writes.window(piece, 0, LONGEST, rng, varied=False)


def _through(
    model: StepModel,
    steps: Steps,
    expected: NDArray[np.int64] | None,
    factor: int,
    given: list[Given],
) -> Reals:
    """Return the nats of every step; where one has been before, add what the earlier next code gets to `given`."""
    nats = np.full(steps.scored.shape, np.nan)
    state = model.initial_state()
    for index in range(len(nats)):
        context, state = feed(model, steps.codes[index], steps.conditions[index], state)
        for said in foretold(model, steps, index, context, state):
            nats[index, said.factor] = said.nats
            if expected is not None and said.factor == factor and expected[index] >= 0:
                p = float(np.exp(said.logs[0, expected[index]]))
                given.append(Given(p, bool(said.true[0] == expected[index]), said.nats))
    return nats


Spot = tuple[Streamed, int]
"""A piece, and where in it the first step is that is foretold."""


def _spots(streamed: Sequence[Streamed]) -> tuple[list[int], list[Spot]]:
    """Return the histories that enough pieces have, and places that have them, spread evenly over the pieces."""
    lengths = sorted((len(one.nats) for one in streamed), reverse=True)
    enough = lengths[min(FEWEST, len(lengths)) - 1]
    known = [length for length in HISTORIES if length + EVENTS <= enough]
    if not known:
        return [], []
    room = known[-1]
    ranges = [(one, range(room, len(one.nats) - EVENTS + 1, EVENTS)) for one in streamed]
    spots = [(one, at) for one, places in ranges for at in places]
    return known, list(evenly(spots))[:SPOTS]


def _histories(
    model: StepModel, spots: tuple[list[int], list[Spot]], shown: Shown
) -> tuple[dict[int, Reals], int]:
    """Return nats (events, factors) by history, 0 being all of the piece, and how many places were compared."""
    until = time.process_time() + COMPARED
    known, places = spots
    found: dict[int, list[Reals]] = {length: [] for length in (*known, 0)}
    done = 0
    for piece, at in places:
        if done and time.process_time() > until:
            break
        for length in known:
            found[length].append(_windowed(model, piece.steps, at, length))
        found[0].append(piece.nats[at : at + EVENTS])
        done += 1
        shown(done / len(places))
    return {length: np.concatenate(rows) for length, rows in found.items() if rows}, done


def _windowed(model: StepModel, steps: Steps, at: int, length: int) -> Reals:
    """Return the nats of the steps from `at` on, foretold from so many before them."""
    runs = [(at + n, 1) for n in range(EVENTS)] if length <= EACH else [(at, EVENTS)]
    return np.concatenate([_window(model, steps, first, length, count) for first, count in runs])


def _window(model: StepModel, steps: Steps, first: int, length: int, count: int) -> Reals:
    """Return the nats of `count` steps; the window begins `length` steps before with the step before the first."""
    begin = first - length
    codes = steps.codes[begin : first + count + 1].copy()
    codes[0] = model.representation.start_codes()
    conditions = steps.conditions[begin : first + count + 1]
    part = Steps(codes, conditions, steps.scored[begin : first + count])
    nats = np.full((count, part.scored.shape[1]), np.nan)
    state = model.initial_state()
    for index in range(length + count):
        context, state = feed(model, part.codes[index], part.conditions[index], state)
        if index >= length:
            for said in foretold(model, part, index, context, state):
                nats[index - length, said.factor] = said.nats
    return nats

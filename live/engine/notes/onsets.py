"""When the next step comes, of a representation that draws gaps of time: one draw, under what can be reached."""

from collections.abc import Callable
from typing import Final

import numpy as np

from live.engine.notes.busier import GAPS, busier
from live.engine.notes.draw import Draw
from live.engine.notes.leaning import gap_to, meets
from live.engine.notes.operations import Plan
from live.engine.notes.sampling import Mask, Weights, probabilities, sample
from live.engine.notes.slowing import hurried
from live.time.clock import Bars
from models.contract.representation import Codes
from models.contract.spans import DURATIONS, TIMES

LENGTHS: Final = np.array(DURATIONS)
TIME: Final = 0
"""The factor of the gaps: it is drawn first."""
_ANY_LENGTH: Final = np.ones(len(LENGTHS), np.bool_)

Reachable = Callable[[int, int], Mask]
"""Which gaps may be drawn, counted from a tick, so that the step comes at a floor or later."""


def drawn_onset(
    draw: Draw, limits: Plan, first: int, reachable: Reachable, given: Codes, *, over: bool = False
) -> tuple[int, int, bool]:
    """Draw the gap's class; return it and the tick that it leads to, -1 where there is none.

    And whether that is where the voice points. given: a row of conditions with what is asked alone, for where it
    leads is not known yet. first: see `Decoder.draw`. over: only what sounds with the last onset may follow.
    """
    last = draw.last.cursor
    forced = draw.forced.get(draw.name(TIME))
    if forced is not None:
        at = last.tick + TIMES[forced]
        return forced, max(at, limits.floor) if forced else at, False
    origin = last.tick
    mask = reachable(origin, limits.floor)
    if not mask.any() and limits.floor >= 0:
        origin = _nearer(last.tick, limits, draw.bars)
        mask = reachable(origin, limits.floor)
    if not mask.any():
        return 0, -1, False
    falls = reachable(origin, first)
    # It may have been drawn first for a time that is later than all that is left now.
    weights = probabilities(draw.logits(TIME, given, []), falls if falls.any() else mask)
    part = 1 / draw.sharing
    density = draw.knobs.density * part**2 * hurried(draw)
    weights[0] *= part
    # Before truncation where longer gaps are wanted, for it may have left none; after it where
    # shorter ones are, lest some that are never played be made likely.
    if density < 1:
        weights = busier(weights, density)
    weights = _as_full(draw, weights)
    if density > 1:
        weights = busier(weights, density)
    wanted = gap_to(draw, TIME, TIMES, origin)
    gap = sample(weights, draw.share(TIME))
    if not mask[gap]:
        gap = int(np.argmax(mask))
    if over:
        return gap, -1 if gap else origin, False
    met = meets(draw, wanted, origin + TIMES[gap]) and bool(mask[wanted])
    return (wanted if met else gap), origin + TIMES[wanted if met else gap], met


def nearest(tick: int, apart: int, bars: Bars) -> int:
    """Return the nearest of the ticks that lie so far apart from the bar line on; of 1 apart, or 0, the tick itself."""
    if apart <= 1:
        return tick
    latest = tick + apart // 2
    return latest - (latest - bars.start_of(latest)) % apart


def _as_full(draw: Draw, weights: Weights) -> Weights:
    """Return the gaps that are left to draw from; a chord goes on as often as the network says.

    To leave out or cool down the rare leaves out rhythm above all, and makes the next note of the
    same chord likelier: chords grow thick, and stay.
    """
    apart = weights.copy()
    apart[0] = 0.0
    if not (draw.sampling(TIME).temperature and weights[0] and apart.any()):
        return draw.plausible(TIME, weights)
    kept = draw.plausible(TIME, apart)
    chord = float(weights[0] / weights.sum())
    kept *= (1 - chord) / kept.sum()
    kept[0] = chord
    return kept


def _nearer(tick: int, limits: Plan, bars: Bars) -> int:
    """Return a tick to count from instead of one that is so long ago that no class of gap fits.

    From there a class leads to the next beat, or to the latest tick that is allowed.
    """
    target = bars.next_beat(limits.floor)
    if limits.ceiling >= 0:
        target = min(target, limits.ceiling)
    gap = int(np.searchsorted(GAPS, target - tick, side="right")) - 1
    return int(target - TIMES[max(gap, 0)])


def times(origin: int, floor: int, ceiling: int, full: bool) -> Mask:
    """Return which gaps after the tick `origin` can still be reached; ceiling -1 is none.

    full: the chord at `origin` has no room for one more note.
    """
    ticks = origin + GAPS
    allowed = ticks >= floor
    if ceiling >= 0:
        allowed &= ticks <= ceiling
    if full:
        allowed[0] = False
    return np.asarray(allowed)


def lengths(onset: int, end: int) -> Mask:
    """Return which durations of a note at `onset` are over by the tick `end` (-1: any); not to be written to."""
    if end < 0:
        return _ANY_LENGTH
    allowed = onset + LENGTHS <= end
    allowed[0] = True
    return np.asarray(allowed)

"""One event is drawn: its factors in order, each head given those before it, each under its mask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from live.declared.knobs import NoteKnobs
from live.engine.notes import masks
from live.engine.notes.history import Moment, louder
from live.engine.notes.operations import Plan
from live.engine.notes.sampling import (
    Logits,
    Mask,
    Sampling,
    Weights,
    apply_temperature,
    probabilities,
    sample,
    sample_logits,
    truncate,
    uniform,
)
from live.time.clock import Bars
from models.contract.performance import DURATIONS, FACTORS, TICKS, TIMES, Codes, Note, velocity_of
from models.contract.stream import EventStream

LAST: Final = TICKS // 2
"""Ticks before the end of an answer at which its last note begins at the latest: no blip ends it."""
_OWN: Final[Mapping[str, Callable[[NoteKnobs], float]]] = MappingProxyType(
    {
        "time": lambda knobs: knobs.temperature_time,
        "pitch": lambda knobs: knobs.temperature_pitch,
        "velocity": lambda knobs: knobs.temperature_velocity,
        "duration": lambda knobs: knobs.temperature_duration,
    }
)
"""The temperature that each factor has of its own."""
_ANY: Final = np.ones(len(masks.TOUCHES), np.bool_)
"""All velocities."""


@dataclass(frozen=True, slots=True)
class Event:
    """A drawn event: the note, and the class of its gap."""

    note: Note
    gap: int


@dataclass(frozen=True, slots=True)
class Draw:
    """Everything that a draw depends on, besides where it goes on from."""

    model: EventStream
    knobs: NoteKnobs
    forced: Mapping[str, int]
    voice: int
    place: Callable[[int], Codes]
    bars: Bars

    def event(self, last: Moment, limits: Plan, first: int, struck: int) -> Event | None:
        """Draw what comes after `last`; None where nothing is allowed (a rest until something changes).

        struck: how many notes the voice begins at last's tick. first: the floor when this event was
        drawn for the first time. Drawn again under a later floor it falls where it fell, or as
        soon as it still can: a fader in motion, which has everything drawn again and again, does
        not push the music ahead of it.
        """
        allowed = masks.pitches(self.knobs)
        if not allowed.any():
            return None
        gap, onset = self._onset(last, limits, first, struck, allowed)
        if onset < 0 or 0 <= limits.end < onset + LAST:
            return None
        if onset == last.tick and last.note is not None:
            allowed = self._above(last.note.pitch, allowed)
        at = self.place(onset)[None]
        codes = [gap]
        for factor, mask, bias in (
            ("pitch", allowed, masks.fresh(last.struck, onset, self.knobs.variety)),
            ("velocity", _ANY, masks.touch(self.knobs)),
            ("duration", masks.lengths(onset, limits.end), 0.0),
        ):
            codes.append(self._code(factor, last, at, codes, mask, bias))
        _, pitch, velocity, duration = codes
        loud = velocity_of(velocity)
        if "velocity" not in self.forced:
            loud = min(max(loud + louder(last.heard), 1), 127)
        return Event(Note(onset, pitch, loud, DURATIONS[duration]), gap)

    def _onset(
        self, last: Moment, limits: Plan, first: int, struck: int, pitches: Mask
    ) -> tuple[int, int]:
        """Draw the gap's class; return it and the tick that it leads to, -1 where there is none."""
        forced = self.forced.get("time")
        if forced is not None:
            at = last.tick + TIMES[forced]
            return forced, max(at, limits.floor) if forced else at
        origin = last.tick
        reachable = self._reachable(origin, limits.floor, limits.ceiling, struck, last, pitches)
        if not reachable.any() and limits.floor >= 0:
            origin = _nearer(last.tick, limits, self.bars)
            reachable = self._reachable(origin, limits.floor, limits.ceiling, struck, last, pitches)
        if not reachable.any():
            return 0, -1
        mask = self._reachable(origin, first, limits.ceiling, struck, last, pitches)
        logits = self._logits("time", last, self.place(origin)[None], [])
        weights = probabilities(logits, mask)
        density = self.knobs.density
        # Before truncation where longer gaps are wanted, for it may have left none; after it where
        # shorter ones are, lest some that are never played be made likely.
        if density < 1:
            weights = masks.busier(weights, density)
        weights = self._as_full(weights)
        if density > 1:
            weights = masks.busier(weights, density)
        gap = sample(weights, self._fall("time", last))
        if not reachable[gap]:
            gap = int(np.argmax(reachable))
        return gap, origin + TIMES[gap]

    def _reachable(
        self,
        origin: int,
        floor: int,
        ceiling: int,
        struck: int,
        last: Moment,
        pitches: Mask,
    ) -> Mask:
        full = origin == last.tick and struck >= self.knobs.polyphony
        mask = masks.times(origin, floor, ceiling, full)
        chord = last.note is not None and origin == last.tick
        if chord and last.note and not self._above(last.note.pitch, pitches).any():
            mask[0] = False
        return mask

    def _above(self, pitch: int, allowed: Mask) -> Mask:
        """Chords are written from the bottom up: what comes at the same onset is higher."""
        higher = allowed.copy()
        higher[: pitch + 1] = False
        return allowed if "time" in self.forced and not higher.any() else higher

    def _code(
        self,
        factor: str,
        last: Moment,
        at: Codes,
        earlier: list[int],
        mask: Mask,
        bias: Weights | float,
    ) -> int:
        """Draw one factor's class, or take the one that is forced; at: the place of the onset."""
        forced = self.forced.get(factor)
        if forced is not None and forced < len(mask) and mask[forced]:
            return forced
        logits = self._logits(factor, last, at, earlier)
        return sample_logits(logits, mask, bias, self._sampling(factor), self._fall(factor, last))

    def _logits(self, factor: str, last: Moment, at: Codes, earlier: list[int]) -> Logits:
        logits = self.model.logits(factor, last.context, at, np.array([earlier], np.int64))
        return np.asarray(logits[0], np.float32)

    def _as_full(self, weights: Weights) -> Weights:
        """Return the gaps that are left to draw from; a chord goes on as often as the network says.

        To leave out or cool down the rare leaves out rhythm above all, and makes the next note of the
        same chord likelier: chords grow thick, and stay.
        """
        temperature = self._temperature("time")
        apart = weights.copy()
        apart[0] = 0.0
        if not (temperature and weights[0] and apart.any()):
            return self._plausible("time", weights)
        kept = self._plausible("time", apart)
        chord = float(weights[0] / weights.sum())
        kept *= (1 - chord) / kept.sum()
        kept[0] = chord
        return kept

    def _plausible(self, factor: str, weights: Weights) -> Weights:
        """Return what is left to draw from.

        Temperature comes last: it makes the plausible daring, and nothing implausible likely.
        """
        sampling = self._sampling(factor)
        kept = truncate(weights, sampling.top_k, sampling.top_p, sampling.min_p)
        return apply_temperature(kept, sampling.temperature)

    def _sampling(self, factor: str) -> Sampling:
        knobs = self.knobs
        return Sampling(knobs.top_k, knobs.top_p, knobs.min_p, self._temperature(factor))

    def _temperature(self, factor: str) -> float:
        return self.knobs.temperature * _OWN[factor](self.knobs)

    def _fall(self, factor: str, last: Moment) -> float:
        """Return where among the weights the next event's factor falls."""
        return uniform(self.knobs.seed, self.voice, last.number, FACTORS.index(factor))


def _nearer(tick: int, limits: Plan, bars: Bars) -> int:
    """Return a tick to count from instead of one that is so long ago that no class of gap fits.

    From there a class leads to the next beat, or to the latest tick that is allowed.
    """
    target = bars.next_beat(limits.floor)
    if limits.ceiling >= 0:
        target = min(target, limits.ceiling)
    gap = int(np.searchsorted(masks.GAPS, target - tick, side="right")) - 1
    return int(target - TIMES[max(gap, 0)])

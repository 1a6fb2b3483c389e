"""The player leads: the clock's beat comes to theirs, where it is known well enough."""

import math
from typing import Final

from live.declared.knobs import CLOCK_KNOBS
from live.time.clock import Timeline
from live.time.sources.meeting import Meeting
from live.time.sources.player import code, layout
from live.time.sources.player.bank import Bank, Belief, Guess, Hint
from live.time.sources.player.onset import Onset
from live.time.sources.player.tables import tables
from live.time.sources.source import Clock, ClockSource, Pulse, Reading
from models.contract.grid import CHORD_SECONDS, TICKS
from models.midi.messages import DRUMS

SURE: Final = (0.87, 0.83)
"""How likely a beat must be right before the clock follows it: of pitches, and of drums.

The least above which nine in ten were, of phrases that nothing was learned from but confidence (of drums: by drummers
whom the tables had never heard), whatever was known before or wrongly believed (`scripts/beat/figures.py --threshold`).
"""
LOST: Final = 0.5
"""How likely it must be to go on being followed."""
PAUSE: Final = 3.0
"""Seconds between two onsets after which the beat is looked for anew, with what is known of it."""
KNOWN: Final = 30.0
"""Seconds for which a beat that was tapped, turned to or followed is taken as the player's."""
_WELL, _STALE = 0.95, 0.6
"""How much what is known counts, and what may have passed."""
_SAME: Final = 0.08
_SMALL_TEMPO: Final = 0.02
_SMALL_PHASE: Final = 0.03
"""Shares of the tempo and of a beat for which the clock is not moved."""
_NEWS: Final = 0.15
"""A change of confidence that is told."""
_FAILS: Final = (
    "Your beat is not followed: what finds it cannot be compiled here, as the log says, so the clock stays as it is. "
    "Tap, or turn tempo."
)
FASTEST: Final = layout.SLOWEST * layout.RATIO ** (layout.TEMPI - 1)


class Player(ClockSource):
    """Hears the player's notes. A beat is one of a foot, as for taps.

    While a voice answers, and where the beat is not sure, the clock stays as it is. It hears nothing until
    its code is there, which is loaded beside the music once this leads.
    """

    follows = frozenset(("note",))

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._meeting = Meeting(clock)
        self._banks: dict[bool, Bank] = {}
        """By whether drums are played; none until the code is there."""
        self._chord: Onset | None = None
        """Notes that more may belong to."""
        self._drums = False
        self._drummed = -math.inf
        self._belief: Belief | None = None
        self._known = -math.inf
        """When the clock was last given to us or followed, in seconds."""
        self._told = (False, 0.0)
        self._lamented = False

    def hear(self, pulse: Pulse) -> None:
        """Take a note that the player strikes; a held clock hears none."""
        if not self._banks or not self._clock.timeline.running:
            return
        drums = pulse.channel == DRUMS
        if drums:
            self._drummed = pulse.at
        elif pulse.at - self._drummed < PAUSE:
            # Who plays with a drummer is with the drums.
            return
        if self._chord is not None:
            if drums == self._drums and pulse.at - self._chord.at <= CHORD_SECONDS:
                self._chord = self._chord.joined(pulse.pitch, pulse.velocity)
                return
            self._take(self._chord)
        if drums != self._drums:
            self._drums, self._belief = drums, None
        self._chord = Onset.of(pulse.at, pulse.pitch, pulse.velocity)

    def read(self, now: float) -> Reading | None:
        """Return how the clock comes to the player's beat, as far as that is known."""
        if not self._banks:
            self._prepare()
            return self._lament(now)
        if self._chord is None or now < self._chord.at + CHORD_SECONDS:
            return self._meeting.read(now)
        chord, self._chord = self._chord, None
        if not self._clock.timeline.running:
            return None
        belief = self._take(chord)
        guess = self._banks[self._drums].guess(belief, now)
        return (guess and self._follow(guess, now)) or self._meeting.read(now)

    def due(self) -> float:
        """Return when a chord is over, or the beats meet."""
        chord = math.inf if self._chord is None else self._chord.at + CHORD_SECONDS
        return min(chord, self._meeting.at)

    def lead(self, timeline: Timeline) -> None:
        """Take the clock as somebody else has led it: that is the player's beat from now on."""
        self._meeting.at = math.inf
        self._known = timeline.last.at
        self._belief = None

    def _prepare(self) -> None:
        code.load_beside()
        found = code.there()
        if found is not None:
            self._banks = {
                drums: Bank(found, tables("drums" if drums else "pitches"), drums)
                for drums in (False, True)
            }

    def _lament(self, now: float) -> Reading | None:
        """Return, once, that nobody can be followed."""
        if self._lamented or not code.fails():
            return None
        self._lamented = True
        return Reading(now, trouble=_FAILS)

    def _take(self, onset: Onset) -> Belief:
        bank, belief = self._banks[self._drums], self._belief
        if belief is None or onset.at - belief.at > PAUSE:
            belief = bank.begin(onset, self._hint(onset.at))
            self._told = (False, self._told[1])
        else:
            belief = bank.push(belief, onset)
        self._belief = belief
        return belief

    def _hint(self, at: float) -> Hint:
        """Return what the clock says of the player's beat."""
        timeline, bars = self._clock.timeline, self._clock.bars
        pulse = bars.metre.pulse
        tempo, _ = _folded(timeline.last.tempo * TICKS / pulse)
        if self._known == -math.inf:
            return Hint(tempo, _STALE)
        tick = math.floor((timeline.beat_of(at) * TICKS - bars.tick) / pulse) * pulse + bars.tick
        weight = _WELL if at - self._known < KNOWN else _STALE
        return Hint(tempo, weight, timeline.time_of_tick(tick))

    def _follow(self, guess: Guess, now: float) -> Reading | None:
        """Return where a guess has the clock, and that it is followed or not any more, where that is news."""
        follows = guess.sure >= (LOST if self._told[0] else SURE[self._drums])
        news = None
        if follows != self._told[0] or abs(guess.sure - self._told[1]) >= _NEWS:
            news = self._told = follows, guess.sure
        reading = Reading(now)
        if follows and not self._clock.answered:
            self._known = now
            reading = self._moved(guess, now) or reading
        if news is None and reading.tempo is None:
            return None
        return reading._replace(sure=news)

    def _moved(self, guess: Guess, now: float) -> Reading | None:
        """Return how the clock comes to a guess; None where it is near enough."""
        timeline, bars = self._clock.timeline, self._clock.bars
        pulse, knob = bars.metre.pulse, CLOCK_KNOBS["tempo"]
        folded, times = _folded(timeline.last.tempo * TICKS / pulse)
        beats = guess.tempo * (times if abs(guess.tempo / folded - 1) < _SAME else 1)
        tempo = min(max(beats * pulse / TICKS, knob.low), knob.high)
        line = (timeline.beat_of(guess.beat) * TICKS - bars.tick) / pulse
        off = abs(line - round(line))
        if off < _SMALL_PHASE and abs(tempo / timeline.last.tempo - 1) < _SMALL_TEMPO:
            return None
        return self._meeting.to(guess.beat, tempo, now)


def _folded(tempo: float) -> tuple[float, float]:
    """Return a tempo as fast as beats are looked for, and how many times as fast the clock goes."""
    times = 1.0
    while tempo / times > FASTEST:
        times *= 2
    while tempo / times < layout.SLOWEST:
        times /= 2
    return tempo / times, times

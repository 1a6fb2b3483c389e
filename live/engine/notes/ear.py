"""What a voice hears: the player's hands and foot, and what other voices play."""

import math
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from live.ipc.ranges import Seconds, Tick
from live.time.clock import Timeline
from models.contract.grid import CHORD_SECONDS, TICKS, Note
from models.midi.hands import Hands
from models.midi.messages import Message, NoteOn, Sustain

LOST = 20.0
"""Seconds without any key movement after which a held key is taken as released."""


GAPS = 6
"""How many of the player's last gaps are remembered."""
LONGER = 1.25
"""A gap this many times the longest of them is a pause."""
FIRST_GAP = 0.5
"""Seconds of silence after a first note that count as a pause."""
LONG_PAUSE = 4.0
"""Seconds between two onsets after which another phrase begins."""


class Listened(msgspec.Struct, frozen=True, array_like=True):
    """What an ear knows but for keys that are held, as a value; see `Ear`. chord_at: None where none was."""

    last: Seconds
    chord_at: Seconds | None
    chord_tick: Tick
    gaps: Annotated[tuple[Seconds, ...], Meta(max_length=GAPS)]
    ends: Annotated[tuple[tuple[int, Tick], ...], Meta(max_length=1 << 10)]
    partners: Annotated[tuple[int, ...], Meta(max_length=1 << 10)]
    heard: bool
    since: Tick | None
    owed: bool


@dataclass(slots=True)
class Ear:
    """Keys, pedal and chords. Threads: the engine's only.

    heard: something was played since the voice last answered. last: when a key last moved (seconds).
    since: the tick at which the player began to play unanswered, None where nothing was.
    owed: a note was played that a forced answer has not followed yet. gaps: seconds between the last
    onsets of what is played now, since its last long pause. ends: until which tick each other voice sounds.
    partners: those of them that hear this one, too.
    """

    hands: Hands = field(default_factory=Hands)
    heard: bool = False
    owed: bool = False
    last: float = 0.0
    since: int | None = None
    gaps: deque[float] = field(default_factory=lambda: deque(maxlen=GAPS))
    ends: dict[int, int] = field(default_factory=dict)
    partners: set[int] = field(default_factory=set)
    _chord_at: float = -math.inf
    _chord_tick: int = 0

    def silent_from(self, timeline: Timeline) -> float:
        """Return when the silence began, or will begin, in seconds.

        What is held by hand or by foot is not silence; but where nothing has moved for long, a
        note's end was lost on its way here, and must not keep the voice waiting for ever.
        """
        return self._silent_from(timeline, self.ends.values())

    def paused_from(self, timeline: Timeline) -> float:
        """Return when the pause begins, in seconds: after a gap longer than the player's own.

        After a single note, whose player has shown no gap yet, it is one of `FIRST_GAP`. A partner is not
        waited for: whoever plays evenly would never let the other in.
        """
        gap = LONGER * max(self.gaps, default=FIRST_GAP / LONGER)
        others = [end for voice, end in self.ends.items() if voice not in self.partners]
        return max(self._silent_from(timeline, others), self._chord_at + gap)

    def _silent_from(self, timeline: Timeline, ends: Collection[int]) -> float:
        hands = self.last + (LOST if self.hands else 0.0)
        return max(hands, timeline.time_of_tick(max(ends))) if ends else hands

    def down(self, key: NoteOn, at: float, timeline: Timeline) -> tuple[int, float]:
        """Take a key that goes down. Returns its tick, and the ticks that the grid took from it.

        Onsets that are near together are one chord and share the first one's tick; every other
        snaps by itself, from its own beat, so that nothing drifts.
        """
        exact = timeline.beat_of(at) * TICKS
        self.hands.take(key)
        self.struck(at, round(exact))
        return self._chord_tick, exact - self._chord_tick

    def struck(self, at: float, tick: int) -> None:
        """Take a note of the player's; tick: its own, where it begins a chord."""
        if not 0 <= at - self._chord_at <= CHORD_SECONDS:
            self._count_gap(at - self._chord_at)
            self._chord_at, self._chord_tick = at, tick
        self.since = self._chord_tick if self.since is None else self.since
        self.heard = self.owed = True
        self.last = at

    def overhear(self, voice: int, note: Note, at: float, partner: bool) -> None:
        """Take a note of another voice, whose time and end are known.

        partner: it hears this one, too, so that not each of its notes is answered at once.
        """
        if partner:
            self.partners.add(voice)
        else:
            self.partners.discard(voice)
        if not partner and at > self._chord_at + CHORD_SECONDS:
            self._count_gap(at - self._chord_at)
            self._chord_at, self._chord_tick = at, note.onset
        self.since = note.onset if self.since is None else self.since
        self.heard = True
        self.owed |= not partner
        self.ends[voice] = max(self.ends.get(voice, note.onset), note.onset + note.duration)

    def let_go(self, voice: int, tick: int) -> None:
        """Take another voice as silent from a tick on."""
        if voice in self.ends:
            self.ends[voice] = min(self.ends[voice], tick)

    def _count_gap(self, gap: float) -> None:
        if 0 < gap < LONG_PAUSE:
            self.gaps.append(gap)
        else:
            self.gaps.clear()

    def lift(self, message: Message, at: float) -> list[int]:
        """Take keys that come up, or a pedal that moves. Returns the pitches that end now."""
        held = bool(self.hands)
        ended = self.hands.take(message)
        if ended or (held and not isinstance(message, Sustain)):
            self.last = at
        return ended

    def jumped(self, ticks: int) -> None:
        """Take the clock as so many ticks further: what is played now is on its ticks."""
        self._chord_tick += ticks

    def answered(self) -> None:
        """What was played is answered: listen anew."""
        self.heard, self.since = False, None

    def listened(self) -> Listened:
        """Return what it knows, as a value."""
        chord_at = None if math.isinf(self._chord_at) else self._chord_at
        return Listened(
            self.last, chord_at, self._chord_tick, tuple(self.gaps), tuple(self.ends.items()),
            tuple(self.partners), self.heard, self.since, self.owed,
        )  # fmt: skip

    def go_on(self, known: Listened) -> Self:
        """Know what was known; return itself."""
        self.last, self._chord_tick = known.last, known.chord_tick
        self._chord_at = -math.inf if known.chord_at is None else known.chord_at
        self.gaps.clear()
        self.gaps.extend(known.gaps)
        self.ends, self.partners = dict(known.ends), set(known.partners)
        self.heard, self.since, self.owed = known.heard, known.since, known.owed
        return self

    def clear(self) -> list[int]:
        """Forget what is held. Returns the pitches that were."""
        self.answered()
        self.owed = False
        self.ends.clear()
        return self.hands.clear()

"""The keys that a voice of sound plays on: the notes that it hears, and what its network sees of them."""

from collections.abc import Iterable
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from live.ipc.wire import ALL, PLAYER, CommittedNote, LetGo, Lifted, Pedal, Played, Segment, Who
from live.time.table import Due, NoteTable
from models.contract.samples import HEARD, KEYS, Keyboard, grow
from models.midi.hands import Hands
from models.midi.messages import NoteOff, NoteOn

Row = NDArray[np.float32]
"""What a network sees of the keys in one frame, (FEATURES,), or in several."""

CHANNEL = 1
"""One piano, one key for each pitch: whoever strikes it last has it."""

_FORGOTTEN = 1e-9
_MOMENT = 1e-9
"""Seconds: what is due at a frame's beginning is due in it. (The next float after 0 may count as 0.)"""

NoteMessage = CommittedNote | Segment | LetGo | Played | Pedal | Lifted
"""What keys follow: notes as they are committed or played, and the clock that says when they are due."""


class SoundKeys:
    """Deterministic; knows of time only what it is given. Threads: one."""

    def __init__(self, hop: int, rate: int) -> None:
        self.keyboard = Keyboard(hop, rate)
        self._frozen: Row | None = None
        self._table = NoteTable()
        self._hands = Hands()
        """What the player holds, by hand or by foot."""

    def take(self, message: NoteMessage, at: float) -> None:
        """Take what a voice or the player does. A voice's note waits for its time, all else is now."""
        match message:
            case Segment():
                self._table.segment(message)
            case LetGo(who=who):
                self._let_go(who, at)
            case CommittedNote():
                self._table.sound(_on_our_channel(message))
            case Played(velocity=velocity) if velocity:
                self._hands.take(message.message)
                self._press(self._table.player(message.pitch, velocity, CHANNEL, at))
            case Played() | Pedal() | Lifted():
                for pitch in self._hands.take(message.message):
                    self._press(self._table.player(pitch, 0, CHANNEL, at))

    def segment_at(self, at: float) -> Segment | None:
        """Return the piece of the clock that holds at a time; None while there is no clock."""
        return self._table.segment_at(at)

    def advance(self, at: float) -> None:
        """Go on to a frame that is heard from `at` on: strike and lift what is due by then."""
        if self._table.next_due() <= at:
            self._press(self._table.advance(at + _MOMENT))

    def tick(self) -> None:
        """The frame is over."""
        self.keyboard.tick()
        row = self.keyboard.row
        # What only fades for ever becomes numbers that processors are slow with.
        row[row < _FORGOTTEN] = 0.0
        if self._frozen is not None:
            # Its strings go on.
            grow(self._frozen)

    @property
    def row(self) -> Row:
        """What the network sees in this frame, float32 (FEATURES,), not to be kept."""
        return self.keyboard.row if self._frozen is None else self._frozen

    def freeze(self, on: bool) -> None:
        """Show the network the keys as they are now, whatever happens to them, until it is let go."""
        if on:
            if self._frozen is None:
                self._frozen = self.keyboard.row.copy()
        else:
            self._frozen = None

    def go_back(self, row: Row) -> None:
        """Put what was seen in an earlier frame back, but for the keys that are down now, or were then.

        What was down then and is up now counts as coming up at this moment. While the keys are frozen,
        the network is shown those of then, as they were.
        """
        now = self.keyboard.row.reshape(-1, KEYS)
        down = now[0] > 0
        then = row.reshape(-1, KEYS).copy()
        then[0] = 0.0
        then[:, down] = now[:, down]
        now[:] = then
        if self._frozen is not None:
            self._frozen = row.copy()

    def moved(self, hop: int, rate: int) -> None:
        """Go on with frames of another length."""
        keyboard = Keyboard(hop, rate)
        keyboard.row[:] = self.keyboard.row
        for row in (keyboard.row, *(() if self._frozen is None else (self._frozen,))):
            # Whole frames, which can be counted exactly for hours.
            row[HEARD:] = np.rint(row[HEARD:] * (self.keyboard.seconds / keyboard.seconds))
        self.keyboard = keyboard

    def _let_go(self, who: Who | Literal["all"], at: float) -> None:
        if who in (ALL, PLAYER):
            self._hands.clear()
        self._press(self._table.let_go(who, at))

    def _press(self, due: Iterable[Due]) -> None:
        for one in due:
            match one.message:
                case NoteOn(pitch=pitch, velocity=velocity):
                    self.keyboard.strike(pitch, velocity)
                case NoteOff(pitch=pitch):
                    self.keyboard.lift(pitch)


def _on_our_channel(note: CommittedNote) -> CommittedNote:
    return note if note.channel == CHANNEL else msgspec.structs.replace(note, channel=CHANNEL)

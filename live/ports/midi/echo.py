"""Recognises our own notes when they come back in, through a DAW or a cable that loops."""

from typing import Final

from models.midi.messages import Message, NoteOff, NoteOn, Sustain

WINDOW: Final = 0.03
"""Seconds after which a note that comes in is the player's, even if it equals one of ours."""

_EARLY: Final = 0.002


class Echo:
    """Remembers what was sent, and drops one copy of each that comes back at once.

    A note-on is a copy if pitch and velocity are those just sent; a note-off if it ends a copy.
    Threads: one.
    """

    def __init__(self) -> None:
        self.count = 0
        self._ons: dict[int, tuple[float, int]] = {}
        self._offs: dict[int, float] = {}
        self._pedal = (float("-inf"), False)
        self._copied: set[int] = set()
        self._held: set[int] = set()

    def sent(self, message: Message, at: float) -> None:
        """Remember a MIDI message that goes out at `at`."""
        match message:
            case NoteOn():
                self._ons[message.pitch] = at, message.velocity
            case NoteOff():
                self._offs[message.pitch] = at
            case Sustain():
                self._pedal = at, message.down

    def note(self, pitch: int, velocity: int, at: float) -> bool:
        """Return whether a note that comes in is a copy; velocity 0 is a note-off."""
        copy = self._on(pitch, velocity, at) if velocity else self._off(pitch, at)
        self.count += copy
        return copy

    def pedal(self, down: bool, at: float) -> bool:
        """Return whether a pedal that comes in is a copy."""
        sent, was_down = self._pedal
        copy = was_down == down and _recent(sent, at)
        self.count += copy
        return copy

    def _on(self, pitch: int, velocity: int, at: float) -> bool:
        sent, loud = self._ons.get(pitch, (float("-inf"), 0))
        if loud == velocity and _recent(sent, at):
            del self._ons[pitch]
            self._copied.add(pitch)
            return True
        self._held.add(pitch)
        return False

    def _off(self, pitch: int, at: float) -> bool:
        sent = self._offs.pop(pitch, float("-inf"))
        if pitch in self._copied and (pitch not in self._held or _recent(sent, at)):
            self._copied.discard(pitch)
            return True
        self._held.discard(pitch)
        return False


def _recent(sent: float, at: float) -> bool:
    return -_EARLY <= at - sent <= WINDOW

"""What a player holds down on one piano, by hand and by foot."""

from models.midi.messages import Message, NoteOn
from models.midi.pairing import Pairing


class Hands:
    """Keys and pedals are a channel's own, but a pitch has one string: who strikes it last has it.

    Threads: one.
    """

    def __init__(self) -> None:
        self._pairing: Pairing[tuple[int, int]] = Pairing()
        self._sounding: dict[int, int] = {}
        """The strike that each pitch sounds from, by its number."""
        self._count = 0

    def __bool__(self) -> bool:
        """Return whether anything is held."""
        return bool(self._sounding)

    def holds(self, pitch: int) -> bool:
        """Return whether a pitch is held."""
        return pitch in self._sounding

    def take(self, message: Message) -> list[int]:
        """Take what the player does; return the pitches whose notes end by it, struck again or let go."""
        if isinstance(message, NoteOn):
            self._count += 1
            pitch = message.pitch
            self._pairing.strike(message, (pitch, self._count))
            again = [pitch] if pitch in self._sounding else []
            self._sounding[pitch] = self._count
            return again
        _, let_go = self._pairing.lift(message)
        ended = [pitch for pitch, strike in let_go if self._sounding.get(pitch) == strike]
        for pitch in ended:
            del self._sounding[pitch]
        return ended

    def clear(self) -> list[int]:
        """Forget what is held; return its pitches."""
        held = sorted(self._sounding)
        self._sounding.clear()
        self._pairing = Pairing()
        return held

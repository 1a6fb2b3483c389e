"""An onset: notes that begin together, as the player strikes them."""

from typing import NamedTuple


class Onset(NamedTuple):
    """Notes that begin together at a time, in seconds.

    low, high: the lowest and the highest pitch. notes: how many. keys: their pitch classes, a bit each.
    """

    at: float
    velocity: int
    low: int
    high: int
    notes: int
    keys: int

    @classmethod
    def of(cls, at: float, pitch: int, velocity: int) -> "Onset":
        """Return an onset of one note."""
        return cls(at, velocity, pitch, pitch, 1, 1 << pitch % 12)

    def joined(self, pitch: int, velocity: int) -> "Onset":
        """Return this onset with one more note."""
        return Onset(
            self.at, max(self.velocity, velocity), min(self.low, pitch), max(self.high, pitch),
            self.notes + 1, self.keys | 1 << pitch % 12,
        )  # fmt: skip

    def moved(self, at: float, velocity: int | None = None) -> "Onset":
        """Return this onset at another time, and with another touch."""
        return self._replace(at=at, velocity=self.velocity if velocity is None else velocity)

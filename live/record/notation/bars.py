"""The bars of a sheet: the clock's, each with its metre and key, and where they lie."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from live.declared.metre import Metre
from live.engine.notes.operations import SetMetre
from live.record.notation.keys import C_MAJOR, Key
from live.record.take import in_force
from models.contract.errors import ExtempoError
from models.contract.grid import TICKS

EIGHTH: Final = TICKS // 2
MOST: Final = 20_000
"""Bars of a sheet; more of them nobody opens."""


class NotationError(ExtempoError):
    """A take that cannot be written down, or not here."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar on the sheet. tick, length: as it is written; a bar that was cut short is shorter than its metre."""

    tick: int
    length: int
    metre: Metre
    key: Key = C_MAJOR

    @property
    def end(self) -> int:
        """Return where the next bar begins."""
        return self.tick + self.length

    @property
    def whole(self) -> bool:
        """Return whether it is as long as its metre says."""
        return self.length == self.metre.length


class Ruler:
    """Where ticks of the clock lie on the sheet.

    The clock may begin a bar anew at any tick, and notation has no values for what is left of the old one:
    such a bar is written as whole eighths. measures: as the journal has them, in order; end: of the last note.
    """

    def __init__(self, measures: Sequence[SetMetre], end: int) -> None:
        self._real: list[int] = []
        self._written: list[tuple[int, int, Metre]] = []
        said = in_force(measures)
        real = at = 0
        for index, (tick, metre) in enumerate(said):
            until = said[index + 1][0] if index + 1 < len(said) else end
            last = index + 1 == len(said)
            while real < until or (last and not self._real):
                length = metre.length - (real - tick) % metre.length
                if not last:
                    length = min(length, until - real)
                self._check()
                written = max(round(length / EIGHTH), 1) * EIGHTH
                self._real.append(real)
                self._written.append((at, written, metre))
                real, at = real + length, at + written

    def _check(self) -> None:
        if len(self._real) == MOST:
            raise NotationError(
                f"The take is longer than {MOST:,} bars, more than is written down: write it as MIDI, -o take.mid."
            )

    def place(self, tick: int) -> int:
        """Return where on the sheet a tick of the clock is; what lies before beat 0 is moved there."""
        index = max(bisect_right(self._real, tick) - 1, 0)
        at, length, _ = self._written[index]
        inside = max(tick - self._real[index], 0)
        return at + (inside if index == len(self._real) - 1 else min(inside, length))

    def bars(self, keys: Sequence[tuple[int, Key]]) -> tuple[Bar, ...]:
        """Return the bars. keys: from which tick of the clock on each one stands, in order; the first from 0."""
        ticks = [tick for tick, _ in keys]
        return tuple(
            Bar(at, length, metre, keys[max(bisect_right(ticks, real) - 1, 0)][1])
            for real, (at, length, metre) in zip(self._real, self._written, strict=True)
        )

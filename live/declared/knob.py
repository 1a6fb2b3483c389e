"""What a knob is: what it takes, and how a fader covers that."""

import math
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from live.declared import metre
from live.declared.metre import MetreError
from live.declared.scales import ENHARMONICS, KEYS, sharp
from models.contract.errors import GivenError
from models.contract.nearest import meant

Value = float | int | str
Kind = Literal["events", "audio"]
"""What a voice plays: notes, or sound."""
KINDS: Final[tuple[Kind, ...]] = ("events", "audio")
SOUNDS: Final[frozenset[Kind]] = frozenset({"audio"})
"""Kinds whose voices make sound themselves; the others play notes."""
Scope = Literal["transport"] | Kind
"""Whose a knob is: the whole daemon's, or that of every voice of a kind."""


PLAYS: Final[Mapping[Scope, str]] = MappingProxyType(
    {"events": "notes", "audio": "sound", "transport": "the clock"}
)
"""What a scope is about, in words for the player."""


class KnobError(GivenError):
    """A knob that does not exist, or a value that it does not take."""


def _as_float_goes(value: object) -> object:
    """Return a value as it is; a whole number that no float can be is infinite."""
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        return math.inf if value > 0 else -math.inf
    return value


class Knob(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a player can turn.

    name, default, scopes: as `live.declared.knobs` declares them.
    kind: by the type of its field, where that says it; `switch` is 0 or 1, `choice` one of `choices`,
    `signature` a metre, as in `live.declared.metre`.
    curve: how a fader 0..1 covers low..high.
    shapes: turning it changes what will be played next, so what is planned is planned again.
    each: every turn counts, however soon the next one follows, and the other knobs are as they were turned before it.
    cc: the MIDI controller that reaches it by default.
    """

    name: str = ""
    help: str
    kind: Literal["float", "int", "switch", "choice", "signature"] = "float"
    default: Value = 0.0
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    curve: Literal["linear", "exponential"] = "linear"
    choices: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = ()
    shapes: bool = True
    each: bool = False
    cc: int | None = None

    def check(self, value: object) -> Value:
        """Return the value as the engine takes it: in range, of this knob's type.

        A choice may be written in any case; it comes back as `choices` has it, and a key that was written
        otherwise, such as a flat, as it was written.

        Raises KnobError, one sentence, for anything else (NaN and strings for numbers included).
        """
        value = _as_float_goes(value)
        if self.kind == "choice":
            return self._choice(value)
        if self.kind == "signature":
            try:
                return metre.spelt(value)
            except MetreError as error:
                raise KnobError(str(error)) from None
        if isinstance(value, bool):
            value = int(value)
        if not isinstance(value, int | float):
            raise KnobError(
                f"{self.name} takes a number from {self.low:.10g} to {self.high:.10g}, not {value!r}."
            )
        if not (math.isfinite(value) and self.low <= value <= self.high):
            raise KnobError(
                f"{self.name} goes from {self.low:.10g} to {self.high:.10g}{self._unit}, "
                f"and {value:.10g} is outside."
            )
        if self.kind == "float":
            return float(value)
        if value != int(value):
            raise KnobError(
                f"{self.name} takes whole numbers from {self.low:.10g} to {self.high:.10g}, "
                f"not {value:.10g}."
            )
        return int(value)

    def from_unit(self, unit: object) -> Value:
        """Return the value at a fader's position 0..1. Raises KnobError where it is not one."""
        unit = _as_float_goes(unit)
        if isinstance(unit, str) or not isinstance(unit, int | float) or not 0 <= unit <= 1:
            raise KnobError(f"{self.name}'s fader goes from 0 to 1, and {unit!r} is outside.")
        if self.kind == "choice":
            return self.choices[min(int(unit * len(self.choices)), len(self.choices) - 1)]
        if self.kind == "signature":
            return metre.COMMON[min(int(unit * len(metre.COMMON)), len(metre.COMMON) - 1)]
        if self.curve == "exponential":
            value = self.low * (self.high / self.low) ** unit
        else:
            value = self.low + (self.high - self.low) * unit
        if self.kind != "float":
            # A fader has places between whole numbers too.
            value = round(value)
        return self.check(min(max(value, self.low), self.high))

    def to_unit(self, value: Value) -> float:
        """Return the fader's position for a value that `check` has passed."""
        if self.kind == "signature":
            return (metre.fader(value) + 0.5) / len(metre.COMMON)
        if isinstance(value, str):
            return (self.choices.index(sharp(value)) + 0.5) / len(self.choices)
        if self.curve == "exponential":
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    @property
    def _unit(self) -> str:
        return f" {self.unit}" if self.unit else ""

    def _choice(self, value: object) -> str:
        if isinstance(value, str):
            word = value.casefold()
            for choice in self.choices:
                if choice.casefold() == word:
                    return choice
            if self.choices == KEYS and word in ENHARMONICS:
                return word.capitalize()
        if isinstance(value, int | float) and value > 0 and f"{value:.10g}" in self.choices:
            return f"{value:.10g}"
        if isinstance(value, int | float) and value in range(len(self.choices)):
            return self.choices[int(value)]
        raise KnobError(
            f"{self.name} is one of {', '.join(self.choices)} (or its number from 0), not {value!r}."
            f"{meant(str(value), self.choices)}"
        )

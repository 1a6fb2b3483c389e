"""Numbers on a command line and in its settings file: each in a range, and told in one sentence what is none."""

import math
from contextlib import suppress
from typing import Any, Final

import click

from models.contract.errors import line

_SHOWN: Final = 40
"""Characters of what somebody gave that are told back."""


class Number(click.FloatRange):
    """A finite number in a range. whole: an int; otherwise a float.

    What is none is a UsageError that says what the option takes.
    """

    name = "number"

    def __init__(
        self,
        min: float | None = None,
        max: float | None = None,
        min_open: bool = False,
        whole: bool = False,
    ) -> None:
        super().__init__(min, max, min_open)
        self._whole = whole

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number."""
        number = _read(value, self._whole)
        if number is not None and self._holds(number):
            return number
        name = param.opts[0] if param is not None else "This"
        text = f"{name} takes {self._said()}, not {line(str(value), _SHOWN)}"
        raise click.UsageError(f"{text}: try {name} {self._example(param)}.", ctx)

    def _holds(self, number: float) -> bool:
        low = -math.inf if self.min is None else self.min
        high = math.inf if self.max is None else self.max
        return low <= number <= high and not (self.min_open and number == low)

    def _said(self) -> str:
        what = "a whole number" if self._whole else "a number"
        if self.min is None:
            return what if self.max is None else f"{what} of {_shown(self.max)} or less"
        low = _shown(self.min)
        if self.max is not None:
            return f"{what} from {low} to {_shown(self.max)}"
        return f"{what} above {low}" if self.min_open else f"{what} of {low} or more"

    def _example(self, param: click.Parameter | None) -> str:
        """Return a number that can be given: the default, where there is one."""
        default = getattr(param, "default", None)
        if isinstance(default, int | float) and self._holds(default):
            return _shown(default)
        low = 0 if self.min is None else self.min
        return _shown(low + 1 if self.min_open else low)


def _read(value: object, whole: bool) -> float | None:
    """Return what a value is as a number, or None: a switch's true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if whole and not isinstance(value, float):
        # Beyond 2 ** 53 a float is another number.
        with suppress(ValueError):
            return int(value)
    with suppress(ValueError, OverflowError):
        number = float(value)
        if math.isfinite(number) and (number.is_integer() or not whole):
            return int(number) if whole else number
    return None


def _shown(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:g}"

"""The clock sources that there are: one line each. The first leads until another one is chosen."""

from collections.abc import Callable, Mapping
from typing import Final

from live.time.sources.internal import Internal
from live.time.sources.source import Clock, ClockSource
from live.time.sources.tap import Tap

SOURCES: Final[Mapping[str, Callable[[Clock], ClockSource]]] = {
    "internal": Internal,
    "tap": Tap,
}
FIRST: Final = next(iter(SOURCES))
"""Who leads where nobody chose."""

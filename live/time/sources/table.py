"""The clock sources, one line each. The first leads until another is chosen."""

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
"""The source that leads until one is chosen."""

"""The clock sources, one line each."""

from collections.abc import Callable, Mapping
from typing import Final

from live.time.sources.internal import Internal
from live.time.sources.player.follow import Player
from live.time.sources.source import Clock, ClockSource
from live.time.sources.tap import Tap

SOURCES: Final[Mapping[str, Callable[[Clock], ClockSource]]] = {
    "internal": Internal,
    "tap": Tap,
    "player": Player,
}
AUTO: Final = "auto"
"""Stands for the player while a voice answers their phrases, and else for the internal clock."""
ALONE: Final = "internal"
ANSWERED: Final = "player"
"""Which of the sources these are."""
CHOICES: Final = (AUTO, *SOURCES)
"""What can be chosen."""
FIRST: Final = AUTO
"""What leads until something is chosen."""

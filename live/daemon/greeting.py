"""The first lines of a run: what plays, where it is heard, and what went wrong until then."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from live.control.control import FIRST
from live.ipc.news import Opened, Ready, Trouble
from live.record.recorder import short
from live.screen.console import Console
from live.screen.told import Card

PATIENCE: Final = 4.0
"""Seconds after which the wait for sound is explained."""
_COMPILES: Final = "Getting ready. The first time, what makes sound is compiled for this processor: some ten seconds."

About = Callable[[Path], str]
"""Describes an artifact in a few words."""

Place = tuple[str, str]
"""A surface's name, and where it is reached."""


class Greeting:
    """Says the first lines once, and keeps for after them what goes wrong before. Threads: main."""

    def __init__(self, console: Console, about: About) -> None:
        self._console, self._about = console, about
        self._waiting: list[Trouble | str] = []
        self._explains = float("inf")
        self.said = False

    def expect_sound(self) -> None:
        """Explain, if it takes long from now on, what it is that takes so long."""
        self._explains = time.monotonic() + PATIENCE

    def look(self) -> None:
        """Explain what takes so long, once it does."""
        if not self.said and time.monotonic() > self._explains:
            self._explains = float("inf")
            self._console.tell(_COMPILES)

    def show(self, news: Trouble | str) -> None:
        """Show what went wrong, or other messages, at once or after the first lines."""
        if self.said:
            self._console.tell(news)
        else:
            self._waiting.append(news)

    def last(self, codes: Collection[str]) -> str | None:
        """Return what went wrong last under one of these codes, of what waits for the first lines."""
        troubles = [one for one in self._waiting if isinstance(one, Trouble)]
        told = [one.text for one in troubles if one.code in codes]
        return told[-1] if told else None

    def say(
        self, ready: Mapping[int, Ready], opened: Opened, places: Sequence[Place], kept: Path
    ) -> None:
        """Say the first lines. ready: each voice's. places: of surfaces. kept: where the take goes."""
        self._console.tell(self._card(ready, opened, places, kept))
        for news in self._waiting:
            self._console.tell(news)
        self.said = True

    def _card(
        self, ready: Mapping[int, Ready], opened: Opened, places: Sequence[Place], kept: Path
    ) -> Card:
        others = [one for number, one in sorted(ready.items()) if number != FIRST]
        rows = [
            ("model", self._about(Path(ready[FIRST].path))),
            *(
                (f"voice {one.voice}", f"{one.name}: {self._about(Path(one.path))}")
                for one in others
            ),
            ("heard", opened.heard),
            *((("sound", opened.sound),) if opened.sound else ()),
            ("play in", opened.played or "over OSC only"),
            *places,
            ("kept", short(kept)),
            ("stop", "Ctrl-C"),
        ]
        return Card(f"extempo plays {ready[FIRST].name}", tuple(rows))

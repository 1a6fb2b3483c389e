"""The rings between the three processes, and what wakes each of them."""

import contextlib
import itertools
import os
from pathlib import Path
from typing import Any, Final

from live.commands import Command
from live.ring import Ring, Wake
from live.soundring import CAPTURED, SoundRing
from live.wire import FromEngine, FromPorts, FromPortsToControl, ToPorts

SHARED: Final = Path("/dev/shm")
"""Where Linux shows shared memory."""
_NAME: Final = "extempo-rings"
_numbers: Final = itertools.count()


class Links:
    """Made by control before the other two start.

    sounds: how many voices of sound play. sound: a ring for each of them, in the order of their
    voices, from the engine to what plays; capture: what comes in through an audio input, the other
    way. Threads: one.
    """

    def __init__(self, sounds: int = 0) -> None:
        sweep(SHARED)
        self.wake, self.engine_wake, self.ports_wake = Wake(), Wake(), Wake()
        # A command may carry a path, and a line of the journal all knobs.
        self.commands: Ring[Command] = Ring(Command, self.engine_wake, width=1024, name=_name())
        self.played: Ring[FromPorts] = Ring(FromPorts, self.engine_wake, name=_name())
        self.to_ports: Ring[ToPorts] = Ring(ToPorts, self.ports_wake, name=_name())
        self.engine_news: Ring[FromEngine] = Ring(
            FromEngine, self.wake, slots=2048, width=2048, name=_name()
        )
        self.ports_news: Ring[FromPortsToControl] = Ring(
            FromPortsToControl, self.wake, name=_name()
        )

        self.sound = tuple(SoundRing(_name()) for _ in range(sounds))
        self.capture = SoundRing(_name(), CAPTURED) if sounds else None

    @property
    def audio(self) -> tuple[Any, ...]:
        """What both processes are given for sound, behind their other arguments; nothing without it."""
        return (self.sound, self.capture) if self.sound else ()

    def close(self) -> None:
        """Free everything, after both processes have ended."""
        rings: tuple[Ring[Any] | SoundRing, ...] = (
            self.commands,
            self.played,
            self.to_ports,
            self.engine_news,
            self.ports_news,
            *self.sound,
            *((self.capture,) if self.capture else ()),
        )
        for ring in rings:
            ring.close()
            ring.unlink()
        for wake in (self.wake, self.engine_wake, self.ports_wake):
            wake.close()


def sweep(folder: Path) -> None:
    """Free the memory of runs of which everything was killed: nobody else does on Linux."""
    for path in folder.glob(f"{_NAME}-*-*"):
        owner = path.name.split("-")[2]
        if not Path("/proc", owner).exists():
            with contextlib.suppress(OSError):
                path.unlink()


def _name() -> str:
    return f"{_NAME}-{os.getpid()}-{next(_numbers)}"

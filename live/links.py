"""The rings between the three processes, and what wakes each of them."""

from typing import Any

from live.commands import Command
from live.ring import Ring, Wake
from live.wire import FromEngine, FromPorts, FromPortsToControl, ToPorts


class Links:
    """Made by control before the other two start. Threads: one."""

    def __init__(self) -> None:
        self.wake, self.engine_wake, self.ports_wake = Wake(), Wake(), Wake()
        # A command may carry a path, and a line of the journal all knobs.
        self.commands: Ring[Command] = Ring(Command, self.engine_wake, width=1024)
        self.played: Ring[FromPorts] = Ring(FromPorts, self.engine_wake)
        self.to_ports: Ring[ToPorts] = Ring(ToPorts, self.ports_wake)
        self.engine_news: Ring[FromEngine] = Ring(FromEngine, self.wake, slots=2048, width=2048)
        self.ports_news: Ring[FromPortsToControl] = Ring(FromPortsToControl, self.wake)

    def close(self) -> None:
        """Free everything, after both processes have ended."""
        rings: tuple[Ring[Any], ...] = (
            self.commands,
            self.played,
            self.to_ports,
            self.engine_news,
            self.ports_news,
        )
        for ring in rings:
            ring.close()
            ring.unlink()
        for wake in (self.wake, self.engine_wake, self.ports_wake):
            wake.close()

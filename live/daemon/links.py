"""The rings between the three processes, and what wakes each of them."""

from typing import Any

from live.ipc.commands import Command
from live.ipc.news import FromEngine, FromPortsToControl
from live.ipc.pulse import Pulse
from live.ipc.ring import Ring, Wake
from live.ipc.shared import Names
from live.ipc.soundring import CAPTURED, SoundRing
from live.ipc.wire import FromPorts, ToPorts


class Links:
    """Made by control before the other two start.

    sounds: how many voices of sound play. sound: a ring for each of them, in the order of their
    voices, from the engine to what plays; capture: what comes in through an audio input, the other
    way. pulse, engine_pulse, ports_pulse: the heartbeats of control, the engine and the ports.
    Threads: one.
    """

    def __init__(self, sounds: int = 0) -> None:
        self._names = Names()
        name = self._names.next
        self.wake, self.engine_wake, self.ports_wake = Wake(), Wake(), Wake()
        # A command may carry a path, and a line of the journal all knobs.
        self.commands: Ring[Command] = Ring(Command, self.engine_wake, width=1024, name=name())
        self.played: Ring[FromPorts] = Ring(FromPorts, self.engine_wake, name=name())
        self.to_ports: Ring[ToPorts] = Ring(ToPorts, self.ports_wake, name=name())
        self.engine_news: Ring[FromEngine] = Ring(
            FromEngine, self.wake, slots=2048, width=2048, name=name()
        )
        self.ports_news: Ring[FromPortsToControl] = Ring(
            FromPortsToControl, self.wake, width=2048, name=name()
        )
        self.pulse, self.engine_pulse, self.ports_pulse = (Pulse(name()) for _ in range(3))
        self.sound = tuple(SoundRing(name()) for _ in range(sounds))
        self.capture = SoundRing(name(), CAPTURED) if sounds else None

    @property
    def audio(self) -> tuple[Any, ...]:
        """The arguments for sound of both processes; none without voices of sound."""
        return (self.sound, self.capture) if self.sound else ()

    def close(self) -> None:
        """Free everything, after both processes have ended."""
        rings: tuple[Ring[Any] | SoundRing | Pulse, ...] = (
            self.commands,
            self.played,
            self.to_ports,
            self.engine_news,
            self.ports_news,
            self.pulse,
            self.engine_pulse,
            self.ports_pulse,
            *self.sound,
            *((self.capture,) if self.capture else ()),
        )
        for ring in rings:
            ring.close()
            ring.unlink()
        for wake in (self.wake, self.engine_wake, self.ports_wake):
            wake.close()
        self._names.close()

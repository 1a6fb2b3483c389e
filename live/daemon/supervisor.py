"""Keeps the ports and the engine alive: started in that order, ended in reverse, begun again once.

If control dies, nobody keeps them: they play on for `ORPHANED` seconds, long enough for who
supervises control to see it; then they let go of everything and end, so that nothing plays that
nobody can stop.
"""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import wait
from typing import Final

from live.daemon.links import Links
from live.daemon.processes import Child
from live.ipc.acts import Quit, SetKnob
from live.ipc.commands import Command
from live.ipc.config import EngineOptions, PortOptions
from live.ipc.news import Patched, Trouble
from live.ipc.wire import ALL, Close, LetGo

ORPHANED: Final = 10.0
"""Seconds that the music plays on without control."""
AGAIN: Final = 60.0
"""Seconds within which a process may die once; the second time ends the run."""
_ENGINE_GOES_ON: Final = (
    "every note was let go, and it is started again where it was, with its memory, its slots and the knobs "
    "as they stand; what waited for its time is forgotten"
)
_ENGINE_AGAIN: Final = (
    "every note was let go, and it is started again at bar 1 with the knobs as they stand; what it had "
    "heard, its slots, what was forced and what waited for its time are forgotten"
)
_AGAIN_SOON: Final = 0.002
_RETOLD: Final = ("tempo", "thru")
"""Knobs of which the ports know."""


class Supervisor:
    """Owns both processes.

    ask: hands a command to the engine. playing: returns the options with which an engine would go
    on from here. resume: returns them too, when one does. tell: takes a Trouble for the player.
    goes_on: returns whether one would have the memory of the one before.
    settled: set once both play; before that nothing is begun again. Threads: control's main.
    """

    def __init__(
        self,
        links: Links,
        ports: PortOptions,
        ask: Callable[[Command], bool],
        playing: Callable[[], EngineOptions],
        resume: Callable[[], EngineOptions],
        tell: Callable[[Trouble], None],
        goes_on: Callable[[], bool],
    ) -> None:
        self._links = links
        self._options = ports
        self._ask = ask
        self._playing = playing
        self._resume = resume
        self._tell = tell
        self._goes_on = goes_on
        self._ports: Child | None = None
        self._engine: Child | None = None
        self._died: dict[str, float] = {}
        self.settled = False

    def start(self, engine: EngineOptions) -> None:
        """Start the ports, then the engine; neither is waited for."""
        # Ports sees the engine's end by itself: then not even the end of both of us leaves a note.
        seen, held = socket.socketpair()
        self._ports = self._start_ports(seen)
        self._engine = self._start_engine(engine, held)
        seen.close()
        held.close()

    def patched(self, message: Patched) -> None:
        """Remember under which name and to what JACK's ports are connected, for the next ports."""
        if message.kind == "midi":
            self._options = replace(self._options, client=message.client, links=message.links)
        else:
            sound = replace(self._options.sound, links=message.links)
            self._options = replace(self._options, sound=sound)

    def look(self) -> Child | None:
        """Begin again what has died or hangs; return a process that is over, and with it the run."""
        assert self._ports is not None
        assert self._engine is not None
        for child in (self._engine, self._ports):
            for text in child.end_if_hung():
                self._tell(Trouble(code=child.name, text=text))
        if not self._engine.alive:
            # The ring's writer is dead, so it is ours.
            self._links.to_ports.put(LetGo(who=ALL))
            for ring in self._links.sound:
                ring.header["sounding"] = 0
            so = _ENGINE_GOES_ON if self._goes_on() else _ENGINE_AGAIN
            if not self._may_again(self._engine, so):
                return self._engine
            self._engine = self._start_engine(self._resume())
        if not self._ports.alive:
            if not self._may_again(self._ports, "it is started again"):
                return self._ports
            # What waited there was meant for then.
            self._links.to_ports.drain()
            for ring in self._links.sound:
                ring.header["read"] = ring.header["written"]
            self._ports = self._start_ports(again=True)
            self._tell_again()
        return None

    def end_engine(self, ends: Callable[[], float], meanwhile: Callable[[], None]) -> None:
        """Ask the engine to end, and see to it that it has by then.

        ends: returns when, in `time.monotonic()` seconds; asked again and again. meanwhile: called
        again and again; takes what it still says.
        """
        if self._engine is not None:
            # Whoever asked for too much at once may have filled its inbox.
            while (
                not self._ask(Command(Quit())) and self._engine.alive and time.monotonic() < ends()
            ):
                time.sleep(_AGAIN_SOON)
            if not self._engine.end(ends, meanwhile):
                self._links.to_ports.put(LetGo(who=ALL))

    def end_ports(self, seconds: float) -> None:
        """Ask the ports to let go of everything and end, after the engine, and see to it."""
        if self._ports is not None:
            self._links.to_ports.put(Close())
            ends = time.monotonic() + seconds
            if not self._ports.end(lambda: ends):
                text = "The output hung and was cut off: the next start ends what still sounds."
                self._tell(Trouble(code="ports", text=text))

    def _start_ports(self, seen: socket.socket | None = None, *, again: bool = False) -> Child:
        links = self._links
        child = Child(
            "ports",
            "live.ports.process:run",
            (
                self._options,
                links.to_ports,
                links.played,
                links.ports_news,
                links.ports_wake,
                seen,
                again,
                *links.audio,
            ),
            hearts=(links.ports_pulse, links.pulse),
            news=links.ports_news,
            # Later than the engine, which lets go first.
            orphaned=(ORPHANED + 3.0, links.to_ports, Close()),
        )
        return self._started(child)

    def _start_engine(self, options: EngineOptions, held: socket.socket | None = None) -> Child:
        links = self._links
        child = Child(
            "engine",
            "live.engine.process:run",
            (
                options,
                links.commands,
                links.played,
                links.to_ports,
                links.engine_news,
                links.engine_wake,
                *links.audio,
            ),
            hearts=(links.engine_pulse, links.pulse),
            news=links.engine_news,
            orphaned=(ORPHANED, links.commands, Command(Quit())),
            life=held,
        )
        return self._started(child)

    def _started(self, child: Child) -> Child:
        child.start()
        threading.Thread(
            target=self._watch, args=(child.sentinel,), name=f"{child.name} watch", daemon=True
        ).start()
        return child

    def _watch(self, sentinel: int) -> None:
        wait([sentinel])
        self._links.wake.notify()

    def _may_again(self, child: Child, so: str) -> bool:
        now = time.monotonic()
        if not (self.settled and child.died) or now - self._died.get(child.name, -AGAIN) < AGAIN:
            return False
        self._died[child.name] = now
        self._tell(Trouble(code=child.name, text=f"The {child.name} process {child.cause}: {so}."))
        return True

    def _tell_again(self) -> None:
        """Let the engine tell new ports what the old ones knew."""
        options = self._playing()
        turned = {voice: one.knobs for voice, one in options.voices.items()}
        for voice, knobs in {0: options.transport, **turned}.items():
            for name in _RETOLD:
                if name in knobs:
                    self._ask(Command(SetKnob(knob=name, value=knobs[name]), voice=voice))

"""The ports process, run for a test: the test is its engine and its control."""

import multiprocessing
import os
import signal
import socket
from pathlib import Path
from typing import TypeVar

from live.daemon.links import Links
from live.ipc.config import PortOptions
from live.ipc.news import FromPortsToControl, Opened
from live.ipc.soundring import CAPTURED, SoundRing
from live.ipc.wire import Close, Lead, Pedal, Played, ToPorts
from live.ports import process
from tests.system_tools import wait_for

M = TypeVar("M")


class RunningPorts:
    """A real ports process; `state` is where it keeps what sounds.

    voices: how many voices of sound there are; `sound` and `capture` are their rings.
    """

    def __init__(
        self, options: PortOptions, state: Path, voices: int = 0, *, again: bool = False
    ) -> None:
        self.links = Links()
        self.sound = tuple(SoundRing() for _ in range(voices))
        self.capture = SoundRing(length=CAPTURED) if voices else None
        self._closed = False
        self.news: list[FromPortsToControl] = []
        self.heard: list[Played | Pedal] = []
        self.engine, theirs = socket.socketpair()
        before = os.environ.get("XDG_STATE_HOME")
        os.environ["XDG_STATE_HOME"] = str(state)
        links = self.links
        self.process = multiprocessing.get_context("spawn").Process(
            target=process.run,
            args=(
                options,
                links.to_ports,
                links.played,
                links.ports_news,
                links.ports_wake,
                theirs,
                again,
                self.sound,
                self.capture,
            ),
        )
        self.process.start()
        theirs.close()
        if before is None:
            del os.environ["XDG_STATE_HOME"]
        else:
            os.environ["XDG_STATE_HOME"] = before

    def put(self, *messages: ToPorts) -> None:
        for message in messages:
            assert self.links.to_ports.put(message)

    def opened(self) -> Opened:
        # Where sound is compiled anew it takes a while.
        return self.said(Opened, seconds=30)[0]

    def said(self, kind: type[M], count: int = 1, seconds: float = 10.0) -> list[M]:
        """Return the news of a kind, once there are so many."""

        def enough() -> list[M]:
            self.news += self.links.ports_news.drain()
            found = [message for message in self.news if isinstance(message, kind)]
            return found if len(found) >= count else []

        return wait_for(enough, seconds, f"{count} {kind.__name__}")

    def played(self, count: int = 1, seconds: float = 5.0) -> list[Played | Pedal]:
        """Return what the player played to the engine, once it is so much."""

        def enough() -> bool:
            self.heard += [one for one in self.links.played.drain() if not isinstance(one, Lead)]
            return len(self.heard) >= count

        wait_for(enough, seconds, f"{count} notes played in")
        return self.heard

    def kill(self) -> None:
        assert self.process.pid
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self.process.is_alive():
            self.links.to_ports.put(Close())
            self.process.join(5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.engine.close()
        self.links.close()
        for ring in (*self.sound, self.capture):
            if ring is not None:
                ring.close()
                ring.unlink()

"""A real daemon for tests, as a user starts it, with an OSC client that hears its news."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from live.ipc.config import PortOptions
from tests.system_tools import wait_for

NOWHERE = PortOptions(out="null", listen="null")
ROOT = Path(__file__).parent.parent


class OscClient:
    """Talks to a daemon as a patch does, and keeps everything that it says."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[float, str, list[Any]]] = []
        """(monotonic seconds, address, arguments), in order."""
        self._peer = ("127.0.0.1", port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self._closing = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def send(self, address: str, *arguments: float | int | str) -> None:
        """Send a message; numbers go as they are, int or float."""
        builder = OscMessageBuilder(address)
        for argument in arguments:
            builder.add_arg(argument)
        self._socket.sendto(builder.build().dgram, self._peer)

    def said(self, address: str) -> list[list[Any]]:
        """Return the arguments of every message that came at an address."""
        return [arguments for _, where, arguments in list(self.heard) if where == address]

    def wait_for(self, address: str, count: int = 1, seconds: float = 10.0) -> list[list[Any]]:
        """Return the arguments of what came at an address, once it is so many messages."""
        wait_for(lambda: len(self.said(address)) >= count, seconds, f"{count} {address}")
        return self.said(address)

    def ask(self, address: str, *arguments: float | int | str, answer: str) -> list[Any]:
        """Send a message and return the arguments of its answer."""
        before = len(self.said(answer))
        self.send(address, *arguments)
        return self.wait_for(answer, before + 1)[-1]

    def close(self) -> None:
        """Stop listening."""
        self._closing = True
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while not self._closing:
            try:
                packet = self._socket.recv(65536)
            except (TimeoutError, ConnectionError):
                continue
            message = OscMessage(packet)
            self.heard.append((time.monotonic(), message.address, list(message.params)))


class RunningDaemon:
    """A daemon in a process group of its own, as a terminal would start it.

    osc: a client that has subscribed to its news. folder: where it runs; its takes are in `takes`.
    """

    def __init__(
        self,
        artifact: Path,
        folder: Path,
        ports: PortOptions = NOWHERE,
        options: Sequence[str] = (),
        environment: dict[str, str] | None = None,
        *,
        heeds_hangup: bool = True,
    ) -> None:
        self.folder = folder
        self.takes = folder / "takes"
        self.port = free_port()
        self.began = time.monotonic()
        home = {"HOME": str(folder / "home"), "PYTHONPATH": str(ROOT)}
        for kind in ("CACHE", "STATE", "DATA"):
            home[f"XDG_{kind}_HOME"] = str(folder / "home" / kind.lower())
        with (folder / "stdout").open("w") as out, (folder / "stderr").open("w") as errors:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "live.cli", "play", str(artifact)),
                    *("--osc-port", str(self.port)),
                    *_options(ports),
                    *options,
                ],
                cwd=folder,
                env={**os.environ, **home, **(environment or {})},
                stdout=out,
                stderr=errors,
                start_new_session=True,
                # These tests may run in the background, or under nohup.
                preexec_fn=_heed_hangup if heeds_hangup else None,
            )
        self.osc = OscClient(self.port)

    @property
    def printed(self) -> str:
        """What it has written to its standard output."""
        return (self.folder / "stdout").read_text()

    @property
    def complained(self) -> str:
        """What it has written to its standard error."""
        return (self.folder / "stderr").read_text()

    def wait_until_it_plays(self, seconds: float = 20.0) -> None:
        """Return once its first lines are there, subscribed to its news."""

        def begun() -> bool:
            assert self.process.poll() is None, self.printed + self.complained
            return "Ctrl-C" in self.printed

        wait_for(begun, seconds, "the daemon's first lines")
        self.osc.ask("/extempo/subscribe", answer="/extempo/subscribed")

    def notes(self, count: int = 1, seconds: float = 10.0) -> list[list[Any]]:
        """Return pitch, velocity, seconds and channel of its notes from now on, once so many came."""
        before = len(self.osc.said("/extempo/voice/1/out/note"))
        return self.osc.wait_for("/extempo/voice/1/out/note", before + count, seconds)[before:]

    def part(self, name: str) -> int:
        """Return the number of its `engine` or `ports` process, once it is there."""
        return wait_for(lambda: self.parts().get(f"extempo-{name}"), 10.0, f"the process {name}")

    def parts(self) -> dict[str, int]:
        """Return the numbers of the processes in its session, by name."""
        found = {}
        for place in Path("/proc").glob("[0-9]*"):
            try:
                stat = (place / "stat").read_text()
            except OSError:
                continue
            name = stat[stat.index("(") + 1 : stat.rindex(")")]
            state, _, _, session = stat[stat.rindex(")") + 2 :].split()[:4]
            if int(session) == self.process.pid and state != "Z":
                found[name if name.startswith("extempo-") else place.name] = int(place.name)
        return found

    def stop(self, number: int = signal.SIGINT, seconds: float = 10.0) -> int:
        """Send a signal to all of it, as Ctrl-C in a terminal does; return its exit status."""
        os.killpg(self.process.pid, number)
        return self.process.wait(seconds)

    def wait_until_nothing_runs(self, seconds: float = 5.0) -> None:
        """Return once every process of it has ended, multiprocessing's own helper too."""
        wait_for(lambda: not self.parts(), seconds, f"the end of {self.parts()}")

    def close(self) -> None:
        """Leave nothing behind."""
        self.osc.close()
        for pid in self.parts().values():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(10)


@contextmanager
def running_daemon(
    artifact: Path,
    folder: Path,
    ports: PortOptions = NOWHERE,
    options: Sequence[str] = (),
    environment: dict[str, str] | None = None,
    seconds: float = 20.0,
) -> Iterator[RunningDaemon]:
    """Start a daemon in `folder`, with an empty home there, and wait until it plays."""
    daemon = RunningDaemon(artifact, folder, ports, options, environment)
    try:
        daemon.wait_until_it_plays(seconds)
        yield daemon
    finally:
        daemon.close()


def _heed_hangup() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def free_port() -> int:
    """Return a UDP port that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _options(ports: PortOptions) -> list[str]:
    """Write port options as a person types them."""
    found = ["--out", ports.out, "--in", ports.listen]
    if ports.phrase is not None:
        found += ["--in", str(ports.phrase), "--phrase-delay", str(ports.phrase_delay)]
    if ports.soundfont is not None:
        found += ["--soundfont", str(ports.soundfont)]
    for name in ports.connect:
        found += ["--connect", name]
    return [*found, "--latency", str(ports.latency * 1000)]

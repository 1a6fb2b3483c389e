"""A run of `extempo play`, as a player starts it, watched from outside."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from live.bench.rows import BenchError
from live.control.surfaces.osc.packets import LARGEST, Argument, write
from live.control.surfaces.osc.packets import read as read_packet
from live.record.replay import Journal, read
from models.contract.errors import ExtempoError

VOICE: Final = "/extempo/voice/1"
_READY: Final = 60.0
_LOOK: Final = 0.02
_END: Final = 10.0


class Running:
    """One daemon. began: when it was executed, in monotonic seconds. Threads: one."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", folder: Path, port: int, began: float
    ) -> None:
        self.began = began
        self._process = process
        self._folder = folder
        self._peer = ("127.0.0.1", port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    @property
    def pid(self) -> int:
        """The daemon's process number."""
        return self._process.pid

    def send(self, address: str, *arguments: Argument) -> float:
        """Send an OSC message; return when, in monotonic seconds."""
        packet = write(address, arguments)
        now = time.monotonic()
        self._socket.sendto(packet, self._peer)
        return now

    def news(self, address: str) -> Sequence[Argument]:
        """Return the arguments of the next news of this address. Raises BenchError where none come."""
        ends = time.monotonic() + _READY
        self._socket.setblocking(False)
        with suppress(BlockingIOError):
            # What waits here is old.
            while True:
                self._socket.recv(LARGEST)
        self.send("/extempo/subscribe")
        while (left := ends - time.monotonic()) > 0:
            self._socket.settimeout(left)
            with suppress(TimeoutError):
                for message in read_packet(self._socket.recv(LARGEST), 0.0, 0.0):
                    if message.address == address:
                        return message.arguments
        if self._process.poll() is not None:
            raise BenchError(f"extempo play ended: {self._last_words()}")
        raise BenchError(f"extempo play did not tell of {address} within {_READY:g} s")

    def wait_for(self, word: str) -> None:
        """Wait until the journal has a word in it. Raises BenchError where the daemon ends before."""
        ends = time.monotonic() + _READY
        while not any(word in path.read_text(errors="ignore") for path in self._journals()):
            if self._process.poll() is not None:
                raise BenchError(f"extempo play ended: {self._last_words()}")
            if time.monotonic() > ends:
                raise BenchError(f"extempo play did not get so far within {_READY:g} s")
            time.sleep(_LOOK)

    def end(self) -> Journal:
        """End the daemon as Ctrl-C does; return what it wrote down."""
        self._socket.close()
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_END)
        except subprocess.TimeoutExpired as error:
            raise BenchError("extempo play did not end") from error
        paths = self._journals()
        if not paths:
            raise BenchError(f"extempo play left no journal: {self._last_words()}")
        try:
            return read(paths[0])
        except ExtempoError as error:
            raise BenchError(str(error)) from error

    def kill(self) -> None:
        """End the daemon if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def _journals(self) -> list[Path]:
        return sorted(self._folder.glob("takes/*.jsonl"))

    def _last_words(self) -> str:
        lines = (self._folder / "said").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


@contextmanager
def running(model: Path, *options: str) -> Iterator[Running]:
    """Run `extempo play` with these options, its takes and its state in a folder that goes again."""
    with tempfile.TemporaryDirectory(prefix="extempo-bench-") as name:
        folder = Path(name)
        port = _free_port()
        command = [sys.executable, "-m", "live.cli", "play", str(model.resolve())]
        command += ["--takes", str(folder / "takes"), "--osc-port", str(port), *options]
        # Notes that another run left sounding are that run's business.
        environment = os.environ | {"XDG_STATE_HOME": name, "PYTHONPATH": _path()}
        with (folder / "said").open("wb") as said:
            began = time.monotonic()
            process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
        daemon = Running(process, folder, port, began)
        try:
            yield daemon
        finally:
            daemon.kill()


def _path() -> str:
    """Return the Python path by which the daemon finds the packages that this process uses."""
    root = str(Path(__file__).parents[2])
    paths: Sequence[str] = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.pathsep.join([root, *(path for path in paths if path)])


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])

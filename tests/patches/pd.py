"""A real Pure Data without a window, and a hand on its patch."""

import queue
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from live.ipc.config import OSC_PORT

PATCHES = Path(__file__).parents[2] / "patches" / "pd"

# Whatever is sent to the port goes to the receiver that it names.
HAND = (
    "#N canvas 0 0 400 300 12;\n"
    "#X obj 10 10 netreceive -u {port};\n#X obj 10 40 list;\n#X msg 10 70 \\; \\$1 \\$2;\n"
    "#X connect 0 0 1 0;\n#X connect 1 0 2 0;\n"
)


class Pd:
    """Turns what the patch shows, and reads what it is set to."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self._lines: queue.Queue[str] = queue.Queue()
        self._port = port
        self._process = process
        self.said: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def turn(self, name: str, value: float | str = "bang") -> None:
        """Do what a hand on a box of the patch does."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(f"the-{name} {value};\n".encode(), ("127.0.0.1", self._port))

    def shows(self, line: str, timeout: float = 10.0) -> None:
        """Wait until a box is set so, `name: value`."""
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            try:
                said = self._lines.get(timeout=left)
            except queue.Empty:
                break
            if said == line:
                return
        raise AssertionError(f"Pd did not show {line!r} but\n" + "\n".join(self.said))

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(line.rstrip())
            self._lines.put(line.rstrip())


@contextmanager
def running(
    folder: Path,
    port: int,
    watched: tuple[str, ...],
    name: str = "extempo.pd",
    audio: tuple[str, ...] = ("-noaudio",),
) -> Iterator[Pd]:
    """Run a patch, with a daemon at `port`; `watched` are the boxes whose settings are read.

    audio: what Pd is told of its sound.
    """
    program = shutil.which("pd")
    if program is None:
        pytest.skip("Pure Data is not installed (apt-get install puredata-core)")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        hand = int(free.getsockname()[1])
    text = (PATCHES / name).read_text(encoding="utf-8").replace("\\$0-", "the-")
    assert f"connect 127.0.0.1 {OSC_PORT}" in text
    patch = folder / name
    patch.write_text(text.replace(f"127.0.0.1 {OSC_PORT}", f"127.0.0.1 {port}"), encoding="utf-8")
    watch = "".join(
        f"#X obj 200 10 r the-{name};\n#X obj 200 40 print {name};\n" for name in watched
    ) + "".join(f"#X connect {3 + 2 * one} 0 {4 + 2 * one} 0;\n" for one in range(len(watched)))
    driver = folder / "hand.pd"
    head, cords = HAND.format(port=hand).split("#X connect", 1)
    boxes = [line for line in watch.splitlines() if not line.startswith("#X connect")]
    ties = [line for line in watch.splitlines() if line.startswith("#X connect")]
    driver.write_text("\n".join((head.rstrip(), *boxes, f"#X connect{cords.rstrip()}", *ties, "")))
    command = [program, "-nogui", "-stderr", "-nomidi", "-noprefs", *audio]
    for one in (driver, patch):
        command += ["-open", str(one)]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Pd(process, hand)
    finally:
        process.terminate()
        process.wait(timeout=10)
        assert process.stdout is not None
        process.stdout.close()

"""The mix as a sound file, written by a thread of its own: a slow disk holds nobody up."""

import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from live.ipc import pulse
from live.machine import realtime
from live.ports import native
from live.ports.audio.mixer import Mixer, Tap
from live.ports.native import PortError
from models.contract.border import said

KINDS: Final = {".wav": ("WAV", "FLOAT"), ".flac": ("FLAC", "PCM_24")}
"""By the ending: libsndfile's format, and how samples are kept."""
_OFTEN: Final = 0.1
_MOST: Final = 1 << 16
_LONGEST: Final = (1 << 32) - (1 << 20)
"""The most bytes of sound that a WAV file can declare."""
_FRAME_BYTES: Final = 8
_FLAC_LENGTH: Final = 18
"""Where a FLAC file has eight bytes whose last 36 bits are its frames."""
_PROBE: Final = 1 << 16
"""Bytes that a disk is asked to take where a file was not taken."""
_FLAC_HELD: Final = 8192
"""Frames that its encoder may hold back."""


class SoundFile:
    """Writes the mix from now on. A file of that name is kept: then it is the next number's.

    A rate that changes, and more than a file can hold, begin another file. tell: takes a sentence for
    the player. lost: takes one that says what of the sound is not in the file. tap: from where on.
    Raises PortError where it cannot be written. Threads: its own, and one that opens and closes it.
    """

    def __init__(
        self,
        path: Path,
        mixer: Mixer,
        tell: Callable[[str], None],
        lost: Callable[[str], None],
        tap: Tap,
    ) -> None:
        self._module = native.soundfile()
        self._wanted = path
        self._mixer = mixer
        self._tell, self._lost = tell, lost
        self._rate = mixer.rate
        self._over = threading.Event()
        self._frames = 0
        self.path, self._file = self._open()
        self._tap = tap
        self._thread = threading.Thread(target=self._run, name="sound file", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what is left, and close the file."""
        self._over.set()
        self._thread.join()

    def _open(self) -> tuple[Path, Any]:
        path, number = self._wanted, 1
        while os.path.exists(path):
            number += 1
            path = self._wanted.with_stem(f"{self._wanted.stem}-{number}")
        kind, subtype = KINDS[path.suffix.lower()]
        try:
            # By itself libsndfile says no more than "System error".
            path.touch()
            file = self._module.SoundFile(str(path), "w", self._rate, 2, subtype, format=kind)
        except OSError as error:
            raise PortError(
                f"{path} cannot be written ({error.strerror}): name another file with --sound."
            ) from error
        except self._module.LibsndfileError as error:
            raise PortError(f"{path} cannot be written ({_reason(path, error)}).") from error
        self._frames = 0
        return path, file

    def _run(self) -> None:
        realtime.stand_back()
        what = f"the sound file {self._wanted.name}"
        beat = pulse.begin(what, vital=False)
        try:
            while not self._over.wait(_OFTEN):
                beat()
                self._write()
            self._write()
        except Exception as error:  # noqa: BLE001  whatever it is, the file ends here and that is told
            self._lost(
                f"{self.path} cannot be written any more ({_reason(self.path, error)}): what is there"
                " is kept, and the music goes on."
            )
        finally:
            self._end()
            pulse.end(what)

    def _write(self) -> None:
        while self._tap.waiting:
            missed = self._tap.missed
            block = self._tap.read(_MOST)
            missed = self._tap.missed - missed
            if self._mixer.rate not in (self._rate, 0) or self._frames > _LONGEST // _FRAME_BYTES:
                self._go_on()
            if missed:
                self._file.write(np.zeros((missed, 2), np.float32))
                seconds = missed / self._rate
                self._lost(f"The disk is too slow: {self.path} lacks {seconds:.1f} s.")
            self._file.write(block)
            self._frames += len(block) + missed
            self._mark()

    def _mark(self) -> None:
        """Let a FLAC file say how long it is already: what no longer can be finished is readable."""
        if self.path.suffix.lower() != ".flac":
            return
        with self.path.open("r+b") as file:
            file.seek(_FLAC_LENGTH)
            before = int.from_bytes(file.read(8), "big")
            there = max(self._frames - _FLAC_HELD, 0)
            file.seek(_FLAC_LENGTH)
            file.write((before >> 36 << 36 | there).to_bytes(8, "big"))

    def _go_on(self) -> None:
        self._end()
        self._rate = self._mixer.rate
        self.path, self._file = self._open()
        self._tell(f"The sound file goes on as {self.path}.")

    def _end(self) -> None:
        try:
            self._file.close()
        except (OSError, RuntimeError) as error:
            self._lost(f"{self.path} could not be finished ({_reason(self.path, error)}).")


def _reason(path: Path, error: Exception) -> str:
    """Return why a file cannot be written: what the system says of its disk, or else the library."""
    try:
        with tempfile.TemporaryFile(dir=path.parent) as probe:
            probe.write(bytes(_PROBE))
    except OSError as refused:
        return said(refused)
    return said(error)

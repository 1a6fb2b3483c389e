"""An artifact of a stranger's is tried by a process of its own, before anything that plays has to do with it.

There it may ask for too much memory, never come to an end or bring its process down: that is told in one
sentence, and nothing else is disturbed. The program is `live.runtime.trial_program`.
"""

import os
import subprocess
import sys
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec

from live.machine import realtime
from models.contract.border import border
from models.contract.errors import ArtifactError

PATIENCE: Final = 120.0
"""Seconds that it may take, however busy the machine; its processor time is far less."""
READING: Final = 20.0
"""Seconds that reading a file may take, however slow the disk."""
_ALONE: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_one_at_a_time = Lock()


class Verdict(msgspec.Struct, frozen=True):
    """What the program found. error: why it cannot be played. slow: why it cannot be played in time here."""

    error: str = ""
    slow: str = ""


def passes(path: Path) -> str:
    """Try an artifact, one at a time; return why it is too slow to play in time here, or nothing.

    Raises ArtifactError, one sentence, where it cannot be played at all. For a thread that may wait.
    """
    command = [sys.executable, "-P", "-m", "live.runtime.trial_program", str(path)]
    quiet = subprocess.DEVNULL
    with (
        _one_at_a_time,
        border(lambda said: ArtifactError(f"{path} could not be checked ({said}): try it again.")),
    ):
        try:
            ended = subprocess.run(
                command, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet, timeout=PATIENCE,
                check=False, env={**os.environ, **_ALONE},
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise _endless(path) from error
        return _heard(path, ended)


def _heard(path: Path, ended: "subprocess.CompletedProcess[bytes]") -> str:
    if realtime.overran(ended.returncode):
        raise _endless(path)
    if ended.returncode:
        raise ArtifactError(
            f"{path} brings down what tries to play it: it is not played; export the model again."
        )
    verdict = msgspec.json.decode(ended.stdout.splitlines()[-1], type=Verdict)
    if verdict.error:
        raise ArtifactError(verdict.error)
    return verdict.slow


def _endless(path: Path) -> ArtifactError:
    return ArtifactError(
        f"{path} takes far too long to be checked or to play on this machine: choose a smaller model."
    )

"""Where what a command prints finds no place, it says so in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.daemon_tools import ROOT

FULL = Path("/dev/full")
SAID = "Error: Not everything could be written (No space left on device): make room.\n"


def _run(
    folder: Path, *words: str, out: int, errors: int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "live.cli", *words]
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=out, stderr=errors, text=True, check=False
    )


@pytest.mark.skipif(not FULL.exists(), reason="this system has no full device")
@pytest.mark.parametrize(
    "words", ["models", "knobs", "doctor", "--help", "play --help", "render --bars 2"]
)
def test_a_full_disk_is_one_sentence(tmp_path: Path, words: str) -> None:
    with FULL.open("w") as full:
        done = _run(tmp_path, *words.split(), out=full.fileno())
        assert (done.returncode, done.stderr) == (1, SAID)
        assert _run(tmp_path, "knobs", out=full.fileno(), errors=full.fileno()).returncode == 1


def test_who_has_read_enough_is_told_nothing(tmp_path: Path) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    done = _run(tmp_path, "knobs", out=writes)
    os.close(writes)
    assert (done.returncode, done.stderr) == (1, "")

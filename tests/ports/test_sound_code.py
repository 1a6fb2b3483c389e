"""The compiled mix on its way from the disk: without numba, and whole."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import subprocess, sys
run = subprocess.run
def asked(command, **options):
    print("compiled")
    return run(command, **options)
subprocess.run = asked
import live.ports.audio.stage
import numpy as np
from live.ipc.soundring import Blocks
from live.ports.audio.mixer import Mixer
blocks = Blocks(np.zeros((1 << 15, 2), np.float32))
blocks.header["gain"] = 2.0 ** 0.5
mixer = Mixer((blocks,))
mixer.begin(48000, 4096)
blocks.write(np.tile(np.float32((0.5, -0.25)), (4096, 1)))
out = np.zeros((4096, 2), np.float32)
mixer.mix(out)
print(out[-1].round(3), "numba" in sys.modules)
"""
MIXED = "[ 0.5  -0.25] False\n"


def _told(cache: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
    )
    return done.stdout


def test_it_is_compiled_once_by_another_process_and_anew_where_it_is_damaged(
    tmp_path: Path,
) -> None:
    assert _told(tmp_path) == f"compiled\n{MIXED}"
    assert _told(tmp_path) == MIXED
    (kept,) = (tmp_path / "extempo" / "mix").iterdir()
    data = kept.read_bytes()
    kept.write_bytes(data[:500] + b"no code" + data[507:])
    assert _told(tmp_path) == f"compiled\n{MIXED}"
    assert kept.read_bytes() == data

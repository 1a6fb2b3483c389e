"""The shared memory of a run that was killed is freed by the next."""

import os
import subprocess
import sys
from pathlib import Path

from live.links import sweep


def test_only_what_nobody_owns_is_swept(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    names = [
        f"extempo-rings-{ended.stdout.strip()}-0",
        f"extempo-rings-{os.getpid()}-0",
        "psm_1",
        "extempo-rings-x",
    ]
    for name in names:
        (tmp_path / name).touch()
    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(names[1:])

"""Playing tells nobody: ONNX Runtime's reports to its makers are off."""

import os
import subprocess
import sys
from pathlib import Path

PLAYS = """
import sys
from live.runtime.opening import opened

opened(sys.argv[1])
"""


def test_nothing_is_kept_for_reports_of_the_runtime(artifact: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    places = {f"XDG_{kind}_HOME": str(home / kind) for kind in ("CACHE", "DATA", "STATE")}
    environment = {**os.environ, **places, "HOME": str(home)}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    run = subprocess.run(
        [sys.executable, "-c", PLAYS, str(artifact)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    written = [path for path in home.rglob("*") if path.is_file()]
    assert written
    assert all("extempo" in path.parts for path in written), written

"""What is counted of answers, by the script that the page on models names."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.models.scores import random_score
from tests.tiny import tiny_artifact

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("more", "least"), [((), 0.9), (("--line", "--set", "closing=0"), 0.0)])
def test_answers_are_counted(more: tuple[str, ...], least: float, tmp_path: Path) -> None:
    for seed in range(16):
        random_score(tmp_path / "data" / "mine" / f"{seed}.mid", seed)
    model = tiny_artifact(tmp_path / "tiny.onnx")
    words = [str(model), "--data", str(tmp_path / "data"), "--corpus", "mine", "--phrases", "2"]
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "answers.py", *words, "--seeds", "2", *more],
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PATH": ""},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    said = dict(line.rsplit("mean", 1) for line in done.stdout.splitlines() if "mean" in line)
    figures = {name.strip(): float(rest.split()[0]) for name, rest in said.items()}
    assert figures["enters within .06 of a beat"] == 1.0
    assert 1.0 >= figures["on a beat, half a beat or more"] >= least
    assert done.stdout.splitlines()[-1].startswith(("2 answers", "4 answers"))

"""Several processes that train one network have the losses of one; the next batch is made beside."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from models.train.beside import Beside
from models.train.loop import LOG
from models.train.run import BEST, LAST
from models.train.together import Together
from tests.models.scores import random_score

ROOT = Path(__file__).parents[2]
RECIPE = """
name = "tiny"
title = "Tiny"
net = "lstm"
batch = 6
length = 24
rate = 0.005
steps = 40
measure_steps = 20
measure_windows = 8
[config]
hidden = 12
layers = 1
embed = 6
head = 12
memory = 0
dropout = 0.0
[corpora]
mine = 1.0
"""
TORCHRUN = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-addr", "127.0.0.1")


def trained(folder: Path, out: str, *by: str) -> list[dict[str, dict[str, float]]]:
    """Train; return the lines of the log that have figures."""
    words = ["train", "tiny.toml", "--data", ".", "--out", out, "--no-heard", "--device", "cpu"]
    done = subprocess.run(
        [sys.executable, *by, "-m", "live.cli", *words],
        cwd=folder,
        env={
            **os.environ,
            **{"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"},
            **{"XDG_CACHE_HOME": str(folder / "cache")},
        },
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (folder / out / LOG).read_text().splitlines()]
    assert "40 " in done.stderr + done.stdout
    assert (done.stderr + done.stdout).count("parameters, from step 0") == 1
    return [line for line in lines if "valid" in line or "train" in line]


def test_two_processes_under_torchrun_have_the_losses_of_one(tmp_path: Path) -> None:
    for seed in range(12):
        random_score(tmp_path / "mine" / f"{seed}.mid", seed, beats=16)
    (tmp_path / "tiny.toml").write_text(RECIPE)
    one = trained(tmp_path, "one")
    two = trained(tmp_path, "two", *TORCHRUN)
    assert [line.keys() for line in one] == [line.keys() for line in two]
    curves = [
        [line.get("train", line.get("valid", {}))["all"] for line in lines] for lines in (one, two)
    ]
    # Layers are computed in bfloat16, and gradients are added up in another order.
    assert np.allclose(*curves, atol=0.02)
    assert curves[0][0] - curves[0][-1] > 0.5
    assert all((tmp_path / "two" / name).is_file() for name in (BEST, LAST))


@dataclass(frozen=True)
class _Batch:
    codes: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    scored: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    since: int = field(default=3)


@pytest.mark.parametrize("rows", [1, 2, 5, 6])
def test_every_row_is_learned_from_once(rows: int) -> None:
    whole = _Batch(np.arange(rows)[:, None], np.ones((rows, 2), bool))
    parts = [Together(rank, 3).part(whole, "scored") for rank in range(3)]
    learned = [code for part in parts for code in part.codes[part.scored.any(1)].ravel()]
    assert sorted(learned) == list(range(rows))
    assert all(len(part.codes) and part.since == 3 for part in parts)
    assert Together().part(whole, "scored") is whole


def test_things_are_made_beside_in_their_order_and_what_is_raised_is_raised_where_it_is_asked_for() -> (
    None
):
    made: list[int] = []

    def make(number: int) -> int:
        made.append(number)
        if number == 4:
            raise ValueError("four")
        return number * 10

    beside = Beside(make)
    assert [beside.take(number) for number in (0, 1, 2, 3)] == [0, 10, 20, 30]
    with pytest.raises(ValueError, match="four"):
        beside.take(4)
    assert beside.take(9) == 90
    assert made[:5] == [0, 1, 2, 3, 4]

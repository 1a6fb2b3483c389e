"""The logs of a training: a table and TensorBoard's folder hold what log.jsonl does, also after it is gone on with."""

import csv
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from export.train_cli import command
from models.contract.errors import ExtempoError, GivenError
from models.train import logs
from models.train.loop import train
from tests.models.scores import random_score
from tests.models.test_train_trouble import SHORT, own_cache

__all__ = ["own_cache"]
BEGUN = {"step": 0, "parameters": 9}


def trained(step: int, split: str = "train") -> dict[str, Any]:
    beside = {"rate": 0.1, "seconds": 0.5} if split == "train" else {}
    return {"step": step, "minutes": step / 8, split: {"pitch": 2.0 / step, "all": 4.0, **beside}}


def rows(out: Path) -> list[dict[str, str]]:
    with (out / logs.TABLE).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def scalars(out: Path) -> dict[str, list[tuple[int, float]]]:
    pytest.importorskip("tensorboard", reason="the extra `log` is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    shown = EventAccumulator(str(out / logs.BOARD))
    shown.Reload()
    return {
        tag: [(one.step, one.value) for one in shown.Scalars(tag)]
        for tag in shown.Tags()["scalars"]
    }


def test_a_table_has_a_row_a_line_and_a_resumed_one_those_before(tmp_path: Path) -> None:
    lines = [BEGUN, trained(10), trained(10, "valid"), trained(20), trained(30)]
    with logs.Logs(tmp_path, 0, ["csv"]) as written:
        for line in lines[:4]:
            written.write(line)
    first, second, _ = rows(tmp_path)
    assert first == {
        "step": "10", "minutes": "1.25", "split": "train", "all": "4.0", "pitch": "0.2",
        "rate": "0.1", "seconds": "0.5",
    }  # fmt: skip
    assert (second["split"], second["rate"]) == ("valid", "")
    # Killed in the middle of a line, gone on with from step 10, without a table and then with one.
    with (tmp_path / logs.LOG).open("a") as file:
        file.write('{"step": 2')
    with logs.Logs(tmp_path, 10) as written:
        written.write(lines[3])
    with logs.Logs(tmp_path, 20, ["csv"]) as written:
        written.write(lines[4])
    kept = [json.loads(line) for line in (tmp_path / logs.LOG).read_text().splitlines()]
    assert kept == lines
    assert [(row["step"], row["split"]) for row in rows(tmp_path)] == [
        ("10", "train"), ("10", "valid"), ("20", "train"), ("30", "train"),
    ]  # fmt: skip
    # What begins anew has nothing of it.
    with logs.Logs(tmp_path, 0, ["csv"]):
        pass
    assert rows(tmp_path) == []
    assert (tmp_path / logs.LOG).read_text() == ""


def test_where_one_log_cannot_be_had_none_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[logs.Table] = []

    def table(out: Path) -> logs.Table:
        made.append(logs.Table(out))
        return made[-1]

    (tmp_path / logs.BOARD).write_text("no folder")
    monkeypatch.setitem(logs.LOGS, "csv", table)  # type: ignore[arg-type]
    monkeypatch.setitem(logs.LOGS, "tensorboard", lambda out: (out / logs.BOARD).mkdir())  # type: ignore[arg-type]
    with pytest.raises(OSError, match="exists"):
        logs.Logs(tmp_path, 0, ["csv", "tensorboard"])
    assert made[0]._file.closed
    held = {os.readlink(one) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()}
    assert str(tmp_path / logs.LOG) not in held


def test_what_is_asked_for_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    assert logs.asked("csv") == logs.asked(" csv,csv") == ("csv",)
    for named in ("cvs", "csv,", "tensorbord"):
        with pytest.raises(GivenError, match=r"there is no log .* csv and tensorboard are, beside"):
            logs.asked(named)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(GivenError, match=r"needs the extra `log` .* install -c constraints.txt"):
        logs.asked("csv,tensorboard")
    done = CliRunner().invoke(command, ["tiny.toml", "--log", "tensorboard"])
    assert done.exit_code
    assert "csv needs nothing." in str(done.output or done.exception)


def test_a_training_writes_all_of_them(tmp_path: Path) -> None:
    for seed in range(12):
        random_score(tmp_path / "mine" / f"{seed}.mid", seed, beats=16)
    out, names = tmp_path / "run", ["csv"]
    with suppress(ExtempoError):
        names = list(logs.asked("csv,tensorboard"))
    train(SHORT, tmp_path, out, logs=names)
    lines = [json.loads(line) for line in (out / logs.LOG).read_text().splitlines()]
    figures = [line for line in lines if "parameters" not in line]
    assert len(figures) == 4
    for row, line in zip(rows(out), figures, strict=True):
        (split,) = line.keys() & set(logs.SPLITS)
        assert row["split"] == split
        assert {name: float(row[name]) for name in line[split]} == line[split]
    shown = scalars(out)
    valid = [(line["step"], line["valid"]["pitch"]) for line in figures if "valid" in line]
    assert shown["valid/pitch"] == [(step, pytest.approx(nats)) for step, nats in valid]
    assert shown["train/rate"]
    # Gone on with, nothing is shown twice; what is not of this run stays.
    (out / logs.BOARD / "events.out.tfevents.1.other").write_bytes(b"")
    train(SHORT, tmp_path, out, logs=names, resume=True)
    assert scalars(out).keys() == shown.keys()
    assert len(scalars(out)["valid/pitch"]) == len(valid)
    assert (out / logs.BOARD / "events.out.tfevents.1.other").exists()

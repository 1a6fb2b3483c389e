"""Training that is stopped or killed at any time leaves something to go on with, and says what it did."""

import json
import math
import signal
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from click.testing import CliRunner

from export import train_cli
from models.contract.errors import ExtempoError
from models.train import loop
from models.train.checkpoint import load_checkpoint, load_to_resume, save_checkpoint
from models.train.figures import draw_losses
from models.train.loop import LOG, train
from models.train.run import BEST, LAST
from models.train.task import NotesTask
from tests.models.scores import random_score
from tests.models.test_train import TINY, lines

LONG = msgspec.structs.replace(TINY, steps=2000, measure_steps=1000)
"""It is never measured before somebody stops it."""


class Killed(Exception):
    """Ends a training between two steps, with no time for anything."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for number in range(40):
        random_score(folder / ("mine", "other")[number % 2] / f"{number}.mid", number)
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def heed_ctrl_c() -> Iterator[None]:
    """These tests may run in the background, where SIGINT is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def at_step(step: int, do: Callable[[], None]) -> Callable[[dict[str, Any]], None]:
    """A report that does something as soon as this step is logged."""

    def report(line: dict[str, Any]) -> None:
        if line["step"] == step and "train" in line:
            do()

    return report


def kill() -> None:
    raise Killed


def stop() -> None:
    signal.raise_signal(signal.SIGTERM)


def test_stopped_before_the_first_measurement_it_measures_once(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    progress = train(LONG, data, tmp_path / "run", report=at_step(10, stop))
    assert progress.step == 10
    assert "measuring once, so that there is a best.pt" in caplog.text
    assert lines(tmp_path / "run")[-1]["valid"]["all"] == progress.best < math.inf
    for name in (BEST, LAST):
        assert load_checkpoint(tmp_path / "run" / name).progress == progress


def test_a_second_signal_ends_it_at_once_and_what_was_learned_is_kept(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped_again(_task: NotesTask) -> dict[str, float]:
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("the measuring went on")

    monkeypatch.setattr(NotesTask, "measure", stopped_again)
    with pytest.raises(KeyboardInterrupt):
        train(LONG, data, tmp_path / "run", report=at_step(10, stop))
    assert load_checkpoint(tmp_path / "run" / LAST).progress.step == 10
    assert not (tmp_path / "run" / BEST).exists()


def test_what_was_measured_is_not_measured_again_at_the_end(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    often = msgspec.structs.replace(LONG, measure_steps=10)
    train(often, data, tmp_path / "run", report=at_step(20, stop))
    assert [line["step"] for line in lines(tmp_path / "run") if "valid" in line] == [10, 20]
    assert not caplog.records


def test_figures_that_are_no_numbers_are_told(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NotesTask, "measure", lambda _task: {"all": math.nan})
    with pytest.raises(ExtempoError, match=r"is not a number at step 10, so .* lower rate"):
        train(LONG, data, tmp_path / "run", report=at_step(10, stop))


def test_a_kill_soon_after_the_start_is_gone_on_from(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with pytest.raises(Killed):
        train(LONG, data, out, report=at_step(20, kill))
    kept = load_checkpoint(out / LAST).progress.step
    assert 1 <= kept < 20
    again = msgspec.structs.replace(LONG, steps=21)
    assert train(again, data, out, resume=True).step == 21
    begun = [line["step"] for line in lines(out) if "parameters" in line]
    assert begun == [0, kept]


def test_a_kill_costs_a_minute_of_training_at_most(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    monkeypatch.setattr(loop, "SAVE_MINUTES", 0.0)
    with pytest.raises(Killed):
        train(LONG, data, out, report=at_step(20, kill))
    assert load_checkpoint(out / LAST).progress.step == 19


def test_the_time_since_the_last_measurement_counts_over_all_starts(
    data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    waits = msgspec.structs.replace(LONG, measure_steps=0, measure_minutes=5.0)
    with pytest.raises(Killed):
        train(waits, data, out, report=at_step(20, kill))
    checkpoint, kept = load_to_resume(out / LAST)
    late = msgspec.structs.replace(checkpoint.progress, minutes=6.0, measured=0.9)
    save_checkpoint(out / LAST, msgspec.structs.replace(checkpoint, progress=late), kept)
    with pytest.raises(Killed):
        train(waits, data, out, resume=True, report=at_step(30, kill))
    assert [line["step"] for line in lines(out) if "valid" in line] == [late.step + 1]


def test_there_must_be_a_run_to_go_on_with(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = tmp_path / "typo"
    with pytest.raises(ExtempoError, match=r"typo holds no run to go on with: .*--out"):
        train(LONG, data, out, resume=True)
    assert not out.exists()
    out.mkdir()
    (out / LOG).write_text('{"step": 0, "parameters": 3}\n{"st')
    train(msgspec.structs.replace(LONG, steps=1), data, out, resume=True)
    assert "killed before it kept anything: it begins anew" in caplog.text
    assert [line["step"] for line in lines(out)] == [0, 1]


def test_a_run_that_goes_on_with_other_music_names_both_and_is_measured_anew(
    data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    short = msgspec.structs.replace(TINY, steps=2, measure_steps=1)
    train(short, data, out)
    checkpoint, kept = load_to_resume(out / LAST)
    lucky = msgspec.structs.replace(checkpoint.progress, best=0.0)
    save_checkpoint(out / LAST, msgspec.structs.replace(checkpoint, progress=lucky), kept)
    other = msgspec.structs.replace(short, steps=4, corpora={"other": 1.0})
    assert train(other, data, out, resume=True).best > 0.0
    for name in (LAST, BEST):
        learned = load_checkpoint(out / name)
        assert [corpus.name for corpus in learned.corpora] == ["other", "mine"]
        assert learned.recipe["corpora"] == {"other": 1.0}


@pytest.mark.parametrize(
    "words",
    [
        *(("--minutes", "nan"), ("--minutes", "inf"), ("--minutes", "0"), ("--minutes", "-3")),
        *(("--steps", "0"), ("--rate", "nan"), ("--rate", "0"), ("--seed", "-1")),
        ("--threads", "0"),
    ],
)
def test_options_out_of_range_are_refused(tmp_path: Path, words: tuple[str, str]) -> None:
    out = tmp_path / "run"
    result = CliRunner().invoke(train_cli.command, ["improviser-small", "--out", str(out), *words])
    assert result.exit_code == 2
    assert f"{words[0]} takes a " in result.output
    assert not out.exists()


def test_the_command_says_what_it_learns_from(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    monkeypatch.setattr(train_cli, "train", lambda recipe, *_, **__: told.append(recipe) or kill())
    words = ["--data", str(data), "--corpus", "mine", "--corpus", "other", "--minutes", "3"]
    result = CliRunner().invoke(train_cli.command, ["improviser-small", *words])
    assert "LSTM of 2 x 256 on mine, other, into runs/improviser-small" in result.output
    assert "keyboard" not in result.output
    assert (told[0].minutes, told[0].steps) == (3.0, 0)


def test_a_log_without_figures_is_drawn_without_a_word(tmp_path: Path) -> None:
    (tmp_path / LOG).write_text(json.dumps({"step": 0, "parameters": 3}) + "\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_losses(tmp_path / LOG, tmp_path / "loss.png")
    assert (tmp_path / "loss.png").exists()

"""Training: it learns, it survives a kill, it says in one sentence what is wrong."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from click.testing import CliRunner

from export.measure_cli import command
from models.contract.errors import ExtempoError
from models.contract.representations.performance import PERFORMANCE
from models.nets.table import build, build_audio
from models.train.checkpoint import Progress, load_checkpoint, load_to_resume, save_checkpoint
from models.train.loop import LOG, train
from models.train.recipe import FOLDER, Recipe, SoundRecipe, read_recipe
from models.train.run import BEST, LAST, schedule
from tests.models.scores import files_of, random_score

TINY = Recipe(
    name="tiny",
    title="Tiny",
    net="lstm",
    config={"hidden": 16, "layers": 1, "embed": 16, "head": 16, "dropout": 0.1},
    corpora={"mine": 1.0},
    batch=4,
    length=16,
    rate=0.01,
    warmup=10,
    steps=200,
    measure_steps=20,
    measure_windows=4,
    patience=1000,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for seed in range(20):
        random_score(folder / "mine" / f"{seed}.mid", seed)
    return folder


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    # The order of sums depends on the number of threads.
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole")
    train(TINY, data, out, cache=out / "cache", device="cpu")
    return out


def lines(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / LOG).read_text().splitlines()]


def start(data: Path, out: Path) -> subprocess.Popen[bytes]:
    recipe = out.parent / "tiny.toml"
    fields = msgspec.to_builtins(TINY)
    tables = {key: fields.pop(key) for key in ("config", "corpora")}
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in fields.items())
    for name, table in tables.items():
        text += f"[{name}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in table.items())
    recipe.write_text(text)
    assert read_recipe(str(recipe)) == TINY
    arguments = [str(recipe), "--data", str(data), "--out", str(out)]
    arguments += ["--threads", "1", "--device", "cpu"]
    return subprocess.Popen(
        [sys.executable, "-m", "live.cli", "train", *arguments],
        stderr=subprocess.DEVNULL,
        env={**os.environ, "XDG_CACHE_HOME": str(out.parent / "cache")},
    )


def wait_for_step(process: subprocess.Popen[bytes], out: Path, step: int) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end and process.poll() is None:
        log = out / LOG
        if log.exists() and f'"step": {step},' in log.read_text():
            return
        time.sleep(0.01)
    raise AssertionError(f"training never came to step {step} (exit {process.poll()})")


def test_it_learns(whole: Path) -> None:
    valid = [line["valid"]["all"] for line in lines(whole) if "valid" in line]
    assert valid[-1] < valid[0] - 2
    assert load_checkpoint(whole / BEST).progress.best == min(valid)


def test_after_a_kill_it_goes_on_to_the_same_weights(
    data: Path, whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    process = start(data, out)
    try:
        wait_for_step(process, out, 70)
    finally:
        process.kill()
        process.wait()
    assert load_checkpoint(out / LAST).progress.step < 200
    train(TINY, data, out, resume=True, cache=tmp_path / "cache", device="cpu")
    for name in (LAST, BEST):
        resumed, expected = (load_checkpoint(folder / name).weights for folder in (out, whole))
        for key, tensor in expected.items():
            torch.testing.assert_close(resumed[key], tensor, atol=0, rtol=0)
    steps = [line["step"] for line in lines(out) if "valid" in line]
    assert steps == list(range(20, 201, 20))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_sigterm_keeps_every_step(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "ended"
    process = start(data, out)
    try:
        wait_for_step(process, out, 50)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
    checkpoint, kept = load_to_resume(out / LAST)
    logged = [line["step"] for line in lines(out)]
    assert checkpoint.progress.step >= max(logged) >= 50
    assert {"optimiser", "random"} <= set(kept)


def test_a_run_is_not_overwritten_by_mistake(data: Path, whole: Path) -> None:
    with pytest.raises(ExtempoError, match="--resume"):
        train(TINY, data, whole)


def test_another_network_does_not_resume_a_run(data: Path, whole: Path, tmp_path: Path) -> None:
    other = msgspec.structs.replace(TINY, config={**TINY.config, "hidden": 8})
    with pytest.raises(ExtempoError, match="another network"):
        train(other, data, whole, resume=True, cache=tmp_path)
    with pytest.raises(ExtempoError, match="another network"):
        train(other, data, tmp_path / "new", start_from=whole / BEST, cache=tmp_path)


def test_what_the_model_before_has_learned_from_is_named(
    data: Path, whole: Path, tmp_path: Path
) -> None:
    shutil.copytree(data / "mine", tmp_path / "other")
    recipe = msgspec.structs.replace(TINY, corpora={"other": 1.0}, steps=2, measure_steps=1)
    out = tmp_path / "out"
    train(recipe, tmp_path, out, start_from=whole / BEST, cache=tmp_path)
    more = msgspec.structs.replace(recipe, steps=4)
    train(more, tmp_path, out, resume=True, cache=tmp_path)
    assert [corpus.name for corpus in load_checkpoint(out / LAST).corpora] == ["other", "mine"]


def test_a_missing_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExtempoError, match=r"no corpus in .*mine.*--data"):
        train(TINY, tmp_path, tmp_path / "out", cache=tmp_path / "cache")


def test_a_checkpoint_builds_the_net_that_was_trained(
    data: Path, whole: Path, tmp_path: Path
) -> None:
    checkpoint = load_checkpoint(whole / BEST)
    net = checkpoint.build()
    assert not net.training
    assert checkpoint.corpora[0].name == "mine"
    assert checkpoint.corpora[0].pieces == len(files_of(data / "mine", "train", tmp_path))
    save_checkpoint(tmp_path / "again.pt", checkpoint)
    again = load_checkpoint(tmp_path / "again.pt").build()
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), again.parameters(), strict=True))


@pytest.mark.parametrize("content", [b"", b"text", b"PK\5\6" + bytes(18)])
def test_a_broken_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.pt"
    path.write_bytes(content)
    with pytest.raises(ExtempoError, match=r"bad\.pt is not a checkpoint"):
        load_checkpoint(path)
    with pytest.raises(ExtempoError, match="no checkpoint"):
        load_checkpoint(tmp_path / "none.pt")


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hostile.pt"
    torch.save({"representation": Path("anything")}, path)
    with pytest.raises(ExtempoError, match="is not a checkpoint"):
        load_checkpoint(path)


def test_measure_keeps_figures_in_a_small_file(data: Path, whole: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.pt"
    arguments = [str(whole / BEST), "--data", str(data), "--keep", str(kept)]
    result = CliRunner().invoke(command, arguments, env={"XDG_CACHE_HOME": str(tmp_path)})
    assert result.exit_code == 0, result.output
    checkpoint = load_checkpoint(kept)
    figures = {figure.factor: figure for figure in checkpoint.figures}
    assert set(figures) == {"time", "pitch", "velocity", "duration", "all"}
    parts = sum(figure.nats for factor, figure in figures.items() if factor != "all")
    assert figures["all"].nats == pytest.approx(parts)
    assert all(np.isfinite(figure.floor) for figure in figures.values())
    assert kept.stat().st_size < 0.7 * (whole / BEST).stat().st_size


def test_the_rate_rises_and_then_falls_to_nothing(whole: Path) -> None:
    progress = load_checkpoint(whole / LAST).progress
    at = [schedule(TINY, msgspec.structs.replace(progress, step=step)) for step in (0, 9, 100, 200)]
    assert at == pytest.approx([0.1, 1.0, 0.5, 0.0], abs=0.01)


def test_the_rate_rises_for_a_share_of_a_short_budget_in_steps_or_minutes() -> None:
    by_steps = msgspec.structs.replace(TINY, warmup=100, warmup_share=0.1, steps=50)
    by_time = msgspec.structs.replace(by_steps, steps=0, minutes=2.0)
    rising = [schedule(by_steps, Progress(step=step)) for step in (0, 1, 4)]
    assert rising == pytest.approx([0.2, 0.4, 0.98], abs=0.02)
    later = [schedule(by_time, Progress(step=3, minutes=spent)) for spent in (0.0, 0.1, 0.2)]
    assert later == pytest.approx([0.04, 0.5, 0.98], abs=0.01)
    # What goes on with a larger budget does not begin anew, and a long one warms up for its steps.
    more = msgspec.structs.replace(by_time, minutes=200.0)
    assert schedule(more, Progress(step=120, minutes=2.0)) == pytest.approx(1.0, abs=0.01)


def test_every_recipe_that_ships_is_warm_in_a_tenth_of_two_minutes() -> None:
    for path in FOLDER.glob("*.toml"):
        # As --minutes does it, steps of the recipe's own do not count.
        short = msgspec.structs.replace(read_recipe(path.stem), minutes=2.0, steps=0)
        assert schedule(short, Progress(step=5, minutes=0.2)) > 0.95


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_that_ships_makes_a_network(path: Path) -> None:
    recipe = read_recipe(path.stem)
    assert recipe.name == path.stem
    if isinstance(recipe, SoundRecipe):
        assert build_audio(recipe.net, recipe.config).parameter_count() > 100_000
    else:
        assert build(recipe.net, recipe.config, PERFORMANCE).parameter_count() > 500_000


@pytest.mark.parametrize(
    ("text", "what"),
    [("nam = 3", "not a recipe"), ("= 3", "not a recipe"), ('name = "a"', "not a recipe")],
)
def test_a_recipe_with_a_mistake_is_refused(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(text)
    with pytest.raises(ExtempoError, match=what):
        read_recipe(str(path))
    with pytest.raises(ExtempoError, match=r"no recipe 'improvisor'.*improviser"):
        read_recipe("improvisor")

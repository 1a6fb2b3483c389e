"""Trouble while training: settings out of range, figures that are no numbers, disks that are full."""

import math
import subprocess
import sys
import textwrap
from pathlib import Path

import msgspec
import pytest
import torch
from click.testing import CliRunner
from torch import Tensor

from export.train_cli import command
from models.contract.errors import ExtempoError
from models.contract.representations.performance import PERFORMANCE
from models.corpus import sources
from models.corpus.sound.cli import sound_command
from models.nets.table import build
from models.train.checkpoint import load_checkpoint
from models.train.loop import train
from models.train.recipe import check, read_recipe
from models.train.run import BEST, LAST
from models.train.task import NotesTask
from tests.models import test_sound_train
from tests.models.scores import random_score
from tests.models.test_train import TINY

ROOT = Path(__file__).parents[2]
SHORT = msgspec.structs.replace(TINY, steps=12, measure_steps=4)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for number in range(16):
        random_score(folder / "mine" / f"{number}.mid", number, beats=16)
    return folder


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("batch", 0), ("length", 7), ("minutes", 0.0), ("minutes", math.nan), ("steps", -1)),
        *(("rate", -1.0), ("rate", math.inf), ("warmup", -1), ("warmup_share", 0.0)),
        *(("warmup_share", 2.0), ("weight_decay", math.nan), ("clip", 0.0), ("average", 1.0)),
        *(("measure_windows", 0), ("measure_steps", -5), ("patience", 0), ("seed", -1)),
    ],
)
def test_a_setting_out_of_range_is_named(field: str, value: float) -> None:
    with pytest.raises(ExtempoError, match=rf"mine\.toml: {field} is {value:g}, and may be "):
        check(msgspec.structs.replace(TINY, **{field: value}), "mine.toml")
    check(TINY, "mine.toml")


@pytest.mark.parametrize(
    ("field", "value"), [("seconds", 0.0), ("jitter", 1.5), ("noise", -1.0), ("noise", math.nan)]
)
def test_a_setting_of_sound_out_of_range_is_named(field: str, value: float) -> None:
    recipe = test_sound_train.TINY
    with pytest.raises(ExtempoError, match=rf"{field} is {value:g}, and may be "):
        check(msgspec.structs.replace(recipe, **{field: value}), "mine.toml")
    check(recipe, "mine.toml")


@pytest.mark.parametrize("weight", [0.0, -1.0, math.nan, math.inf])
def test_a_weight_out_of_range_is_named(weight: float) -> None:
    with pytest.raises(ExtempoError, match="the weight of mine is"):
        check(msgspec.structs.replace(TINY, corpora={"mine": weight}), "mine.toml")


@pytest.mark.parametrize(
    "config", [{"hidden": -3}, {"hidden": 0}, {"dropout": 7.0}, {"layers": "x"}]
)
def test_a_network_that_cannot_be_made_is_told(config: dict[str, int | float | str]) -> None:
    with pytest.raises(ExtempoError, match=r"lstm cannot be made with these settings \("):
        build("lstm", {**TINY.config, **config}, PERFORMANCE)


def test_a_size_below_0_is_named() -> None:
    with pytest.raises(ExtempoError, match="hidden is -3, and must not be below 0"):
        check(msgspec.structs.replace(TINY, config={"hidden": -3}), "mine.toml")


def test_a_recipe_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_bytes(b"\xff\xfe name")
    with pytest.raises(ExtempoError, match="is not a recipe"):
        read_recipe(str(tmp_path / "r.toml"))


def test_a_rate_that_is_absurd_is_refused_on_the_command_line(tmp_path: Path) -> None:
    words = ["improviser-small", "--rate", "1e9", "--out", str(tmp_path / "run")]
    told = CliRunner().invoke(command, words)
    assert told.exit_code == 1
    assert "rate is 1e+09, and may be 0 to 1000." in told.output


@pytest.mark.parametrize(
    "words", [("--minutes", "nan"), ("--held-out", "-1"), ("--rate", "7"), ("--workers", "0")]
)
def test_rendering_refuses_numbers_out_of_range(tmp_path: Path, words: tuple[str, str]) -> None:
    told = CliRunner().invoke(sound_command, [str(tmp_path / "out"), *words])
    assert told.exit_code == 2
    assert f"{words[0]} takes a " in told.output


def test_a_loss_that_is_no_number_ends_it_and_the_best_is_kept(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = NotesTask.losses

    def breaking(task: NotesTask, number: int) -> tuple[Tensor, dict[str, Tensor]]:
        total, logged = losses(task, number)
        return total * (math.nan if number >= 6 else 1.0), logged

    monkeypatch.setattr(NotesTask, "losses", breaking)
    out = tmp_path / "run"
    with pytest.raises(
        ExtempoError, match=r"broke down at step 6 .*best\.pt keeps the best so far"
    ):
        train(SHORT, data, out)
    for name in (BEST, LAST):
        kept = load_checkpoint(out / name)
        assert all(weights.isfinite().all() for weights in kept.weights.values())
    # With what was wrong mended, it goes on from there.
    monkeypatch.setattr(NotesTask, "losses", losses)
    assert train(SHORT, data, out, resume=True).step == SHORT.steps


def test_a_figure_that_is_no_number_ends_it_and_the_best_is_kept(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure, out = NotesTask.measure, tmp_path / "run"

    def breaking(task: NotesTask) -> dict[str, float]:
        figures = measure(task)
        return {**figures, "all": math.nan} if (out / BEST).exists() else figures

    monkeypatch.setattr(NotesTask, "measure", breaking)
    with pytest.raises(ExtempoError, match=r"not a number at step 8, .*best\.pt keeps the best"):
        train(SHORT, data, out)
    assert load_checkpoint(out / BEST).progress.step == 4


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on the size of files is Unix's")
def test_a_full_disk_leaves_the_old_checkpoint_and_no_remains(data: Path, tmp_path: Path) -> None:
    """Files may grow to a size that the next checkpoint does not fit into."""
    script = textwrap.dedent(
        """
        import resource, signal, sys
        from pathlib import Path
        from models.contract.errors import ExtempoError
        from models.train.checkpoint import load_checkpoint, save_checkpoint

        path = Path(sys.argv[1])
        checkpoint = load_checkpoint(path)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        room = path.stat().st_size // 2
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        try:
            save_checkpoint(path, checkpoint)
        except ExtempoError as error:
            print(error)
        """
    )
    train(SHORT, data, tmp_path / "run")
    path = tmp_path / "run" / BEST
    before = path.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", script, path], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "best.pt cannot be written (" in done.stdout
    assert "and is as it was: make room there" in done.stdout
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.tmp"))


def test_a_place_that_is_a_file_is_told(data: Path, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("not a folder")
    with pytest.raises(ExtempoError, match=r"run cannot be written \(.*choose another --out"):
        train(SHORT, data, tmp_path / "run")


def test_onsets_never_overflow(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A rest of 2**28 - 1 beats is longer than 32 bits of ticks; the file is left out in a few words."""
    for seed in range(4):
        random_score(tmp_path / "mine" / f"{seed}.mid", seed, beats=8)
    huge = b"\xff\xff\xff\x7f"
    track = (
        huge + b"\x90\x40\x40" + huge + b"\x90\x41\x40" + b"\x10\x90\x41\x00" + b"\x00\xff\x2f\x00"
    )
    header = b"MThd\0\0\0\6\0\0\0\1\0\1"
    file = header + b"MTrk" + len(track).to_bytes(4) + track
    (tmp_path / "mine" / "huge.mid").write_bytes(file)
    found = sources.read(tmp_path / "mine", ("train", "valid", "test"), tmp_path / "cache")
    assert sum(map(len, found.values())) == 4
    for pieces in found.values():
        for piece in pieces:
            assert (piece.notes[:, 0] >= 0).all()
    assert "left out 1: 1 x cannot be used (" in caplog.text
    assert "(huge.mid)" in caplog.text


def test_factors_count_as_the_recipe_weighs_them_and_figures_are_of_all_alike(data: Path) -> None:
    plain = NotesTask(SHORT, data, None)
    weighed = NotesTask(msgspec.structs.replace(SHORT, weigh={"velocity": 0.25}), data, None)
    weighed.net.load_state_dict(plain.net.state_dict())
    for task in (plain, weighed):
        task.net.eval()
    with torch.no_grad():
        totals, logs = zip(*(task.losses(3) for task in (plain, weighed)), strict=True)
    assert logs[0] == logs[1]
    assert float(totals[0]) == pytest.approx(float(logs[0]["all"]))
    assert float(totals[0] - totals[1]) == pytest.approx(0.75 * float(logs[0]["velocity"]))


def test_what_is_no_factor_and_what_counts_less_than_nothing_is_not_weighed(data: Path) -> None:
    with pytest.raises(ExtempoError, match="weighs 'touch': steps have time, pitch, velocity"):
        NotesTask(msgspec.structs.replace(SHORT, weigh={"touch": 1.0}), data, None)
    nothing = dict.fromkeys(PERFORMANCE.names, 0.0)
    with pytest.raises(ExtempoError, match="weighs every factor 0, so nothing would be learned"):
        NotesTask(msgspec.structs.replace(SHORT, weigh=nothing), data, None)
    for share in (-1.0, math.nan):
        with pytest.raises(ExtempoError, match=r"mine\.toml: pitch counts .*may count 0 to 1000"):
            check(msgspec.structs.replace(TINY, weigh={"pitch": share}), "mine.toml")

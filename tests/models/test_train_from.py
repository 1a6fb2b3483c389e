"""Training that begins with the weights of a model is held against what it began with."""

import json
import math
from pathlib import Path

import msgspec
import pytest
import torch

from models.contract.errors import ExtempoError
from models.train.checkpoint import Progress, load_checkpoint, save_checkpoint
from models.train.loop import train
from models.train.recipe import Recipe, SoundRecipe
from models.train.run import BEST, LAST
from tests.models import test_sound_train
from tests.models.scores import random_score
from tests.models.sounds import tone, write
from tests.models.test_train import TINY, lines

SHORT = msgspec.structs.replace(TINY, steps=4, measure_steps=2)
RUINOUS = msgspec.structs.replace(SHORT, rate=0.0, corpora={"other": 1.0})
"""Learns nothing, so that it cannot come to more than it began with."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for number in range(24):
        random_score(folder / ("mine", "other")[number % 2] / f"{number}.mid", number)
    for number in range(2):
        for name in ("sound", "noise"):
            write(folder / name / f"{number}.wav", tone(4.0, 8000, 300.0 + 90 * number), 8000)
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    torch.set_num_threads(1)


@pytest.fixture
def first(data: Path, tmp_path: Path) -> Path:
    train(SHORT, data, tmp_path / "first")
    return tmp_path / "first" / BEST


def test_what_it_begins_with_is_not_written_over(data: Path, first: Path) -> None:
    (first.parent / LAST).unlink()
    before = first.read_bytes()
    with pytest.raises(ExtempoError, match="is read here"):
        train(SHORT, data, first.parent, start_from=first)
    assert first.read_bytes() == before


def test_its_beginning_is_measured_and_a_better_end_is_kept(
    data: Path, first: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    more = msgspec.structs.replace(SHORT, steps=20, measure_steps=10)
    progress = train(more, data, tmp_path / "run", start_from=first)
    valid = [
        (line["step"], line["valid"]["all"]) for line in lines(tmp_path / "run") if "valid" in line
    ]
    assert [step for step, _ in valid] == [0, 10, 20]
    assert valid[0][1] == pytest.approx(load_checkpoint(first).progress.best, abs=0.02)
    assert progress.best == min(figure for _, figure in valid) < progress.began == valid[0][1]
    assert "no better than it began" not in caplog.text
    best = load_checkpoint(tmp_path / "run" / BEST)
    assert [training.steps for training in best.trainings] == [4, best.progress.step]


def test_an_end_that_is_no_better_is_told_and_the_beginning_is_kept(
    data: Path, first: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = tmp_path / "run"
    progress = train(RUINOUS, data, out, start_from=first)
    assert progress.best == progress.began == progress.latest
    assert f"no better than it began: {progress.began:.3f} nats on valid, " in caplog.text
    kept, before = load_checkpoint(out / BEST), load_checkpoint(first)
    for name, weights in before.weights.items():
        torch.testing.assert_close(kept.weights[name], weights, atol=0, rtol=0)
    # It has learned nothing of the other music so far, and does not say so.
    assert [corpus.name for corpus in kept.corpora] == ["mine"]
    assert kept.trainings == before.trainings
    assert kept.figures[-1].nats == progress.began
    assert [corpus.name for corpus in load_checkpoint(out / LAST).corpora] == ["other", "mine"]
    # Gone on with, it is held against the same beginning.
    caplog.clear()
    train(msgspec.structs.replace(RUINOUS, steps=6), data, out, resume=True)
    assert "no better than it began" in caplog.text


def test_sound_is_held_against_its_beginning_too(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tiny = msgspec.structs.replace(
        test_sound_train.TINY, steps=2, measure_steps=2, corpora={"sound": 1.0}
    )
    train(tiny, data, tmp_path / "first")
    idle = msgspec.structs.replace(tiny, rate=0.0, average=0.0)
    train(idle, data, tmp_path / "run", start_from=tmp_path / "first" / BEST)
    assert "no better than it began" in caplog.text
    (figure,) = load_checkpoint(tmp_path / "run" / BEST).figures
    assert (figure.factor, figure.split) == ("sample", "valid")
    assert math.isfinite(figure.floor)


def test_weights_that_are_no_numbers_are_refused_at_the_beginning(
    data: Path, first: Path, tmp_path: Path
) -> None:
    spoilt = load_checkpoint(first)
    for weights in spoilt.weights.values():
        weights.fill_(math.nan)
    save_checkpoint(tmp_path / "spoilt.pt", spoilt)
    with pytest.raises(ExtempoError, match="not a number at step 0"):
        train(SHORT, data, tmp_path / "run", start_from=tmp_path / "spoilt.pt")
    assert not (tmp_path / "run" / BEST).exists()


def test_more_music_in_the_folder_is_measured_anew(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "mine"
    for number in range(4):
        random_score(folder / f"{number}.mid", number)
    out = tmp_path / "run"
    train(SHORT, tmp_path / "data", out)
    lucky = load_checkpoint(out / LAST)
    assert lucky.progress.measured_on
    for number in range(4, 24):
        random_score(folder / f"{number}.mid", number)
    progress = train(msgspec.structs.replace(SHORT, steps=6), tmp_path / "data", out, resume=True)
    assert progress.measured_on != lucky.progress.measured_on
    assert math.isfinite(progress.began)


@pytest.mark.parametrize("recipe", [SHORT, test_sound_train.TINY])
def test_a_checkpoint_from_before_trainings_were_kept_tells_what_its_recipe_tells(
    recipe: Recipe | SoundRecipe, first: Path
) -> None:
    fields = json.loads(json.dumps(msgspec.to_builtins(recipe)))
    old = msgspec.structs.replace(
        load_checkpoint(first), trainings=[], recipe=fields, progress=Progress(step=7, minutes=2.5)
    )
    (training,) = old.history
    assert (training.recipe, training.steps, training.minutes) == (recipe.name, 7, 2.5)
    assert (training.seed, training.rate, training.date) == (recipe.seed, recipe.rate, "")


def test_a_network_that_copies_begins_with_the_weights_of_one_that_does_not(
    data: Path, first: Path, tmp_path: Path
) -> None:
    plain = load_checkpoint(first)
    rates = {"copying": 0.1, "copying.tables": 0.0}
    copies = msgspec.structs.replace(
        SHORT, config={**SHORT.config, "copy": 16}, rate=0.0, rates=rates, steps=1
    )
    train(copies, data, tmp_path / "same", start_from=first)
    same = load_checkpoint(tmp_path / "same" / BEST)
    assert all(torch.equal(same.weights[name], one) for name, one in plain.weights.items())
    assert any(name.startswith("copying.") for name in same.weights)
    # And then on with more rows; parts learn at their own rates, and a resumed run goes on with them.
    more = msgspec.structs.replace(
        copies, config={**SHORT.config, "copy": 32}, rate=1e-9, steps=2, measure_steps=1
    )
    out = tmp_path / "more"
    train(more, data, out, start_from=tmp_path / "same" / BEST)
    train(msgspec.structs.replace(more, steps=4), data, out, resume=True)
    after = load_checkpoint(out / LAST)
    assert after.progress.step == 4
    moved = {
        name: float((after.weights[name] - one).abs().max()) for name, one in same.weights.items()
    }
    assert moved["copying.attend.weight"] > 1e-3
    assert max(moved[name] for name in moved if name.startswith("copying.tables")) == 0
    assert max(moved[name] for name in plain.weights) < 1e-6
    with pytest.raises(ExtempoError, match="another network"):
        train(SHORT, data, tmp_path / "back", start_from=tmp_path / "same" / BEST)

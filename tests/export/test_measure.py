"""Measuring a model, trained or exported, on any music, and whether it has heard that before."""

import math
import re
from pathlib import Path

import msgspec
import pytest
import torch
from click.testing import CliRunner, Result

from export.cli import command as export_command
from export.measure_cli import command
from models.train.checkpoint import load_checkpoint, save_checkpoint
from models.train.loop import train
from models.train.run import BEST
from tests.models import test_sound_train
from tests.models.scores import files_of, random_score
from tests.models.sounds import tone, write
from tests.models.test_train import TINY


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("data")
    for number in range(40):
        random_score(folder / ("mine", "other")[number % 2] / f"{number}.mid", number, beats=16)
    learned = files_of(folder / "mine", "train", folder / "cache")
    (folder / "copied").mkdir()
    # The same music under other names: one is to be measured, whatever the split that it falls in.
    (folder / "copied" / "index.csv").write_text(
        "file,split\nagain.mid,valid\nfresh.mid,valid\nmore.mid,train\n"
    )
    (folder / "copied" / "again.mid").write_bytes(learned[0].read_bytes())
    for name, seed in (("fresh", 100), ("more", 101)):
        random_score(folder / "copied" / f"{name}.mid", seed, beats=16)
    for number in range(3):
        for name, pitch in (("sound", 300.0), ("tones", 500.0)):
            write(folder / name / f"{number}.wav", tone(4.0, 8000, pitch + 20 * number), 8000)
    return folder


@pytest.fixture(scope="module")
def models(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A checkpoint and an artifact of each kind."""
    out = tmp_path_factory.mktemp("models")
    short = {"steps": 4, "measure_steps": 2}
    recipes = {
        "notes": msgspec.structs.replace(TINY, **short),
        "sound": msgspec.structs.replace(test_sound_train.TINY, **short, corpora={"sound": 1.0}),
    }
    made = {}
    for kind, recipe in recipes.items():
        train(recipe, data, out / kind, cache=out / "cache")
        made[f"{kind}.pt"], made[f"{kind}.onnx"] = out / kind / BEST, out / f"{kind}.onnx"
        words = [str(made[f"{kind}.pt"]), "-o", str(made[f"{kind}.onnx"])]
        done = CliRunner().invoke(export_command, words)
        assert done.exit_code == 0, done.output
    return made


def ask(data: Path, *words: str | Path) -> Result:
    return CliRunner().invoke(command, [*map(str, words), "--data", str(data)])


def said(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("export.measure_cli.console.width", 400, raising=False)


@pytest.mark.parametrize("name", ["notes.pt", "notes.onnx"])
def test_a_model_of_notes_is_measured_on_other_music(
    data: Path, models: dict[str, Path], name: str
) -> None:
    own = said(ask(data, models[name]))
    assert "nats a step on valid" in own
    other = said(ask(data, models[name], "--corpus", "other"))
    assert "nats a step on valid of other" in other
    learned = load_checkpoint(models["notes.pt"]).corpora[0].pieces
    assert f"has learned from mine ({learned} pieces)" in other
    assert "of other that were measured is among those that it has learned from." in other


def test_tunes_are_measured_in_bits_a_character(data: Path, tmp_path: Path) -> None:
    lines = "".join("GABcdefg"[number % 8] + "2dB ABAG|" for number in range(80))
    tunes = [f"X:1\nK:{key}\n{lines[40 * n :]}\n\n" for n in range(12) for key in ("D", "Gm")]
    (tmp_path / "book.abc").write_text("".join(tunes))
    recipe = msgspec.structs.replace(
        TINY,
        representation="abc",
        config={**TINY.config, "memory": 0},
        corpora={"book.abc": 1.0},
        steps=2,
    )
    train(recipe, tmp_path, tmp_path / "run", cache=tmp_path / "cache")
    told = said(ask(tmp_path, tmp_path / "run" / BEST))
    rows = {
        name: [float(word) for word in re.findall(r"\d+\.\d+", told.partition(f" {name} ")[2])[:2]]
        for name in ("character", "bits a character")
    }
    nats, bits = rows["character"], rows["bits a character"]
    assert bits == pytest.approx([nat / math.log(2) for nat in nats], abs=0.002)
    assert " all " not in told


@pytest.mark.parametrize("name", ["sound.pt", "sound.onnx"])
def test_a_model_of_sound_is_measured_on_other_sound(
    data: Path, models: dict[str, Path], name: str
) -> None:
    other = said(ask(data, models[name], "--corpus", "tones"))
    assert "bits on valid of tones" in other
    assert "has learned from sound (3 pieces)" in other
    assert "None of the 3 pieces of tones that were measured is among" in other


def test_an_artifact_measures_as_its_checkpoint_does(data: Path, models: dict[str, Path]) -> None:
    for kind in ("notes", "sound"):
        tables = [
            [word for word in said(ask(data, models[f"{kind}.{end}"])).split() if "." in word]
            for end in ("pt", "onnx")
        ]
        figures = [
            [float(word) for word in table if word.replace(".", "").isdigit()] for table in tables
        ]
        assert figures[0]
        # A checkpoint is measured in half precision, as it ships.
        assert figures[0] == pytest.approx(figures[1], abs=0.01)


@pytest.mark.parametrize("name", ["notes.pt", "notes.onnx"])
def test_music_that_it_has_learned_from_is_told_whatever_its_name(
    data: Path, models: dict[str, Path], name: str
) -> None:
    told = said(ask(data, models[name], "--corpus", "copied"))
    assert "1 of the 2 pieces of copied that were measured are among those" in told
    assert "(again.mid): these figures are not held out." in told


def test_sound_that_it_has_learned_from_is_told(
    data: Path, models: dict[str, Path], tmp_path: Path
) -> None:
    """It learned from the first four fifths of each; here all of one is to be measured."""
    learned, fresh = data / "sound" / "0.wav", data / "tones" / "0.wav"
    for name, path in (("valid/a", learned), ("valid/b", fresh), ("train/c", fresh)):
        target = tmp_path / "grown" / f"{name}.wav"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    told = said(ask(data, models["sound.onnx"], "--corpus", tmp_path / "grown"))
    assert "1 of the 2 pieces of grown that were measured are among those" in told
    assert "(a.wav): these figures are not held out." in told


def test_a_file_that_does_not_say_what_it_has_heard_is_compared_with_what_is_here(
    data: Path, models: dict[str, Path], tmp_path: Path
) -> None:
    old = msgspec.structs.replace(load_checkpoint(models["notes.pt"]), heard=[], trainings=[])
    save_checkpoint(tmp_path / "old.pt", old)
    assert "are not held out" in said(ask(data, tmp_path / "old.pt", "--corpus", "copied"))
    alone = tmp_path / "alone"
    (alone / "copied").mkdir(parents=True)
    for path in (data / "copied").iterdir():
        (alone / "copied" / path.name).write_bytes(path.read_bytes())
    told = said(ask(alone, tmp_path / "old.pt", "--corpus", "copied"))
    assert "Whether it has learned from these pieces of copied is not known" in told


def test_what_is_measured_on_other_music_is_kept_as_such(
    data: Path, models: dict[str, Path], tmp_path: Path
) -> None:
    for kind, other in (("notes", "other"), ("sound", "tones")):
        kept = tmp_path / f"{kind}.pt"
        before = load_checkpoint(models[f"{kind}.pt"])
        for _ in range(2):
            said(ask(data, models[f"{kind}.pt"], "--corpus", other, "--keep", kept))
        after = load_checkpoint(kept)
        assert after.figures == before.figures
        assert [m.name for m in after.measures] == [f"what comes next, valid of {other}"]
        assert (after.heard, after.trainings) == (before.heard, before.trainings)


def test_only_checkpoints_are_kept(data: Path, models: dict[str, Path], tmp_path: Path) -> None:
    told = ask(data, models["notes.onnx"], "--keep", tmp_path / "kept.pt")
    assert told.exit_code == 1
    assert "--keep writes checkpoints only" in told.output

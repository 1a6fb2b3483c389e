"""Listening to a network of sound: what it plays stands beside held-out sound of the same notes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from export.cli import command as export_command
from export.listen import Heard, listen, measures_of, spots_of
from export.listen_cli import command
from live.runtime import opening
from live.runtime.sound.wavenet import Draw
from models.contract.document import Corpus, Measured
from models.contract.errors import ExtempoError
from models.contract.samples import FEATURES, NAME, encode
from models.corpus.sound.render import midi_of
from models.nets.table import build_audio
from models.train.checkpoint import Checkpoint, Progress, load_checkpoint, save_checkpoint
from tests.models.sounds import write
from tests.models.test_sound_follow import melody, plucked
from tests.tiny_sound import tiny_sound_artifact

RATE = 16_000
DRAW = Draw(1.0, 0.99, 1)
TINY = {"residual": 8, "skip": 8, "stacks": 1, "depth": 4, "condition": 8, "hop": 64, "rate": RATE}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for split in ("train", "valid", "test"):
        for seed in range(3):
            notes = melody(12, seed=seed) // np.array([64, 64, 1, 1])
            path = folder / "mine" / split / f"{seed}.wav"
            write(path, plucked(notes * np.array([64, 64, 1, 1])), RATE)
            midi_of(notes, RATE).save(path.with_suffix(".mid"))
    return folder


def checkpoint(path: Path, keys: int = 1) -> Path:
    torch.manual_seed(1)
    config = TINY | {"keys": keys}
    net = build_audio("audio-wavenet", config)
    save_checkpoint(
        path,
        Checkpoint(
            "audio-wavenet", config, NAME, {}, dict(net.state_dict()), {"name": "tiny"}, Progress(),
            [Corpus("mine", "own", "me", "here", 3)], [], [Measured("other", 1.0, "x")],
        ),
    )  # fmt: skip
    return path


def by_name(measures: list[Measured]) -> dict[str, Measured]:
    return {measure.name: measure for measure in measures}


@pytest.mark.parametrize("end", [".pt", ".onnx"])
def test_checkpoints_and_artifacts_are_listened_to_and_what_was_heard_is_kept(
    data: Path, tmp_path: Path, end: str
) -> None:
    trained = checkpoint(tmp_path / "tiny.pt")
    if end == ".onnx":
        exported = CliRunner().invoke(
            export_command, [str(trained), "-o", str(tmp_path / "t.onnx")]
        )
        assert exported.exit_code == 0, exported.output
    path = trained if end == ".pt" else tmp_path / "t.onnx"
    arguments = [str(path), "--data", str(data), "--seconds", "3", "--wav", str(tmp_path / "wav")]
    kept = ["--keep", str(tmp_path / "kept.pt")] if end == ".pt" else []
    done = CliRunner().invoke(command, [*arguments, *kept, "--set", "temperature=0.9"])
    assert done.exit_code == 0, done.output
    assert "temperature 0.9" in done.output
    assert "pitches" in done.output
    assert len(list((tmp_path / "wav").glob("*-played.wav"))) == 3
    if kept:
        again = CliRunner().invoke(
            export_command, [str(tmp_path / "kept.pt"), "-o", str(tmp_path / "again.onnx")]
        )
        assert again.exit_code == 0, again.output
        names = {m.name for m in load_checkpoint(tmp_path / "kept.pt").measures}
        told = opening.opened(tmp_path / "again.onnx").model.document.measures
        assert {m.name for m in told} == names
        assert {"other", "pitches found, valid", "spectrum by frame, valid"} <= names


def test_an_instrument_that_is_perfect_is_at_no_distance_and_finds_what_real_sound_finds(
    data: Path, tmp_path: Path
) -> None:
    model = opening.opened(tiny_sound_artifact(tmp_path / "t.onnx", hop=64)).model
    spots = spots_of(model, [data / "mine"], "valid", 4.0, 3, tmp_path)
    heard = listen(model, spots, DRAW)
    assert all(len(notes) > 10 for _, notes in heard.real)
    perfect = by_name(measures_of(Heard(RATE, heard.real, heard.real), "valid", keys=True))
    assert perfect["spectrum by frame, valid"].value == 0.0
    found = perfect["pitches found, valid"]
    assert found.value > 85.0
    assert f"real sound: {found.value:.0f} %" in found.beside
    unplayed = [(each, notes[:0]) for each, notes in heard.real]
    names = by_name(measures_of(Heard(RATE, unplayed, unplayed), "valid", keys=True))
    assert not any("pitches" in name or "onsets" in name for name in names)
    # Random weights play no piano.
    noise = by_name(measures_of(heard, "valid", keys=True))
    assert noise["pitches found, valid"].value < 20.0
    assert noise["spectrum by frame, valid"].value > 5.0


def test_a_network_that_hears_no_keys_goes_on_from_what_it_has_heard(
    data: Path, tmp_path: Path
) -> None:
    model = opening.opened(tiny_sound_artifact(tmp_path / "t.onnx", hop=64, keys=0)).model
    spots = spots_of(model, [data / "mine"], "valid", 1.0, 4, tmp_path)
    assert all(spot.start >= RATE for spot in spots)
    heard = listen(model, spots, DRAW)
    spot, stream = spots[0], model.open(0)
    codes, _ = spot.corpus.of(spot.number)
    silent = np.zeros((RATE // 64, FEATURES), np.float32)
    stream.feed(np.ascontiguousarray(codes[spot.start - RATE : spot.start]), silent)
    out = np.zeros(RATE, np.uint8)
    stream.draw(silent, DRAW, out)
    np.testing.assert_array_equal(encode(heard.played[0][0]), out)
    (measure,) = measures_of(heard, "valid", keys=False)
    assert measure.name == "average spectrum, valid"


def test_what_cannot_be_listened_to_is_said_in_one_sentence(data: Path, tmp_path: Path) -> None:
    model = opening.opened(tiny_sound_artifact(tmp_path / "t.onnx", hop=64)).model
    with pytest.raises(ExtempoError, match=r"no two excerpts of 60 s"):
        spots_of(model, [data / "mine"], "valid", 60.0, 3, tmp_path)
    trained = checkpoint(tmp_path / "tiny.pt")
    for arguments, said in (
        ([str(tmp_path / "none.pt")], "there is no checkpoint"),
        ([str(trained), "--set", "gain=3"], "gain does not shape"),
        ([str(tmp_path / "t.onnx"), "--keep", str(tmp_path / "k.pt")], "no checkpoint: --keep"),
        ([str(trained), "--data", str(tmp_path / "nowhere")], "no folder of sounds"),
    ):
        done = CliRunner().invoke(command, ["--data", str(data), *arguments])
        assert done.exit_code == 1
        assert said in " ".join(done.output.split())

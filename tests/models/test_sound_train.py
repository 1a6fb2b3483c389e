"""Training on sound: it learns, it survives a kill, its figures stand beside floors that are fair."""

import json
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
from models.contract.samples import FEATURES, decode, encode
from models.corpus.sound.windows import Batch
from models.train.average import Average
from models.train.checkpoint import load_checkpoint
from models.train.loop import LOG, train
from models.train.recipe import SoundRecipe, read_recipe
from models.train.run import BEST, LAST
from models.train.sound.floors import ORDER, Linear, Unigram
from models.train.sound.task import SoundTask
from tests.models.sounds import tone, write

RATE = 8_000
TINY = SoundRecipe(
    name="tiny-sound",
    title="Tiny sound",
    kind="audio",
    net="audio-wavenet",
    config={"residual": 8, "skip": 8, "stacks": 1, "depth": 4, "condition": 4, "rate": RATE},
    corpora={"mine": 1.0},
    batch=2,
    seconds=0.1,
    jitter=0.2,
    rate=0.01,
    warmup=5,
    steps=60,
    measure_steps=10,
    measure_windows=4,
    average=0.9,
    patience=1000,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for number in range(2):
        write(folder / "mine" / f"{number}.wav", tone(4.0, RATE, 300.0 + 100 * number), RATE)
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


def recipe_file(path: Path) -> Path:
    fields = msgspec.to_builtins(TINY)
    tables = {key: fields.pop(key) for key in ("config", "corpora")}
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in fields.items())
    for name, table in tables.items():
        text += f"[{name}]\n" + "".join(f"{k} = {json.dumps(v)}\n" for k, v in table.items())
    path.write_text(text)
    return path


def test_that_there_are_no_notes_to_follow_is_told(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    SoundTask(TINY, data, tmp_path)
    assert "has its notes beside it, so the network will follow no keys" in caplog.text
    caplog.clear()
    SoundTask(msgspec.structs.replace(TINY, config={**TINY.config, "keys": 0}), data, tmp_path)
    assert not caplog.text


def test_a_network_without_keys_learns_from_a_sound_whose_notes_are_broken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path / "mine" / "a.wav", tone(4.0, RATE), RATE)
    (tmp_path / "mine" / "a.mid").write_bytes(b"MThd")
    recipe = msgspec.structs.replace(TINY, config={**TINY.config, "keys": 0})
    assert SoundTask(recipe, tmp_path, tmp_path / "cache").described[0].pieces == 1
    assert not caplog.text
    with pytest.raises(ExtempoError, match=r"left out 1: 1 x its notes cannot be read as MIDI"):
        SoundTask(TINY, tmp_path, tmp_path / "cache")


def test_sound_is_not_learned_in_whole_pieces(tmp_path: Path) -> None:
    with pytest.raises(ExtempoError, match="sound is learned in windows: leave `whole` out"):
        SoundTask(msgspec.structs.replace(TINY, whole=True), tmp_path, None)


def test_nothing_is_asked_of_sound(tmp_path: Path) -> None:
    with pytest.raises(ExtempoError, match="nothing is asked of sound: leave `asked` out"):
        SoundTask(msgspec.structs.replace(TINY, asked=["density"]), tmp_path, None)


def test_it_learns(whole: Path) -> None:
    log = [json.loads(line) for line in (whole / LOG).read_text().splitlines()]
    valid = [line["valid"]["all"] for line in log if "valid" in line]
    assert valid[-1] < valid[0] - 0.5
    assert load_checkpoint(whole / BEST).progress.best == min(valid)


def test_after_a_kill_it_goes_on_to_the_same_weights(
    data: Path, whole: Path, tmp_path: Path
) -> None:
    out, recipe = tmp_path / "killed", recipe_file(tmp_path / "tiny.toml")
    assert read_recipe(str(recipe)) == TINY
    arguments = [str(recipe), "--data", str(data), "--out", str(out)]
    arguments += ["--threads", "1", "--device", "cpu"]
    process = subprocess.Popen(
        [sys.executable, "-m", "live.cli", "train", *arguments], stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 90
        while not (out / LAST).exists() and time.monotonic() < end and process.poll() is None:
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    assert load_checkpoint(out / LAST).progress.step < TINY.steps
    train(TINY, data, out, resume=True, cache=tmp_path / "cache", device="cpu")
    for name in (LAST, BEST):
        resumed, expected = (load_checkpoint(folder / name).weights for folder in (out, whole))
        for key, tensor in expected.items():
            torch.testing.assert_close(resumed[key], tensor, atol=0, rtol=0)


def test_another_run_begins_with_the_weights_of_one(
    data: Path, whole: Path, tmp_path: Path
) -> None:
    more = msgspec.structs.replace(TINY, steps=1, measure_steps=1, rate=0.0)
    train(more, data, tmp_path / "out", start_from=whole / BEST, cache=tmp_path / "cache")
    first = load_checkpoint(tmp_path / "out" / BEST).progress.best
    assert first == pytest.approx(load_checkpoint(whole / BEST).progress.best, abs=0.01)


def test_measure_sets_the_model_beside_a_floor(data: Path, whole: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.pt"
    arguments = ["--data", str(data), "--keep", str(kept), "--threads", "1"]
    # What is measured again replaces what was measured before.
    for source in (whole / BEST, kept):
        done = CliRunner().invoke(command, [str(source), *arguments])
        assert done.exit_code == 0, done.output
    (figure,) = load_checkpoint(kept).figures
    (bits,) = load_checkpoint(kept).measures
    assert (bits.name, bits.unit) == ("what comes next, valid", "bits a sample")
    assert bits.value == pytest.approx(figure.nats / np.log(2))
    assert f"linear predictor: {figure.floor / np.log(2):.2f}; " in bits.beside
    for shown in (figure.nats, figure.floor, bits.value):
        assert f"{shown:.3f}" in done.output
    assert figure.factor == "sample"
    assert 0.0 < figure.nats < np.log(256)
    # A sine is what a linear predictor knows best.
    assert 0.0 < figure.floor < figure.nats
    assert "linear predictor" in done.output
    assert kept.stat().st_size < (whole / LAST).stat().st_size / 2


def windows(sound: np.ndarray, size: int, since: int) -> Batch:
    codes = encode(sound.astype(np.float32)).reshape(size, -1).astype(np.int64)
    following = codes[:, since + 1 :]
    return Batch(
        codes[:, :-1], following, np.zeros((size, 1, FEATURES), np.float32), following >= 0, since
    )


def test_floors_are_likelihoods_that_fit_what_they_were_fitted_on() -> None:
    rng = np.random.default_rng(1)
    noise = windows(0.1 * rng.standard_normal(40_000), 4, 2 * ORDER)
    linear, unigram = Linear.fit([noise]), Unigram.fit([noise])
    # Noise cannot be foretold: knowing the past must not seem to help.
    assert (
        unigram.nats(noise).mean() <= linear.nats(noise).mean() < unigram.nats(noise).mean() + 0.1
    )
    every = Batch(
        np.repeat(noise.codes[:1, :200], 256, 0),
        np.repeat(noise.following[:1, : 200 - 2 * ORDER], 256, 0),
        noise.keys,
        np.ones((256, 200 - 2 * ORDER), bool),
        2 * ORDER,
    )
    every.following[:, -1] = np.arange(256)
    assert np.exp(-linear.nats(every)[:, -1]).sum() == pytest.approx(1.0, abs=1e-6)


def test_a_linear_predictor_foretells_a_tone() -> None:
    steady = 0.3 * np.sin(np.arange(40_000) * 0.2)
    batch = windows(steady, 4, 2 * ORDER)
    linear = Linear.fit([batch])
    assert linear.nats(batch).mean() < 1.5 < Unigram.fit([batch]).nats(batch).mean()
    expected = decode(batch.following)
    assert np.abs(expected).max() > 0.2


def test_the_average_forgets_where_it_began_and_gives_the_weights_back() -> None:
    net = torch.nn.Linear(1, 1, bias=False)
    average = Average(net, 0.9)
    with torch.no_grad():
        net.weight.fill_(5.0)
    for step in range(200):
        average.follow(net, step)
    with torch.no_grad():
        net.weight.fill_(7.0)
    with average.in_place(net):
        assert float(net.weight.detach()) == pytest.approx(5.0, abs=1e-3)
    assert float(net.weight.detach()) == 7.0

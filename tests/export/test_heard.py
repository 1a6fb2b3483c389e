"""A network is heard while it learns: what it plays at each measurement lies in its run's folder."""

import re
import signal
import threading
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import mido
import msgspec
import pytest
import torch
from click.testing import CliRunner

from export import heard
from export.heard import SECONDS, Stage
from export.train_cli import command
from models.abc.reader import read
from models.contract.errors import ExtempoError
from models.contract.representation import Representation
from models.contract.representations.performance import PERFORMANCE
from models.corpus.encoders.performance import PerformanceEncoder
from models.nets.table import build, build_audio
from models.train.checkpoint import Checkpoint, Progress, load_checkpoint
from models.train.heard import FOLDER
from models.train.loop import train
from models.train.recipe import Recipe
from models.train.run import BEST, LAST
from tests.models.scores import random_score
from tests.toys.here import melody_here, written

SMALL = {"hidden": 16, "layers": 1, "embed": 16, "head": 16, "dropout": 0.1}
TINY = Recipe(
    name="tiny", title="Tiny", net="lstm", config=SMALL, corpora={"mine": 1.0}, batch=4, length=16,
    rate=0.01, steps=40, measure_steps=20, measure_windows=4, average=0.9,
)  # fmt: skip
CHECKPOINTS = Path("models/checkpoints")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for seed in range(20):
        random_score(folder / "mine" / f"{seed}.mid", seed)
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def untrained(written: Representation) -> Checkpoint:
    torch.manual_seed(1)
    net = build("lstm", SMALL, written)
    vocabulary = {name: list(words) for name, words in written.vocabulary.items()}
    weights = net.state_dict()
    return Checkpoint(
        "lstm", SMALL, written.name, vocabulary, weights, {"name": "it"}, Progress(step=7), [], []
    )


def pitches(path: Path) -> list[int]:
    return [
        message.note
        for message in mido.MidiFile(path)
        if message.type == "note_on" and message.velocity
    ]


def names(run: Path) -> list[str]:
    return sorted(path.name for path in (run / FOLDER).iterdir())


def test_to_be_heard_changes_nothing_of_what_is_learned(
    data: Path, stage: Stage, tmp_path: Path
) -> None:
    train(TINY, data, tmp_path / "silent", device="cpu")
    train(TINY, data, tmp_path / "heard", device="cpu", player=stage.play)
    for name in (BEST, LAST):
        silent, heard = (load_checkpoint(tmp_path / run / name) for run in ("silent", "heard"))
        for key, tensor in silent.weights.items():
            assert torch.equal(heard.weights[key], tensor), key
    assert names(tmp_path / "heard") == ["000020.mid", "000040.mid"]
    assert not (tmp_path / "silent" / FOLDER).exists()
    stage.play(load_checkpoint(tmp_path / "heard" / LAST), tmp_path / "again")
    kept = (tmp_path / "heard" / FOLDER / "000040.mid").read_bytes()
    assert (tmp_path / "again.mid").read_bytes() == kept, "it is what was measured: the average"
    assert pitches(tmp_path / "again.mid") != pitches(tmp_path / "heard" / FOLDER / "000020.mid")


def test_a_tune_is_kept_as_its_text_and_sounds_as_that_says(stage: Stage, tmp_path: Path) -> None:
    stage.play(load_checkpoint(CHECKPOINTS / "folk-abc.pt"), tmp_path / "tune")
    first = (tmp_path / "tune.abc").read_text().split("\nX:2\n")[0]
    assert first.startswith("X:1\nM:")
    assert "\nK:" in first
    told = [
        pitch for one in sorted(read(first), key=lambda one: one.onset) for pitch in one.pitches
    ]
    heard = pitches(tmp_path / "tune.mid")
    assert min(len(told), len(heard)) > 16
    # The last letters may decide notes that would begin after the end, a repeat sign many.
    assert heard[: len(told)] == told[: len(heard)]


def test_any_representation_is_heard_as_it_is_played_on_stage(stage: Stage, tmp_path: Path) -> None:
    with melody_here():
        stage.play(untrained(written()), tmp_path / "melody")
    assert pitches(tmp_path / "melody.mid")
    stage.play(untrained(PERFORMANCE), tmp_path / "events")
    assert pitches(tmp_path / "events.mid")
    assert {path.suffix for path in tmp_path.iterdir() if path.is_file()} == {".mid"}


def test_another_text_is_kept_under_its_own_name(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        PerformanceEncoder, "text", lambda _, pieces: f"{[len(piece) for piece in pieces]}"
    )
    stage.play(untrained(PERFORMANCE), tmp_path / "events")
    (count,) = map(int, (tmp_path / "events.performance").read_text()[1:-1].split(","))
    assert count >= len(pitches(tmp_path / "events.mid")) > 0


@pytest.mark.parametrize("keys", [0, 1])
def test_a_network_of_sound_is_kept_as_sound(stage: Stage, tmp_path: Path, keys: int) -> None:
    config = {"residual": 8, "skip": 8, "stacks": 1, "depth": 4, "condition": 4, "rate": 8000}
    config["keys"] = keys
    torch.manual_seed(1)
    weights = build_audio("audio-wavenet", config).state_dict()
    learned = Checkpoint(
        "audio-wavenet", config, "samples", {}, weights, {"name": "it"}, Progress(), [], []
    )
    stage.play(learned, tmp_path / "sound")
    with wave.open(str(tmp_path / "sound.wav")) as file:
        assert file.getnframes() >= SECONDS * file.getframerate()
        assert any(file.readframes(file.getnframes()))


def test_after_a_kill_later_excerpts_go_and_earlier_ones_stay(
    data: Path, stage: Stage, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    train(TINY, data, out, device="cpu", player=stage.play)
    early = (out / FOLDER / "000020.mid").read_bytes()
    (out / FOLDER / "000060.mid").write_bytes(b"of a step that is lost")
    (out / FOLDER / "mine.txt").write_text("of the player's own")
    longer = msgspec.structs.replace(TINY, steps=80, measure_steps=40)
    train(longer, data, out, resume=True, device="cpu", player=stage.play)
    assert names(out) == ["000020.mid", "000040.mid", "000080.mid", "mine.txt"]
    assert (out / FOLDER / "000020.mid").read_bytes() == early


@pytest.mark.parametrize("error", [ExtempoError("No room."), ZeroDivisionError("No room")])
def test_what_cannot_be_played_is_told_once_and_it_learns_on(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def broken(_checkpoint: Checkpoint, _place: Path) -> None:
        torch.rand(1)
        raise error

    train(TINY, data, tmp_path / "silent", device="cpu")
    caplog.clear()
    assert train(TINY, data, tmp_path / "run", device="cpu", player=broken).step == TINY.steps
    where = tmp_path / "run" / FOLDER
    said = [record.getMessage() for record in caplog.records if FOLDER in record.getMessage()]
    assert said == [f"What it plays now is not in {where} (No room); it learns on."]
    silent, run = (load_checkpoint(tmp_path / one / LAST).weights for one in ("silent", "run"))
    assert all(torch.equal(run[key], tensor) for key, tensor in silent.items())


def test_a_place_that_cannot_be_written_is_told(
    data: Path, stage: Stage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / FOLDER).write_text("a file")
    assert train(TINY, data, tmp_path / "run", device="cpu", player=stage.play).step == 40
    assert f"is not in {tmp_path / 'run' / FOLDER} (File exists); it learns on." in caplog.text


def test_who_interrupts_it_waits_for_nothing_that_plays_on(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main, ended = threading.get_ident(), threading.Event()

    def endless(*_: object, shown: Callable[[float], None]) -> None:
        signal.pthread_kill(main, signal.SIGINT)
        try:
            while True:
                shown(0.0)
                time.sleep(0.01)
        finally:
            ended.set()

    monkeypatch.setattr(heard, "render", endless)
    # Who starts this in the background may have it ignore them.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            stage.play(untrained(PERFORMANCE), tmp_path / "it")
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.wait(10)


def test_the_command_has_it_heard_unless_told_otherwise(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("export.train_cli.console.width", 40, raising=False)
    recipe = tmp_path / "tiny.toml"
    recipe.write_text(
        'name = "tiny"\ntitle = "Tiny"\nnet = "lstm"\nbatch = 4\nlength = 16\nmeasure_windows = 4\n'
        "[config]\nhidden = 16\nlayers = 1\nembed = 16\nhead = 16\n[corpora]\nmine = 1.0\n"
    )
    words = [str(recipe), "--data", str(data), "--steps", "2", "--device", "cpu"]
    out = tmp_path / "[heard]"
    done = CliRunner().invoke(command, [*words, "--out", str(out)], catch_exceptions=False)
    # Figures and paths are in one piece, however narrow the terminal.
    assert f"What it played at each measurement: {out / FOLDER}\n" in done.output
    assert f" on valid: {out / BEST}\n" in done.output
    assert re.search(r"step +2  valid [\d.]+  time .*  duration [\d.]+\n", done.output)
    assert names(out) == ["000002.mid"]
    out = tmp_path / "not"
    done = CliRunner().invoke(command, [*words, "--no-heard", "--out", str(out)])
    assert done.exit_code == 0
    assert "What it played" not in done.output
    assert not (out / FOLDER).exists()

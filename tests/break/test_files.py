"""Some hundred files of each kind, spoilt at random: each is one sentence or plays, and nothing takes long."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from live.cli.group import extempo
from live.record import replay, take
from live.runtime import golden, library
from live.runtime.kinds.table import reader
from live.runtime.opening import Opened
from live.runtime.prepare import examine
from models.contract.errors import LONGEST, ExtempoError
from tests.engine.numeric import opener
from tests.engine.test_offline import PHRASE, perform
from tests.tiny import tiny_artifact
from tests.tiny_sound import tiny_sound_artifact

from .spoiling import spoil_artifact, spoil_bytes, spoil_text

LONG = 5.0
"""Seconds of a processor that one file may take."""
SETTINGS = b"""tempo = 92
mode = "solo"
seed = 4
bars = 1
phrase-delay = 1.0
[knobs]
temperature = 0.8
scale = "dorian"
key = "D"
freeze = true
"""


@contextmanager
def one_sentence() -> Iterator[list[str]]:
    """Let errors of ours pass, noted; anything else fails the test."""
    said: list[str] = []
    begun = time.process_time()
    try:
        yield said
    except ExtempoError as error:
        said.append(str(error))
    assert time.process_time() - begun < LONG
    for text in said:
        assert text
        assert text.isprintable()
        assert len(text) <= LONGEST + 20


@pytest.mark.parametrize("make", [tiny_artifact, tiny_sound_artifact])
def test_spoilt_artifacts(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    make(path)
    data, rng = path.read_bytes(), random.Random(1)
    refused = 0
    for _ in range(150):
        spoilt = spoil_artifact(data, rng)
        with one_sentence() as said:
            prepared = examine(spoilt, path)
            golden.replay(reader(prepared.document.kind).opened(prepared), prepared.document)
        refused += len(said)
    assert 75 < refused < 150


def test_spoilt_journals(tmp_path: Path) -> None:
    data, rng = "\n".join(perform(16, PHRASE).lines).encode(), random.Random(2)
    path = tmp_path / "take.jsonl"
    refused = 0
    for number in range(150):
        path.write_bytes((spoil_bytes if number % 3 == 0 else spoil_text)(data, rng))
        with one_sentence() as said:
            journal = replay.read(path)
            take.write(tmp_path / "take.mid", journal)
            replay.replay(journal, _opener)
        refused += len(said)
    assert 75 < refused < 150


def _opener(path: str) -> Opened:
    return opener(path[:64])


def test_spoilt_settings(tmp_path: Path) -> None:
    rng = random.Random(3)
    model, path = tiny_artifact(tmp_path / "tiny.onnx"), tmp_path / "tonight.toml"
    words = ["render", str(model), "--bars", "1", "-o", str(tmp_path / "out.mid")]
    codes: dict[int, int] = {}
    for number in range(150):
        path.write_bytes((spoil_bytes if number % 3 == 0 else spoil_text)(SETTINGS, rng))
        result = CliRunner().invoke(extempo, [*words, "--config", str(path)])
        assert result.exception is None or isinstance(result.exception, SystemExit), (
            path.read_bytes()
        )
        assert len(result.output) < 2500
        codes[result.exit_code] = codes.get(result.exit_code, 0) + 1
    assert codes.keys() <= {0, 1, 2}
    assert codes.get(0, 0) > 5
    assert codes.get(1, 0) + codes.get(2, 0) > 50


def test_a_bad_file_is_named_and_the_rest_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, rng = tiny_artifact(tmp_path / "z-good.onnx"), random.Random(4)
    for number in range(20):
        (tmp_path / f"bad-{number}.onnx").write_bytes(spoil_bytes(good.read_bytes(), rng)[:5000])
    (tmp_path / "link.onnx").symlink_to(tmp_path / "nothing")
    (tmp_path / "folder.onnx").mkdir()
    (tmp_path / "not-utf8-\udcff.onnx").write_bytes(b"nothing")
    monkeypatch.setattr(library, "SHIPPED", tmp_path)
    for words in (["models"], ["models", "--json"]):
        result = CliRunner().invoke(extempo, words)
        assert result.exit_code == 0, result.exception
        for name in ("z-good", "bad-0", "link", "folder", "not-utf8"):
            assert name in result.output

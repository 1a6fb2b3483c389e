import hashlib

import numpy as np
import onnx
import pytest
from click.testing import CliRunner

from export.cli import command as export_command
from export.index_cli import command
from live.runtime.library import describe
from live.runtime.opening import opened
from models.contract.document import KEY
from models.contract.index import read
from models.contract.representations.performance import PERFORMANCE
from models.corpus.sources import describe as describe_corpus
from models.corpus.sources import load
from models.corpus.sources import read as read_corpus
from models.nets.table import build
from models.train.checkpoint import Checkpoint, Progress, save_checkpoint
from tests.models.scores import random_score
from tests.tiny import tiny_artifact
from tests.tiny_sound import tiny_sound_artifact

CONFIG = {"hidden": 16, "layers": 1, "embed": 8, "head": 8}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def corpus(tmp_path):
    for seed in range(12):
        random_score(tmp_path / "data" / "mine" / f"{seed}.mid", seed, beats=32)
    return tmp_path / "data"


def _index_of(path, corpus):
    data = path.with_suffix(".index").read_bytes()
    said = describe(path).index
    assert (said.digest, said.bytes) == (hashlib.sha256(data).hexdigest(), len(data))
    assert said.corpora == ["mine"]
    assert said.pieces == len(load(corpus / "mine", "train"))
    return read(data, "it")


def _stands(index, pieces):
    return np.mean([index.stand(piece.line(), 12).mean() for piece in pieces])


def test_export_writes_the_index_of_what_was_learned_and_names_it(corpus, tmp_path):
    checkpoint, path = tmp_path / "mine.pt", tmp_path / "mine.onnx"
    weights = build("lstm", CONFIG, PERFORMANCE).state_dict()
    learned = [describe_corpus("mine", 10)]
    known = (
        "lstm",
        CONFIG,
        "performance",
        PERFORMANCE.vocabulary,
        weights,
        {"name": "mine"},
        Progress(),
        learned,
        [],
    )
    save_checkpoint(checkpoint, Checkpoint(*known))
    asked = [str(checkpoint), "-o", str(path), "--data", str(corpus)]
    told = CliRunner().invoke(export_command, asked)
    assert told.exit_code == 0, told.output
    assert "mine.index" in told.output.replace("\n", "")
    index = _index_of(path, corpus)
    splits = read_corpus(corpus / "mine", ("train", "valid"))
    assert _stands(index, splits["train"]) == 1
    assert _stands(index, splits["valid"]) < 0.5
    assert opened(path).document.index is not None
    path.with_suffix(".index").unlink()
    told = CliRunner().invoke(export_command, [*asked, "--no-index"])
    assert told.exit_code == 0, told.output
    assert describe(path).index is None
    assert not path.with_suffix(".index").exists()
    told = CliRunner().invoke(export_command, [*asked[:3], "--index"])
    assert told.exit_code == 1
    assert "--data" in told.output


def test_an_artifact_that_is_there_is_given_one_and_stays_as_it_was(corpus, tmp_path):
    path = tiny_artifact(tmp_path / "tiny.onnx")
    before = onnx.load(path)
    told = CliRunner().invoke(command, [str(path), "--data", str(corpus), "--corpus", "mine"])
    assert told.exit_code == 0, told.output
    after = onnx.load(path)
    assert after.graph == before.graph
    assert {entry.key for entry in after.metadata_props} == {KEY}
    index = _index_of(path, corpus)
    assert _stands(index, load(corpus / "mine", "train")) == 1
    assert describe(path).pair == _document_of(before, tmp_path).pair
    once = path.read_bytes(), path.with_suffix(".index").read_bytes()
    CliRunner().invoke(command, [str(path), "--data", str(corpus), "--corpus", "mine"])
    assert (path.read_bytes(), path.with_suffix(".index").read_bytes()) == once


def _document_of(model, tmp_path):
    path = tmp_path / "before.onnx"
    path.write_bytes(model.SerializeToString())
    return describe(path)


def test_what_cannot_be_indexed_says_so_in_one_sentence(corpus, tmp_path):
    path = tiny_artifact(tmp_path / "tiny.onnx")
    before = path.read_bytes()
    sound = tiny_sound_artifact(tmp_path / "sound.onnx", hop=64)
    for asked, said in (
        ([str(path), "--data", str(corpus), "--corpus", "yours"], "there is no corpus"),
        ([str(path), "--data", str(tmp_path / "no")], "what it has learned from"),
        ([str(sound), "--data", str(corpus), "--corpus", "mine"], "makes sound"),
        ([str(tmp_path / "no.onnx"), "--data", str(corpus)], "There is no file"),
    ):
        told = CliRunner().invoke(command, asked)
        assert told.exit_code == 1
        assert said in told.output
        assert told.output.count("Error") == 1
    assert path.read_bytes() == before
    assert not path.with_suffix(".index").exists()


def test_where_the_index_cannot_be_written_the_artifact_stays_as_it_was(corpus, tmp_path):
    path = tiny_artifact(tmp_path / "tiny.onnx")
    before = path.read_bytes()
    path.with_suffix(".index").mkdir()
    told = CliRunner().invoke(command, [str(path), "--data", str(corpus), "--corpus", "mine"])
    assert told.exit_code == 1
    assert "cannot be written" in told.output
    assert path.read_bytes() == before

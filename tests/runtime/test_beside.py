"""The index beside an artifact: taken where it is the one that is named, else a sentence, and the artifact plays."""

import hashlib
import os
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest

from live.runtime.beside import index_of
from live.runtime.library import describe
from live.runtime.opening import opened_to_play
from models.contract import index
from models.contract.document import KEY
from models.contract.errors import ArtifactError
from models.contract.index import written
from tests.tiny import tiny_artifact

LINE = np.arange(40, 80)


def naming(path: Path, data: bytes, **changes) -> Path:
    """Have an artifact name an index."""
    said = {
        "digest": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "corpora": [],
        "pieces": 1,
    }
    model = onnx.load(path)
    (entry,) = [one for one in model.metadata_props if one.key == KEY]
    document = msgspec.json.decode(entry.value) | {"index": said | changes}
    entry.value = msgspec.json.encode(document).decode()
    path.write_bytes(model.SerializeToString())
    return path


def found(path: Path) -> index.Index:
    """Return what is found beside an artifact."""
    return index_of(describe(path), path)


@pytest.fixture
def data():
    return written([LINE])


@pytest.fixture
def beside(artifact, data):
    naming(artifact, data)
    place = artifact.with_suffix(".index")
    place.write_bytes(data)
    return place


def test_the_index_that_an_artifact_names_is_opened_with_it(artifact, beside):
    model = opened_to_play(artifact).take()
    assert model.index.completing(tuple(LINE[:9].tolist()), 8)[49]
    assert not model.index.lacks
    assert model.index.digest == model.document.index.digest


def test_an_artifact_that_names_none_has_none_whatever_lies_beside_it(artifact, data):
    artifact.with_suffix(".index").write_bytes(data)
    assert found(artifact) is index.NONE


def test_one_that_is_longer_than_the_named_is_another(artifact, beside):
    with beside.open("ab") as file:
        file.write(b"x")
    assert f"is not the index that {artifact.name} names" in found(artifact).lacks


def _pipe(place):
    os.mkfifo(place)


@pytest.mark.parametrize(
    "put",
    [
        lambda place: None,
        lambda place: place.write_bytes(b""),
        lambda place: place.write_bytes(written([LINE])[:-9]),
        lambda place: place.write_bytes(written([LINE]) + b"x"),
        lambda place: place.write_bytes(written([LINE[::-1]])),
        lambda place: place.mkdir(),
        lambda place: place.symlink_to(place),
        lambda place: place.symlink_to("/dev/zero"),
        _pipe,
    ],
)
def test_where_it_is_not_to_be_had_the_artifact_plays_and_one_sentence_says_why(
    artifact, beside, put
):
    beside.unlink()
    put(beside)
    nothing = found(artifact)
    said = nothing.lacks
    assert not nothing.digest
    assert not nothing.completing(tuple(LINE[:9].tolist()), 8).any()
    assert beside.name in said
    assert "novelty does nothing" in said
    assert "\n" not in said
    assert said.count(": ") == 1
    assert len(said) < 400


def test_a_file_that_is_far_too_large_is_not_read(artifact, beside, data):
    naming(artifact, data, bytes=1 << 60)
    with beside.open("wb") as file:
        file.truncate(index.MOST + 1)
    assert "64 MB" in found(artifact).lacks


def test_a_hash_that_fits_makes_no_index_of_what_is_none(artifact):
    data = b"extempo index\n" + b"\0" * 400
    naming(artifact, data)
    artifact.with_suffix(".index").write_bytes(data)
    assert "is no index" in found(artifact).lacks


def test_without_its_index_an_artifact_plays(artifact, beside):
    beside.unlink()
    model = opened_to_play(artifact).take()
    assert beside.name in model.index.lacks


@pytest.mark.parametrize("changes", [{"digest": "../x"}, {"bytes": -1}, {"pieces": None}])
def test_a_document_that_names_none_that_can_be_is_refused(artifact, data, changes):
    with pytest.raises(ArtifactError, match="broken description"):
        describe(naming(artifact, data, **changes))


def test_an_artifact_under_another_name_takes_the_index_of_that_name(artifact, beside, tmp_path):
    other = tmp_path / "other.onnx"
    artifact.rename(other)
    beside.rename(other.with_suffix(".index"))
    assert found(other).digest


def test_a_tiny_artifact_says_nothing_of_an_index(tmp_path):
    assert describe(tiny_artifact(tmp_path / "plain.onnx")).index is None

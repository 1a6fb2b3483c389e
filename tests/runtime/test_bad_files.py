"""Files that are no artifacts: each is really made, and refused in one clear sentence."""

import re

import numpy as np
import pytest

from live.runtime import library, opening
from live.runtime import prepare as preparing
from models.contract.errors import ArtifactError
from tests.runtime.spoil import refused


def test_the_file_that_is_changed_here_plays(artifact):
    opening.opened(artifact)


def test_a_file_that_is_not_there(tmp_path):
    assert "There is no file" in refused(tmp_path / "nothing.onnx")


@pytest.mark.parametrize("name", ["/" + "a" * 300 + ".onnx", "~nobody-of-this-name/a.onnx"])
def test_a_name_that_the_system_cannot_look_for(name):
    with pytest.raises(ArtifactError, match="There is no file"):
        library.find(name)


def test_a_folder(tmp_path):
    assert "There is no file" in refused(tmp_path)


def test_an_empty_file(tmp_path):
    path = tmp_path / "empty.onnx"
    path.write_bytes(b"")
    assert "is empty" in refused(path)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.99, 0.9999])
def test_a_truncated_file(artifact, share):
    data = artifact.read_bytes()
    artifact.write_bytes(data[: int(len(data) * share)])
    assert "export the model again" in refused(artifact)


@pytest.mark.parametrize(
    "content",
    [
        b"C major, 120 beats a minute\n" * 40,
        b"\x89PNG\r\n\x1a\n" + bytes(2000),
        b"PK\x03\x04" + bytes(range(256)) * 8,
        b"MThd\x00\x00\x00\x06\x00\x01\x00\x02\x01\xe0MTrk" + bytes(300),
        bytes(5000),
    ],
    ids=["text", "picture", "archive", "midi", "zeros"],
)
def test_another_kind_of_file_renamed(tmp_path, content):
    path = tmp_path / "renamed.onnx"
    path.write_bytes(content)
    assert "is not an ONNX file" in refused(path)


def test_an_absurdly_large_file_is_not_even_read(tmp_path):
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.truncate(preparing.MAX_BYTES + (1 << 20))
    assert "is larger than the 80 MB that a model which plays in time may have" in refused(path)


def test_random_damage_is_refused_or_harmless(artifact):
    """A flipped byte may land in a weight; whatever it does, there is a sentence or a model."""
    rng = np.random.default_rng(1)
    whole = artifact.read_bytes()
    refusals = []
    for _ in range(150):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), 3):
            data[at] = rng.integers(256)
        artifact.write_bytes(bytes(data))
        try:
            preparing.examine(bytes(data), artifact)
        except ArtifactError as error:
            refusals.append(str(error))
    assert len(refusals) > 10
    assert all(re.fullmatch(r"[^\n]+\.", sentence) for sentence in refusals)

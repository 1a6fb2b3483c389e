"""What would hold up the music is done by another process, once."""

import subprocess
from pathlib import Path

import pytest

from live.engine.beforehand import is_ready, make_ready
from live.runtime import opening
from models.contract.errors import ArtifactError
from tests.tiny import tiny_artifact
from tests.tiny_sound import tiny_sound_artifact


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def nobody(*_: object, **__: object) -> None:
    raise AssertionError("another process was begun")


@pytest.mark.parametrize("make", [tiny_artifact, tiny_sound_artifact])
def test_another_process_makes_it_ready_once(make, tmp_path, monkeypatch):
    path = tmp_path / "a.onnx"
    make(path)
    assert not is_ready(path)
    make_ready(path)
    assert is_ready(path)
    monkeypatch.setattr(subprocess, "run", nobody)
    make_ready(path)


def test_a_network_of_sound_is_compiled_by_then(tmp_path):
    path = tmp_path / "a.onnx"
    tiny_sound_artifact(path)
    make_ready(path)
    assert opening.opened(path).model.cached


def test_what_cannot_be_played_is_told_in_one_sentence(tmp_path):
    (tmp_path / "text.onnx").write_text("no network")
    for name in ("text.onnx", "missing.onnx"):
        with pytest.raises(ArtifactError, match=f"{name}.*\\.$"):
            make_ready(tmp_path / name)
        assert not is_ready(tmp_path / name)

from pathlib import Path

import pytest

from tests.tiny import tiny_artifact
from tests.tiny_sound import tiny_sound_artifact


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def artifact(tmp_path) -> Path:
    return tiny_artifact(tmp_path / "tiny.onnx")


@pytest.fixture
def sound(tmp_path) -> Path:
    return tiny_sound_artifact(tmp_path / "tiny-sound.onnx")

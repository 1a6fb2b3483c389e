from pathlib import Path

import pytest

from tests.tiny import tiny_artifact


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model with random weights."""
    return tiny_artifact(tmp_path_factory.mktemp("artifact") / "tiny.onnx")

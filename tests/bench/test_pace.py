"""An event is a note, however many steps lead to it."""

import pytest

from live.bench.pace import Player
from models.contract.errors import ArtifactError
from tests.engine.tunes import open_tunes, tune_artifact


def test_a_note_of_a_tune_is_an_event(tmp_path):
    player = Player(open_tunes(tune_artifact(tmp_path / "noise.onnx")).take())
    for _ in range(20):
        player.event()
        player.warm()


def test_a_network_that_never_plays_is_said_to_be_one(tmp_path):
    player = Player(open_tunes(tune_artifact(tmp_path / "none.onnx", letters="|\n:")).take())
    with pytest.raises(ArtifactError, match="no note"):
        player.event()

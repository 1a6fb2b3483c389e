"""Another kind of sound model: one file, and one line of the table."""

from importlib import import_module
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest

from live.engine.sound.generator import SoundGenerator
from live.runtime.prepare import examine
from live.runtime.prepared import Prepared
from live.runtime.sound import table
from live.runtime.sound.ahead import ahead
from live.runtime.sound.instrument import Instrument
from live.runtime.sound.timing import least, refusal
from models.contract.document import dump, load
from models.contract.errors import ArtifactError
from tests.runtime.clips import Clips
from tests.runtime.test_sound_ahead import EDGES, raw
from tests.tiny_sound import tiny_sound_artifact

MADE = "tests.runtime.clips"


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "NETS", {**table.NETS, "clips": MADE})


def artifact(path: Path, **said: object) -> Prepared:
    """An artifact that says that its network is one of clips, checked."""
    model = onnx.load(tiny_sound_artifact(path))
    (entry,) = model.metadata_props
    document, _ = load(entry.value, "it")
    entry.value = dump(msgspec.structs.replace(document, net="clips", **said))
    return examine(model.SerializeToString(), path)


def offered(module: str) -> set[str]:
    return {name for name in vars(import_module(module)) if not name.startswith("_")}


@pytest.mark.parametrize("module", [*table.NETS.values(), MADE])
def test_every_module_of_the_table_offers_what_a_maker_does(module: str) -> None:
    wanted = {name for name in vars(table.Maker) if not name.startswith("_")}
    assert wanted == {"check", "packed", "is_ready", "opened"}
    assert offered(module) >= wanted


def test_a_file_and_a_line_are_played(listed: None, tmp_path: Path) -> None:
    prepared = artifact(tmp_path / "a.onnx")
    model = table.open_model(prepared)
    one = SoundGenerator(1, Instrument(ahead(model, waits=True)))
    sound = one.render(500, 0.0)
    fade = 2 * EDGES
    assert np.array_equal(sound[fade:], raw(3, one.instrument.stream.seed)[fade : len(sound)])
    assert not refusal(model, "clips", least(model))


def test_without_its_line_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="by the network 'clips'; this extempo knows 'audio-wa"):
        artifact(tmp_path / "a.onnx")


def test_its_own_check_is_asked(listed: None, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="too loud"):
        artifact(tmp_path / "a.onnx", knobs={"gain": 1.0})


def test_what_makes_two_channels_is_refused(
    listed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Clips, "channels", 2)
    with pytest.raises(ArtifactError, match="makes 2 channels, and a voice has one"):
        table.open_model(artifact(tmp_path / "a.onnx"))

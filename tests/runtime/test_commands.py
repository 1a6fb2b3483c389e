import json
import re

import msgspec
import onnx
import pytest
from click.testing import CliRunner

from live.cli.models import check, models
from live.machine import realtime
from live.runtime import library, timing
from live.runtime.opening import opened, opened_to_play
from live.runtime.sound import timing as sound_timing
from models.contract.document import KEY, Figure, Measured, dump, load
from models.contract.errors import ArtifactError
from tests.tiny import tiny_artifact
from tests.tiny_sound import tiny_sound_artifact


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "SHIPPED", tmp_path)
    monkeypatch.setattr(library, "user_folder", lambda: tmp_path / "mine")
    monkeypatch.setattr(realtime, "enter", lambda priority: [])
    paced = timing.time_paced
    monkeypatch.setattr(timing, "time_paced", lambda step: paced(step, n=5, rate=1000))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("time_hot", "time_paced"):
        time = getattr(sound_timing, name)
        monkeypatch.setattr(sound_timing, name, lambda model, time=time: time(model, 0.01))


def test_models_tells_what_each_file_says_of_itself(tmp_path):
    tiny_artifact(tmp_path / "one.onnx", name="The first")
    (tmp_path / "two.onnx").write_text("not a model")
    told = CliRunner().invoke(models, ["--json"])
    one, two = json.loads(told.stdout)
    assert (one["name"], one["title"], one["net"], one["licence"]) == (
        "one",
        "The first",
        "lstm",
        "CC0-1.0",
    )
    assert "is not an ONNX file" in two["error"]
    table = CliRunner().invoke(models, [])
    assert table.exit_code == 0
    assert "CC0-1.0" in table.stdout
    assert "refused" in table.stdout


def test_check_replays_the_golden_pair_and_times_an_event(tmp_path):
    tiny_artifact(tmp_path / "one.onnx")
    told = CliRunner().invoke(check, ["one", "--json"])
    assert told.exit_code == 0
    found = json.loads(told.stdout)
    assert found["golden"]["agrees"]
    assert found["event_us"]["hot"]["n"] == 500
    assert found["budget_us"] == 2000
    assert "golden pair: agrees" in CliRunner().invoke(check, ["one"]).stdout


def test_check_says_in_one_sentence_why_it_refuses(tmp_path):
    (tmp_path / "bad.onnx").write_text("not a model")
    told = CliRunner().invoke(check, ["bad"])
    assert told.exit_code == 1
    assert told.stderr.count("\n") == 1
    assert "is not an ONNX file" in told.stderr


def test_check_replays_a_network_of_sound_and_times_a_sample(tmp_path, monkeypatch):
    tiny_sound_artifact(tmp_path / "a piano.onnx", name="piano [old]")
    monkeypatch.setattr(sound_timing, "SHARE", 1e3)
    told = CliRunner().invoke(check, ["a piano", "--json"])
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert found["golden"]["agrees"]
    assert found["budget_us"] == pytest.approx(1e9 / 16000)
    assert found["within_budget"]
    assert found["least_us"] <= found["sample_us"]["hot"]["max"]
    said = CliRunner().invoke(check, ["a piano"]).stdout
    assert "piano [old]" in said
    assert "a sample, microseconds" in said


def test_a_network_of_sound_that_is_too_large_is_refused_with_its_time_and_its_budget(
    tmp_path, monkeypatch
):
    path = tiny_sound_artifact(tmp_path / "huge.onnx", name="huge")
    monkeypatch.setattr(sound_timing, "SHARE", 1e-4)
    told = CliRunner().invoke(check, ["huge"])
    assert told.exit_code == 1
    assert "over the budget of 0.00625 microseconds" in told.stdout
    assert told.stderr.count("\n") == 1
    said = (
        r"huge is too large to play on this machine: a sample takes [\d.,]+ microseconds, and may"
    )
    assert re.search(rf"{said} take 0.00625 at 16,000 Hz;", told.stderr)
    with pytest.raises(ArtifactError, match=said):
        opened_to_play(path)
    # Offline nothing is late.
    assert opened(path).kind == "audio"
    monkeypatch.setattr(sound_timing, "SHARE", 1e3)
    assert opened_to_play(path).kind == "audio"


def test_models_tells_what_else_was_measured(tmp_path):
    file = tmp_path / "one.onnx"
    model = onnx.load_from_string(tiny_sound_artifact(file).read_bytes())
    (said,) = (entry for entry in model.metadata_props if entry.key == KEY)
    document, _ = load(said.value, "one")
    figures = [Figure("valid", "sample", 1.5, 2.25)]
    measures = [Measured("notes found", 0.914, "of 1", "real sound: 0.97")]
    said.value = dump(msgspec.structs.replace(document, figures=figures, measures=measures))
    file.write_bytes(model.SerializeToString())
    (row,) = json.loads(CliRunner().invoke(models, ["--json"]).stdout)
    assert (row["kind"], row["sample_rate"], row["measures"][0]["value"]) == ("audio", 16000, 0.914)
    told = " ".join(CliRunner().invoke(models, []).stdout.split())
    assert "nats (linear predictor's): sample 1.50 (2.25)" in told
    assert "measured notes found: 0.914 of 1 (real sound: 0.97)" in told

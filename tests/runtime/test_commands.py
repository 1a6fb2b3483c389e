import json

import pytest
from click.testing import CliRunner

from live import realtime
from live.cli.models import check, models
from live.runtime import library, timing
from tests.tiny import tiny_artifact


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "SHIPPED", tmp_path)
    monkeypatch.setattr(library, "user_folder", lambda: tmp_path / "mine")
    monkeypatch.setattr(realtime, "enter", lambda priority: [])
    paced = timing.time_paced
    monkeypatch.setattr(timing, "time_paced", lambda step: paced(step, n=5, rate=1000))


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

"""The form of what a bench prints, never its times."""

import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from live.bench import copying, model_rows, suite, torch_rows
from live.bench.rows import BenchError, Row, Skipped
from live.bench.suite import ORDER, Rows
from live.cli.bench import bench
from tests.copying import copying_artifact
from tests.system_tools import why_no_jack
from tests.tiny import tiny_artifact

MEASURED = {"name", "unit", "p50", "p99", "max", "n"}


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_artifact(tmp_path_factory.mktemp("bench") / "tiny.onnx")


def printed(*arguments: str) -> dict:
    result = CliRunner().invoke(bench, ["events", *arguments])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def check_rows(rows: list[dict], names: list[str]) -> None:
    assert [row["name"] for row in rows] == names
    for row in rows:
        if "skipped" in row:
            assert row["skipped"]
        else:
            assert row.keys() >= MEASURED
            assert row["n"] > 0
            assert row["p50"] <= row["max"]


def test_prints_one_json_object(artifact):
    names = ["event_hot", "event_paced", "event_paced_warm", "render_speed"]
    found = printed(str(artifact), "--json", "--seconds", "0.5", "--only", ",".join(names))
    assert found.keys() == {"machine", "rows"}
    assert found["machine"].keys() >= {"cpu", "cores", "kernel", "python", "versions", "realtime"}
    check_rows(found["rows"], names)
    assert found["rows"][1]["budget"] == {"p99": 2000.0}
    assert isinstance(found["rows"][1]["ok"], bool)


def test_what_copies_is_held_against_the_same_without(artifact, tmp_path):
    names = ["event_copy_hot", "event_copy_paced"]
    path = copying_artifact(tmp_path / "copying.onnx")
    found = printed(str(path), "--json", "--seconds", "0.5", "--only", ",".join(names))
    check_rows(found["rows"], names)
    assert [row["budget"] for row in found["rows"]] == [{"p50": 100.0}, {"p50": 150.0}]
    assert all("skipped" not in row for row in found["rows"])
    rows = printed(str(artifact), "--json", "--seconds", "0.5", "--only", ",".join(names))["rows"]
    assert all("copies nothing" in row["skipped"] for row in rows)


def test_an_onset_of_the_player_has_a_row(artifact):
    found = printed(str(artifact), "--json", "--seconds", "0.5", "--only", "onset_paced")
    check_rows(found["rows"], ["onset_paced"])
    assert found["rows"][0]["unit"] == "us"
    assert "skipped" not in found["rows"][0]


def test_says_in_a_table_what_it_says_in_json(artifact):
    result = CliRunner().invoke(
        bench, ["events", str(artifact), "--seconds", "0.5", "--only", "event_hot"]
    )
    assert result.exit_code == 0
    assert "event_hot" in result.stdout
    assert "real-time class" in result.stdout


def test_a_row_that_there_is_not_is_refused_with_those_that_there_are(artifact):
    with pytest.raises(BenchError, match="event_hot"):
        suite.run(suite.NOTES, artifact, 0.5, ["event_cold"], lambda _: None)


def test_without_jack_its_rows_say_so(artifact, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    rows = run_one("through_jack", artifact)
    assert [row.name for row in rows] == ["note_to_note", "schedule_error_jack", "xruns"]
    assert all("jackd" in row.skipped for row in rows)


def test_without_pytorch_its_rows_say_so(artifact, monkeypatch):
    monkeypatch.setattr(torch_rows.importlib.util, "find_spec", lambda _: None)
    rows = run_one("torch", artifact)
    assert all("PyTorch" in row.skipped for row in rows)


def test_a_run_that_fails_keeps_the_rows_that_it_brought(artifact):
    def fails(model, seconds, wanted):
        yield Row(name="event_hot", unit="us", p50=1, p99=1, max=1, n=1)
        raise BenchError("the power went")

    measure = Rows(("event_hot", "event_paced"), fails)
    rows = list(suite._rows(measure, measure.rows, artifact, 1.0))
    assert isinstance(rows[0], Row)
    assert rows[1] == Skipped(name="event_paced", skipped="the power went")


def run_one(name: str, artifact: Path) -> list:
    (measure,) = (one for one in suite.MEASURES if one.run.__name__ == name)
    return list(suite._rows(measure, measure.rows, artifact, 0.5))


@pytest.mark.system
@pytest.mark.parametrize(
    "run",
    [
        measure.run.__name__
        for measure in suite.MEASURES
        if measure.run not in (model_rows.events, copying.copying)
    ],
)
def test_every_row_is_measured_or_says_why_not(artifact, run, monkeypatch):
    if run in ("through_jack", "system_midi") and why_no_jack():
        pytest.skip(why_no_jack())
    monkeypatch.setattr("live.bench.startup.STARTS", 1)
    rows = run_one(run, artifact)
    assert rows
    for row in rows:
        assert isinstance(row, Row), row
        assert row.name in ORDER
        assert row.n > 0


def test_memory_is_the_sum_of_what_processes_hold():
    from live.bench.startup import held

    if sys.platform != "linux":
        pytest.skip("only Linux tells how much memory a process holds")
    megabytes, words = held(os.getpid())
    assert 1 < megabytes < 100_000
    assert "processes" in words
    assert held(2**22 + 1) is None


@pytest.mark.system
def test_a_server_of_its_own_leaves_nothing_behind():
    if why_no_jack():
        pytest.skip(why_no_jack())
    from live.bench import jack_server

    before = os.environ.get("JACK_DEFAULT_SERVER")
    with jack_server.server() as name:
        assert os.environ["JACK_DEFAULT_SERVER"] == name != before
    assert os.environ.get("JACK_DEFAULT_SERVER") == before


def test_the_page_on_performance_tells_of_every_row():
    page = (Path(__file__).parents[2] / "docs" / "performance.md").read_text(encoding="utf-8")
    assert [name for name in ORDER if f"`{name}`" not in page] == []

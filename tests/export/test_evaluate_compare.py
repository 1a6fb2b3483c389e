"""Several reports in one table, and the curves of a training."""

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from export.evaluate import compare_cli, report
from export.evaluate.compare import differences, told_apart
from export.evaluate.curves import learned
from export.evaluate.report import History, Likelihood, Report, Table
from export.evaluate.rows import row
from models.contract.errors import GivenError
from tests.export.test_evaluate import artifact, ask, data

__all__ = ["artifact", "data"]
NATS = {"pitch": 2.0, "all": 2.0}


def made(name: str, nats: float, values: tuple[float, ...], **other: object) -> Report:
    likelihood = Likelihood(
        1, 1, 9, 9, {"pitch": nats, "all": nats}, NATS, 8, [History(8, NATS), History(0, NATS)], None
    )  # fmt: skip
    figure = row("bars that return", "form", "share", "Bars.", values, (0.2, 0.3, 0.25, 0.4))
    fields = {
        "name": name, "digest": name * 8, "representation": "performance", "precision": "fp32",
        "parameters": 1, "made": "2026-01-01", "corpora": ["mine"], "split": "valid", "seeds": 3,
        "bars": 8, "complete": True, "likelihood": likelihood,
        "music": Table(len(values), 4, "Solos.", [figure]),
    }  # fmt: skip
    return Report(**{**fields, **other})


def compare(*words: str | Path) -> Result:
    return CliRunner().invoke(compare_cli.command, list(map(str, words)))


@pytest.fixture(autouse=True)
def wide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(compare_cli.console, "width", 400, raising=False)


def test_reports_stand_in_one_table(tmp_path: Path) -> None:
    near, far = made("near", 1.5, (0.2, 0.3, 0.28)), made("far", 1.75, (0.9, 0.95, 1.0))
    report.write(near, tmp_path / "near")
    report.write(far, tmp_path / "far")
    out = tmp_path / "compared.html"
    done = compare(tmp_path / "near", tmp_path / "far" / report.JSON, "-o", out)
    assert done.exit_code == 0, done.output
    lines = [line.split("│")[1:-1] for line in done.output.splitlines() if "│" in line]
    cells = {line[0].strip(): [cell.strip() for cell in line[1:]] for line in lines}
    assert cells["pitch"] == ["1.500", "1.750", "2.000"]
    assert cells["bars that return"][2].startswith("28 %")
    overlaps = [float(cell[-5:-1]) for cell in cells["bars that return"][:2]]
    assert overlaps[0] > 0.5 > 0.05 > overlaps[1]
    text = out.read_text()
    assert "near beside far" in text
    assert text.count("data:image/png;base64,") == 1
    assert "bars that return" in text


def test_what_was_asked_differently_is_told() -> None:
    alike = [made("one", 1.0, (0.1, 0.2)), made("two", 1.0, (0.1, 0.2))]
    assert not differences(told_apart(alike))
    other = [alike[0], made("two", 1.0, (0.1, 0.2), split="test", seeds=4, complete=False)]
    said = differences(told_apart(other))
    assert said == [
        "people's music differs: one valid of mine, two test of mine.",
        "the number of solos differs: one 3, two 4.",
        "not finished: two.",
    ]
    turned = [alike[0], made("two", 1.0, (0.1, 0.2), knobs={"form": 0})]
    assert differences(told_apart(turned)) == [
        "what was turned differs: one no knob turned, two form=0."
    ]


def test_two_of_one_name_are_told_apart() -> None:
    same = made("tiny", 1.0, (0.1, 0.2))
    later = msgspec.structs.replace(same, digest="abcdefgh")
    assert [one.name for one in told_apart([same, later])] == ["tiny (tinyti)", "tiny (abcdef)"]
    turned = msgspec.structs.replace(same, knobs={"form": 0.5})
    assert [one.name for one in told_apart([same, turned])] == ["tiny (no knob turned)", "tiny (form=0.5)"]  # fmt: skip
    again = msgspec.structs.replace(same, made="2026-01-02")
    assert [one.name for one in told_apart([same, again])] == ["tiny (2026-01-01)", "tiny (2026-01-02)"]  # fmt: skip


def test_an_artifact_is_evaluated_first(
    artifact: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_cli, "SECTIONS", {"likelihood": None})
    report.write(made("old", 1.5, (0.2, 0.3)), tmp_path)
    done = compare(tmp_path, artifact, "--data", data, "--corpus", "mine", "--seeds", "3", "--bars", "8")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "│ pitch    │ 1.500 │" in done.output


def test_nothing_to_compare_gets_one_sentence(tmp_path: Path) -> None:
    report.write(made("one", 1.0, (0.1, 0.2)), tmp_path)
    (tmp_path / "no.json").write_text("[]")
    for words, said in (
        ((tmp_path,), "name two artifacts or reports"),
        ((tmp_path, tmp_path / "no.json"), "is no report of extempo evaluate"),
        ((tmp_path, tmp_path / "gone.json"), "There is no file"),
        ((tmp_path, tmp_path, "-o", tmp_path / "page.txt"), "a page is an .html file"),
        ((tmp_path, tmp_path, "-o", tmp_path / "no.json" / "page.html"), "cannot be written"),
    ):
        done = compare(*words)
        assert done.exit_code != 0
        assert said in done.output


@pytest.mark.filterwarnings("error")
def test_names_that_look_like_markup_formulas_or_orders_to_a_terminal_are_shown(
    tmp_path: Path,
) -> None:
    for number, name in enumerate(("[/]", "a$^$b", "\x1b[31mred\a", "鍵盤", "x" * 9000)):
        report.write(made(name, 1.0, (0.1, 0.2)), tmp_path / str(number))
        done = compare(*(tmp_path / str(number),) * 2, "-o", tmp_path / "page.html")
        assert done.exit_code == 0, done.output
        assert "\x1b[31m" not in done.output
        assert "\a" not in done.output
        assert name[:4] in done.output or not name.isprintable()


def test_the_curves_of_a_run_are_found(artifact: Path, data: Path, tmp_path: Path) -> None:
    lines = [
        {"minutes": 1.0, "train": {"pitch": 5.0, "time": 1.0, "all": 6.0}},
        {"minutes": 1.0, "valid": {"pitch": 4.0, "time": 1.0, "all": 5.0}},
        {"minutes": 2.0, "valid": {"pitch": 3.0, "time": 0.5, "all": 3.5}},
    ]
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, lines)))
    found = {one.name: one for one in learned(None, tmp_path / "mine.onnx")}
    assert list(found) == ["pitch", "time", "all"]
    assert (found["all"].minutes, found["all"].nats) == ([1.0, 2.0], [5.0, 3.5])
    assert learned(None, tmp_path / "elsewhere" / "mine.onnx") == []
    with pytest.raises(GivenError, match="There is no file"):
        learned(tmp_path / "elsewhere", tmp_path / "mine.onnx")
    (tmp_path / "log.jsonl").write_text("no log")
    told = ask(data, artifact, "--corpus", "mine", "--run", tmp_path)
    assert told.exit_code == 1
    assert "is no log of a training" in told.output

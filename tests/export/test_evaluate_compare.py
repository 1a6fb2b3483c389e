"""Several reports in one table, and the curves of a training."""

import hashlib
import json
import re
from functools import partial
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from export.evaluate import compare_cli, report
from export.evaluate.compare import differences, page, told_apart
from export.evaluate.curves import learned
from export.evaluate.effort import side_by_side
from export.evaluate.report import Curve, History, Likelihood, Report, Table, Trained
from export.evaluate.rows import row
from export.evaluate.tables import Titled
from live.runtime.library import user_folder
from live.runtime.timing import Timing, time_in_turns
from models.contract.errors import GivenError
from models.train.logs import LOG
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


def curve(seconds: tuple[float, ...], nats: tuple[float, ...]) -> list[Curve]:
    steps = [int(100 * one) for one in seconds]
    minutes = [one / 60 for one in seconds]
    return [
        Curve("pitch", minutes, list(nats), steps),
        Curve("all", minutes, [2 * one for one in nats], steps),
    ]


def rows_of(found: Titled) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in found.rows}


def test_what_it_took_stands_side_by_side_at_equal_training_time() -> None:
    copies = row("longest copied run", "copying", "intervals", "", (5, 6, 7), (4, 5, 6))
    slow = made(
        "slow", 1.5, (0.1, 0.2), curves=curve((10, 20, 40, 80), (4, 3, 2, 1.5)), bytes=2_000_000,
        parameters=500_000, trained=Trained(9_000, 90.0), copying=Table(3, 3, "", [copies]),
    )  # fmt: skip
    quick = made("quick", 1.75, (0.1, 0.2), curves=curve((5, 15, 30, 45), (3, 2.5, 2.25, 2.5)))
    found = told_apart([slow, quick])
    events = [Timing(100.0, 250.4, 300.0, 9), Timing(20.0, 30.0, 40.0, 9)]
    shown = rows_of(side_by_side(found, events))
    assert shown == {
        "held-out loss, nats a step": ("1.500", "1.750", "Markov chain 2.000"),
        "training in all": ("9,000 steps, 5,400 s", "-", ""),
        "best on valid": ("3.000: 8,000 steps, 80 s", "4.500: 3,000 steps, 30 s", ""),
        # `slow` was measured after 40 of the 45 seconds that `quick` had.
        "on valid after 45 s of training each": ("4.000", "4.500", ""),
        "to come to 4.500 on valid, as all do": ("4,000 steps, 40 s", "3,000 steps, 30 s", ""),
        "size": ("500,000 numbers, 2.0 MB (fp32)", "1 numbers", ""),
        "an event live, microseconds": ("p50 100, p99 250", "p50 20, p99 30", ""),
        "longest copied run": ("6.00 (5.20 to 6.80)", "-", "people 5.00 (4.20 to 5.80)"),
    }
    # With one curve nothing is at equal time; what nobody says is left out.
    bare = told_apart([made("bare", 1.0, (0.1, 0.2)), quick])
    assert list(rows_of(side_by_side(bare, [None, None]))) == [
        "held-out loss, nats a step", "best on valid", "size",
    ]  # fmt: skip
    # Curves of reports from before steps were kept.
    old = msgspec.structs.replace(quick, curves=[Curve("all", [1.0], [2.0])])
    assert "best on valid" not in rows_of(side_by_side(told_apart([old, old]), [None, None]))
    # One that was not measured as early as the other had ended.
    late = made("late", 1.0, (0.1, 0.2), curves=curve((60, 90), (3, 1)))
    shown = rows_of(side_by_side(told_apart([late, quick]), [None, None]))
    assert shown["on valid after 45 s of training each"] == ("not measured", "4.500", "")


def test_the_curves_of_all_are_one_picture() -> None:
    alike = {"curves": curve((10, 20), (2, 1))}
    with_curves = told_apart([made("a", 1.0, (0.1, 0.2), **alike), made("b", 1.0, (0.1, 0.2), **alike)])  # fmt: skip
    bare = told_apart([made("a", 1.0, (0.1, 0.2)), made("b", 1.0, (0.1, 0.2))])
    text, without = page(with_curves, [None, None]), page(bare, [None, None])
    assert text.count("data:image/png;base64,") == without.count("data:image/png;base64,") + 1
    assert "dotted: until where all were" in text
    assert text.index("Side by side") < text.index("Likelihood")


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


def test_an_artifact_is_evaluated_first_and_timed_and_its_run_read(
    artifact: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_cli, "SECTIONS", {"likelihood": None})
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    mine = user_folder() / "installed.onnx"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(artifact.read_bytes())
    digest = hashlib.sha256(mine.read_bytes()).hexdigest()
    report.write(made("old", 1.5, (0.2, 0.3), digest=digest), tmp_path)
    report.write(made("gone", 1.5, (0.2, 0.3)), tmp_path / "gone")
    run = tmp_path / "run"
    run.mkdir()
    lines = [
        {"step": 40 * n, "minutes": n, "valid": {"pitch": 9 - n, "all": 9 - n}} for n in (1, 2)
    ]
    (run / LOG).write_text("\n".join(map(json.dumps, lines)))
    words = ["--data", data, "--corpus", "mine", "--seeds", "3", "--bars", "8"]
    for one in (tmp_path, artifact):
        words += ["--run", f"{one}={run}"]
    done = compare(tmp_path, tmp_path / "gone", artifact, *words)
    assert done.exit_code == 0, done.output
    assert "│ pitch    │ 1.500 │" in done.output
    lines = [line.split("│")[1:-1] for line in done.output.splitlines() if "│" in line]
    cells = {name.strip(): rest for name, *rest in lines}
    old, gone, tiny, _ = (one.strip() for one in cells["an event live, microseconds"])
    # It is found by its digest.
    assert re.fullmatch(r"p50 \d+, p99 \d+", old)
    assert gone == "-"
    assert re.fullmatch(r"p50 \d+, p99 \d+", tiny)
    best = "7.000: 80 steps, 120 s"
    assert [one.strip() for one in cells["best on valid"]] == [best, "-", best, ""]
    assert f"{artifact.stat().st_size / 1e6:.1f} MB (fp32)" in cells["size"][2]


def test_events_are_timed_in_turns() -> None:
    called: list[str] = []
    steps = [partial(called.append, name) for name in "ab"]
    found = time_in_turns(steps, n=3, rate=1000)
    assert called == list("ababab")
    assert [one.n for one in found] == [3, 3]
    assert time_in_turns([]) == []


def test_nothing_to_compare_gets_one_sentence(tmp_path: Path) -> None:
    report.write(made("one", 1.0, (0.1, 0.2)), tmp_path)
    (tmp_path / "no.json").write_text("[]")
    for words, said in (
        ((tmp_path,), "name two artifacts or reports"),
        ((tmp_path, tmp_path / "no.json"), "is no report of extempo evaluate"),
        ((tmp_path, tmp_path / "gone.json"), "There is no file"),
        ((tmp_path, tmp_path, "-o", tmp_path / "page.txt"), "a page is an .html file"),
        ((tmp_path, tmp_path, "--run", "run"), "--run run names no training: write one of"),
        ((tmp_path, tmp_path, "--run", f"{tmp_path}="), "names no training"),
        ((tmp_path, tmp_path, "--run", f"{tmp_path}={tmp_path}"), "There is no file"),
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
        {"step": 10, "minutes": 1.0, "train": {"pitch": 5.0, "time": 1.0, "all": 6.0}},
        {"step": 10, "minutes": 1.0, "valid": {"pitch": 4.0, "time": 1.0, "all": 5.0}},
        {"step": 20, "minutes": 2.0, "valid": {"pitch": 3.0, "time": 0.5, "all": 3.5}},
    ]
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, lines)))
    found = {one.name: one for one in learned(None, tmp_path / "mine.onnx")}
    assert list(found) == ["pitch", "time", "all"]
    assert (found["all"].minutes, found["all"].nats) == ([1.0, 2.0], [5.0, 3.5])
    assert found["all"].steps == [10, 20]
    assert learned(None, tmp_path / "elsewhere" / "mine.onnx") == []
    with pytest.raises(GivenError, match="There is no file"):
        learned(tmp_path / "elsewhere", tmp_path / "mine.onnx")
    (tmp_path / "log.jsonl").write_text("no log")
    told = ask(data, artifact, "--corpus", "mine", "--run", tmp_path)
    assert told.exit_code == 1
    assert "is no log of a training" in told.output

"""The command line: quick help, and a way out where something is not installed."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from live.cli import doctor
from live.cli.group import extempo
from live.control import reference
from live.declared.knobs import KNOBS
from live.runtime import library

LEARN = """
import sys
from click.testing import CliRunner
from live.cli.group import extempo
result = CliRunner().invoke(extempo, sys.argv[1:])
assert result.exit_code == 0, result.output
print(" ".join(sorted({name.split(".")[0] for name in sys.modules})))
"""


def _imported(*arguments: str) -> set[str]:
    command = [sys.executable, "-c", LEARN, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_help_imports_next_to_nothing() -> None:
    heavy = {"numpy", "rich", "onnxruntime", "onnx", "torch", "mido", "jack", "rtmidi"}
    assert not heavy & _imported("--help")
    assert not heavy & _imported("play", "--help")


def test_every_command_that_is_listed_is_there_and_says_what_it_does() -> None:
    listed = CliRunner().invoke(extempo, ["--help"]).output
    context = extempo.make_context("extempo", ["play"], resilient_parsing=True)
    for name in extempo.list_commands(context):
        assert f"  {name} " in listed
        shown = CliRunner().invoke(extempo, [name, "--help"])
        assert shown.exit_code == 0, shown.output
        assert "Usage:" in shown.output


@pytest.mark.parametrize("name", ["train", "export", "measure"])
def test_without_the_extra_it_says_which_install_line_brings_it(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for module in list(sys.modules):
        if module.startswith(("torch", "models.train", "models.nets", "export")):
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "torch", None)
    result = CliRunner().invoke(extempo, [name, "x"])
    assert result.exit_code == 1
    assert "make dev" in result.output
    assert ".[train]" in result.output


def test_a_name_that_is_not_utf8_is_refused_before_anything_starts() -> None:
    command = [sys.executable, "-m", "live.cli", "play", b"m\xff.onnx"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "is not UTF-8" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_wrong_command_is_a_usage_error() -> None:
    assert CliRunner().invoke(extempo, ["paly"]).exit_code == 2


def test_every_address_is_shown_whole_in_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = CliRunner().invoke(extempo, ["knobs"]).output
    assert max(map(len, shown.splitlines())) <= 80
    words = shown.split()
    for knob in KNOBS:
        assert reference.address(knob) in words
        assert set(knob.help.split()) <= set(words)


def test_what_is_wrong_is_shown_whole_in_80_columns(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / ("a-[long]-name" * 9) / "improviser.onnx"
    broken.parent.mkdir()
    broken.write_text("no model")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(library, "SHIPPED", broken.parent)
    monkeypatch.setattr(library, "user_folder", lambda: tmp_path / "none")
    monkeypatch.setattr(doctor, "_LOOKS", (doctor._model,))
    result = CliRunner().invoke(extempo, ["doctor"])
    assert result.exit_code == 1
    assert f"{broken}isnotanONNXfile" in "".join(result.output.split())


def test_one_of_several_needs_no_list_in_a_settings_file(tmp_path: Path) -> None:
    settings = tmp_path / "tonight.toml"
    for written in ('in = "none.mid"', 'in = ["none.mid"]'):
        settings.write_text(written)
        result = CliRunner().invoke(extempo, ["play", "--config", str(settings)])
        assert "--in none.mid: there is no such file" in result.output


@pytest.mark.parametrize(
    "given",
    [
        ("--set", "tempersture=1"),
        ("--set", "temperature=9"),
        ("--mode", "contnue"),
        ("--metre", "5/7"),
        ("--in", "nothere.mid"),
        ("nothere.onnx",),
        ("improvisor",),
        ("--voice", "nope"),
    ],
)
def test_what_is_given_wrong_has_the_status_that_the_page_names(given: tuple[str, ...]) -> None:
    told = CliRunner().invoke(
        extempo, ["play", "--out", "null", "--in", "null", "--for", "1", *given]
    )
    assert told.exit_code == 2, told.output
    assert "Traceback" not in told.output


def test_a_misspelt_choice_has_its_neighbour_named() -> None:
    told = CliRunner().invoke(extempo, ["play", "--mode", "contnue"])
    assert "Did you mean continue?" in told.output

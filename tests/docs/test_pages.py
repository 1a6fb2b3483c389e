"""What the pages say can be done: every link leads somewhere, every command line is understood."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from live.cli.group import extempo
from live.ipc import config
from models.contract.grid import TICKS
from models.contract.representations.performance import PERFORMANCE
from tests.control.desk import daemon
from tests.docs.pages import PAGES, ROOT, Line, anchors, fences, lines, links
from tests.tiny import tiny_artifact
from tests.tiny_sound import tiny_sound_artifact

COMMANDS = [line for line in lines() if line.text.startswith(("extempo ", "pw-jack extempo "))]
KNOWN = (
    *("extempo", "pw-jack extempo", "make", "oscsend", "oscdump", "pd "),
    *(".venv-dev/bin/python", ". .venv/bin/activate", ". .venv-dev/bin/activate"),
    *("for ", "done"),
)
"""What a line may begin with."""
OSC = {"f": float, "i": int, "s": str}


def test_the_page_on_osc_has_the_codes_of_errors_that_are_told_to_who_asked() -> None:
    asked = re.compile(r'Trouble\(code="(\w+)"[^\n]*asker=')
    codes = {
        code for path in (ROOT / "live").rglob("*.py") for code in asked.findall(path.read_text())
    }
    page = (ROOT / "docs" / "osc.md").read_text()
    told = page.partition("**Errors**")[2].partition("**Time tags**")[0]
    assert codes > {"slot", "plan", "declined"}
    assert {code for code in codes if f"`{code}`" not in told} == set()


def named(line: Line) -> str:
    return f"{line.page.name}: {line.text}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {link}"
        assert not anchor or anchor in anchors(target), f"{page.name} links to {link}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    ours = re.findall(r"`((?:live|models|export|tests|scripts|patches|docs)/[\w./-]+)`", text)
    for name in {*ours}:
        assert (ROOT / name).exists(), f"{page.name} names {name}"


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {link.partition("#")[0] for link in links(index)}
    assert {page.name for page in PAGES[1:]} - {index.name} <= listed


def test_every_line_is_of_a_kind_that_is_tested_here() -> None:
    for line in lines():
        assert line.text.startswith(KNOWN), named(line)


@pytest.mark.parametrize("line", COMMANDS, ids=named)
def test_every_command_line_is_understood(line: Line) -> None:
    understand(shlex.split(line.text.removeprefix("pw-jack "))[1:])


def understand(words: list[str]) -> None:
    """Read a command line as the command does, but for files, which need not be there."""
    if words == ["--help"]:
        return
    name, *rest = words
    command = extempo.get_command(click.Context(extempo), name)
    assert command is not None, name
    if isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        below, *rest = rest
        assert below in command.commands, below
        command = command.commands[below]
    with click.Context(command, info_name=name) as context:
        values, _, _ = command.make_parser(context).parse_args(rest)
    turned = [f"{knob}={values[knob]}" for knob in ("mode", "tempo", "seed") if knob in values]
    theirs = config.by_voice(
        [*values.get("settings", ()), *(one for one in turned if "$" not in one)]
    )
    voices = (str(values.get("model")), *values.get("others", ()))
    for number, settings in theirs.items():
        config.knobs(settings, "audio" if "piano-wavenet" in voices[number - 1] else "events")


@pytest.mark.parametrize(
    "line", [line for line in lines() if line.text.startswith("make ")], ids=named
)
def test_make_knows_every_target(line: Line) -> None:
    target, *settings = shlex.split(line.text)[1:]
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for setting in settings:
        name, _, value = setting.partition("=")
        assert name in ("ARGS", "RECIPE") or setting == "EXTRA=gpu"
        if name == "RECIPE":
            assert (ROOT / "models" / "recipes" / f"{value}.toml").is_file()
        elif name == "ARGS":
            understand([target, *shlex.split(value)])


def test_pd_understands_every_line_and_opens_the_patch() -> None:
    started = [line for line in lines() if line.text.startswith("pd ")]
    assert started
    if shutil.which("pd") is None:
        pytest.skip("Pure Data is not installed (apt-get install puredata-core)")
    nowhere = {"JACK_DEFAULT_SERVER": "extempo-nowhere", "JACK_NO_START_SERVER": "1"}
    quick = ("-noprefs", "-nogui", "-stderr", "-nomidi", "-send", "pd quit")
    for line in started:
        program, *words = shlex.split(line.text)
        done = subprocess.run(
            [program, *quick, *words],
            cwd=ROOT,
            capture_output=True,
            env={**os.environ, **nowhere},
            text=True,
            timeout=20,
            check=False,
        )
        assert done.returncode == 0, named(line) + done.stderr
        assert not re.search("can't open|couldn't create", done.stderr), named(line) + done.stderr


def test_osc_understands_every_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sent = [line for line in lines() if line.text.startswith("oscsend")]
    assert sent
    for file in {line.text.split()[-1] for line in sent if line.text.endswith((".wav", ".flac"))}:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(file, np.full((800, 2), 0.1), 8000)
    with daemon() as (_, peer):
        for line in sent:
            _, host, port, address, *rest = shlex.split(line.text)
            assert (host, port) == ("localhost", "7700")
            types, *words = rest or [""]
            values = [OSC[kind](word) for kind, word in zip(types, words, strict=True)]
            peer.send(address, *values)
            replies = peer.rest(0.05)
            assert not [reply for reply in replies if reply[0] == "/extempo/error"], named(line)


def test_every_address_in_the_text_is_known() -> None:
    """Those that are named inside a line with their values, such as `/extempo/transport/tempo 92`."""
    pattern = re.compile(r"`(/extempo/(?:voice/[12]|transport)/[^` ]+ [^`]+)`")
    found = [(page, text) for page in PAGES for text in pattern.findall(page.read_text("utf-8"))]
    assert found
    with daemon() as (_, peer):
        for page, text in found:
            address, *words = text.split()
            peer.send(address, *map(number, words))
            errors = [reply for reply in peer.rest(0.05) if reply[0] == "/extempo/error"]
            assert not errors, f"{page.name}: {text}: {errors}"


def number(word: str) -> float | int | str:
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word


@pytest.mark.parametrize("page", ["2-play-with-it.md", "8-a-piano-that-is-a-network.md"])
def test_the_settings_file_is_read(page: str, tmp_path: Path) -> None:
    (text,) = fences(ROOT / "docs" / page, "toml")
    piano = tiny_sound_artifact(tmp_path / "piano.onnx")
    file = tmp_path / "tonight.toml"
    file.write_text(text.replace("piano-wavenet", str(piano)))
    model = tiny_artifact(tmp_path / "tiny.onnx")
    out = tmp_path / f"out.{'wav' if 'piano' in text else 'mid'}"
    # In mode respond nothing would be written: nobody plays.
    words = ["render", str(model), "--bars", "1", "-o", str(out), "--mode", "solo"]
    words += ["--config", str(file)]
    done = CliRunner().invoke(extempo, words)
    assert done.exit_code == 0, done.output
    assert out.exists()


def test_the_renderings_come_out(tmp_path: Path) -> None:
    """Every `extempo render` of the pages, with models that are made in a moment."""
    models = tmp_path / "share" / "extempo" / "models"
    models.mkdir(parents=True)
    tiny_artifact(models / "improviser.onnx")
    tiny_sound_artifact(models / "piano-wavenet.onnx")
    for name in ("mine", "gru"):
        shutil.copy(models / "improviser.onnx", tmp_path / f"{name}.onnx")
    shutil.copy(ROOT / "docs" / "phrase.mid", tmp_path / "tuesday.mid")
    renders = [line for line in COMMANDS if line.text.startswith("extempo render")]
    assert renders
    for line in renders:
        words = shlex.split(line.text.replace("$seed", "3"))[1:]
        words = [str(ROOT / word) if word.startswith("docs/") else word for word in words]
        run(words, tmp_path)
        assert (tmp_path / words[words.index("-o") + 1]).stat().st_size > TICKS, named(line)
    draw = [ROOT / "scripts" / "piano_roll.py", "answer.mid", "answer.png", "--bars", "8"]
    subprocess.run([sys.executable, *draw], cwd=tmp_path, check=True, timeout=60)
    assert (tmp_path / "answer.png").read_bytes().startswith(b"\x89PNG")


def run(words: list[str], folder: Path) -> None:
    ours = {"XDG_DATA_HOME": folder / "share", "XDG_CACHE_HOME": folder / "cache"}
    environment = {**os.environ, **{key: str(path) for key, path in ours.items()}}
    environment["PYTHONPATH"] = str(ROOT)
    subprocess.run(
        [sys.executable, "-m", "live.cli", *words],
        cwd=folder, env=environment, check=True, timeout=60,
    )  # fmt: skip


def test_the_network_of_page_7_keeps_the_contract(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    file = tmp_path / "my.py"
    file.write_text(fences(ROOT / "docs" / "7-a-network-of-your-own.md", "python")[0])
    from export.artifact import About, describe, graph_of, opened
    from live.runtime.golden import replay
    from models.nets.own import load

    own = load(f"{file}:GruNet")
    torch.manual_seed(1)
    for parts in ({}, {"memory": 1}, {"copy": 7}):
        # What is built is tried: `forward` and `step` agree, and the rest of the contract holds.
        net = own.build({"hidden": 16, "embed": 16, "head": 16, **parts}, PERFORMANCE).eval()
        document = describe(net, About(name="page 7", net=own.said, licence="CC0-1.0"), "fp32")
        assert replay(opened(graph_of(net, "fp32"), document), document).agrees


def test_the_recipe_of_page_7_is_one(tmp_path: Path) -> None:
    from models.train.recipe import read_recipe

    (text,) = fences(ROOT / "docs" / "7-a-network-of-your-own.md", "toml")
    file = tmp_path / "my-recipe.toml"
    file.write_text(text)
    assert read_recipe(str(file)).net == "my.py:GruNet"

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from live.control.surfaces.osc.addresses import OWN
from live.declared import actions
from live.declared.knob import PLAYS, Scope
from live.declared.knobs import KNOBS, SCOPES

ROOT = Path(__file__).parents[2]
MAKERS = sorted([*ROOT.glob("live/control/*.py"), *ROOT.glob("patches/*.py")])
OF_A_NOTE = {"velocity"}
"""A knob's name that is also the word for something else."""


def test_what_is_made_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "patches" / "make.py", "--check"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_params_have_every_knob() -> None:
    document = json.loads((ROOT / "patches" / "params.json").read_text(encoding="utf-8"))
    assert [knob["name"] for knob in document["knobs"]] == [knob.name for knob in KNOBS]


def test_params_have_every_action_with_its_fields() -> None:
    document = json.loads((ROOT / "patches" / "params.json").read_text(encoding="utf-8"))
    made = [msgspec.convert(one, actions.Action) for one in document["actions"]]
    assert tuple(made) == actions.ACTIONS


@pytest.mark.parametrize("path", MAKERS, ids=lambda path: path.name)
def test_nobody_types_a_knobs_name(path: Path) -> None:
    names = {knob.name for knob in KNOBS}
    typed = {
        word
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for word in [node.value.strip("/ ").rpartition("/")[2]]
        if word in names
    }
    assert typed <= OF_A_NOTE


@pytest.mark.parametrize(
    ("name", "voice", "scopes"),
    [("extempo.pd", 1, ("events", "transport")), ("extempo-sound.pd", 2, ("audio",))],
)
def test_a_patch_speaks_only_to_addresses_that_are_there(
    name: str, voice: int, scopes: tuple[Scope, ...]
) -> None:
    text = (ROOT / "patches" / "pd" / name).read_text(encoding="utf-8")
    known = {f"/extempo/{one.path}" for one in OWN}
    known |= {f"/extempo/{one.name}" for one in actions.of("top")}
    known |= {
        f"/extempo/voice/{voice}/{one.name}"
        for one in actions.of("voice")
        if scopes[0] in one.kinds
    }
    known |= {f"/extempo/transport/{one.name}" for one in actions.of("transport")}
    knobs = {
        f"/extempo/{'transport' if scope == 'transport' else f'voice/{voice}'}/{knob}"
        for scope in scopes
        for knob in SCOPES[scope]
    }
    spoken = set(re.findall(r"oscformat (\S+);", text))
    assert knobs <= spoken
    assert spoken <= known | knobs


def test_the_page_says_for_which_voices_an_address_is() -> None:
    page = (ROOT / "docs" / "osc.md").read_text(encoding="utf-8").splitlines()
    alone = [action for action in actions.of("voice") if len(action.kinds) == 1]
    assert alone
    for action in alone:
        (row,) = (line for line in page if f"/voice/N/{action.name}` | " in line)
        assert row.endswith(f"(voices of {PLAYS[action.kinds[0]]}) |")

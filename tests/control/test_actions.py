"""The table of actions: OSC, the reference and the patches' data follow it."""

import inspect
import json
from typing import get_type_hints

import msgspec
import pytest

from live.control import reference
from live.control.asking import ACTS
from live.control.control import Control
from live.control.surfaces.osc.actions import HANDLERS
from live.control.surfaces.osc.dispatch import Dispatch
from live.control.surfaces.osc.request import Context
from live.control.surfaces.osc.subscribers import Subscribers
from live.declared import actions
from live.declared.actions import ACTIONS, Action, Field, FieldError
from live.declared.knob import KINDS
from live.ipc.acts import _Act
from tests.control.desk import VOICES, Engine, daemon, find

TYPES = {"int": int, "float": float, "word": str, "path": str, "switch": bool}
LEAN = Action(
    name="lean",
    scope="voice",
    kinds=("events",),
    help="plays ahead of the beat",
    fields=(
        Field(name="ticks", kind="int", low=-12, high=12, unit="ticks", help="how far"),
        Field(name="hand", kind="word", low=1, high=9, choices=("left", "right"), help="which"),
        Field(name="share", kind="float", default=1.0, help="how much of it"),
    ),
)


class Lean(_Act, frozen=True, tag=True):
    ticks: int
    hand: str
    share: float


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "ACTIONS", (*ACTIONS, LEAN))
    monkeypatch.setitem(ACTS, "lean", Lean)


def test_an_action_of_the_table_is_in_the_reference() -> None:
    (line,) = (row for row in reference.markdown().splitlines() if "/lean`" in row)
    assert line.startswith("| `/extempo/voice/N/lean` | `ticks hand [share]` | ")
    assert "whole, -12 to 12 ticks" in line
    assert "left, right" in line
    assert line.endswith("| plays ahead of the beat (voices of notes) |")
    (made,) = (one for one in json.loads(reference.params())["actions"] if one["name"] == "lean")
    assert made["address"] == "/extempo/voice/N/lean"
    assert msgspec.convert(made, Action) == LEAN


def test_an_action_of_the_table_is_asked_for_over_osc() -> None:
    with daemon() as (one, peer):
        peer.send("/extempo/voice/1/lean", -12.0, "left")
        peer.send("/extempo/voice/1/lean", 3, "right", 0.5)
        taken = list(one.engine.waits_for(2))
    assert [command.act for command in taken] == [
        Lean(ticks=-12, hand="left", share=1.0),
        Lean(ticks=3, hand="right", share=0.5),
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((3,), "count", "/extempo/voice/1/lean takes ticks hand [share], and 1 argument came."),
        ((13, "left"), "value", "ticks is a number from -12 to 12, not 13."),
        ((0.5, "left"), "value", "ticks is a whole number from -12 to 12, not 0.5."),
        ((0, "both"), "value", "Hand is one of left, right, not 'both'."),
        ((0, "left", "all"), "value", "share is a number from 0 to 1, not 'all'."),
    ],
)
def test_an_action_of_the_table_is_checked_by_osc(
    arguments: tuple[float | str, ...], code: str, said: str
) -> None:
    with daemon() as (one, peer):
        peer.send("/extempo/voice/1/lean", *arguments)
        assert peer.hears("/extempo/error") == [code, said]
        peer.send("/extempo/voice/2/lean", 0, "left")
        assert peer.hears("/extempo/error") == [
            "address", "Voice 2 plays sound, and lean is for voices of notes.",
        ]  # fmt: skip
        assert one.engine.taken == []


def test_an_action_that_nobody_obeys_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ACTS, "lean")
    control = Control(Engine().put, find, VOICES)
    context = Context(control, Subscribers(), lambda _: None, lambda _: None)
    with pytest.raises(KeyError, match="lean"):
        Dispatch(context)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_who_obeys_an_action_takes_its_fields(action: Action) -> None:
    fields = {field.name: TYPES[field.kind] for field in action.fields}
    if action.name in HANDLERS:
        parameters = inspect.signature(HANDLERS[action.name], eval_str=True).parameters.values()
        takes = {one.name: one.annotation for one in parameters if one.kind is one.KEYWORD_ONLY}
    else:
        added = {"tick", "ticks", "lost", "channel", "planned", "digest"}
        hints = get_type_hints(ACTS[action.name])
        takes = {name: kind for name, kind in hints.items() if name not in added}
    assert takes == fields


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_field_passes_its_ends_and_its_default(action: Action) -> None:
    assert action.kinds == KINDS or action.scope == "voice"
    assert len({field.name for field in action.fields}) == len(action.fields)
    left_out = [field.default is not None for field in action.fields]
    assert left_out == sorted(left_out), "what may be left out comes last"
    for field in action.fields:
        text = field.kind in ("word", "path")
        for end in (*field.choices, *(() if text else (field.low, field.high)), field.default):
            if end is not None:
                assert field.check(end) == end
        if not text:
            with pytest.raises(FieldError, match=str(field.called or field.name)):
                field.check(field.high + 1)

"""The reference of everything that OSC reaches, made from the knobs, the actions and the addresses of OSC's own."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from live.control.surfaces.osc.addresses import NEWS, OWN
from live.control.surfaces.osc.news import ROOT
from live.declared import actions
from live.declared.actions import Action, Field
from live.declared.knob import KINDS, PLAYS, Knob
from live.declared.knobs import KNOBS
from live.ipc.config import OSC_PORT

FORMAT: Final = 1
"""The version of `params`."""
HEAD: Final = ("knob", "of", "value", "default", "CC", "what it does")
"""The columns of `row`: `of` is what voices with this knob play, CC its MIDI controller."""


def markdown() -> str:
    """Return the reference as Markdown tables: knobs, what else is taken, what is sent."""
    taken = [
        (
            f"`{_path(action)}`",
            _code(action.usage),
            "; ".join(_said(action)),
            _helped(action),
        )
        for action in actions.ACTIONS
    ]
    taken += [(f"`{ROOT}/{own.path}`", _code(own.arguments), "", own.help) for own in OWN]
    sent = [(f"`{news.path}`", _code(news.arguments), news.help) for news in NEWS]
    return "\n".join(
        (
            "### Knobs",
            "",
            f"Below `{ROOT}/voice/N`, and for the transport below `{ROOT}/transport`; with `/unit`"
            " behind it each is a fader from 0 to 1.",
            "",
            *_table(HEAD, ((f"`{address(knob)}`", *row(knob)[1:]) for knob in KNOBS)),
            "",
            "### What else it takes",
            "",
            *_table(("address", "arguments", "each of them", "what it does"), taken),
            "",
            "### What it sends",
            "",
            *_table(("address", "arguments", "what it says"), sent),
            "",
        )
    )


def params() -> str:
    """Return the knobs, the actions and their addresses as JSON, for patchers and programs."""
    own = [_address(own.path, own.arguments, own.help) for own in OWN]
    document = {
        "format": FORMAT,
        "port": OSC_PORT,
        "knobs": [_described(knob) for knob in KNOBS],
        "actions": [_asked(action) for action in actions.ACTIONS],
        "voice": [{**_line(action), "kinds": action.kinds} for action in actions.of("voice")],
        "transport": [_line(action) for action in actions.of("transport")],
        "top": [*(_line(action) for action in actions.of("top")), *own],
        "news": [_address(*news) for news in NEWS],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def address(knob: Knob) -> str:
    """Return where a knob is, N standing for a voice's number."""
    return f"{ROOT}/{'transport' if 'transport' in knob.scopes else 'voice/N'}/{knob.name}"


def row(knob: Knob) -> tuple[str, ...]:
    """Return a knob's line of the reference, in the columns of HEAD."""
    controller = "" if knob.cc is None else str(knob.cc)
    whose = ", ".join(PLAYS[scope] for scope in knob.scopes)
    return knob.name, whose, _range(knob), f"{knob.default}", controller, knob.help


def _described(knob: Knob) -> dict[str, Any]:
    fields: dict[str, Any] = {name: getattr(knob, name) for name in knob.__struct_fields__}
    return {"address": address(knob), **fields}


def _path(action: Action) -> str:
    scope = {"voice": "/voice/N", "transport": "/transport", "top": ""}[action.scope]
    return f"{ROOT}{scope}/{action.name}"


def _said(action: Action) -> Iterator[str]:
    """Yield of each field what it takes, and what it means."""
    before = ""
    for field in action.fields:
        yield _field(field, before)
        before = field.name


def _field(field: Field, before: str) -> str:
    taken = _range(field)
    if field.highs:
        some = (
            f"{high:g} for {value or f'an empty {before}'}" for value, high in field.highs.items()
        )
        taken += f", at most {', '.join(some)}"
    default = "" if field.default is None else f", {field.default} if left out"
    return f"`{field.name}` {taken}{default} ({field.help})"


def _asked(action: Action) -> dict[str, Any]:
    """Return an action with its fields; without fields it is a button."""
    return {"address": _path(action), **msgspec.to_builtins(action)}


def _line(action: Action) -> dict[str, Any]:
    return _address(action.name, action.usage, action.help)


def _address(path: str, arguments: str, text: str) -> dict[str, Any]:
    return {"path": path, "arguments": arguments, "help": text}


def _helped(action: Action) -> str:
    also = f" (also under the name {', '.join(action.also)})" if action.also else ""
    kinds = "" if action.kinds == KINDS else f" (voices of {PLAYS[action.kinds[0]]})"
    return f"{action.help}{kinds}{also}"


def _range(knob: Knob | Field) -> str:
    if knob.choices:
        return ", ".join(knob.choices)
    if knob.kind == "switch":
        return "0 or 1"
    if knob.kind == "signature":
        return f"such as 3/4 or 6/8, up to {knob.high:g} {knob.unit}"
    if knob.kind in ("word", "path"):
        return f"a {knob.kind} of up to {knob.high:g} bytes"
    whole = "whole, " if knob.kind == "int" else ""
    unit = f" {knob.unit}" if knob.unit else ""
    return f"{whole}{round(knob.low, 7):.10g} to {knob.high:.10g}{unit}"


def _code(words: str) -> str:
    return f"`{words}`" if words else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"

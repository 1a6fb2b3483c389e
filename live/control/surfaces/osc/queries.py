"""What OSC messages ask of control itself: values, the knobs, and to be told the news."""

import re
from typing import Final

from live.control.surfaces.osc.news import ROOT, everything, place
from live.control.surfaces.osc.packets import OscError
from live.control.surfaces.osc.request import Context, Request
from live.control.surfaces.osc.subscribers import Peer
from live.declared.actions import Field
from live.declared.knob import Knob

OPEN: Final = 4
"""The most stars and braces in a pattern: more could take forever to match."""
LONGEST_PATTERN: Final = 200

PORT: Final = Field(
    name="port",
    kind="int",
    called="a port",
    low=1,
    high=65535,
    default=0,
    help="where news goes; 0 is the port that the message came from",
)

_TOKEN: Final = re.compile(r"\*+|\?|\[!?[^\]/]+\]|\{[^}/]*\}|.", re.DOTALL)


def get(context: Context, request: Request) -> None:
    """Reply with the current value of every address that matches."""
    request.takes("address")
    wanted = request.arguments[0]
    if not isinstance(wanted, str):
        raise OscError("value", f"An address is a word like {ROOT}/status, not {wanted!r}.")
    pattern = matcher(wanted)
    found = [reply for reply in everything(context.control) if pattern.fullmatch(reply[0])]
    if not found:
        raise OscError("address", f"There is nothing to get at {wanted!r} now.")
    for reply in found:
        request.reply(*reply)


def subscribe(context: Context, request: Request) -> None:
    """Send the current state of everything, then all news."""
    peer = _peer(request)
    context.subscribers.add(peer)
    request.reply(f"{ROOT}/subscribed", (peer[1],))
    context.greet(peer)


def unsubscribe(context: Context, request: Request) -> None:
    """Send no more news."""
    peer = _peer(request)
    if not context.subscribers.drop(peer):
        raise OscError("value", f"Nobody at port {peer[1]} is subscribed.")
    request.reply(f"{ROOT}/unsubscribed", (peer[1],))


def knobs(context: Context, request: Request) -> None:
    """Announce every knob, for clients that build their own controls."""
    if not request.pressed():
        return
    count = 0
    for voice in (0, *context.control.voices):
        for knob in context.control.knobs(voice).values():
            request.reply(f"{ROOT}/knob", announced(voice, knob))
            count += 1
    request.reply(f"{ROOT}/knobs", (count,))


def announced(voice: int, knob: Knob) -> tuple[float | int | str, ...]:
    """Return name kind low high unit default help address, then the choices."""
    high = len(knob.choices) - 1 if knob.choices else knob.high
    address = f"{place(voice)}/{knob.name}"
    about = (knob.name, knob.kind, float(knob.low), float(high), knob.unit, knob.default, knob.help)
    return (*about, address, *knob.choices)


def matcher(pattern: str) -> re.Pattern[str]:
    """Return an OSC address pattern, * ? [a-z] [!x] {one,two}; none crosses a slash."""
    if len(pattern) > LONGEST_PATTERN or len(re.findall(r"\*+|\{", pattern)) > OPEN:
        raise OscError(
            "value",
            f"An address pattern has up to {OPEN} stars and braces and {LONGEST_PATTERN} letters.",
        )
    try:
        return re.compile("".join(_expression(token) for token in _TOKEN.findall(pattern)))
    except re.error:
        raise OscError("value", f"{pattern!r} is no address pattern.") from None


def _expression(token: str) -> str:
    if token.startswith("*"):
        return "[^/]*"
    if token == "?":
        return "[^/]"
    if len(token) > 1 and token.startswith("["):
        negated = token.startswith("[!")
        letters = re.escape(token[2 if negated else 1 : -1]).replace(r"\-", "-")
        return f"[{'^/' if negated else ''}{letters}]"
    if len(token) > 1 and token.startswith("{"):
        return "(?:" + "|".join(map(re.escape, dict.fromkeys(token[1:-1].split(",")))) + ")"
    return re.escape(token)


def _peer(request: Request) -> Peer:
    host, port = request.sender
    return host, int(request.values((PORT,))[PORT.name]) or port

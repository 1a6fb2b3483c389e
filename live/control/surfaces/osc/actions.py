"""What OSC messages ask for, their values checked: knobs, and actions that are not one act alone.

Each takes the context, the request and the voice (0 where there is none), an action its values by name
too; it raises OscError for what cannot be done, and then nothing is done.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from live.control.asking import ACTS, command
from live.control.checks import Answer
from live.control.surfaces.osc.news import place
from live.control.surfaces.osc.packets import OscError
from live.control.surfaces.osc.request import Context, Request
from live.declared.actions import Action
from live.declared.knob import Knob, KnobError, Value
from live.ipc.acts import Load, Prime, SetKnob, Source
from live.ipc.commands import Command
from live.time.sources.table import CHOICES
from models.contract.errors import ExtempoError


def turn(context: Context, request: Request, voice: int, knob: Knob) -> None:
    """Turn a knob, in its own unit."""
    given = request.arguments[0] if len(request.arguments) == 1 else None
    if knob.kind == "signature" and len(request.arguments) == 2:
        # As who has no words for it sends 6/8: two numbers.
        given = "/".join(
            f"{one:g}" if isinstance(one, float) else str(one) for one in request.arguments
        )
    else:
        request.takes("value")
    try:
        value = knob.check(given)
    except KnobError as error:
        raise OscError("value", str(error)) from None
    _ask(context, request, voice, knob, value)


def slide(context: Context, request: Request, voice: int, knob: Knob) -> None:
    """Turn a knob by a fader from 0 to 1."""
    request.takes("position")
    try:
        value = knob.from_unit(request.arguments[0])
    except KnobError as error:
        raise OscError("value", str(error)) from None
    _ask(context, request, voice, knob, value)


def _ask(context: Context, request: Request, voice: int, knob: Knob, value: Value) -> None:
    act = SetKnob(knob=knob.name, value=value)
    context.ask(Command(act, voice=voice, at=request.at, asker=request.sender))


def handler(context: Context, action: Action, voice: int) -> Callable[[Request], None]:
    """Return who does an action of a voice: checks what a request carries, and asks for it.

    Raises KeyError for an action that nobody obeys: it has neither a handler here nor an act.
    """
    handle = HANDLERS.get(action.name)
    if handle is None and action.name not in ACTS:
        raise KeyError(f"There is no act for the action {action.name}.")

    def do(request: Request) -> None:
        if not action.fields and not request.pressed(action.always):
            return
        values = request.values(action.fields)
        if handle is not None:
            handle(context, request, voice, **values)
            return
        at = request.played if action.played else request.at
        context.ask(command(action, values, voice, at, request.sender))

    return do


def load(context: Context, request: Request, voice: int, *, artifact: str) -> None:
    """Check an artifact beside the music, then ask the engine to play it."""
    answer = _answer(request, "load", f"{place(voice)}/loading", artifact)
    if not context.control.load(voice, artifact, request.at, answer, request.sender):
        raise OscError("busy", "Another file is being checked: load this one when that is done.")
    context.asked(Load)


def prime(context: Context, request: Request, voice: int, *, path: str, seconds: float) -> None:
    """Check a file of sound beside the music, then ask the engine to go on from its end."""
    if not path:
        listen(context, request, voice, seconds=seconds)
        return
    answer = _answer(request, "prime", f"{place(voice)}/priming", path)
    if not context.control.prime(voice, path, seconds, request.at, answer):
        raise OscError("busy", "Another file is being checked: prime when that is done.")
    context.asked(Prime)


def listen(context: Context, request: Request, voice: int, *, seconds: float) -> None:
    """Have a voice of sound go on from what comes in."""
    context.ask(Command(Prime(path="", seconds=seconds), voice=voice, at=request.at))


def source(context: Context, request: Request, _voice: int, *, name: str) -> None:
    """Choose the clock that leads."""
    if name not in CHOICES:
        raise OscError("value", f"The clock's source is one of {', '.join(CHOICES)}, not {name!r}.")
    context.ask(Command(Source(name=name), at=request.at))
    request.reply(request.address, (name,))


HANDLERS: Final[Mapping[str, Callable[..., None]]] = MappingProxyType(
    {"load": load, "prime": prime, "listen": listen, "source": source}
)
"""The handlers of actions that are more than one act, by name."""


def _answer(request: Request, code: str, address: str, name: str) -> Answer:
    def answer(trouble: ExtempoError | None) -> None:
        if trouble is None:
            request.reply(address, (name,))
        else:
            request.refuse(OscError(code, str(trouble)))

    return answer

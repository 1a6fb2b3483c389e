"""What OSC messages ask of the engine: arguments checked, one command asked.

Each takes the desk, the request and the voice (0 where there is none); it raises OscError for what
cannot be done, and then nothing is done.
"""

from typing import Final

from live.control.checks import Answer
from live.control.control import LONGEST_PATH
from live.control.surfaces.osc.news import place
from live.control.surfaces.osc.packets import OscError
from live.control.surfaces.osc.request import Desk, Request
from live.declared.knobs import Knob, KnobError
from live.ipc.commands import (
    LISTENED,
    Downbeat,
    Force,
    Load,
    Panic,
    Play,
    Prime,
    Recall,
    Reset,
    Rewind,
    Save,
    SetKnob,
    Start,
    Stop,
    Sustain,
    Tap,
)
from models.contract.classes import CLASSES, FACTORS
from models.contract.errors import ExtempoError

LONGEST_REWIND: Final = 4096.0
"""Beats."""
SHORTEST_REWIND: Final = 1 / 24
"""Beats."""
SHORTEST_PRIME: Final = 0.05
"""Seconds of sound."""
LONGEST_PRIME: Final = 30.0
"""Seconds of a file."""
LONGEST_LISTEN: Final = 4.0
"""Seconds of what comes in, more than networks remember, and as much as is kept at 192 kHz."""
SOURCE: Final = "internal"
"""The clock that leads."""


def turn(desk: Desk, request: Request, voice: int, knob: Knob) -> None:
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
    desk.ask(SetKnob(voice=voice, knob=knob.name, value=value, at=request.at))


def slide(desk: Desk, request: Request, voice: int, knob: Knob) -> None:
    """Turn a knob by a fader from 0 to 1."""
    request.takes("position")
    try:
        value = knob.from_unit(request.arguments[0])
    except KnobError as error:
        raise OscError("value", str(error)) from None
    desk.ask(SetKnob(voice=voice, knob=knob.name, value=value, at=request.at))


def note(desk: Desk, request: Request, voice: int) -> None:
    """Play a note to a voice."""
    request.takes("pitch", "velocity")
    pitch = request.whole(0, "pitch", 0, 127)
    velocity = request.whole(1, "velocity", 0, 127)
    desk.ask(Play(voice=voice, pitch=pitch, velocity=velocity, at=request.played))


def pedal(desk: Desk, request: Request, voice: int) -> None:
    """Press or release the sustain pedal."""
    request.takes("0|1")
    down = request.whole(0, "the pedal", 0, 1) == 1
    desk.ask(Sustain(voice=voice, down=down, at=request.played))


def save(desk: Desk, request: Request, voice: int) -> None:
    """Keep this moment in a slot."""
    request.takes("slot")
    slot = request.word(0, "a slot")
    desk.ask(Save(voice=voice, slot=slot, at=request.at, asker=request.sender))


def recall(desk: Desk, request: Request, voice: int) -> None:
    """Go back to a slot."""
    request.takes("slot")
    slot = request.word(0, "a slot")
    desk.ask(Recall(voice=voice, slot=slot, at=request.at, asker=request.sender))


def rewind(desk: Desk, request: Request, voice: int) -> None:
    """Go back by beats."""
    request.takes("beats")
    beats = request.number(0, "beats", SHORTEST_REWIND, LONGEST_REWIND)
    desk.ask(Rewind(voice=voice, beats=float(beats), at=request.at))


def reset(desk: Desk, request: Request, voice: int) -> None:
    """Forget what was played."""
    if request.pressed():
        desk.ask(Reset(voice=voice, at=request.at))


def force(desk: Desk, request: Request, voice: int) -> None:
    """Give a factor one code instead of drawing it."""
    request.takes("factor", "code")
    factor = request.word(0, "a factor")
    if factor not in FACTORS:
        raise OscError("value", f"A factor is one of {', '.join(FACTORS)}, not {factor!r}.")
    code = request.whole(1, "a code", -1, CLASSES[factor] - 1)
    desk.ask(Force(voice=voice, factor=factor, code=code, at=request.at))


def load(desk: Desk, request: Request, voice: int) -> None:
    """Check an artifact beside the music, then ask the engine to play it."""
    request.takes("artifact")
    name = request.word(0, "an artifact", LONGEST_PATH)
    answer = _answer(request, "load", f"{place(voice)}/loading", name)
    if not desk.control.load(voice, name, request.at, answer, request.sender):
        raise OscError("busy", "Another file is being checked: load this one when that is done.")
    desk.asked(Load)


def prime(desk: Desk, request: Request, voice: int) -> None:
    """Check a file of sound beside the music, then ask the engine to go on from its end."""
    request.takes("path", "[seconds]", least=1)
    if request.arguments[0] == "":
        _listen(desk, request, voice, 1)
        return
    name = request.word(0, "a path", LONGEST_PATH)
    answer = _answer(request, "prime", f"{place(voice)}/priming", name)
    if not desk.control.prime(voice, name, _seconds(request, 1, LONGEST_PRIME), request.at, answer):
        raise OscError("busy", "Another file is being checked: prime when that is done.")
    desk.asked(Prime)


def listen(desk: Desk, request: Request, voice: int) -> None:
    """Have a voice of sound go on from what comes in."""
    request.takes("[seconds]", least=0)
    _listen(desk, request, voice, 0)


def _listen(desk: Desk, request: Request, voice: int, index: int) -> None:
    seconds = _seconds(request, index, LONGEST_LISTEN)
    desk.ask(Prime(voice=voice, path="", seconds=seconds, at=request.at))


def _seconds(request: Request, index: int, longest: float) -> float:
    if index == len(request.arguments):
        return LISTENED
    return float(request.number(index, "seconds", SHORTEST_PRIME, longest))


def _answer(request: Request, code: str, address: str, name: str) -> Answer:
    def answer(trouble: ExtempoError | None) -> None:
        if trouble is None:
            request.reply(address, (name,))
        else:
            request.refuse(OscError(code, str(trouble)))

    return answer


def start(desk: Desk, request: Request, _voice: int) -> None:
    """Let the clock run."""
    if request.pressed():
        desk.ask(Start(at=request.at))


def stop(desk: Desk, request: Request, _voice: int) -> None:
    """Hold the clock."""
    if request.pressed():
        desk.ask(Stop(at=request.at))


def downbeat(desk: Desk, request: Request, _voice: int) -> None:
    """Let a bar begin now."""
    if request.pressed():
        desk.ask(Downbeat(at=request.at))


def tap(desk: Desk, request: Request, _voice: int) -> None:
    """One beat of a tapped tempo."""
    if request.pressed():
        desk.ask(Tap(at=request.played))


def source(_desk: Desk, request: Request, _voice: int) -> None:
    """Choose the clock that leads; there is one."""
    request.takes("name")
    if request.arguments[0] != SOURCE:
        raise OscError(
            "value", f"The clock has one source, {SOURCE}; {request.arguments[0]!r} is none."
        )
    request.reply(request.address, (SOURCE,))


def panic(desk: Desk, request: Request, _voice: int) -> None:
    """Let go of every note now: any button will do, but for the release of one."""
    if tuple(request.arguments) != (0,):
        desk.ask(Panic(at=request.at))

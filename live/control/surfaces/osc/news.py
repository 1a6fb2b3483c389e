"""What the engine and the ports say, as OSC messages for subscribers."""

from collections.abc import Iterator, Sequence

from live.control.control import FIRST, Control
from live.control.surfaces.osc.packets import Argument
from live.ipc.news import (
    Beat,
    Confidence,
    FromEngine,
    FromPortsToControl,
    KnobSet,
    Leads,
    Ready,
    Recalled,
    Saved,
    Sent,
    Sounding,
    State,
    Trouble,
)

Reply = tuple[str, Sequence[Argument]]
"""An address and its arguments."""

ROOT = "/extempo"


def place(voice: int) -> str:
    """Return the address below which a voice's knobs are; voice 0 is the transport."""
    return f"{ROOT}/voice/{voice}" if voice else f"{ROOT}/transport"


def told(message: FromEngine | FromPortsToControl, control: Control) -> Iterator[Reply]:
    """Yield what subscribers are told of a message that `control` has heard; often nothing."""
    match message:
        case Sent(voice=voice):
            yield (
                f"{place(voice)}/out/note",
                (message.pitch, message.velocity, float(message.seconds), message.channel),
            )
        case KnobSet(voice=voice, knob=knob):
            yield from moved(voice, knob, control)
        case Leads():
            yield source(control)
        case Confidence():
            yield confidence(message)
        case Saved(voice=voice, slot=slot):
            yield f"{place(voice)}/saved", (slot,)
        case Recalled(voice=voice, slot=slot):
            yield f"{place(voice)}/recalled", (slot,)
        case Beat():
            yield beat(message)
        case State():
            yield status(message, control)
        case Ready(voice=voice):
            yield model(voice, control)
        case Sounding():
            yield sounding(message)
        case Trouble(code=code, text=text):
            yield f"{ROOT}/error", (code, text)
        case _:
            pass


def moved(voice: int, name: str, control: Control) -> Iterator[Reply]:
    """Yield a knob's value, and its place on a fader."""
    knob, value = control.knobs(voice)[name], control.value(voice, name)
    yield f"{place(voice)}/{name}", (value,)
    yield f"{place(voice)}/{name}/unit", (float(knob.to_unit(value)),)


def source(control: Control) -> Reply:
    """Return the news of the clock source that leads."""
    return f"{place(0)}/source", (control.source,)


def confidence(message: Confidence) -> Reply:
    """Return the news of how sure the player's beat is."""
    return f"{place(0)}/confidence", (float(message.confidence), int(message.follows))


def beat(message: Beat) -> Reply:
    """Return the news of a beat."""
    return f"{ROOT}/beat", (message.bar, message.beat, float(message.tempo))


def status(state: State, control: Control) -> Reply:
    """Return the engine's status."""
    tempo = control.beat.tempo if control.beat else 0.0
    return (
        f"{ROOT}/status",
        (
            int(state.running),
            control.models.get(FIRST, ""),
            float(tempo),
            float(state.step_us),
            float(state.worst_us),
            state.holds,
            state.planned,
        ),
    )


def model(voice: int, control: Control) -> Reply:
    """Return the news of a voice's artifact."""
    return f"{place(voice)}/model", (control.models.get(voice, ""),)


def sounding(message: Sounding) -> Reply:
    """Return the news of a voice of sound's load."""
    return (
        f"{place(message.voice)}/sound",
        (float(message.share), message.late, float(message.depth)),
    )


def everything(control: Control) -> Iterator[Reply]:
    """Yield the current state of everything, for a new subscriber."""
    for voice in (0, *control.voices):
        for name in control.knobs(voice):
            yield from moved(voice, name, control)
        yield model(voice, control) if voice else source(control)
        if voice in control.sounding:
            yield sounding(control.sounding[voice])
    if control.confidence:
        yield confidence(control.confidence)
    if control.beat:
        yield beat(control.beat)
    if control.state:
        yield status(control.state, control)

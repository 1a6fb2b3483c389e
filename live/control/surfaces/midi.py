"""MIDI controllers turn knobs, and one lets go of everything."""

from typing import Final

from live.control.control import FIRST, Control
from live.control.surfaces.surface import News, Setting, Surface
from live.declared.knobs import KNOBS
from live.ipc.acts import Panic, SetKnob
from live.ipc.commands import Command
from live.ipc.news import ControlChange, Panicked

_NAMES: Final = {knob.cc: knob.name for knob in KNOBS if knob.cc is not None}


class Midi(Surface):
    """Hears controllers through the ports. Threads: the one that reads the ports' ring."""

    def __init__(self, setting: Setting) -> None:
        self._control = setting.control

    def tell(self, news: News) -> None:
        """Turn the knob that a controller is mapped to."""
        match news:
            case ControlChange():
                turned(news, self._control)
            case Panicked():
                panicked(news, self._control)


def panicked(message: Panicked, control: Control) -> bool:
    """Ask for panic; False where the engine's inbox was full."""
    return control.ask(Command(Panic(), at=message.at))


def turned(message: ControlChange, control: Control) -> bool:
    """Ask for what a controller's movement means; False where the engine's inbox was full.

    Channel N is for voice N where there is one, and for the first voice otherwise. Controllers that
    reach no knob of that voice do nothing.
    """
    name = _NAMES.get(message.cc, "")
    voice = message.channel if message.channel in control.voices else FIRST
    # As this very voice has it: another kind's may go elsewhere.
    knob = control.knobs(0).get(name) or control.knobs(voice).get(name)
    if knob is None:
        return True
    if "transport" in knob.scopes:
        voice = 0
    value = knob.from_unit(min(max(message.value, 0), 127) / 127)
    return control.ask(Command(SetKnob(knob=knob.name, value=value), voice=voice, at=message.at))

"""Knobs that do nothing to what a voice plays, and plans that cannot hold: who asks for such is told."""

from collections import deque
from collections.abc import Mapping
from typing import Final

from live.declared.actions import OFF
from live.declared.knob import Value
from live.declared.knobs import NOTE_KNOBS
from live.engine.notes.decoders.table import decoder
from live.engine.stage import Stage
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import Trouble
from models.contract.representation import Representation

Asker = tuple[str, int] | None
"""Host and port of who turns a knob over the network."""
MOST: Final = 256
"""How many tellings are remembered: whoever sends from ever new ports fills no memory."""


def not_planned(act: acts.Plan, written: Representation, asked: Command) -> Trouble | None:
    """Return the message for a form that is asked for where nothing of the music can come back."""
    if act.sections.upper() == OFF or decoder(written).tracing is not None:
        return None
    text = f"Voice {asked.voice} plays what is written as {written.name!r}, of which nothing comes back: no plan holds."
    return Trouble(code="plan", text=text, asker=asked.asker)


class Declining:
    """What one voice has said already. Threads: the engine's only."""

    def __init__(self, number: int, stage: Stage) -> None:
        self._number, self._stage = number, stage
        self._told: deque[tuple[str, str, Asker]] = deque(maxlen=MOST)

    def tell(
        self, knobs: Mapping[str, Value], written: Representation, asker: Asker = None
    ) -> None:
        """Say of knobs that were turned, and do nothing to music that is written so, that they do not.

        asker: who turned them, and is told, each once.
        """
        name = written.name
        for knob in sorted(decoder(written).declines & knobs.keys()):
            if knobs[knob] != NOTE_KNOBS[knob].default and (name, knob, asker) not in self._told:
                self._told.append((name, knob, asker))
                text = f"Voice {self._number} plays what is written as {name!r}, to which {knob} does nothing."
                self._stage.news(Trouble(code="declined", text=text, asker=asker))

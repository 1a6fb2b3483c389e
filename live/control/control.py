"""What control knows of the music, and the one way in which it asks for something."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from live.commands import Command, Load
from live.knobs import EVENTS, KNOBS, TRANSPORT, Knob, Value
from live.wire import Beat, FromEngine, FromPortsToControl, Moved, Ready, State
from models.contract.errors import ExtempoError

Find = Callable[[str], Path]
"""Finds and checks an artifact by name or path; raises ExtempoError where it cannot be played."""


LONGEST_PATH: Final = 800
"""Bytes of an artifact's path, which has to fit into one message to the engine."""


class Control:
    """A mirror of what the engine says, so that getting needs no round trip; a door to its inbox.

    put: hands a command to the engine, False where its inbox is full; control is its only writer.
    find: finds and checks an artifact. voices: the numbers of those that play.
    Threads: ask() and load() from any; hear() from the one that reads the engine's ring.
    """

    def __init__(
        self, put: Callable[[Command], bool], find: Find, voices: Sequence[int] = (1,)
    ) -> None:
        self.voices = tuple(voices)
        self.models: dict[int, str] = {}
        self.state: State | None = None
        self.beat: Beat | None = None
        self.refused = 0
        """Commands for which the inbox was full."""
        self._put = put
        self._find = find
        self._asking = threading.Lock()
        self._loading = threading.Lock()
        self._values = {
            (voice, knob.name): knob.default
            for voice in (0, *self.voices)
            for knob in self.knobs(voice)
        }

    def knobs(self, voice: int) -> tuple[Knob, ...]:
        """Return a voice's knobs in their order; voice 0 is the transport."""
        here = EVENTS if voice else TRANSPORT
        return tuple(knob for knob in KNOBS if knob.name in here)

    def value(self, voice: int, knob: str) -> Value:
        """Return what the engine last said of a knob. Raises KeyError where there is none."""
        return self._values[voice, knob]

    def ask(self, command: Command) -> bool:
        """Put a command into the engine's inbox; False, and counted, where it is full."""
        with self._asking:
            taken = self._put(command)
            self.refused += not taken
        return taken

    def hear(self, message: FromEngine | FromPortsToControl) -> None:
        """Take note of news from the engine."""
        match message:
            case Moved(voice=voice, knob=knob, value=value):
                self._values[voice, knob] = value
            case Ready(voice=voice, name=name):
                self.models[voice] = name
            case State():
                self.state = message
            case Beat():
                self.beat = message
            case _:
                pass

    def load(
        self, voice: int, name: str, at: float, answer: Callable[[ExtempoError | None], None]
    ) -> bool:
        """Check an artifact beside the music, then ask for it; False while another is checked.

        answer: called once, from the thread that checks, with what went wrong, or None when the
        engine has been asked.
        """
        if not self._loading.acquire(blocking=False):
            return False
        threading.Thread(
            target=self._load, args=(voice, name, at, answer), name="load", daemon=True
        ).start()
        return True

    def _load(
        self, voice: int, name: str, at: float, answer: Callable[[ExtempoError | None], None]
    ) -> None:
        trouble: ExtempoError | None = None
        try:
            path = _sendable(str(self._find(name)))
            if not self.ask(Load(voice=voice, path=path, at=at)):
                trouble = ExtempoError(f"{path} could not be handed to the engine; load it again.")
        except ExtempoError as error:
            trouble = error
        finally:
            self._loading.release()
        answer(trouble)


def _sendable(path: str) -> str:
    try:
        short = len(path.encode()) <= LONGEST_PATH
    except UnicodeEncodeError:
        raise ExtempoError(
            f"The name {path!r} is not UTF-8: rename it and load it again."
        ) from None
    if not short:
        raise ExtempoError(f"A path may have {LONGEST_PATH} bytes: put {path} into a shorter one.")
    return path

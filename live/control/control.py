"""Control's picture of the engine, and the one way in which surfaces ask for something."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from live.control.checks import Answer, Checks
from live.declared.actions import LONGEST_PATH
from live.declared.knob import Kind, Knob, Scope, Value
from live.declared.knobs import SCOPES
from live.ipc.acts import Load, Panic, Prime
from live.ipc.commands import Command
from live.ipc.news import (
    Beat,
    Confidence,
    FromEngine,
    FromPortsToControl,
    KnobSet,
    Leads,
    Ready,
    Sounding,
    State,
)
from live.runtime.sound import file as sound_file
from live.time.sources.table import FIRST as FIRST_SOURCE
from models.contract.errors import ExtempoError

Find = Callable[[str, Kind], Path]
"""Finds and checks an artifact, by name or path, for a voice of a kind; raises ExtempoError where it
cannot be played there."""

FIRST: Final = 1
"""The number of the first voice, which always exists."""
ALONE: Final[Mapping[int, Kind]] = MappingProxyType({FIRST: "events"})
"""One voice, which plays notes."""
PATIENCE: Final = 0.25
"""Seconds that a panic waits for room in the inbox."""
_AGAIN_SOON: Final = 0.001


class Control:
    """A mirror of what the engine says, so that getting needs no round trip; a door to its inbox.

    put: hands a command to the engine, False where its inbox is full; control is its only writer.
    find: finds and checks an artifact. voices: what kind each plays, by number.
    Threads: ask(), load() and prime() from any; hear() from the one that reads the engine's ring.
    """

    def __init__(
        self, put: Callable[[Command], bool], find: Find, voices: Mapping[int, Kind] = ALONE
    ) -> None:
        self.voices = dict(voices)
        self.models: dict[int, str] = {}
        self.state: State | None = None
        self.beat: Beat | None = None
        self.sounding: dict[int, Sounding] = {}
        self.source = FIRST_SOURCE
        """The clock source that leads."""
        self.confidence: Confidence | None = None
        """What was last said of the player's beat."""
        self.refused = 0
        """Commands for which the inbox was full."""
        self.forgotten = 0
        """How often everything that waits for its time was forgotten: by panic, or by another engine."""
        self._put = put
        self._find = find
        self._asking = threading.Lock()
        self._checks = Checks(self.ask)
        self._hopeless = False
        """Whether the last panic found no room in time."""
        self._values = {
            (voice, name): knob.default
            for voice in (0, *self.voices)
            for name, knob in self.knobs(voice).items()
        }

    def scope(self, voice: int) -> Scope:
        """Return a voice's scope, which says which knobs it has; voice 0 is the transport."""
        return self.voices[voice] if voice else "transport"

    def knobs(self, voice: int) -> Mapping[str, Knob]:
        """Return a voice's knobs by name, in their order; voice 0 is the transport."""
        return SCOPES[self.scope(voice)]

    def value(self, voice: int, knob: str) -> Value:
        """Return what the engine last said of a knob. Raises KeyError where there is none."""
        return self._values[voice, knob]

    def values(self, voice: int) -> dict[str, Value]:
        """Return all of a voice's knobs as the engine last said them."""
        return {name: self._values[voice, name] for name in self.knobs(voice)}

    def ask(self, command: Command) -> bool:
        """Put a command into the engine's inbox; False, and counted, where it is full.

        A panic waits a little for room, and nobody else comes before it.
        """
        with self._asking:
            taken = self._put(command)
            if isinstance(command.act, Panic):
                taken = taken or self._put_soon(command)
                self.forgotten += taken and command.at <= time.monotonic()
            self._hopeless &= not taken
            self.refused += not taken
        return taken

    def _put_soon(self, panic: Command) -> bool:
        # Of an engine that takes nothing, a flood of panics would hold up whoever asks for good.
        ends = time.monotonic() + (0.0 if self._hopeless else PATIENCE)
        while not (taken := self._put(panic)) and time.monotonic() < ends:
            time.sleep(_AGAIN_SOON)
        self._hopeless = not taken
        return taken

    def begin_again(self) -> None:
        """Another engine takes the place of the one that died, and nothing waits there."""
        with self._asking:
            self.state = None
            self.forgotten += 1

    def hear(self, message: FromEngine | FromPortsToControl) -> None:
        """Take note of news from the engine."""
        match message:
            case KnobSet(voice=voice, knob=knob, value=value):
                self._values[voice, knob] = value
            case Ready(voice=voice, name=name):
                self.models[voice] = name
            case Leads(source=source):
                self.source = source
            case Confidence():
                self.confidence = message
            case State():
                self.state = message
            case Beat():
                self.beat = message
            case Sounding(voice=voice):
                self.sounding[voice] = message
            case _:
                pass

    def load(
        self,
        voice: int,
        name: str,
        at: float,
        answer: Answer,
        asker: tuple[str, int] | None = None,
    ) -> bool:
        """Check an artifact beside the music, then ask for it; False while something is checked.

        answer: called once, from the thread that checks. asker: see `live.ipc.commands.Command`.
        """

        def check() -> Command:
            path = _sendable(str(self._find(name, self.voices[voice])))
            return Command(Load(path=path), voice=voice, at=at, asker=asker)

        return self._checks.begin(check, answer)

    def prime(self, voice: int, name: str, seconds: float, at: float, answer: Answer) -> bool:
        """Check a file of sound beside the music, then ask the engine to go on from its end.

        answer: called once, from the thread that checks. False while something is checked.
        """

        def check() -> Command:
            # `Path`'s own would raise for a user or a name that the system cannot look for.
            path = Path(os.path.abspath(os.path.expanduser(name)))
            if not os.path.isfile(path):
                raise ExtempoError(f"There is no file {path}.")
            sound_file.read(path, seconds)
            return Command(Prime(path=_sendable(str(path)), seconds=seconds), voice=voice, at=at)

        return self._checks.begin(check, answer)


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

"""The daemon is control itself: it has the other two processes started, and hears what they say."""

import time
from collections import deque
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from live.control.control import Control, Find
from live.control.surfaces.surface import Setting
from live.control.surfaces.table import SURFACES
from live.daemon import memory
from live.daemon.greeting import About, Greeting
from live.daemon.links import Links
from live.daemon.processes import DAEMON, Child
from live.daemon.stopping import Stopping
from live.daemon.supervisor import Supervisor
from live.ipc import pulse
from live.ipc.config import (
    ControlOptions,
    EngineOptions,
    PortOptions,
    VoiceOptions,
)
from live.ipc.news import (
    Beat,
    Confidence,
    Entry,
    FromEngine,
    FromPortsToControl,
    Kept,
    KnobSet,
    Leads,
    Opened,
    Patched,
    Ready,
    Recalled,
    Remembers,
    Saved,
    Sent,
    Sounding,
    Trouble,
)
from live.ipc.pulse import Watch
from live.record.recorder import Recorder
from live.screen.console import Console
from live.screen.following import Following
from live.screen.late import Late
from live.screen.told import ShowNotes
from models.contract.errors import ExtempoError

LOOK: Final = 0.5
"""Seconds between checks of everything, at most."""
END: Final = 2.0
"""Seconds that a process has to end by itself."""
_LOST: Final = ("journal", "file")
"""Codes of the troubles that mean something played was not kept."""


class DaemonError(ExtempoError):
    """A run that could not begin, or could not go on."""


class Daemon:
    """One run. Threads: main."""

    def __init__(
        self,
        links: Links,
        engine: EngineOptions,
        ports: PortOptions,
        options: ControlOptions,
        find: Find,
        about: About,
    ) -> None:
        self._links, self._engine, self._options = links, engine, options
        kinds = {number: voice.kind for number, voice in engine.voices.items()}
        self._control = Control(links.commands.put, find, kinds)
        setting = Setting(self._control, options, self._sent_badly, self._failed)
        self._surfaces = [make(setting) for make in SURFACES]
        self._console = Console(failed=self._failed)
        self._greeting = Greeting(self._console, about)
        self._watch = Watch(links.pulse)
        self._recorder = Recorder(options.takes, datetime.now(), self._kept_badly)
        self._last = memory.Last(engine.memory)
        self._supervisor = Supervisor(
            links, ports, self._control.ask, self._playing, self._resume, self._take, self._goes_on
        )
        self._opened: Opened | None = None
        self._ready: dict[int, Ready] = {}
        self._late = Late()
        self._following = Following()
        self._failures: deque[Trouble] = deque()
        """What went wrong on other threads, from them."""
        self._refused: deque[str] = deque()
        """What came over OSC and could not be done, from its threads."""
        self._ends = float("inf")
        self._stopping = Stopping(links.wake)
        self._whole = True
        """Whether everything was kept but what the recorder says itself, on its thread."""
        turned = {number: voice.knobs for number, voice in engine.voices.items()}
        for number, knobs in {0: engine.transport, **turned}.items():
            for knob, value in knobs.items():
                self._control.hear(KnobSet(voice=number, knob=knob, value=value))
        if engine.source:
            self._control.hear(Leads(source=engine.source))

    @property
    def whole(self) -> bool:
        """Whether everything that was played has been kept; known after `close`."""
        return self._whole and self._recorder.whole

    def play(self) -> None:
        """Start everything and stay until the end. Raises DaemonError where it is a bad one."""
        self._stopping.heed()
        self._supervisor.start(self._engine)
        for surface in self._surfaces:
            surface.start()
        if self._links.sound:
            self._greeting.expect_sound()
        beat = pulse.begin(DAEMON, vital=False)
        while not self._stopping.asked and (left := self._ends - time.monotonic()) > 0:
            beat()
            for text in self._watch.look()[1]:
                self._take(Trouble(code="daemon", text=text))
            self._links.wake.wait(min(LOOK, left))
            self._hear()
            self._greeting.look()
            over = self._supervisor.look()
            if over is not None:
                self._hear()
                self._end(over)
                return

    def close(self) -> None:
        """End everything in reverse order, and say what was kept."""
        pulse.end(DAEMON)
        for surface in self._surfaces:
            surface.close()
        ends = time.monotonic() + END
        self._supervisor.end_engine(lambda: min(ends, self._stopping.hurry), self._hear)
        # However much in a hurry: what sounds is ended, and what was played is kept.
        self._supervisor.end_ports(END)
        self._hear()
        self._console.tell(ShowNotes(on=False))
        unheard = self._opened is not None and self._opened.unheard
        said = self._recorder.close(self._options.record or unheard)
        self._hear()
        for line in said:
            self._console.tell(line)
        self._console.close()
        self._stopping.close()

    def _goes_on(self) -> bool:
        """Return whether another engine goes on where this one is."""
        return self._last.kept

    def _playing(self) -> EngineOptions:
        """Return the options with which an engine goes on from here; its memory is gone."""
        first, *others = (
            VoiceOptions(
                Path(self._ready[number].path) if number in self._ready else voice.artifact,
                voice.kind,
                self._control.values(number),
            )
            for number, voice in self._engine.voices.items()
        )
        return replace(
            self._engine,
            artifact=first.artifact,
            knobs=first.knobs,
            transport=self._control.values(0),
            others=tuple(others),
            source=self._control.source,
        )

    def _resume(self) -> EngineOptions:
        """Close the journal of the engine that died: the next one's is a run of its own."""
        self._hear()
        self._control.begin_again()
        self._recorder.begin_again()
        return replace(self._playing(), memory=self._last.begin_again())

    def _hear(self) -> None:
        """Take all messages from the engine and the ports."""
        for message in self._links.engine_news.drain():
            self._take(message)
        for told in self._links.ports_news.drain():
            # Control sees for itself whether the engine lives, and whether it was meant to end.
            if not (isinstance(told, Trouble) and told.code == "engine"):
                self._take(told)
        while self._failures:
            self._take(self._failures.popleft())
        while self._refused:
            # Who sent it has been told; the subscribers need not be.
            self._greeting.show(Trouble(code="osc", text=self._refused.popleft()))

    def _take(self, message: FromEngine | FromPortsToControl) -> None:
        self._control.hear(message)
        for surface in self._surfaces:
            surface.tell(message)
        match message:
            case Entry(line=line):
                self._recorder.entry(line)
                self._last.entry(line)
            case Kept():
                self._last.keep(message)
            case Sent() | Beat():
                self._console.tell(message)
            case Trouble():
                self._whole &= message.code not in _LOST
                self._greeting.show(message)
            case Ready():
                self._cut_over(message)
            case Patched():
                self._supervisor.patched(message)
            case Saved(voice=voice, slot=slot):
                self._console.tell(f"Voice {voice}: slot {slot!r} is saved.")
            case Recalled(voice=voice, slot=slot):
                self._console.tell(f"Voice {voice}: slot {slot!r} is recalled.")
            case Remembers(text=text):
                self._greeting.show(text)
            case Opened():
                self._opened = message
                self._begin()
            case Confidence():
                if text := self._following.news(message):
                    self._console.tell(text)
            case Sounding():
                if text := self._late.news(message, time.monotonic()):
                    self._take(Trouble(code="late", text=text))

    def _cut_over(self, ready: Ready) -> None:
        before = self._ready.get(ready.voice)
        self._ready[ready.voice] = ready
        if not self._greeting.said:
            self._begin()
        elif before is not None and before.path != ready.path:
            now = "Now" if len(self._control.voices) == 1 else f"Voice {ready.voice} now"
            self._console.tell(f"{now} plays {ready.name}.")

    def _kept_badly(self, text: str) -> None:
        """Something could not be written; called on the recorder's thread."""
        self._failures.append(Trouble(code="take", text=text))
        self._links.wake.notify()

    def _failed(self, text: str) -> None:
        """A thread of ours failed; called on it."""
        self._failures.append(Trouble(code="daemon", text=text))
        self._links.wake.notify()

    def _sent_badly(self, text: str) -> None:
        """Somebody sent over OSC what cannot be done; called on its threads."""
        self._refused.append(text)
        self._links.wake.notify()

    def _begin(self) -> None:
        """Print the first lines, once both processes are ready."""
        if (
            self._greeting.said
            or self._opened is None
            or len(self._ready) < len(self._control.voices)
        ):
            return
        self._supervisor.settled = True
        if self._options.seconds:
            self._ends = time.monotonic() + self._options.seconds
        kept = self._recorder.begin()
        places = [surface.place for surface in self._surfaces]
        self._greeting.say(self._ready, self._opened, [one for one in places if one], kept)
        for command in self._options.first:
            self._control.ask(command)
        if self._opened.unheard:
            self._console.tell(ShowNotes())

    def _end(self, child: Child) -> None:
        """End the run: a process is gone for good."""
        if child.died and self._greeting.said:
            raise DaemonError(
                f"The {child.name} process {child.cause}, again within a minute: the run is over."
            )
        if self._greeting.said:
            return
        # What the system refuses us may have been told after it, and stops nobody.
        told = self._greeting.last((child.name, "load"))
        raise DaemonError(told or f"The {child.name} process {child.cause}.")

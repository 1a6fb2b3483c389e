"""The daemon's own share of an answer: what it takes besides JACK's periods."""

import random
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from live.bench.apart import alone
from live.bench.matching import answers
from live.bench.pace import OTHERS
from live.bench.rows import BenchError, Row, measured
from live.daemon.links import Links
from live.daemon.processes import Child
from live.ipc.acts import Force, Quit
from live.ipc.commands import Command
from live.ipc.config import EngineOptions
from live.ipc.news import Entry, Trouble
from live.machine import realtime
from live.ports.midi.desk import Desk
from live.ports.process import PRIORITY
from live.record.replay import parse
from live.time.table import Due
from models.midi.messages import Message, NoteOff, NoteOn

_PERIOD: Final = 128 / 48000
_READY: Final = 20.0
_HELD: Final = 0.04
_GAP: Final = (0.05, 0.12)
_PITCHES: Final = (40, 56)
_LOOK: Final = 2e-5
"""Seconds between two looks for an answer, and what the system adds to them."""
_LOST: Final = 0.5
"""Seconds after which an answer is not waited for."""
_NOTE: Final = (
    "from a note's delivery in the ports' callback to the drawn note's being in the callback's hands, "
    "the engine in its own process, no JACK between; some 10 notes a second, other memory read between"
)


def share(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield daemon_share."""
    taken, lines = alone(0, _answered, model, seconds)
    journal = parse(lines)
    if len(answers(journal)) != len(taken):
        raise BenchError("the journal does not show that each note was fed and its answer drawn")
    yield measured("daemon_share", "ms", [1000 * one for one in taken], _NOTE)


def _answered(model: Path, seconds: float) -> tuple[list[float], list[str]]:
    links = Links()
    options = EngineOptions(artifact=model, knobs={"mode": "continue", "low": _PITCHES[1]})
    rings = (links.commands, links.played, links.to_ports, links.engine_news, links.engine_wake)
    engine = Child(
        "engine",
        "live.engine.process:run",
        (options, *rings),
        hearts=(links.engine_pulse, links.pulse),
        news=links.engine_news,
        orphaned=(0.0, links.commands, Command(Quit())),
    )
    engine.start()
    callback = _Callback(links)
    try:
        callback.begin()
        taken = callback.play(seconds)
    finally:
        links.commands.put(Command(Quit()))
        ends = time.monotonic() + 2.0
        engine.end(lambda: ends)
        callback.look()
        links.close()
    return taken, callback.lines


class _Callback:
    """Does what JACK's callback does: in every period, and for an answer as soon as it is there."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._desk = Desk(links.to_ports, links.played, links.ports_news)
        self.lines: list[str] = []

    def begin(self) -> None:
        """Wait until the clock runs, and have each note answered at once."""
        ends = time.monotonic() + _READY
        while not any('"tempo"' in line for line in self.lines):
            if time.monotonic() > ends:
                raise BenchError(f"the engine did not start within {_READY:g} s")
            time.sleep(0.02)
            self.look()
        self._links.commands.put(Command(Force(factor="time", code=0), voice=1))
        time.sleep(0.5)
        self.look()
        realtime.enter(PRIORITY)

    def play(self, seconds: float) -> list[float]:
        """Play notes for so long; return the seconds that each answer took."""
        chance = random.Random(0)
        others = np.zeros(OTHERS // 8)
        ends = time.monotonic() + seconds
        taken = []
        while time.monotonic() < ends:
            pitch = chance.randrange(*_PITCHES)
            taken.append(self._answer(pitch))
            others.sum()
            self._rest(_HELD)
            self._cycle(NoteOff(1, pitch))
            self._rest(chance.uniform(*_GAP))
        return taken

    def look(self) -> None:
        """Hear what the engine and the desk tell control."""
        self._links.ports_news.drain()
        for message in self._links.engine_news.drain():
            if isinstance(message, Entry):
                self.lines.append(message.line)
            elif isinstance(message, Trouble) and message.code == "load":
                raise BenchError(message.text)

    def _answer(self, pitch: int) -> float:
        start = time.monotonic()
        out = self._cycle(NoteOn(1, pitch, 90))
        while not any(due.note for due in out):
            if time.monotonic() - start > _LOST:
                raise BenchError("a note was not answered")
            # JACK's thread is not woken by the engine either: it comes and looks.
            time.sleep(_LOOK)
            if len(self._links.to_ports):
                out = self._cycle()
        return time.monotonic() - start

    def _rest(self, seconds: float) -> None:
        """Let time pass, with a cycle in every period."""
        self.look()
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            self._cycle()
            time.sleep(min(_PERIOD, left))

    def _cycle(self, *heard: Message) -> list[Due]:
        now = time.monotonic()
        return self._desk.cycle(now, now + _PERIOD, [(now, message) for message in heard])

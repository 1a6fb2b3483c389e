"""The desk: passes on what comes from the engine and from instruments.

It owns the note table and is driven by whoever keeps time: JACK's callback, or a thread.
"""

import math
from collections import deque
from typing import Final, Literal, assert_never

from live.ipc.news import (
    ControlChange,
    FromPortsToControl,
    Panicked,
    Trouble,
)
from live.ipc.ring import Ring
from live.ipc.wire import (
    ALL,
    PLAYER,
    Close,
    CommittedNote,
    FromPorts,
    Lead,
    LetGo,
    Lifted,
    Pedal,
    Played,
    Segment,
    Thru,
    ToPorts,
    Who,
)
from live.ports.midi.echo import Echo
from live.ports.midi.marks import Marks, Reach
from live.ports.midi.outgoing import Outgoing
from live.ports.midi.phrase import Phrase
from live.ports.midi.through import Through
from live.time.table import Due, NoteTable
from models.midi.messages import (
    DRUMS,
    Control,
    ControllersReset,
    Message,
    NoteOff,
    NoteOn,
    NotesOff,
    SoundOff,
    Sustain,
)  # fmt: skip

_STALE: Final = 1.0
"""Seconds after which a note is not played any more: what hung or died must not burst out at once."""
_DRUMS: Final = (
    f"Notes on channel {DRUMS} are drums: voices of drums hear them, voices of pitches only their beat. Set a "
    "keyboard to another channel."
)


class Desk:
    """Everything that passes between the engine and the instruments, in order of time.

    marks: what sounds, and which ends are owed. latency: seconds by which notes go out early.
    Threads: cycle() and next_due() on the one that keeps time; arrive(), tell(), lead() and
    lose_engine() on any.
    """

    def __init__(
        self,
        from_engine: Ring[ToPorts],
        to_engine: Ring[FromPorts],
        news: Ring[FromPortsToControl],
        marks: Marks | None = None,
        phrase: Phrase | None = None,
        latency: float = 0.0,
    ) -> None:
        self._from_engine = from_engine
        self._to_engine = to_engine
        self._news = news
        self._phrase = phrase
        self._latency = latency
        self._table = NoteTable()
        self._through = Through(self._table)
        self._echo = Echo()
        self._outgoing = Outgoing(marks or Marks(), self._echo, self._table, news)
        self._arrived: deque[tuple[float, Message]] = deque()
        self._notices: deque[FromPortsToControl] = deque()
        self._engine_lost = False
        self._lead = 0.0
        self._lead_told = True
        self._closing = False
        self._closed = False
        self._told: set[str] = set()
        self.xruns = 0
        self.lost = 0
        """How often a server was late that may have lost what went out."""

    def arrive(self, at: float, message: Message) -> None:
        """Take a MIDI message that an instrument sent at `at`; the next cycle handles it."""
        self._arrived.append((at, message))

    def tell(self, message: FromPortsToControl) -> None:
        """Have the next cycle tell control."""
        self._notices.append(message)

    def tell_rest(self) -> None:
        """Tell control what came after the last cycle; on the thread that closed what plays."""
        self._tell(-math.inf)

    def lead(self, seconds: float) -> None:
        """Have the next cycle tell the engine how long before their time notes must be here."""
        if seconds != self._lead:
            self._lead = seconds
            self._lead_told = False

    def lose_engine(self) -> None:
        """Have the next cycle let go of everything: the engine is gone."""
        self._engine_lost = True

    @property
    def closed(self) -> bool:
        """Whether a cycle has returned the last messages."""
        return self._closed

    def next_due(self) -> float:
        """Return when the next cycle is needed, if nothing arrives before; infinity for never."""
        phrase = self._phrase.next_due() if self._phrase else math.inf
        return min(self._table.next_due() - self._latency, phrase)

    def cycle(
        self,
        now: float,
        until: float,
        heard: list[tuple[float, Message]] | None = None,
        reach: Reach = Reach.EVERYBODY,
    ) -> list[Due]:
        """Return what goes out from `now` up to `until`, in order, none of it before `now`.

        heard: what came in during this cycle, with its time. reach: who gets what goes out.
        """
        # What the last cycle returned has left by now, and not before.
        self._outgoing.left()
        if self._closed:
            return []
        out = self._outgoing.payment(now, reach) + self._outgoing.again(now, self.lost)
        for message in self._from_engine.drain():
            out += self._take(message, now)
        if self._engine_lost:
            self._engine_lost = False
            out += self._let_go(ALL, now)
        if not self._lead_told:
            self._lead_told = self._to_engine.put(Lead(seconds=self._lead + self._latency))
        for at, played in self._incoming(until, heard):
            out += self._advance(min(at, until))
            out += self._hear(at, played, now)
        if self._closing:
            out += self._let_go(ALL, now)
            self._closed = True
        out += self._advance(until)
        out = self._outgoing.send(out, now, reach)
        self._tell(now)
        return out

    def _advance(self, until: float) -> list[Due]:
        due = self._table.advance(until + self._latency)
        return [one._replace(at=one.at - self._latency) for one in due] if self._latency else due

    def _take(self, message: ToPorts, now: float) -> list[Due]:
        match message:
            case CommittedNote():
                if now - message.at < _STALE:
                    self._table.sound(message)
            case Segment():
                self._table.segment(message)
                if self._phrase:
                    self._phrase.follow(message)
            case LetGo():
                return self._let_go(message.who, now)
            case Thru():
                changed = self._through.route(message)
                # An engine that has just started says this first, and knows no lead.
                self._lead_told = False
                return self._let_go(PLAYER, now) if changed else []
            case Close():
                self._closing = True
            case _:
                assert_never(message)
        return []

    def _incoming(
        self, until: float, heard: list[tuple[float, Message]] | None
    ) -> list[tuple[float, Message]]:
        arrived = heard or []
        if self._arrived:
            arrived += [self._arrived.popleft() for _ in range(len(self._arrived))]
        if self._phrase:
            arrived += self._phrase.due(until)
        arrived.sort(key=lambda entry: entry[0])
        return arrived

    def _hear(self, at: float, message: Message, now: float) -> list[Due]:
        match message:
            case NoteOn():
                return self._hear_note(at, message, message.velocity)
            case NoteOff():
                return self._hear_note(at, message, 0)
            case Sustain():
                if self._echo.pedal(message.down, at):
                    self._warn_of_echo()
                    return []
                return self._hear_pedal(at, message.down, message.channel)
            case ControllersReset(channel=channel):
                return self._hear_pedal(at, False, channel)
            case NotesOff(channel=channel):
                self._give(Lifted(channel=channel, at=at))
                return self._through.note(message, at)
            case Control(channel=channel, number=number, value=value):
                self._say(ControlChange(cc=number, value=value, channel=channel, at=at))
            case SoundOff():
                self._through.forget()
                self._say(Panicked(at=at))
                return self._let_go(ALL, now) + self._outgoing.owed(now)
        return []

    def _hear_note(self, at: float, message: NoteOn | NoteOff, velocity: int) -> list[Due]:
        pitch, channel = message.pitch, message.channel
        if self._echo.note(pitch, velocity, at):
            self._warn_of_echo()
            return []
        self._give(Played(pitch=pitch, velocity=velocity, at=at, channel=channel))
        if channel == DRUMS:
            self._warn("drums", _DRUMS)
            return []
        return self._through.note(message, at)

    def _hear_pedal(self, at: float, down: bool, channel: int) -> list[Due]:
        if channel == DRUMS:
            return []
        self._give(Pedal(down=down, at=at, channel=channel))
        return self._through.pedal(channel, down, at)

    def _let_go(self, who: Who | Literal["all"], now: float) -> list[Due]:
        return self._table.let_go(who, now) + self._through.let_go(who, now)

    def _give(self, message: FromPorts) -> None:
        if not self._to_engine.put(message):
            self._warn(
                "busy", "The engine does not keep up with what is played in; a note is missed."
            )

    def _say(self, message: FromPortsToControl) -> None:
        # Control may be gone, or slow: the music goes on without its news.
        self._news.put(message)

    def _warn_of_echo(self) -> None:
        self._warn(
            "echo",
            "Our own notes come back in and are ignored: "
            "in your DAW or patchbay, don't connect our output to our input.",
        )

    def _warn(self, code: str, text: str) -> None:
        if code not in self._told:
            self._told.add(code)
            self._notices.append(Trouble(code=code, text=text))

    def _tell(self, now: float) -> None:
        while self._notices:
            self._say(self._notices.popleft())
        self._outgoing.tell(now, self.xruns, self._closed)

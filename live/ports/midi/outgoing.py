"""What goes out of the desk: ends that are owed, marks of what sounds, and the news of what was sent."""

import math
from collections import deque
from typing import Final

from live.ipc.news import Counted, FromPortsToControl, Sent
from live.ipc.ring import Ring
from live.ipc.wire import CommittedNote
from live.ports.midi.echo import Echo
from live.ports.midi.marks import Marks, Reach
from live.time.table import Due, NoteTable
from models.midi.messages import NoteOff

_COUNT_EVERY: Final = 1.0
_PAY_EVERY: Final = 1.0
_DOUBTFUL: Final = 2.0
"""Seconds before an xrun in which what went out may have been lost."""
_REMEMBERED: Final = 512
"""Ends that are remembered for that."""


class Outgoing:
    """Keeps account of what goes out. echo: is told of it. table: knows how long notes sound.

    Threads: the desk's.
    """

    def __init__(
        self, marks: Marks, echo: Echo, table: NoteTable, news: Ring[FromPortsToControl]
    ) -> None:
        self._marks = marks
        self._echo = echo
        self._table = table
        self._news = news
        self._sent = 0
        self._latest = 0.0
        self._counted = (0, 0, 0)
        self._next_count = -math.inf
        self._next_payment = -math.inf
        self._ended: deque[tuple[float, NoteOff]] = deque(maxlen=_REMEMBERED)
        self._lost = 0

    def left(self) -> None:
        """What was sent has left."""
        self._marks.left()

    def owed(self, now: float) -> list[Due]:
        """Return the ends that are owed."""
        return [Due(now, message) for message in self._marks.owed()]

    def payment(self, now: float, reach: Reach) -> list[Due]:
        """Return the ends that are owed and go out now: now and then, where not everybody gets them."""
        if not self._marks.owing or reach is Reach.NOBODY:
            return []
        if reach is Reach.PERHAPS:
            if now < self._next_payment:
                return []
            self._next_payment = now + _PAY_EVERY
        return self.owed(now)

    def again(self, now: float, lost: int) -> list[Due]:
        """Return ends that go out once more: a server that was late may have lost them.

        lost: how often one was.
        """
        if lost == self._lost:
            return []
        self._lost = lost
        return [
            Due(now, end)
            for at, end in self._ended
            if at > now - _DOUBTFUL and not self._marks.sounds(end)
        ]

    def send(self, out: list[Due], now: float, reach: Reach) -> list[Due]:
        """Return what really goes out, in order, none of it before `now`, and tell control of the notes."""
        if not out:
            return out
        going = []
        echo, marks, last = self._echo, self._marks, now
        for due in out:
            last = max(last, due.at)
            if not due.aside:
                if marks.owing and (end := marks.owed_before(due.message)):
                    going.append(Due(last, end))
                echo.sent(due.message, last)
                if type(due.message) is NoteOff and marks.sounds(due.message):
                    self._ended.append((last, due.message))
                marks.sent(due.message, reach)
            going.append(due if due.at == last else due._replace(at=last))
            if due.note:
                self._say_sent(due.note, last - due.at)
        return going

    def tell(self, now: float, xruns: int, closed: bool) -> None:
        """Tell control the counts, now and then, where they have changed or the desk is closed."""
        counted = self._sent, xruns, self._echo.count
        if now >= self._next_count and (counted != self._counted or closed):
            self._next_count = now + _COUNT_EVERY
            self._counted = counted
            sent, xruns, echoes = counted
            self._news.put(Counted(sent=sent, latest=self._latest, xruns=xruns, echoes=echoes))

    def _say_sent(self, note: CommittedNote, late: float) -> None:
        self._sent += 1
        self._latest = max(self._latest, late)
        self._news.put(
            Sent(
                voice=note.voice,
                pitch=note.pitch,
                velocity=note.velocity,
                channel=note.channel,
                seconds=self._table.seconds(note),
                at=note.at,
                late=late,
                number=note.number,
            )
        )

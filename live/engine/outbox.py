"""What the engine tells control, also while control is held up: lines of the journal before all else."""

from collections import deque
from collections.abc import Hashable
from time import monotonic, sleep
from typing import Final

from live.ipc.news import Entry, FromEngine, Hole, KnobSet, Ready, Trouble
from live.ipc.ring import Ring

LINES: Final = 1 << 15
"""Lines that may wait here, minutes of dense playing; those that stand for sound may be as many more."""
NEWS: Final = 1024
"""Other news that may wait here."""
AT_ONCE: Final = 64
"""Messages that are handed over in one turn of the engine at most: half a millisecond."""
PATIENCE: Final = 1.0
"""Seconds that control has at the end."""


class Outbox:
    """Tells control. A full ring means that it is held up, hangs or has gone: the music goes on.

    Lines of the journal wait here for room. Other news leaves them half of the ring; of what a knob
    or a voice came to meanwhile, only the newest is told. Lines that are lost after all are told of,
    and written down where they are missing. Threads: one; nothing here waits but `close`.
    """

    def __init__(self, news: Ring[FromEngine]) -> None:
        self._news = news
        self._lines: deque[Entry] = deque()
        self._newest: dict[Hashable, FromEngine] = {}
        self._missing = 0
        """Lines that were lost since the last that was kept."""
        self._untold = 0
        """Lines that were lost and not yet told of."""

    def __call__(self, message: FromEngine) -> None:
        """Hand a message over, or keep it until there is room."""
        if isinstance(message, Entry):
            self._write(message)
            return
        subject = _subject(message)
        if subject is None:
            self._hand_over(message)
        elif self._newest or not self._hand_over(message):
            known = self._newest.pop(subject, None)
            if known or len(self._newest) < NEWS:
                self._newest[subject] = message

    def catch_up(self) -> bool:
        """Hand over some of what waits; return whether more does."""
        self._send(AT_ONCE)
        if self._untold and not self._lines:
            text = (
                f"The daemon was held up, and {self._untold} lines of the journal are lost: "
                "the take has a hole, and replay goes only up to it."
            )
            self._untold = 0
            self(Trouble(code="journal", text=text))
        for subject, message in list(self._newest.items())[:AT_ONCE]:
            if not self._hand_over(message):
                break
            del self._newest[subject]
        return bool(self._lines or self._newest)

    def close(self) -> None:
        """Hand over all that waits, while control takes it."""
        ends = monotonic() + PATIENCE
        while self.catch_up() and monotonic() < ends:
            sleep(0.001)

    def _hand_over(self, message: FromEngine) -> bool:
        """Hand over what is no line, if no line waits and the ring is not half full."""
        spare = not self._lines and self._news.room > self._news.slots // 2
        return spare and self._news.put(message)

    def _write(self, line: Entry) -> None:
        if len(self._lines) >= (2 * LINES if line.sounds else LINES):
            self._lose()
            return
        if self._missing:
            self._lines.append(Entry(line=str(Hole(self._missing)), sounds=True))
            self._missing = 0
        self._lines.append(line)
        # Two, so that fewer and fewer wait.
        self._send(2)

    def _send(self, most: int) -> None:
        for _ in range(min(most, len(self._lines), self._news.room)):
            if not self._news.put(self._lines.popleft()):
                # Too wide for the ring.
                self._news.put(Entry(line=str(Hole(1))))
                self._untold += 1

    def _lose(self) -> None:
        self._missing += 1
        self._untold += 1


def _subject(message: FromEngine) -> Hashable:
    """Return what a message is about, if it has to be told some time; the next makes it old."""
    match message:
        case KnobSet(voice=voice, knob=knob):
            return voice, knob
        case Ready(voice=voice):
            return voice
        case Trouble(text=text):
            return text
    return None

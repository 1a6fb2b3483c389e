"""The player's own notes on their way through: where they sound at once."""

from typing import Final, Literal

from live.ipc.wire import Thru, Who
from live.time.table import Due, NoteTable
from models.midi.hands import Hands
from models.midi.messages import NoteOff, NoteOn, NotesOff

_ASIDE: Final = 16
"""A channel of its own: no end or pedal of the player's touches what the model plays."""


class Through:
    """What the player plays, on one channel: through the table of all notes, or to the synth alone.

    Keys are followed wherever they go, so that each strike ends once. Threads: the desk's.
    """

    def __init__(self, table: NoteTable) -> None:
        self._table = table
        self._aside = NoteTable()
        """Notes that only the built-in synth sounds."""
        self._thru = Thru(to="off", channel=1)
        self._keys = Hands()
        """What is held by hand."""
        self._feet: dict[int, bool] = {}
        """Which channels' pedals are down."""
        self._struck: set[int] = set()
        """The channels that were played on: only their pedals pass through, for all share a channel there."""

    def route(self, thru: Thru) -> bool:
        """Send what is played somewhere; return whether that is somewhere else than before."""
        changed = thru != self._thru
        self._thru = thru
        return changed

    def note(self, message: NoteOn | NoteOff | NotesOff, at: float) -> list[Due]:
        """Take keys; return what goes out."""
        ended = self._keys.take(message)
        if not isinstance(message, NoteOn):
            return [due for pitch in ended for due in self._pass(pitch, 0, at)]
        out: list[Due] = []
        if message.channel not in self._struck:
            self._struck.add(message.channel)
            out = self._sustain(at) if self._feet.get(message.channel) else out
        return out + self._pass(message.pitch, message.velocity, at)

    def pedal(self, channel: int, down: bool, at: float) -> list[Due]:
        """Take a channel's pedal; return what goes out. One that holds none of the notes waits."""
        self._feet[channel] = down
        return self._sustain(at) if channel in self._struck else []

    def forget(self) -> None:
        """Forget what is held."""
        self._keys.clear()
        self._feet.clear()

    def let_go(self, who: Who | Literal["all"], now: float) -> list[Due]:
        """End what is sent to the synth alone; see `NoteTable.let_go`."""
        return _aside(self._aside.let_go(who, now))

    def _pass(self, pitch: int, velocity: int, at: float) -> list[Due]:
        match self._thru.to:
            case "all":
                return self._table.player(pitch, velocity, self._thru.channel, at)
            case "synth":
                return _aside(self._aside.player(pitch, velocity, _ASIDE, at))
        return []

    def _sustain(self, at: float) -> list[Due]:
        down = any(self._feet.get(channel) for channel in self._struck)
        match self._thru.to:
            case "all":
                return self._table.sustain(down, self._thru.channel, at)
            case "synth":
                return _aside(self._aside.sustain(down, _ASIDE, at))
        return []


def _aside(dues: list[Due]) -> list[Due]:
    return [due._replace(aside=True) for due in dues]

"""The one reader of MIDI files: typed messages in order of time, tempi and metres, and when each falls.

What is no MIDI file, and what cannot be meant, is refused in one sentence.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

from models.contract import files
from models.contract.errors import GivenError
from models.midi.messages import DRUMS, NoteOn
from models.midi.parsing import TEMPO, BrokenError, Event, Key, Metre, Parser

MOST: Final = 16 << 20
"""Bytes of a file that is read."""
HOURS: Final = 24
BEATS: Final = 1_000_000
"""How long a file may be."""
FASTEST: Final = 10_000
"""Microseconds that a beat has at least: 6,000 beats a minute."""


class MidiError(GivenError):
    """A file that is not read as MIDI."""


class Tempo(NamedTuple):
    """From a tick on a beat has so many microseconds. seconds: where that tick lies."""

    tick: int
    microseconds: int
    seconds: float


_UNSAID: Final = Tempo(0, TEMPO, 0.0)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a MIDI file holds. Ticks are the file's own, `division` of them a beat (a quarter).

    events: all messages, by time; at one tick as their tracks have them. tempi: by time; until the first a beat
    has `TEMPO`. metres, keys: as they were written. tracks: the tracks' names, empty where they have none.
    """

    name: str
    division: int
    events: tuple[Event, ...]
    tempi: tuple[Tempo, ...]
    metres: tuple[Metre, ...]
    keys: tuple[Key, ...]
    tracks: tuple[str, ...]

    @property
    def music(self) -> Iterator[Event]:
        """Yield what is for instruments with pitches: every message that is on a channel, but the drums'."""
        return (event for event in self.events if getattr(event.message, "channel", DRUMS) != DRUMS)

    @property
    def tempo(self) -> float:
        """Return the tempo in which it begins, in beats a minute; 120 where it does not say."""
        first = self._first_note
        said = [one for one in self.tempi if one.tick <= first]
        return 60e6 / (said[-1].microseconds if said else TEMPO)

    @property
    def metre(self) -> tuple[int, int] | None:
        """Return the metre in which it begins, such as (6, 8); None where it does not say."""
        first = self._first_note
        said = [one for one in self.metres if one.tick <= first]
        if not said or not said[-1].numerator:
            return None
        return said[-1].numerator, said[-1].denominator

    def seconds(self, tick: int) -> float:
        """Return when a tick falls, in seconds from the file's beginning."""
        count = bisect_right(self.tempi, tick, key=lambda one: one.tick)
        tempo = self.tempi[count - 1] if count else _UNSAID
        return tempo.seconds + (tick - tempo.tick) * tempo.microseconds / (1e6 * self.division)

    @property
    def _first_note(self) -> int:
        return next((one.tick for one in self.events if isinstance(one.message, NoteOn)), 0)


def read(path: Path) -> Reading:
    """Read a MIDI file of type 0 or 1. Raises MidiError, one sentence, where it cannot be."""
    try:
        data = files.read(path, MOST)
    except files.FileError as error:
        raise MidiError(str(error)) from error
    return parse(data, str(path))


def parse(data: bytes, name: str) -> Reading:
    """Read the bytes of a MIDI file; see `read`. name: what a sentence calls it."""
    try:
        said = Parser(data).parse()
    except (BrokenError, IndexError) as error:
        # What is cut off ends in the middle of something.
        why = str(error) if isinstance(error, BrokenError) else "it ends too early"
        raise MidiError(f"{name} cannot be read as MIDI: {why}.") from error
    tempi = tuple(_timed(said.tempi, said.division))
    reading = Reading(name, said.division, said.events, tempi, said.metres, said.keys, said.tracks)
    return _checked(reading)


def _timed(tempi: dict[int, int], division: int) -> Iterator[Tempo]:
    """Yield tempi by time, each with the seconds at which it begins."""
    last = _UNSAID
    for tick, microseconds in sorted(tempi.items()):
        seconds = last.seconds + (tick - last.tick) * last.microseconds / (1e6 * division)
        last = Tempo(tick, microseconds, seconds)
        yield last


def _checked(reading: Reading) -> Reading:
    """Return a reading whose times can be meant. Raises MidiError for others."""
    for tempo in reading.tempi:
        if tempo.microseconds < FASTEST:
            at = (
                f"{tempo.microseconds} microseconds a beat at beat {tempo.tick // reading.division}"
            )
            _refuse(reading, f"{at} is no tempo, at least {FASTEST:,} are: mend that, or remove it")
    if reading.events:
        last = reading.events[-1].tick
        beats, hours = last / reading.division, reading.seconds(last) / 3600
        if beats > BEATS or hours > HOURS:
            length = f"{beats:,.0f} beats" if hours < HOURS else f"{hours / 24:,.1f} days"
            _refuse(reading, f"it would last {length}, so a time in it is wrong")
    return reading


def _refuse(reading: Reading, why: str) -> NoReturn:
    raise MidiError(f"{reading.name} cannot be used: {why}.")

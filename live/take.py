"""Takes: what was played, as a MIDI file with its tempo and metre."""

import bisect
import contextlib
import os
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from models.contract.errors import ExtempoError

if TYPE_CHECKING:
    import mido

TICKS: Final = 480
"""Ticks in a beat of the files that are written."""
_SLOWEST: Final = 4.0
"""Beats a minute; slower than this, the clock was held."""


class TakeError(ExtempoError):
    """A take that could not be written."""


class TakeNote(msgspec.Struct, frozen=True, gc=False, order=True):
    """One note: onset and length in beats, channel 1 to 16; voice 0 is the performer."""

    onset: float
    pitch: int
    length: float
    velocity: int
    channel: int = 1
    voice: int = 1


class Tempo(msgspec.Struct, frozen=True, gc=False):
    """From `beat` on, `tempo` beats a minute."""

    beat: float
    tempo: float


class Heard:
    """Collects what really went out, in seconds, and says it in beats. Threads: one.

    Forty bytes a note and sixteen a beat, so that a long evening is no burden.
    """

    def __init__(self) -> None:
        self._notes = array("d")
        self._beats = array("d")
        self._numbers = array("d")

    def __len__(self) -> int:
        return len(self._notes) // 5

    def note(self, at: float, seconds: float, pitch: int, velocity: int, channel: int) -> None:
        """A note went out at `at` (`time.monotonic()`) and sounds for so many seconds."""
        self._notes.extend((at, seconds, pitch, velocity, channel))

    def beat(self, at: float, tempo: float) -> None:
        """A beat began at `at`, at a tempo in beats a minute."""
        if self._beats and at <= self._beats[-1]:
            return
        passed = (at - self._beats[-1]) * tempo / 60.0 if self._beats else 0.0
        # A clock that was held leaves silence of as many beats as would have passed.
        number = self._numbers[-1] + max(round(passed), 1) if self._beats else 0.0
        self._beats.append(at)
        self._numbers.append(number)

    def notes(self) -> list[TakeNote]:
        """Return what was heard, in beats since the first beat."""
        found = []
        values = iter(self._notes)
        for at, seconds, pitch, velocity, channel in zip(*[values] * 5, strict=True):
            onset = max(self._place(at), 0.0)
            length = max(self._place(at + seconds) - onset, 1 / TICKS)
            found.append(TakeNote(onset, int(pitch), length, int(velocity), int(channel)))
        return sorted(found)

    def tempos(self) -> list[Tempo]:
        """Return the tempo of every beat at which it changed."""
        found: list[Tempo] = []
        for index in range(len(self._beats) - 1):
            tempo = self._tempo(index)
            if not found or abs(tempo - found[-1].tempo) > 0.01:
                found.append(Tempo(self._numbers[index], tempo))
        return found or [Tempo(0.0, 120.0)]

    def _tempo(self, index: int) -> float:
        beats = self._numbers[index + 1] - self._numbers[index]
        return 60.0 * beats / (self._beats[index + 1] - self._beats[index])

    def _place(self, at: float) -> float:
        if len(self._beats) < 2:
            return (at - (self._beats[0] if self._beats else self._notes[0])) * 2.0
        index = min(max(bisect.bisect(self._beats, at) - 1, 0), len(self._beats) - 2)
        return self._numbers[index] + (at - self._beats[index]) * self._tempo(index) / 60.0


def write(
    path: Path,
    notes: Iterable[TakeNote],
    tempos: Sequence[Tempo] = (Tempo(0.0, 120.0),),
    metre: int = 4,
    name: str = "extempo",
) -> None:
    """Write a MIDI file, whole or not at all, with a track for each voice. metre: beats a bar.

    Raises TakeError, one sentence, where the disk does not take it.
    """
    import mido

    file = mido.MidiFile(type=1, ticks_per_beat=TICKS, charset="utf-8")
    file.tracks.append(_conductor(tempos, metre))
    by_voice: dict[int, list[TakeNote]] = {}
    for note in notes:
        by_voice.setdefault(note.voice, []).append(note)
    for voice in sorted(by_voice) or [1]:
        title = _title(voice, name)
        file.tracks.append(_track(by_voice.get(voice, ()), title))
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file.save(temporary)
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise TakeError(f"The take cannot be written to {path} ({error.strerror}).") from error


def _title(voice: int, name: str) -> str:
    if voice == 0:
        return "performer"
    return name if voice == 1 else f"{name} {voice}"


def _conductor(tempos: Sequence[Tempo], metre: int) -> "mido.MidiTrack":
    import mido

    track = mido.MidiTrack()
    track.append(mido.MetaMessage("time_signature", numerator=metre, denominator=4, time=0))
    at = 0
    for change in tempos:
        tick = round(change.beat * TICKS)
        tempo = mido.bpm2tempo(max(change.tempo, _SLOWEST))
        track.append(mido.MetaMessage("set_tempo", tempo=tempo, time=max(tick - at, 0)))
        at = max(tick, at)
    return track


def _track(notes: Iterable[TakeNote], name: str) -> "mido.MidiTrack":
    import mido

    events = []
    struck: dict[tuple[int, int], int] = {}
    for note in sorted(notes, reverse=True):
        start = round(note.onset * TICKS)
        end = max(round((note.onset + note.length) * TICKS), start + 1)
        # A key that is struck again while it sounds ends its first note there.
        end = min(end, struck.get((note.channel, note.pitch), end))
        struck[note.channel, note.pitch] = start
        events.append((start, 1, note.pitch, note.velocity, note.channel))
        events.append((end, 0, note.pitch, 0, note.channel))
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name=name, time=0))
    at = 0
    # At one tick, ends come before beginnings: a note that is struck again keeps its new life.
    for tick, begins, pitch, velocity, channel in sorted(events):
        kind = "note_on" if begins else "note_off"
        track.append(
            mido.Message(kind, note=pitch, velocity=velocity, channel=channel - 1, time=tick - at)
        )
        at = tick
    return track

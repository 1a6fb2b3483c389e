"""MIDI files to notes on the grid: what a piece is before it becomes events.

Onsets are absolute beats that snap to 24 ticks a beat. All tracks of a piece are merged into one
part, drums (channel 10) are left out, the sustain pedal makes notes longer, and a note that is
struck again ends there.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import mido
import numpy as np
from numpy.typing import NDArray

from models.contract.errors import ExtempoError
from models.contract.performance import METRES, TICKS

VERSION: Final = 2
"""Raised when the same file would be read to other notes; parts caches from before."""

DRUMS: Final = 9
SUSTAIN: Final = 64
LONGEST: Final = 64 * TICKS
"""A note that no message ends within so many ticks is cut there."""

Ints = NDArray[np.int32]
Span = tuple[int, int, int, int]
"""A note as onset, pitch, velocity and end."""

Timed = tuple[int, int, mido.Message]
"""A message with its tick and the number of its track."""


@dataclass(frozen=True)
class Piece:
    """A piece on the grid.

    notes: int32 (n, 4), onset, pitch, velocity and duration (ticks, times in ticks), sorted.
    bars: int32 (m, 2), the tick where a metre begins with a bar, and its eighths (0: not known).
    """

    name: str
    notes: Ints
    bars: Ints


def read_midi(path: Path) -> Piece:
    """Read a MIDI file of type 0 or 1.

    Raises ExtempoError, one sentence that says why, for a file that is broken or has no notes.
    """
    try:
        file = mido.MidiFile(path, clip=True)
        messages = list(_absolute(file))
    except (OSError, EOFError, ValueError, LookupError, mido.KeySignatureError) as error:
        # This is what mido raises on broken bytes; its own words for them vary.
        reason = str(error) or "it ends too early"
        raise ExtempoError(f"{path} cannot be read as MIDI ({reason}): leave it out.") from error
    if file.type == 2:
        raise ExtempoError(f"{path} is MIDI of type 2 (separate patterns): save it as type 1.")
    notes = _untangle(spans(messages))
    if not len(notes):
        raise ExtempoError(f"{path} has no notes outside the drum channel: leave it out.")
    return Piece(path.name, notes, _bars(messages))


def _absolute(file: mido.MidiFile) -> Iterator[Timed]:
    """Yield all tracks' messages in order of time, at their ticks of 24 a beat."""
    if file.ticks_per_beat <= 0:
        raise ValueError("its time is in seconds, not in beats")
    merged = []
    for number, track in enumerate(file.tracks):
        at = 0
        for message in track:
            at += message.time
            merged.append((at, number, message))
    # Stable: at one moment, messages keep their track's order.
    merged.sort(key=lambda timed: timed[0])
    for at, number, message in merged:
        tick = (at * TICKS * 2 + file.ticks_per_beat) // (2 * file.ticks_per_beat)
        yield tick, number, message


def spans(messages: list[Timed]) -> list[Span]:
    """Pair note-ons with what ends them: their note-off, or the pedal when it comes up."""
    open_notes: dict[tuple[int, int, int], list[tuple[int, int]]] = defaultdict(list)
    pedalled: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    down: set[int] = set()
    spans: list[Span] = []
    last = 0
    for at, track, message in messages:
        if message.is_meta or getattr(message, "channel", DRUMS) == DRUMS:
            continue
        last, channel = at, message.channel
        if message.type == "control_change" and message.control == SUSTAIN:
            if message.value >= 64:
                down.add(channel)
            else:
                down.discard(channel)
                spans += [
                    (on, pitch, velocity, at) for on, pitch, velocity in pedalled.pop(channel, [])
                ]
        elif message.type == "note_on" and message.velocity:
            open_notes[track, channel, message.note].append((at, message.velocity))
        elif message.type in ("note_on", "note_off"):
            started = open_notes[track, channel, message.note]
            if started:
                on, velocity = started.pop(0)
                if channel in down:
                    pedalled[channel].append((on, message.note, velocity))
                else:
                    spans.append((on, message.note, velocity, at))
    for (_, _, pitch), started in open_notes.items():
        spans += [(on, pitch, velocity, last) for on, velocity in started]
    for held in pedalled.values():
        spans += [(on, pitch, velocity, last) for on, pitch, velocity in held]
    return spans


def _untangle(spans: list[Span]) -> Ints:
    """Return notes (n, 4): unisons become one note, and a note struck again ends there."""
    if not spans:
        return np.zeros((0, 4), np.int32)
    table = np.array(spans, np.int64)
    onset, pitch, _, end = table.T
    order = np.lexsort((-end, onset, pitch))
    table = table[order]
    same = (table[1:, 1] == table[:-1, 1]) & (table[1:, 0] == table[:-1, 0])
    table = table[np.concatenate(([True], ~same))]
    struck_again = table[1:, 1] == table[:-1, 1]
    table[:-1, 3] = np.where(struck_again, np.minimum(table[:-1, 3], table[1:, 0]), table[:-1, 3])
    table[:, 3] = np.clip(table[:, 3] - table[:, 0], 1, LONGEST)
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    return table.astype(np.int32)


def _bars(messages: list[Timed]) -> Ints:
    """Return where metres begin; music without a time signature has the metre 0, not known."""
    metres: dict[int, int] = {0: 0}
    for at, _, message in messages:
        if message.type == "time_signature":
            eighths, rest = divmod(message.numerator * 8, message.denominator)
            metres[at] = eighths if not rest and eighths < METRES else 0
    return np.array(sorted(metres.items()), np.int32)

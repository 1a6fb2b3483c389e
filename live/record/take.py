"""Takes: what was played, as a MIDI file with its tempo and metre, a track for each voice."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import mido

from live.declared.metre import COMMON_TIME, Metre
from live.engine.notes.operations import SetMetre, Tempo
from live.ipc.wire import PLAYER, Who
from live.record.heard import Taken, notes_heard
from live.record.records import straight
from live.record.replay import Journal, border
from models.contract.errors import ExtempoError
from models.contract.grid import TICKS as TICKS_A_BEAT
from models.contract.whole import whole

TICKS: Final = 480
"""Ticks in a beat of the files that are written."""
_SLOWEST: Final = 0xFFFFFF
"""Microseconds of the longest beat that a MIDI file can hold."""
_FARTHEST: Final = 0x0FFFFFFF
"""The longest time between two messages, in ticks."""


class TakeError(ExtempoError):
    """A take that could not be written."""


def write(path: Path, journal: Journal) -> int:
    """Write what a journal holds as a MIDI file; return how many notes that are.

    Raises TakeError, one sentence, where the disk does not take it.
    """
    with border():
        taken = notes_heard(journal)
        write_notes(path, taken, journal.tempi, measures(journal))
    return len(taken)


def write_notes(
    path: Path, taken: Iterable[Taken], tempi: Sequence[Tempo], measures: Sequence[SetMetre]
) -> None:
    """Write notes as a MIDI file, whole or not at all. measures: the bars, in order.

    What lies before beat 0 is moved there. Raises TakeError, one sentence, where the disk does not
    take it.
    """
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS, charset="utf-8")
    file.tracks.append(_conductor(tempi, measures))
    by_who: dict[Who, list[Taken]] = {1: []}
    for note in taken:
        by_who.setdefault(note.who, []).append(note)
    order = sorted(by_who, key=lambda who: 0 if who == PLAYER else who)
    file.tracks += [_track(by_who[who], who) for who in order]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as fresh:
            file.save(fresh)
    except OSError as error:
        raise TakeError(f"The take cannot be written to {path} ({error.strerror}).") from error


def measures(journal: Journal) -> list[SetMetre]:
    """Return the bars as the first voice that has any was told them."""
    told = [
        (line.voice, line.did) for line in straight(journal.lines) if isinstance(line.did, SetMetre)
    ]
    return [did for voice, did in told if voice == told[0][0]]


def in_force(measures: Sequence[SetMetre]) -> list[tuple[int, Metre]]:
    """Return from which tick on each metre counts: of bars that were told anew before they came, the last."""
    said: list[tuple[int, Metre]] = []
    for one in measures or (SetMetre(metre=COMMON_TIME.beats, tick=0, bar=1),):
        while said and said[-1][0] >= one.tick:
            said.pop()
        said.append((one.tick, Metre(one.metre, one.unit)))
    return said


def title(who: Who) -> str:
    """Return what a track or part is called."""
    return "performer" if who == PLAYER else f"voice {who}"


def _conductor(tempi: Sequence[Tempo], measures: Sequence[SetMetre]) -> mido.MidiTrack:
    said: list[tuple[int, mido.MetaMessage]] = []
    for tick, metre in in_force(measures):
        at = round(tick * TICKS / TICKS_A_BEAT)
        said.append(
            (at, mido.MetaMessage("time_signature", numerator=metre.beats, denominator=metre.unit))
        )
    jumped = 0.0
    for change in tempi:
        jumped += change.jump
        # A clock that is held stays where it is: no beats go by.
        if change.tempo > 0:
            tempo = min(max(mido.bpm2tempo(change.tempo), 1), _SLOWEST)
            said.append(
                (round((change.beat - jumped) * TICKS), mido.MetaMessage("set_tempo", tempo=tempo))
            )
    track = mido.MidiTrack()
    last = 0
    for at, message in sorted(said, key=lambda one: one[0]):
        track.append(message.copy(time=max(at, last) - last))
        last = max(at, last)
    return track


def _track(taken: Iterable[Taken], who: Who) -> mido.MidiTrack:
    spans: list[tuple[Taken, int, int]] = []
    latest: dict[tuple[int, int], int] = {}
    for note in sorted(taken, key=lambda note: note.order):
        key = note.channel, note.pitch
        start, end = round(note.start * TICKS), round(note.end * TICKS)
        start = max(start, 0)
        if key in latest:
            # A key that is struck again while it sounds ends its first note there.
            before, began, ended = spans[latest[key]]
            start = max(start, began + 1)
            spans[latest[key]] = before, began, min(ended, start)
        latest[key] = len(spans)
        spans.append((note, start, max(end, start + 1)))
    events = []
    for note, start, end in spans:
        events.append((start, 1, note.pitch, note.velocity, note.channel))
        events.append((end, 0, note.pitch, 0, note.channel))
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name=title(who), time=0))
    at = 0
    # At one tick, ends come before beginnings: a note that is struck again keeps its new life.
    for tick, begins, pitch, velocity, channel in sorted(events):
        if tick - at > _FARTHEST:
            raise TakeError(
                f"A note lies {(tick - at) // TICKS:,} beats after the one before: no MIDI file can hold that."
            )
        kind = "note_on" if begins else "note_off"
        track.append(
            mido.Message(kind, note=pitch, velocity=velocity, channel=channel - 1, time=tick - at)
        )
        at = tick
    return track

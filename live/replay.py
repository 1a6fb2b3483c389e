"""A journal read back: done again operation by operation, and turned into notes."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from live import files
from live.clock import Timeline
from live.engine import operations as op
from live.engine.loading import Loaded
from live.engine.operations import Line, Tempo
from live.engine.voice import Voice
from live.wire import Segment
from models.contract.errors import ExtempoError
from models.contract.performance import DURATIONS, TICKS

MOST: Final = 256 << 20
"""Bytes of a journal that is read, a day of dense playing."""


class ReplayError(ExtempoError):
    """A journal that cannot be read, or whose artifact has changed."""


@dataclass(frozen=True, slots=True, order=True)
class Taken:
    """A note of a take, in beats. voice 0 is the performer."""

    start: float
    end: float
    pitch: int
    velocity: int
    channel: int
    voice: int


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal's lines, and the clock that went with them."""

    lines: tuple[Line, ...]
    tempi: tuple[Tempo, ...]

    @property
    def timeline(self) -> Timeline:
        """Return the clock; beat 0 is where it began."""
        return Timeline(tuple(Segment(beat=t.beat, at=t.at, tempo=t.tempo) for t in self.tempi))


_line = msgspec.json.Decoder(Line)
_tempo = msgspec.json.Decoder(Tempo)


def parse(lines: Iterable[str | bytes], where: str = "the journal") -> Journal:
    """Read a journal's lines; others (its header) are passed over.

    A last line that was cut off by a crash is left out. Raises ReplayError for anything else that
    is not a journal, or where it does not begin with a voice.
    """
    found: list[Line] = []
    tempi: list[Tempo] = []
    broken = 0
    for number, text in enumerate(lines, 1):
        if broken:
            raise ReplayError(
                f"{where} is broken in line {broken}: replay a copy that ends before it."
            )
        try:
            data = text.encode() if isinstance(text, str) else text
            if b'"did"' in data:
                found.append(_line.decode(data))
            elif b'"beat"' in data:
                tempi.append(_tempo.decode(data))
        except msgspec.DecodeError:
            broken = number
    if not any(isinstance(line.did, op.Begin) for line in found):
        raise ReplayError(f"{where} is not a journal of a performance: no voice begins in it.")
    return Journal(tuple(found), tuple(tempi))


def read(path: Path) -> Journal:
    """Read a journal's file; see `parse`. What is no file, or too large for one, is refused too."""
    refused = files.refusal(path, MOST)
    if refused:
        raise ReplayError(refused)
    try:
        with path.open("rb") as lines:
            return parse(lines, str(path))
    except OSError as error:
        raise ReplayError(f"{path} cannot be read: {error.strerror or error}.") from error


def replay(journal: Journal, opener: Callable[[str], Loaded]) -> int:
    """Do everything in a journal again; return how many notes came out the same.

    What voices of sound were asked is passed over: when they drew is not in the journal.

    Raises ReplayError at the first note that differs, or where an artifact has changed since;
    ArtifactError where one cannot be played.
    """
    voices: dict[int, Voice] = {}
    same = 0
    sounds = {
        line.voice
        for line in journal.lines
        if isinstance(line.did, op.Begin) and line.did.kind == "audio"
    }
    for line in journal.lines:
        if line.voice in sounds:
            continue
        voice = voices.setdefault(line.voice, Voice(line.voice, lambda path: opener(path).model))
        if isinstance(line.did, op.Begin | op.Swap):
            digest = opener(line.did.path).digest
            if digest != line.did.digest:
                raise ReplayError(
                    f"{line.did.path} has changed since: replay needs the artifact as it was."
                )
        if isinstance(line.did, op.Commit):
            _compare(voice, line.did)
            same += 1
        voice.do(line.did)
    return same


def _compare(voice: Voice, played: op.Commit) -> None:
    note = voice.plan[0].note if voice.plan else None
    if note is None:
        raise ReplayError(
            f"Note {played.number} at tick {played.tick} was played, and is not planned now."
        )
    now = (note.onset, note.pitch, note.velocity, note.duration)
    then = (played.tick, played.pitch, played.velocity, played.duration)
    if now != then:
        raise ReplayError(
            f"Note {played.number} is {now} now and was {then} (tick, pitch, velocity, duration): "
            f"another machine or version of onnxruntime rounds otherwise."
        )


def notes(journal: Journal) -> list[Taken]:
    """Return what was heard: the voices' notes, cut where they were let go, and the performer's."""
    result: list[Taken] = []
    held: dict[int, op.Hear] = {}
    for line in journal.lines:
        match line.did:
            case op.Commit() as did:
                _make_room(result, did, line.voice)
                if not did.heard:
                    continue
                end = (did.tick + did.duration) / TICKS
                taken = Taken(
                    did.tick / TICKS, end, did.pitch, did.velocity, did.channel, line.voice
                )
                result.append(taken)
            case op.Hush(tick=tick):
                result = [_cut(note, tick / TICKS, line.voice) for note in result]
            case op.Hear() as did if line.voice == 1:
                held[did.pitch] = did
            case op.Lift(tick=tick, pitch=pitch) if line.voice == 1 and pitch in held:
                result.append(_performer(held.pop(pitch), tick))
    result += [_performer(did, did.tick + DURATIONS[-1]) for did in held.values()]
    return sorted(note for note in result if note.end > note.start and not math.isnan(note.start))


def _make_room(notes: list[Taken], did: op.Commit, voice: int) -> None:
    """Cut the notes that ended as this one began."""
    left = set(did.ended)
    for index in range(len(notes) - 1, -1, -1):
        if not left:
            return
        note = notes[index]
        if note.voice == voice and note.pitch in left:
            left.remove(note.pitch)
            notes[index] = _cut(note, did.tick / TICKS, voice)


def _cut(note: Taken, beat: float, voice: int) -> Taken:
    if note.voice != voice or note.end <= beat:
        return note
    return Taken(note.start, beat, note.pitch, note.velocity, note.channel, voice)


def _performer(did: op.Hear, tick: int) -> Taken:
    end = max(tick, did.tick + 1) / TICKS
    return Taken(did.tick / TICKS, end, did.pitch, did.velocity, 1, 0)

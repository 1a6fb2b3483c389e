"""What was heard of a run: the notes of its journal, the voices' and the player's, as they sounded."""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, replace

from live.engine.notes import operations as op
from live.ipc import acts
from live.ipc.wire import PLAYER, Who
from live.record.records import straight
from live.record.replay import Journal
from models.contract.grid import LONGEST, TICKS


@dataclass(frozen=True, slots=True)
class Taken:
    """A note of a take, in beats, and who played it."""

    start: float
    end: float
    pitch: int
    velocity: int
    channel: int
    who: Who

    @property
    def order(self) -> tuple[float, ...]:
        """Return what notes are sorted by: their time first, the player's before those of voices."""
        first = 0 if self.who == PLAYER else self.who
        return self.start, self.end, self.pitch, self.velocity, self.channel, first


def notes_heard(journal: Journal) -> list[Taken]:
    """Return what was heard: the voices' notes, cut where they were let go, and the player's."""
    voices: defaultdict[Who, _Played] = defaultdict(_Played)
    result: list[Taken] = []
    held: dict[tuple[Who, int], acts.Play] = {}
    hands = _Hands()
    for line in straight(journal.lines):
        match line.did:
            case op.Commit() as did:
                voices[line.voice].play(did, line.voice)
            case op.Hush(tick=tick):
                voices[line.voice].hush(tick / TICKS)
            case acts.Play() as did:
                key = line.voice, did.pitch
                if key in held:
                    result.append(_player(held.pop(key), did.tick))
                if hands.play(line.voice, line.at, did):
                    held[key] = did
            case op.Lift(tick=tick, pitch=pitch) if (line.voice, pitch) in held:
                result.append(_player(held.pop((line.voice, pitch)), tick))
    result += [_player(did, did.tick + LONGEST) for did in held.values()]
    for voice in voices.values():
        result += voice.heard()
    return sorted((note for note in result if note.end > note.start), key=lambda note: note.order)


class _Played:
    """A voice's notes. What cuts them is looked up or kept for the end: a journal may have many of both."""

    def __init__(self) -> None:
        self._notes: list[Taken] = []
        self._latest: dict[tuple[int, int], int] = {}
        """Where the last note of a part and a pitch is."""
        self._hushed: list[tuple[int, float]] = []
        """How many notes there were when all were let go, and at which beat."""

    def play(self, did: op.Commit, voice: Who) -> None:
        """Add a note, if it was heard; those that it ends are cut."""
        for pitch in did.ended:
            if (did.part, pitch) in self._latest:
                self._cut(self._latest[did.part, pitch], did.tick / TICKS)
        if did.heard:
            start = did.note.sounds / TICKS
            end = start + did.duration / TICKS if did.offset else (did.tick + did.duration) / TICKS
            self._latest[did.part, did.pitch] = len(self._notes)
            self._notes.append(Taken(start, end, did.pitch, did.velocity, did.channel, voice))

    def hush(self, beat: float) -> None:
        """Cut all notes until now at a beat."""
        count = len(self._notes)
        if self._hushed and self._hushed[-1][0] == count:
            beat = min(beat, self._hushed.pop()[1])
        self._hushed.append((count, beat))

    def heard(self) -> list[Taken]:
        """Return the notes as they sounded; nothing may be added afterwards."""
        beat = math.inf
        for index in reversed(range(len(self._notes))):
            while self._hushed and self._hushed[-1][0] > index:
                beat = min(beat, self._hushed.pop()[1])
            self._cut(index, beat)
        return self._notes

    def _cut(self, index: int, beat: float) -> None:
        note = self._notes[index]
        if note.end > beat:
            self._notes[index] = replace(note, end=beat)


class _Hands:
    """Tells the notes that were played from their copies: one note may be heard by several voices."""

    def __init__(self) -> None:
        self._moment: tuple[float, int, int] | None = None
        self._played = 0
        self._heard: Counter[Who] = Counter()

    def play(self, voice: Who, at: float, did: acts.Play) -> bool:
        """Return whether this is the first that is heard of a note."""
        # Voices of sound snap by themselves: the tick may differ.
        moment = at, did.pitch, did.velocity
        if moment != self._moment:
            self._moment, self._played = moment, 0
            self._heard.clear()
        self._heard[voice] += 1
        first = self._heard[voice] > self._played
        self._played += first
        return first


def _player(did: acts.Play, tick: int) -> Taken:
    end = max(tick, did.tick + 1) / TICKS
    return Taken(did.tick / TICKS, end, did.pitch, did.velocity, 1, PLAYER)

"""What a voice of notes knew when it died: its memento, and what happened since."""

import dataclasses
from collections.abc import Iterable

from msgspec.structs import replace

from live.declared.knobs import NOTE_KNOBS
from live.engine.memento import MementoError
from live.engine.notes import operations as op
from live.engine.notes.ear import Ear
from live.engine.notes.generator import Generator, Loader
from live.engine.notes.operations import ANY
from live.engine.notes.past import Past, Waiting
from live.engine.reviving import Done, Overheard
from live.ipc import acts
from models.contract.border import border
from models.contract.grid import Note

_ANEW = "0" * 64


def relive(
    number: int,
    loader: Loader,
    begin: op.Begin,
    past: Past,
    since: Iterable[Done],
    tick: int,
    now: float,
) -> tuple[Past, str]:
    """Do again what happened since; return what the voice knew then, and the path of what it played.

    begin: with the artifact that it played at the memento. tick, now: when it goes on; keys that were down are
    up by then. Raises MementoError.
    """

    def refused(said: str) -> MementoError:
        return MementoError(f"What voice {number} did last cannot be done again ({said}).")

    voice = Generator(number, loader)
    path = begin.path
    waits = None if past.waiting is None else _Waits(past.waiting)
    with border(refused):
        beats, unit = past.bars.metre
        voice.do(op.SetMetre(metre=beats, unit=unit, tick=past.bars.tick, bar=past.bars.bar))
        voice.do(begin)
        voice.mementos[_ANEW] = past
        voice.do(op.Restore(digest=_ANEW, whole=True))
        for done in since:
            did = done[1]
            coming, drawn = voice.coming, True
            if isinstance(did, Overheard):
                voice.others.hear(*did)
            elif not isinstance(did, op.Restore):
                # Slots that were found on the disk meanwhile are still there.
                path = did.path if isinstance(did, acts.Load) else path
                _check(coming, did)
                drawn = voice.do(did)
            if waits is not None:
                waits.follow(done, coming and coming[0].onset, drawn, voice.coming is not None)
        for moment in voice.history.reached():
            note = moment.note
            if note is not None and not (moment.own or moment.fixed or note.duration):
                voice.do(op.Lift(tick=tick, pitch=note.pitch))
                if waits is not None:
                    waits.lifted(now)
        return dataclasses.replace(voice.past(), waiting=None if waits is None else waits.now), path


def _check(coming: tuple[Note, int] | None, did: op.Operation) -> None:
    """Raise ValueError where the next note is not the one that was played."""
    if isinstance(did, op.Commit) and coming != (did.note, did.number):
        raise ValueError(f"note {did.number} comes out otherwise")


class _Waits:
    """What the player waits for, followed through what a voice did. One thread uses it."""

    def __init__(self, now: Waiting) -> None:
        self._now = now
        self._ear = Ear().go_on(now.ear)
        self._overheard = False
        """Another voice has played, and the plan was not dropped for it so far."""

    @property
    def now(self) -> Waiting:
        """What the player waits for."""
        return replace(self._now, ear=self._ear.listened())

    def lifted(self, now: float) -> None:
        """Take the player's keys as let go of."""
        self._ear.last = now

    def follow(self, done: Done, coming: int | None, drawn: bool, comes: bool) -> None:
        """Take what was done.

        coming: the tick of the note that came next before it. drawn: whether anything came of it. comes: whether a
        note comes next after it.
        """
        at, did = done
        promised = self._promised(did, coming)
        self._listen(did, at)
        if isinstance(did, op.Plan) and (comes or not drawn):
            self._ear.owed = False
            self._now = replace(self._now, begins=self._now.begins and not drawn)
        rests = _rests(self._now.rests, did, drawn)
        self._now = replace(_after(self._now, did), promised=promised, rests=rests)
        if isinstance(did, Overheard | op.Drop):
            self._overheard = isinstance(did, Overheard)

    def _listen(self, did: op.Operation | Overheard, at: float) -> None:
        ear = self._ear
        match did:
            case acts.Play(tick=tick):
                ear.struck(at, tick)
            case op.Lift():
                ear.last = at
            case Overheard():
                ear.overhear(did.voice, did.note, at, not did.touch)
            case acts.SetKnob(knob="mode"):
                ear.answered()
            case op.Plan(end=end) if end not in (ANY, self._now.end):
                # An answer begins.
                ear.answered()
            case op.Jump(ticks=ticks):
                ear.jumped(ticks)

    def _promised(self, did: op.Operation | Overheard, coming: int | None) -> int | None:
        before = self._now.promised
        match did:
            case op.Drop() if self._overheard and coming is not None:
                return coming if before is None else min(before, coming)
            case acts.SetKnob(knob=knob) if not NOTE_KNOBS[knob].shapes:
                return before
            case op.Commit() | acts.Play() | acts.SetKnob() | acts.Recall() | op.Jump():
                return None
        return before


def _rests(before: bool, did: op.Operation | Overheard, drawn: bool) -> bool:
    """Return whether nothing can be drawn until something changes."""
    match did:
        case op.Plan():
            return not drawn
        case acts.SetKnob(knob=knob) if not NOTE_KNOBS[knob].shapes:
            return before
        case op.Commit() | op.Pass() | acts.Save():
            return before
    return False


def _after(waiting: Waiting, did: op.Operation | Overheard) -> Waiting:
    """Return what the player waits for after an operation, but for what was heard."""
    match did:
        case acts.SetKnob(knob="mode"):
            return replace(waiting, end=0, insists=False, begins=True)
        case op.Hush():
            return replace(waiting, end=0, insists=False)
        case op.Plan(end=end, floor=floor) if end not in (ANY, waiting.end):
            return replace(waiting, begin=max(floor, 0), end=end)
        case op.Jump(ticks=ticks):
            end = waiting.end and waiting.end + ticks
            return replace(waiting, begin=waiting.begin + ticks, end=end)
    return waiting

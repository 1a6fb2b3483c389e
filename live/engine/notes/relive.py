"""What a voice of notes knew when it died: its memento, and what happened since."""

from collections.abc import Iterable
from dataclasses import replace

from live.declared.knobs import NOTE_KNOBS
from live.engine.memento import MementoError
from live.engine.notes import operations as op
from live.engine.notes.generator import Generator, Loader
from live.engine.notes.history import REACH
from live.engine.notes.operations import ANY
from live.engine.notes.past import Past, Waiting
from live.engine.reviving import Overheard
from live.ipc import acts
from models.contract.border import border
from models.contract.grid import Note

_ANEW = "0" * 64


def relive(
    number: int,
    loader: Loader,
    begin: op.Begin,
    past: Past,
    since: Iterable[op.Operation | Overheard],
    tick: int,
) -> tuple[Past, str]:
    """Do again what happened since; return what the voice knew then, and the path of what it played.

    begin: with the artifact that it played at the memento. tick: when it goes on; keys that were down are
    up by then. Raises MementoError.
    """

    def refused(said: str) -> MementoError:
        return MementoError(f"What voice {number} did last cannot be done again ({said}).")

    voice = Generator(number, loader)
    path, waits = begin.path, _Waits(past.waiting)
    with border(refused):
        beats, unit = past.bars.metre
        voice.do(op.Measure(metre=beats, unit=unit, tick=past.bars.tick, bar=past.bars.bar))
        voice.do(begin)
        voice.mementos[_ANEW] = past
        voice.do(op.Restore(digest=_ANEW, whole=True))
        for did in since:
            if isinstance(did, Overheard):
                voice.others.hear(*did)
                waits.follow(did, None)
                continue
            if isinstance(did, acts.Load):
                path = did.path
            if isinstance(did, op.Restore):
                # Slots that had just been found on the disk, where they still are.
                continue
            if isinstance(did, op.Commit):
                _check(voice, did)
            coming = voice.coming
            voice.do(did)
            waits.follow(did, coming and coming[0].onset)
        for moment in voice.history.moments[-REACH:]:
            note = moment.note
            if note is not None and not (moment.own or moment.fixed or note.duration):
                voice.do(op.Lift(tick=tick, pitch=note.pitch))
        return replace(voice.past(), waiting=waits.now), path


def _check(voice: Generator, did: op.Commit) -> None:
    """Raise ValueError where the next note is not the one that was played."""
    coming = voice.coming
    if coming != (did.note, did.number):
        raise ValueError(f"note {did.number} comes out otherwise")


class _Waits:
    """What the player waits for, followed through what a voice did. One thread uses it."""

    def __init__(self, now: Waiting | None) -> None:
        self.now = now
        self._overheard = False
        """Another voice has played, and the plan was not dropped for it so far."""

    def follow(self, did: op.Operation | Overheard, coming: int | None) -> None:
        """Take what was done. coming: the tick of the note that came next before it."""
        if self.now is None:
            return
        self.now = replace(_after(self.now, did), promised=self._promised(self.now, did, coming))
        if isinstance(did, Overheard | op.Drop):
            self._overheard = isinstance(did, Overheard)

    def _promised(
        self, before: Waiting, did: op.Operation | Overheard, coming: int | None
    ) -> int | None:
        match did:
            case op.Drop() if self._overheard and coming is not None:
                return coming if before.promised is None else min(before.promised, coming)
            case acts.SetKnob(knob=knob) if not NOTE_KNOBS[knob].shapes:
                return before.promised
            case op.Commit() | acts.Play() | acts.SetKnob() | acts.Recall() | op.Jump():
                return None
        return before.promised


def _after(waiting: Waiting, did: op.Operation | Overheard) -> Waiting:
    """Return what the player waits for after an operation."""
    match did:
        case acts.Play(tick=tick) | Overheard(note=Note(onset=tick)):
            since = tick if waiting.since is None else waiting.since
            return replace(waiting, heard=True, since=since)
        case acts.SetKnob(knob="mode"):
            return replace(waiting, answer_end=0, insists=False, heard=False, since=None)
        case op.Hush():
            return replace(waiting, answer_end=0, insists=False)
        case op.Plan(end=end) if end != ANY:
            return replace(waiting, answer_end=end, heard=False, since=None)
        case op.Jump(ticks=ticks):
            end = waiting.answer_end and waiting.answer_end + ticks
            return replace(waiting, answer_end=end)
    return waiting

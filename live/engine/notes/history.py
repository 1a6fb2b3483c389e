"""What a voice remembers and what it plans: a chain of moments, each with the state after it.

States are values, so going back is dropping references. The plan hangs on the last remembered
moment; whatever moves the music drops it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from live.declared.knob import Value
from live.declared.knobs import NoteKnobs
from live.engine.notes.knowledge import Knowledge
from live.engine.notes.phrase import Heard, shifted
from live.engine.notes.pointer import Places, Pointer, later
from live.engine.notes.sections import Sections
from live.engine.notes.step import Cursor
from models.contract.grid import TICKS, Note
from models.contract.representation import Codes
from models.contract.state import State
from models.contract.stepping import StepModel, feed
from models.contract.stream import Array

REMEMBERED = 1024
"""Moments that are kept, some minutes of playing; older ones cannot be gone back to."""
PHRASE = 8 * TICKS
"""Ticks over which the player's loudness is measured."""
MIDDLE = NoteKnobs().velocity
"""The middle of the velocities the models were trained on."""
REACH = 32
"""How many notes back a late note of the player's can still be inserted."""


def louder(heard: Sequence[tuple[int, int]]) -> int:
    """Return by how much the player's last notes are louder than the middle of the touch.

    A model is told touch without it, and what it draws gets it back: an answer is as soft or as loud
    as what it answers, also where the model has learned from neither. 0 where nothing was heard.
    """
    latest = [velocity for at, velocity in heard if at > heard[-1][0] - PHRASE]
    return round(sum(latest) / len(latest) - MIDDLE) if latest else 0


@dataclass(frozen=True, slots=True)
class Moment:
    """A step, one of the notes that it decides, and what the model knows after it.

    A step that decides no note has one moment, one that decides many has a moment for each: a place in the
    history is a step and how many of its notes were taken.

    codes, conditions: as it was fed; fed: whether it was, and is no further note of the step before. anew:
    whether it was fed as if nothing had been before.
    tick: when what it says begins. cursor: where it leads; see `step.Step`. number: how many of the voice's
    own steps came before and with it: the key of the next draw. own: drawn by the voice, not played to it.
    fixed: nothing is put in before it (a start, a recall). leap: by how many ticks the clock jumped to come
    here; moments before it are at the ticks of before. struck: tick and pitch of the voice's last notes,
    heard: tick and velocity of the player's; oldest first. touch: whether the voice's touch follows it, where
    it was heard. pointer: what the next step leans on. trail: what the voice can point at, where that is not what
    the moments before this one say; see `pointing`. phrase: what the player played last; see `phrase`.
    unanswered: with a trail, how many of its last places others have played since the voice last did.
    """

    tick: int
    codes: Codes
    conditions: Codes
    cursor: Cursor
    note: Note | None
    number: int
    knowledge: Knowledge
    own: bool = False
    fed: bool = True
    fixed: bool = False
    leap: int = 0
    struck: tuple[tuple[int, int], ...] = ()
    heard: tuple[tuple[int, int], ...] = ()
    touch: bool = True
    anew: bool = False
    pointer: Pointer | None = None
    trail: Places | None = None
    phrase: tuple[Heard, ...] = ()
    unanswered: int = 0

    @property
    def context(self) -> Array:
        """Return what the heads read to draw the next step, float32 (1, width)."""
        return self.knowledge()[0]

    @property
    def state(self) -> State:
        """Return the model's state after this step."""
        return self.knowledge()[1]

    def moved(self, tick: int) -> "Moment":
        """Return the same knowledge as if the step had been at another tick: a place to go on from."""
        return replace(self.shifted(tick - self.tick), fixed=True, leap=0)

    def shifted(self, ticks: int) -> "Moment":
        """Return the same step so many ticks later."""
        note = self.note and msgspec.structs.replace(self.note, onset=self.note.onset + ticks)
        return replace(
            self,
            tick=self.tick + ticks,
            cursor=self.cursor.shifted(ticks),
            note=note,
            struck=tuple((at + ticks, pitch) for at, pitch in self.struck),
            heard=tuple((at + ticks, velocity) for at, velocity in self.heard),
            pointer=self.pointer and self.pointer.shifted(ticks),
            trail=self.trail and later(self.trail, ticks),
            phrase=shifted(self.phrase, ticks),
        )


def knowledge_after(
    model: StepModel, codes: Codes, conditions: Codes, before: Moment, anew: bool
) -> Knowledge:
    """Return what a model knows after a step that follows a moment; anew: as if it followed nothing."""
    if anew:
        return Knowledge(lambda: feed(model, codes, conditions, model.initial_state()))
    return Knowledge(lambda: feed(model, codes, conditions, before.state), before.knowledge)


@dataclass(frozen=True, slots=True)
class Slot:
    """A kept moment: the last step that had begun, and what was to follow it.

    gap: how many ticks ago it began when it was kept. planned: the steps that were drawn already.
    settings, sections: what they were drawn under; see `returning.standing`.
    """

    moment: Moment
    gap: int
    planned: tuple[Moment, ...]
    settings: Mapping[str, Value]
    sections: Sections | None = None


class History:
    """The moments that were, oldest first; never empty.

    Threads: the engine's only.
    """

    def __init__(self, *moments: Moment) -> None:
        self.moments = list(moments)

    @property
    def last(self) -> Moment:
        """Return the newest moment."""
        return self.moments[-1]

    def before(self, tick: int) -> Moment:
        """Return the newest moment whose step came before a tick, the oldest of all where none did."""
        for moment in reversed(self.moments):
            if moment.cursor.tick < tick or moment.fixed:
                return moment
        return self.moments[0]

    def append(self, moment: Moment) -> None:
        """Append a moment; the oldest are dropped in batches, so that this stays cheap."""
        self.moments.append(moment)
        if len(self.moments) > REMEMBERED + REMEMBERED // 4:
            del self.moments[: REMEMBERED // 4]

    def shorten(self, moment: Moment, note: Note, tick: int) -> None:
        """Let a moment's note end at `tick`, as it did; what the model knows stays as it is."""
        index = next(i for i in reversed(range(len(self.moments))) if self.moments[i] is moment)
        short = msgspec.structs.replace(note, duration=max(tick - note.onset, 1))
        self.moments[index] = replace(moment, note=short)

    def cut(self, tick: int, pitch: int) -> list[Moment]:
        """Take out and return, oldest first, the moments that come after (tick, pitch).

        Steps that decide no note go with the one after them: only together do they say anything.
        """
        at = count = len(self.moments)
        for index in range(count, self._within(REACH + 1), -1):
            note = (before := self.moments[index - 1]).note
            if before.fixed or (note is not None and self._begins(index)):
                at = index
            if before.fixed or (note is not None and (note.onset, note.pitch) <= (tick, pitch)):
                break
        return self._take_from(at)

    def cut_held(self, pitch: int) -> list[Moment]:
        """Take out and return the player's held note of this pitch and all that came after it.

        Nothing is taken where it is out of reach.
        """
        for index in range(len(self.moments) - 1, self._within(REACH), -1):
            note = (moment := self.moments[index]).note
            if moment.fixed:
                return []
            if not moment.own and note is not None and note.pitch == pitch and not note.duration:
                return self._take_from(self._first_of(index))
        return []

    def reached(self) -> list[Moment]:
        """Return the moments that a late note of the player's may still come before."""
        return self.moments[self._within(REACH) :]

    def _within(self, notes: int) -> int:
        """Return from which moment on there are so many notes, or where all begin."""
        for index in range(len(self.moments) - 1, -1, -1):
            notes -= self.moments[index].note is not None
            if notes <= 0:
                return index
        return 0

    def _first_of(self, index: int) -> int:
        """Return the first moment of the steps that together say a moment's note."""
        while index > 1 and not self.moments[index - 1].fixed:
            if self.moments[index - 1].note is not None and self._begins(index):
                break
            index -= 1
        return index

    def _begins(self, index: int) -> bool:
        """Return whether a moment is no further note of the step of the one before."""
        if index == len(self.moments):
            return True
        return not together(self.moments[index - 1], self.moments[index])

    def split(self, tick: int) -> tuple[Moment, tuple[Moment, ...]]:
        """Return the newest moment at or before a tick, or the oldest that is remembered, and all after it."""
        index, leap = len(self.moments) - 1, 0
        while index and self.moments[index].tick + leap > tick:
            leap += self.moments[index].leap
            index -= 1
        moment = self.moments[index]
        return moment.shifted(leap) if leap else moment, tuple(self.moments[index + 1 :])

    def jumped(self, ticks: int) -> None:
        """Append the last moment again, as many ticks on as the clock has jumped."""
        last = self.last
        self.append(replace(last.moved(last.tick + ticks), leap=ticks))

    def recent(self, count: int) -> list[Moment]:
        """Return the newest moments, oldest first, each at its tick as the clock is now."""
        leap, result = 0, []
        for moment in reversed(self.moments[-count:]):
            result.append(moment.shifted(leap) if leap else moment)
            leap += moment.leap
        return result[::-1]

    def _take_from(self, index: int) -> list[Moment]:
        taken = self.moments[index:]
        del self.moments[index:]
        return taken


def together(before: Moment, moment: Moment) -> bool:
    """Return whether a moment's note is a further one of the step that decided the note of the one before."""
    if moment.fed or moment.own != before.own or before.note is None or moment.note is None:
        return False
    return before.note.onset == moment.note.onset


def rest_of_step(before: Moment, moments: Iterable[Moment]) -> list[Moment]:
    """Return the moments that follow one as further notes of its step, which is not over before they are taken."""
    rest: list[Moment] = []
    for moment in moments:
        if not together(before, moment):
            break
        rest.append(moment)
        before = moment
    return rest

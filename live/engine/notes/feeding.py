"""What a voice's model is told: its own steps, and the notes that are played to it. Each gives a moment."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from live.declared.knobs import NoteKnobs
from live.engine.notes.decoder import Decoder
from live.engine.notes.decoders.table import decoder
from live.engine.notes.draw import STRUCK, Draw
from live.engine.notes.guard import Guard, guard_of
from live.engine.notes.history import History, Moment, knowledge_after, louder
from live.engine.notes.knowledge import Knowledge
from live.engine.notes.operations import Plan
from live.engine.notes.phrase import Heard, gone_on
from live.engine.notes.step import Step
from live.time.clock import Bars
from models.contract.grid import ACCOMPANIES, MIDDLE_C, Note
from models.contract.index import NONE
from models.contract.stepping import StepModel, feed

HEARD: Final = 15
"""Notes of the player that the touch follows, besides the last."""


class Together(NamedTuple):
    """Notes that begin together. own: the voice's, not heard. touch: whether the touch follows them."""

    notes: tuple[Note, ...]
    own: bool = False
    touch: bool = True


def joined(groups: Iterable[Together]) -> Iterator[Together]:
    """Yield groups in which what begins together, and is one's, is one group, from the bottom up."""
    before: Together | None = None
    for group in groups:
        if before is None:
            before = group
        elif before.notes[0].onset == group.notes[0].onset and before[1:] == group[1:]:
            before = before._replace(notes=tuple(sorted((*before.notes, *group.notes))))
        else:
            yield before
            before = group
    if before is not None:
        yield before


class Feeding:
    """A model, what its steps mean, and what it comes back to. Threads: the engine's only.

    bars: those of the clock. knobs: as they stand; a frozen voice comes back to `frozen` after as many bars
    as they say. held_start: it begins as in old journals; see `op.Begin`.
    """

    model: StepModel
    decoder: Decoder

    def __init__(self) -> None:
        self.bars = Bars()
        self.knobs = NoteKnobs()
        self.held_start = False
        self.frozen: Moment | None = None
        self.index = NONE

    def open(self, model: StepModel, index: str) -> None:
        """Feed this model from now on. index: the hash of the index that novelty goes by, or empty."""
        self.model, self.decoder = model, decoder(model.representation)
        self.index = model.index if model.index.digest == index else NONE

    @property
    def guard(self) -> Guard | None:
        """Return what guards the next draw, as the knobs say."""
        return guard_of(self.index, self.knobs.novelty)

    def refuses(self, draw: Draw, limits: Plan, first: int) -> bool:
        """Return whether a draw of which nothing came gives a step without its guard."""
        free = replace(draw, guard=None)
        return draw.guard is not None and self.decoder.draw(free, limits, first) is not None

    def start(self, tick: int, number: int) -> Moment:
        """Return the moment before everything. number: of the voice's own steps so far."""
        step = self.decoder.start(tick, self.bars, self.held_start)
        codes, at, model = step.codes, step.conditions, self.model
        knowledge = Knowledge(lambda: feed(model, codes, at, model.initial_state()))
        knowledge()
        return Moment(
            tick,
            step.codes,
            step.conditions,
            step.cursor,
            None,
            number,
            knowledge,
            fixed=True,
            trail=(),
        )

    def rehearse(self, last: Moment) -> None:
        """Take one step as if the player struck a note now, and discard it: all that it needs stays in the caches."""
        note = Note(last.tick, MIDDLE_C, 64, 0)
        heard = self._heard(last, (note,), True)
        steps = self.decoder.write(last.cursor, (note,), louder(heard), self.bars, self.knobs)
        if steps:
            self._fed(last, steps[0], heard, False, True, last).knowledge()
        else:
            feed(self.model, last.codes, last.conditions, last.state)

    def before(self, last: Moment) -> Moment:
        """Return the moment that the next step is drawn after.

        Where the cursor says what the model was told, a frozen voice goes back to both every few bars: it
        goes on with the text, and where in its bar that was.
        """
        frozen = self.frozen
        if frozen is None or not last.cursor.told:
            return last
        span, begins = self.bars.length * self.knobs.bars, frozen.cursor.coming
        was, comes = (last.tick - begins) // span, (last.cursor.coming - begins) // span
        if was == comes:
            return last
        cursor = frozen.cursor.shifted(max(was, comes) * span)
        return replace(last, cursor=cursor, knowledge=frozen.knowledge)

    def after(
        self, last: Moment, step: Step, own: bool, touch: bool = True, told: Moment | None = None
    ) -> Iterator[Moment]:
        """Yield the moments of a step, one for each of its notes; the model steps when its state is first needed.

        told: after which moment the model is told it, where that is not the last.
        """
        notes = step.notes
        heard = self._heard(last, notes[:1], touch and not own)
        yield (last := self._fed(last, step, heard, own, touch, told or last))
        for note in notes[1:]:
            yield (last := self._told(last, note, own, touch))

    def write(self, history: History, groups: Iterable[Together]) -> None:
        """Remember notes.

        The model is stepped at once: otherwise a whole phrase would be left to compute when its answer is due.
        """
        known = list(joined(groups) if self.decoder.joins else groups)
        onsets = [together.notes[0].onset for together in known[1:]]
        for (notes, own, touch), until in zip(known, (*onsets, -1), strict=False):
            last = history.last
            heard = self._heard(last, notes, touch and not own)
            steps: tuple[Step, ...] = ()
            if not last.cursor.told or self._is_thawed(notes[0].onset):
                steps = self.decoder.write(
                    last.cursor, notes, louder(heard), self.bars, self.knobs, until
                )
            for step in steps:
                told = history.before(step.tick) if step.again else None
                for moment in self.after(history.last, step, own, touch, told):
                    history.append(moment)
                    moment.knowledge()
            for note in () if steps else notes:
                history.append(self._told(history.last, note, own, touch))

    def _fed(
        self,
        last: Moment,
        step: Step,
        heard: tuple[tuple[int, int], ...],
        own: bool,
        touch: bool,
        told: Moment,
    ) -> Moment:
        """Return the moment of a step and the first of its notes. heard: what the touch follows, with it.

        told: after which moment the model is told it.
        """
        note = step.notes[0] if step.notes else None
        thawed = self._is_thawed(step.tick)
        before = told if thawed else self._comes_back(last, step.tick)
        knowledge = before.knowledge
        if step.fed and (own or thawed):
            knowledge = knowledge_after(self.model, step.codes, step.conditions, before, step.anew)
        return Moment(
            step.tick, step.codes, step.conditions, step.cursor, note, last.number + own, knowledge,
            own=own, fed=step.fed, anew=step.anew, struck=_struck(last, note, own), heard=heard, touch=touch,
            pointer=step.pointer, phrase=self._phrase(last, note, own),
        )  # fmt: skip

    def _told(self, last: Moment, note: Note, own: bool, touch: bool) -> Moment:
        """Return the moment of one more note that the last step decides, or of one that no step says yet."""
        return replace(
            last, tick=note.onset, note=note, own=own, fed=False, anew=False, fixed=False, leap=0,
            struck=_struck(last, note, own), heard=self._heard(last, (note,), touch and not own), touch=touch,
            pointer=last.pointer if own else None, trail=None, unanswered=0,
            phrase=self._phrase(last, note, own),
        )  # fmt: skip

    def _heard(
        self, last: Moment, notes: tuple[Note, ...], followed: bool
    ) -> tuple[tuple[int, int], ...]:
        """Return the last notes that the touch follows, these with them where it follows them."""
        if not followed or not notes or not self._is_thawed(notes[0].onset):
            return last.heard
        return (*last.heard[-HEARD:], *((note.onset, note.velocity) for note in notes))

    def _phrase(self, last: Moment, note: Note | None, own: bool) -> tuple[Heard, ...]:
        if own or note is None or not self._is_thawed(note.onset):
            return last.phrase
        return gone_on(last.phrase, last.own, note)

    def _is_thawed(self, tick: int) -> bool:
        return self.frozen is None or tick <= self.frozen.tick

    def _comes_back(self, last: Moment, onset: int) -> Moment:
        """Return what a note is fed to while the voice is frozen: every few bars, the frozen moment."""
        frozen = self.frozen
        assert frozen is not None
        if last.cursor.told:
            return last
        span = self.bars.length * self.knobs.bars
        same = (last.tick - frozen.tick) // span == (onset - frozen.tick) // span
        return last if same else frozen


def _struck(last: Moment, note: Note | None, own: bool) -> tuple[tuple[int, int], ...]:
    if note is None or not own or note.part == ACCOMPANIES:
        return last.struck
    return (*last.struck[-STRUCK:], (note.onset, note.pitch))

"""A voice goes back: to what a slot keeps, or some ticks; and what a slot keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from live.declared.knob import Value
from live.declared.knobs import NOTE_KNOBS, NoteKnobs, values
from live.engine.notes.decoder import Tracing
from live.engine.notes.history import History, Moment, Slot, rest_of_step
from live.engine.notes.pointing import remembering
from live.engine.notes.sections import Sections
from live.ipc import acts

Settings = Mapping[str, Value]
"""What draws depend on besides the history."""


@dataclass(frozen=True, slots=True)
class Return:
    """The moment that a voice goes on from, what is planned after it, and what followed it the first time."""

    moment: Moment
    planned: list[Moment] = field(default_factory=list)
    followed: tuple[Moment, ...] = ()


def settings(knobs: NoteKnobs, forced: Mapping[str, int], sections: Sections | None) -> Settings:
    """Return the knobs that shape the music, the codes that are forced, and the form that was asked for."""
    stand = {name: value for name, value in values(knobs).items() if NOTE_KNOBS[name].shapes}
    if sections is not None:
        stand["plan"] = f"{sections.letters} {sections.bars}"
    return {**stand, **{f"forced {factor}": code for factor, code in forced.items()}}


def kept(
    history: History,
    plan: list[Moment] | None,
    tick: int,
    stand: Settings,
    tracing: Tracing | None,
) -> Slot:
    """Keep the last step that has begun at `tick`; later ones are planned, sent already or not.

    plan: what is planned; None to keep nothing that follows.
    """
    moment, after = history.split(tick)
    if not all(one.own and not one.leap for one in after):
        moment, after = history.last, ()
    moment = remembering(moment, _until(history, after), tracing)
    planned = () if plan is None else (*after, *plan)
    return Slot(moment, tick - moment.tick, planned, stand)


def recalled(slot: Slot, act: acts.Recall, stand: Settings) -> Return:
    """Return what a slot keeps, moved to now: with its plan where that was asked for and nothing was turned since."""
    moment = slot.moment.moved(act.tick - slot.gap)
    again = rest_of_step(slot.moment, slot.planned)
    if act.planned and slot.settings == stand:
        again = list(slot.planned)
    by = moment.tick - slot.moment.tick
    return Return(moment, [one.shifted(by) for one in again], slot.planned)


def rewound(history: History, act: acts.Rewind, tracing: Tracing | None) -> Return:
    """Return what was so many ticks ago, moved to now."""
    past, followed = history.split(act.tick - act.ticks)
    past = remembering(past, _until(history, followed), tracing)
    return Return(past.moved(min(past.tick + act.ticks, act.tick)), [], followed)


def _until(history: History, after: tuple[Moment, ...]) -> list[Moment]:
    return history.moments[: len(history.moments) - len(after)]

"""A voice goes back: to what a slot keeps, or some ticks; and what a slot keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from live.declared.knob import Value
from live.declared.knobs import NOTE_KNOBS, NoteKnobs, values
from live.engine.notes.decoder import Tracing
from live.engine.notes.history import History, Moment, Slot, rest_of_step
from live.engine.notes.pointing import remembering
from live.engine.notes.sections import Sections
from live.ipc import acts

Settings = Mapping[str, Value]
"""What draws depend on besides the history."""


class Standing(NamedTuple):
    """How a voice stands. settings: the knobs that shape the music, the codes that are forced, the form asked for."""

    settings: Settings
    sections: Sections | None


@dataclass(frozen=True, slots=True)
class Return:
    """The moment that a voice goes on from, what is planned after it, and what followed it the first time.

    sections: the form that was asked for, where it lies then.
    """

    moment: Moment
    sections: Sections | None
    planned: list[Moment] = field(default_factory=list)
    followed: tuple[Moment, ...] = ()


def standing(knobs: NoteKnobs, forced: Mapping[str, int], sections: Sections | None) -> Standing:
    """Return how a voice stands."""
    stand = {name: value for name, value in values(knobs).items() if NOTE_KNOBS[name].shapes}
    if sections is not None:
        stand["plan"] = f"{sections.letters} {sections.bars}"
    stand |= {f"forced {factor}": code for factor, code in forced.items()}
    return Standing(stand, sections)


def kept(
    history: History,
    plan: list[Moment] | None,
    tick: int,
    stand: Standing,
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
    return Slot(moment, tick - moment.tick, planned, *stand)


def recalled(slot: Slot, act: acts.Recall, stand: Standing) -> Return:
    """Return what a slot keeps, moved to now: with its plan where that was asked for and nothing was turned since.

    A form that was asked for then, and is still, lies as it lay.
    """
    moment = slot.moment.moved(act.tick - slot.gap)
    again = rest_of_step(slot.moment, slot.planned)
    if act.planned and slot.settings == stand.settings:
        again = list(slot.planned)
    by = moment.tick - slot.moment.tick
    then, now = slot.sections, stand.sections
    if then and now and (then.letters, then.bars) == (now.letters, now.bars):
        now = then.shifted(by)
    return Return(moment, now, [one.shifted(by) for one in again], slot.planned)


def rewound(
    history: History, act: acts.Rewind, tracing: Tracing | None, sections: Sections | None
) -> Return:
    """Return what was so many ticks ago, moved to now, and with it the form that was asked for."""
    past, followed = history.split(act.tick - act.ticks)
    past = remembering(past, _until(history, followed), tracing)
    moment = past.moved(min(past.tick + act.ticks, act.tick))
    return Return(moment, sections and sections.shifted(moment.tick - past.tick), [], followed)


def _until(history: History, after: tuple[Moment, ...]) -> list[Moment]:
    return history.moments[: len(history.moments) - len(after)]

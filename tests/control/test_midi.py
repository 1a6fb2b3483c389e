import msgspec
import pytest

from live.control.surfaces.midi import panicked, turned
from live.declared.knob import Knob
from live.declared.knobs import KNOBS
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import ControlChange, Panicked
from tests.control.desk import VOICES, Daemon

REACHED = [knob for knob in KNOBS if knob.cc is not None]


@pytest.fixture
def one() -> Daemon:
    made = Daemon(VOICES)
    made.osc.close()
    return made


@pytest.mark.parametrize("knob", REACHED, ids=lambda knob: knob.name)
@pytest.mark.parametrize("value", [0, 64, 127])
def test_a_controller_covers_its_knob(one: Daemon, knob: Knob, value: int) -> None:
    assert knob.cc is not None
    assert turned(ControlChange(cc=knob.cc, value=value, channel=1, at=5.0), one.control)
    assert one.engine.taken == [
        Command(
            acts.SetKnob(knob=knob.name, value=knob.from_unit(value / 127)),
            voice=int("transport" not in knob.scopes),
            at=5.0,
        )
    ]


def test_a_controller_between_two_whole_numbers_takes_the_nearer(one: Daemon) -> None:
    polyphony = next(knob for knob in REACHED if knob.name == "polyphony")
    assert polyphony.cc is not None
    for value in range(128):
        assert turned(ControlChange(cc=polyphony.cc, value=value, channel=1, at=5.0), one.control)
    asked = [command.act for command in one.engine.taken]
    values = [act.value for act in asked if isinstance(act, acts.SetKnob)]
    assert values == [round(1 + 15 * value / 127) for value in range(128)]
    assert all(isinstance(value, int) for value in values)


def test_panic_on_an_instrument_is_panic(one: Daemon) -> None:
    assert panicked(Panicked(at=1.0), one.control)
    assert one.engine.taken == [Command(acts.Panic(), at=1.0)]


def test_other_controllers_do_nothing(one: Daemon) -> None:
    assert turned(ControlChange(cc=7, value=100, channel=1, at=1.0), one.control)
    assert one.engine.taken == []


def test_a_channel_without_a_voice_is_for_the_first(one: Daemon) -> None:
    knob = next(knob for knob in REACHED if "transport" not in knob.scopes)
    turned(ControlChange(cc=knob.cc or 0, value=3, channel=9, at=1.0), one.control)
    (command,) = one.engine.taken
    assert isinstance(command.act, acts.SetKnob)
    assert command.voice == 1


def test_a_channels_voice_turns_the_knobs_that_its_kind_has(one: Daemon) -> None:
    heat, low = (next(knob for knob in REACHED if knob.name == n) for n in ("temperature", "low"))
    turned(ControlChange(cc=low.cc or 0, value=3, channel=2, at=1.0), one.control)
    assert one.engine.taken == []
    turned(ControlChange(cc=heat.cc or 0, value=0, channel=2, at=1.0), one.control)
    assert one.engine.taken == [Command(acts.SetKnob(knob=heat.name, value=0.0), voice=2, at=1.0)]


def test_a_controller_covers_what_the_knob_of_that_voice_does(
    one: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    heat = next(knob for knob in REACHED if knob.name == "temperature")
    narrow = msgspec.structs.replace(heat, high=1.0)
    theirs = {0: {}, 1: {heat.name: heat}, 2: {heat.name: narrow}}
    monkeypatch.setattr(one.control, "knobs", theirs.__getitem__)
    for channel in (1, 2):
        turned(ControlChange(cc=heat.cc or 0, value=127, channel=channel, at=1.0), one.control)
    values = [
        command.act.value for command in one.engine.taken if isinstance(command.act, acts.SetKnob)
    ]
    assert values == [2.0, 1.0]


def test_a_full_inbox_is_said(one: Daemon) -> None:
    one.engine.room = 0
    assert not panicked(Panicked(at=1.0), one.control)


def test_no_two_knobs_share_a_controller() -> None:
    numbers = [knob.cc for knob in REACHED]
    assert len(set(numbers)) == len(numbers)

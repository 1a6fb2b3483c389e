from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from live.control.surfaces.osc.packets import write
from live.declared.knob import Knob, Value
from live.declared.knobs import KNOBS, NOTE_KNOBS
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import Beat, KnobSet, Ready, Sent, State, Trouble
from tests.control.desk import Daemon, daemon
from tests.patches.pd import Pd, running

pytestmark = pytest.mark.system

SHOWN = [knob for knob in KNOBS if knob.scopes != ("audio",)]
"""What the patch for a voice that plays notes has."""
WATCHED = (
    *("connected", "model", "playing", "beat", "trouble", "out-pitch", "out-force"),
    *(f"knob-{knob.name}-bar" for knob in SHOWN),
    *(f"knob-{knob.name}-number" for knob in SHOWN),
)
STATE = State(running=True, step_us=300.0, worst_us=900.0, holds=0, inbox=0, planned=4)

Pair = tuple[Daemon, Pd]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with daemon() as (one, _), running(tmp_path, one.osc.here[1], WATCHED) as pd:
        one.says(Ready(voice=1, name="duo", path="/artifacts/duo.onnx"))
        one.says(STATE)
        pd.shows("connected: set 1")
        yield one, pd


def part(knob: Knob) -> Value:
    """Return a value that is not the default, in few digits."""
    value = knob.from_unit(0.7)
    return round(value, 2) if isinstance(value, float) else value


def asked(one: Daemon) -> list[Command]:
    """Return what the daemon was told to do, whoever asked."""
    return [msgspec.structs.replace(command, asker=None) for command in one.engine.taken]


def test_it_finds_the_daemon_and_shows_all_that_is(pair: Pair) -> None:
    one, pd = pair
    assert "model: set duo" in pd.said
    one.says(Beat(bar=2, beat=3, tempo=100.0, at=1.0))
    pd.shows("beat: set 3")
    assert not [line for line in pd.said if "error" in line or "couldn't" in line], pd.said


def test_every_knob_of_the_daemon_moves_its_box(pair: Pair) -> None:
    one, pd = pair
    for knob in SHOWN:
        value = part(knob)
        one.says(KnobSet(voice=int("transport" not in knob.scopes), knob=knob.name, value=value))
        if knob.kind == "signature":
            pd.shows(f"knob-{knob.name}-number: set {value}")
        elif isinstance(value, str):
            pd.shows(f"knob-{knob.name}-bar: set {knob.choices.index(value)}")
        elif knob.kind == "switch":
            pd.shows(f"knob-{knob.name}-bar: set {value:g}")
        else:
            pd.shows(f"knob-{knob.name}-number: set {value:.6g}")
    assert one.engine.taken == []


def test_every_box_turns_its_knob_and_hears_no_echo(pair: Pair) -> None:
    one, pd = pair
    for count, knob in enumerate(SHOWN, 1):
        value = part(knob)
        pd.turn(f"knob-{knob.name}", knob.choices.index(value) if value in knob.choices else value)
        command = one.engine.waits_for(count)[-1]
        assert command.act == acts.SetKnob(knob=knob.name, value=value)
        one.says(KnobSet(voice=command.voice, knob=knob.name, value=value))
    pd.turn("panic")
    assert one.engine.waits_for(len(SHOWN) + 1)[-1].act == acts.Panic()


def test_a_slider_in_the_hand_is_not_pulled_away(pair: Pair) -> None:
    one, pd = pair
    knob = next(knob for knob in NOTE_KNOBS.values() if knob.kind == "int" and knob.cc is not None)
    pd.turn(f"knob-{knob.name}", 40.3)
    one.engine.waits_for(1)
    assert asked(one) == [Command(acts.SetKnob(knob=knob.name, value=40), voice=1)]
    one.says(KnobSet(voice=1, knob=knob.name, value=40))
    pd.shows(f"knob-{knob.name}-number: set 40")
    assert f"knob-{knob.name}-bar: set 40" not in pd.said
    pd.shows(f"knob-{knob.name}-bar: set 40")


def test_its_buttons_reach_the_daemon(pair: Pair) -> None:
    one, pd = pair
    expected: list[Command] = []
    for name, value, command in (
        ("play", 0, Command(acts.Stop())),
        ("play", 1, Command(acts.Start())),
        ("downbeat", "bang", Command(acts.Downbeat())),
        ("reset", "bang", Command(acts.Reset(), voice=1)),
        ("save", "bang", Command(acts.Save(slot="1"), voice=1)),
        ("recall", "bang", Command(acts.Recall(slot="1"), voice=1)),
        ("rewind", "bang", Command(acts.Rewind(beats=4.0), voice=1)),
    ):
        pd.turn(name, value)
        expected.append(command)
        one.engine.waits_for(len(expected))
    assert asked(one) == expected
    pd.turn("tap")
    assert isinstance(one.engine.waits_for(len(expected) + 1)[-1].act, acts.Tap)


def test_a_key_is_a_note_that_ends_by_itself(pair: Pair) -> None:
    one, pd = pair
    pd.turn("key", 12)
    notes = [
        (act.pitch, act.velocity)
        for act in (command.act for command in one.engine.waits_for(2))
        if isinstance(act, acts.Play)
    ]
    assert notes == [(60, 80), (60, 0)]


def test_notes_and_errors_are_shown(pair: Pair) -> None:
    one, pd = pair
    one.says(
        Sent(voice=1, pitch=64, velocity=90, channel=1, seconds=0.2, at=1.0, late=0.0, number=1)
    )
    pd.shows("out-force: 90")
    pd.shows("out-pitch: 64")
    one.says(Trouble(code="midi", text="The port has gone."))
    pd.shows("trouble: label The\\ port\\ has\\ gone.")


def test_another_voices_news_move_nothing(tmp_path: Path) -> None:
    with daemon() as (one, _), running(tmp_path, one.osc.here[1], WATCHED) as pd:
        one.says(STATE)
        pd.shows("connected: set 1")
        (there,) = one.osc.subscribers.peers
        one.osc._udp.send(write("/extempo/voice/2/mute", (1,)), there)
        one.osc._udp.send(write("/extempo/voice/1/freeze", (1,)), there)
        pd.shows("knob-freeze-bar: set 1")
        assert "knob-mute-bar: set 1" not in pd.said

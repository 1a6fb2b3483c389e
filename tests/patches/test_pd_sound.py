"""The patch for a voice of sound, in a real Pd: every knob both ways, its buttons, its news."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from live.declared.knobs import SOUND_KNOBS
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import KnobSet, Ready, Sounding, Trouble
from tests.control.desk import Daemon, daemon
from tests.patches.pd import Pd, running
from tests.patches.test_pd import STATE, asked, part

pytestmark = pytest.mark.system

WATCHED = (
    *("connected", "model", "trouble", "share", "late", "depth", "level-left"),
    *(f"knob-{name}-bar" for name in SOUND_KNOBS),
    *(f"knob-{name}-number" for name in SOUND_KNOBS),
)

Pair = tuple[Daemon, Pd]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    with (
        daemon() as (one, _),
        running(tmp_path, one.osc.here[1], WATCHED, "extempo-sound.pd") as pd,
    ):
        one.says(Ready(voice=2, name="piano", path="/artifacts/piano.onnx"))
        one.says(STATE)
        pd.shows("connected: set 1")
        yield one, pd


def test_it_shows_how_its_voice_does(pair: Pair) -> None:
    one, pd = pair
    assert "model: set piano" in pd.said
    one.says(Sounding(voice=2, share=0.25, late=3, depth=0.125))
    for line in ("share: set 0.25", "late: set 3", "depth: set 0.125"):
        pd.shows(line)
    one.says(Trouble(code="sound", text="The device has gone."))
    pd.shows("trouble: label The\\ device\\ has\\ gone.")
    assert not [line for line in pd.said if "error" in line or "couldn't" in line], pd.said


def test_every_knob_moves_its_box_and_every_box_its_knob(pair: Pair) -> None:
    one, pd = pair
    for count, knob in enumerate(SOUND_KNOBS.values(), 1):
        value = part(knob)
        pd.turn(f"knob-{knob.name}", knob.choices.index(value) if isinstance(value, str) else value)
        command = one.engine.waits_for(count)[-1]
        assert (command.act, command.voice) == (acts.SetKnob(knob=knob.name, value=value), 2)
        one.says(KnobSet(voice=2, knob=knob.name, value=value))
        if isinstance(value, str):
            pd.shows(f"knob-{knob.name}-bar: set {knob.choices.index(value)}")
        elif knob.kind == "switch":
            pd.shows(f"knob-{knob.name}-bar: set {value:g}")
        else:
            pd.shows(f"knob-{knob.name}-number: set {value:.6g}")


def test_its_buttons_reach_the_daemon(pair: Pair) -> None:
    one, pd = pair
    pd.turn("listened", 0.5)
    expected: list[Command] = []
    for name, command in (
        ("reset", Command(acts.Reset(), voice=2)),
        ("save", Command(acts.Save(slot="1"), voice=2)),
        ("recall", Command(acts.Recall(slot="1"), voice=2)),
        ("rewind", Command(acts.Rewind(beats=4.0), voice=2)),
        ("listen", Command(acts.Prime(path="", seconds=0.5), voice=2)),
    ):
        pd.turn(name)
        expected.append(command)
        one.engine.waits_for(len(expected))
    assert asked(one) == expected


def test_the_first_voices_news_move_nothing(pair: Pair) -> None:
    one, pd = pair
    one.says(KnobSet(voice=1, knob="mute", value=1))
    one.says(KnobSet(voice=2, knob="freeze", value=1))
    pd.shows("knob-freeze-bar: set 1")
    assert "knob-mute-bar: set 1" not in pd.said

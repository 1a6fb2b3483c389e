"""What a message asks of the engine, and what is said of one that asks for nothing there is."""

import time

import msgspec
import pytest
from pythonosc.osc_message_builder import OscMessageBuilder

from live.control.surfaces.osc.packets import write
from live.declared.knob import Knob, Scope, Value
from live.declared.knobs import SCOPES
from live.ipc import acts
from live.ipc.commands import Command
from tests.control.desk import VOICES, Pair
from tests.control.test_packets import bundle


def addressed() -> list[tuple[int, str, Knob]]:
    """Return every knob there is, with its voice and where it is."""
    scopes: dict[int, Scope] = {0: "transport", **VOICES}
    return [
        (voice, f"/extempo/{f'voice/{voice}' if voice else 'transport'}/{name}", knob)
        for voice, scope in scopes.items()
        for name, knob in SCOPES[scope].items()
    ]


def test_every_knob_turns_in_its_own_unit(pair: Pair) -> None:
    one, peer = pair
    for _, address, knob in addressed():
        peer.send(address, knob.default)
    assert one.engine.waits_for(len(addressed())) == [
        Command(
            acts.SetKnob(knob=knob.name, value=knob.default),
            voice=voice,
            asker=("127.0.0.1", peer.port),
        )
        for voice, _, knob in addressed()
    ]


def test_every_knob_is_a_fader(pair: Pair) -> None:
    one, peer = pair
    for _, address, _ in addressed():
        peer.send(f"{address}/unit", 1)
    asked = [command.act for command in one.engine.waits_for(len(addressed()))]
    values = [act.value for act in asked if isinstance(act, acts.SetKnob)]
    assert values == [knob.from_unit(1) for _, _, knob in addressed()]


@pytest.mark.parametrize("kind", ["i", "f", "d", "h", "T"])
def test_every_number_type_turns_a_switch(pair: Pair, kind: str) -> None:
    one, peer = pair
    builder = OscMessageBuilder("/extempo/voice/1/mute")
    builder.add_arg(True if kind == "T" else 1, kind)
    peer.raw(builder.build().dgram)
    assert one.engine.waits_for(1) == [
        Command(acts.SetKnob(knob="mute", value=1), voice=1, asker=("127.0.0.1", peer.port))
    ]


@pytest.mark.parametrize(
    ("address", "arguments", "command"),
    [
        (
            "voice/1/mode",
            ("respond",),
            Command(acts.SetKnob(knob="mode", value="respond"), voice=1),
        ),
        ("voice/1/mode", (1.0,), Command(acts.SetKnob(knob="mode", value="continue"), voice=1)),
        ("voice/1/key", ("Bb",), Command(acts.SetKnob(knob="key", value="Bb"), voice=1)),
        (
            "voice/1/scale",
            ("Dorian",),
            Command(acts.SetKnob(knob="scale", value="dorian"), voice=1),
        ),
        ("voice/1/low", (60.0,), Command(acts.SetKnob(knob="low", value=60), voice=1)),
        ("voice/1/low/unit", (0.4,), Command(acts.SetKnob(knob="low", value=51), voice=1)),
        ("voice/1/save", ("verse",), Command(acts.Save(slot="verse"), voice=1)),
        ("voice/1/save", (3.0,), Command(acts.Save(slot="3"), voice=1)),
        ("voice/1/save", (20261131,), Command(acts.Save(slot="20261131"), voice=1)),
        ("voice/1/save", (20261132.0,), Command(acts.Save(slot="20261132"), voice=1)),
        ("voice/1/save", (0.5,), Command(acts.Save(slot="0.5"), voice=1)),
        ("voice/1/save", (True,), Command(acts.Save(slot="1"), voice=1)),
        ("voice/1/recall", (3,), Command(acts.Recall(slot="3"), voice=1)),
        ("voice/1/rewind", (8,), Command(acts.Rewind(beats=8.0), voice=1)),
        ("voice/1/reset", (), Command(acts.Reset(), voice=1)),
        ("voice/1/force", ("time", 0.0), Command(acts.Force(factor="time", code=0), voice=1)),
        ("voice/1/force", ("time", -1), Command(acts.Force(factor="time", code=-1), voice=1)),
        ("voice/1/load", ("duo",), Command(acts.Load(path="/artifacts/duo.onnx"), voice=1)),
        ("voice/2/play", (0, 0), Command(acts.Play(pitch=0, velocity=0), voice=2)),
        ("voice/2/note", (0, 0), Command(acts.Play(pitch=0, velocity=0), voice=2)),
        ("voice/2/save", (1,), Command(acts.Save(slot="1"), voice=2)),
        ("voice/2/rewind", (4,), Command(acts.Rewind(beats=4.0), voice=2)),
        ("voice/2/prime", ("", 3), Command(acts.Prime(path="", seconds=3.0), voice=2)),
        ("voice/2/listen", (0.5,), Command(acts.Prime(path="", seconds=0.5), voice=2)),
        ("voice/2/listen", (4,), Command(acts.Prime(path="", seconds=4.0), voice=2)),
        ("voice/2/listen", (), Command(acts.Prime(path="", seconds=2.0), voice=2)),
        ("voice/2/freeze", (1,), Command(acts.SetKnob(knob="freeze", value=1), voice=2)),
        ("transport/start", (), Command(acts.Start())),
        ("transport/downbeat", (), Command(acts.Downbeat())),
        ("transport/source", ("tap",), Command(acts.Source(name="tap"))),
        ("transport/stop", (1.0,), Command(acts.Stop())),
        ("transport/tempo", (90,), Command(acts.SetKnob(knob="tempo", value=90.0), voice=0)),
        ("transport/metre", ("6/8",), Command(acts.SetKnob(knob="metre", value="6/8"), voice=0)),
        ("transport/metre", (6, 8.0), Command(acts.SetKnob(knob="metre", value="6/8"), voice=0)),
        ("transport/metre", (3.0,), Command(acts.SetKnob(knob="metre", value=3), voice=0)),
        (
            "transport/metre",
            (" 06 / 8",),
            Command(acts.SetKnob(knob="metre", value="6/8"), voice=0),
        ),
        ("transport/metre/unit", (0,), Command(acts.SetKnob(knob="metre", value="2/4"), voice=0)),
        ("panic", (1,), Command(acts.Panic())),
    ],
)
def test_a_message_becomes_its_command(
    pair: Pair, address: str, arguments: tuple[Value, ...], command: Command
) -> None:
    one, peer = pair
    peer.send(f"/extempo/{address}", *arguments)
    (taken,) = one.engine.waits_for(1)
    if isinstance(taken.act, acts.Play):
        taken = msgspec.structs.replace(taken, at=0.0)
    if isinstance(taken.act, acts.Save | acts.Recall | acts.Load | acts.Force | acts.SetKnob):
        assert taken.asker == ("127.0.0.1", peer.port)
    taken = msgspec.structs.replace(taken, asker=None)
    assert taken == command


def test_what_is_played_carries_when_it_came(pair: Pair) -> None:
    one, peer = pair
    before = time.monotonic()
    peer.send("/extempo/voice/1/note", 60.0, 100)
    peer.send("/extempo/voice/1/pedal", 1.0)
    peer.send("/extempo/transport/tap")
    note, pedal, tap = one.engine.waits_for(3)
    assert (note.voice, note.act) == (1, acts.Play(pitch=60, velocity=100))
    assert pedal.act == acts.Pedal(down=True)
    assert tap.act == acts.Tap()
    assert before <= note.at <= pedal.at <= tap.at <= time.monotonic()


def test_a_released_button_does_nothing(pair: Pair) -> None:
    one, peer = pair
    peer.send("/extempo/panic", 0.0)
    peer.send("/extempo/voice/1/reset")
    assert [command.act for command in one.engine.waits_for(1)] == [acts.Reset()]


def test_time_tags_are_instructions_and_never_a_sleep(pair: Pair) -> None:
    one, peer = pair
    now, wall = time.monotonic(), time.time()
    peer.raw(bundle(wall + 20, write("/extempo/panic", ())))
    peer.send("/extempo/transport/stop")
    panic, stop = one.engine.waits_for(2)
    assert panic.at == pytest.approx(now + 20, abs=0.5)
    assert (stop.act, stop.at) == (acts.Stop(), 0.0)
    assert time.monotonic() - now < 5


@pytest.mark.parametrize("value", [1e308, -1e308, 2**63 - 1])
def test_a_number_beyond_all_measure_is_told_in_one_sentence(pair: Pair, value: float) -> None:
    _, peer = pair
    # Each refusal counts against the peer, so not one for every knob: those are in test_config.
    for address in ("transport/metre", "transport/tempo", "voice/1/mode", "voice/1/low/unit"):
        builder = OscMessageBuilder(f"/extempo/{address}")
        builder.add_arg(value, "d" if isinstance(value, float) else "h")
        peer.raw(builder.build().dgram)
        code, said, *_ = peer.hears("/extempo/error")
        assert code == "value"
        assert len(str(said)) < 200


@pytest.mark.parametrize(
    ("address", "arguments", "code"),
    [
        ("voice/1/temprature", (1,), "address"),
        ("voice/3/temperature", (1,), "address"),
        ("nonsense", (), "address"),
        ("voice/1/temperature", (2.01,), "value"),
        ("voice/1/temperature", (float("nan"),), "value"),
        ("voice/1/temperature", (float("inf"),), "value"),
        ("voice/1/temperature", ("hot",), "value"),
        ("voice/1/temperature", (), "count"),
        ("voice/1/temperature", (1, 2), "count"),
        ("voice/1/temperature/unit", (1.5,), "value"),
        ("voice/1/temperature/unit", (float("nan"),), "value"),
        ("voice/1/low", (60.5,), "value"),
        ("voice/1/mute", (0.5,), "value"),
        ("transport/metre", (3.5,), "value"),
        ("transport/metre", ("5/16",), "value"),
        ("transport/metre", ("17/8",), "value"),
        ("transport/metre", ("6/7",), "value"),
        ("transport/metre", ("0/4",), "value"),
        ("transport/metre", ("waltz",), "value"),
        ("transport/metre", (6, float("nan")), "value"),
        ("transport/metre", (6, 8, 1), "count"),
        ("voice/1/mode", ("sing",), "value"),
        ("voice/1/mode", (7,), "value"),
        ("voice/1/note", (60,), "count"),
        ("voice/1/note", (128, 1), "value"),
        ("voice/1/note", (60.5, 1), "value"),
        ("voice/1/note", (60, "loud"), "value"),
        ("voice/1/pedal", (64,), "value"),
        ("voice/1/save", ("",), "value"),
        ("voice/1/save", ("x" * 1000,), "value"),
        ("voice/1/rewind", (0,), "value"),
        ("voice/1/rewind", (float("nan"),), "value"),
        ("voice/1/force", ("", 0), "value"),
        ("voice/1/force", ("pitch", 1 << 16), "value"),
        ("voice/1/load", ("broken",), "load"),
        ("voice/1/load", ("far/" * 190,), "load"),
        ("voice/1/load", ("far/" * 250,), "value"),
        ("voice/1/load", ("piano",), "load"),
        ("voice/1/gain", (0,), "address"),
        ("voice/1/gain/unit", (0,), "address"),
        ("voice/1/prime", ("a.wav",), "address"),
        ("voice/2/mode", ("solo",), "address"),
        ("voice/2/force", ("time", 0), "address"),
        ("voice/2/gain", (13,), "value"),
        ("voice/2/prime", (), "count"),
        ("voice/2/prime", ("no.wav", 0), "value"),
        ("voice/2/prime", ("no.wav", 60), "value"),
        ("voice/2/prime", ("no such file.wav",), "prime"),
        ("voice/2/prime", ("x" * 400,), "prime"),
        ("voice/2/prime", ("~nobody/x.wav",), "prime"),
        ("voice/2/prime", ("far/" * 250,), "value"),
        ("voice/2/listen", ("now",), "value"),
        ("voice/2/listen", (4.1,), "value"),
        ("voice/2/prime", ("", 5), "value"),
        ("transport/source", ("link",), "value"),
        ("transport/start", (1, 2), "count"),
        ("get", ("/extempo/nothing",), "address"),
        ("get", (3,), "value"),
        ("get", ("/extempo/[z-a]",), "value"),
        ("get", ("*" + "a*" * 20,), "value"),
        ("subscribe", (70000,), "value"),
        ("subscribe", ("here",), "value"),
        ("unsubscribe", (9,), "value"),
    ],
)
def test_what_cannot_be_done_is_answered_with_an_error(
    pair: Pair, address: str, arguments: tuple[Value, ...], code: str
) -> None:
    one, peer = pair
    peer.send(f"/extempo/{address}", *arguments)
    said, text = peer.hears("/extempo/error")
    assert said == code
    assert str(text).endswith(".")
    assert one.engine.taken == []


def test_half_a_whole_number_is_said_to_be_one(pair: Pair) -> None:
    _, peer = pair
    peer.send("/extempo/voice/1/low", 60.5)
    assert peer.hears("/extempo/error") == [
        "value", "low takes whole numbers from 0 to 127, not 60.5.",
    ]  # fmt: skip


def test_a_near_miss_is_named(pair: Pair) -> None:
    _, peer = pair
    peer.send("/extempo/voice/1/temprature", 1)
    assert "/extempo/voice/1/temperature is near" in str(peer.hears("/extempo/error")[1])


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("voice/2/mode", "Voice 2 plays sound, and mode is for voices of notes."),
        ("voice/1/prime", "Voice 1 plays notes, and prime is for voices of sound."),
        ("voice/1/pan/unit", "Voice 1 plays notes, and pan is for voices of sound."),
        ("voice/3/pan", "There is no voice 3, only 1, 2."),
    ],
)
def test_what_belongs_to_the_other_kind_of_voice_is_said_to(
    pair: Pair, address: str, said: str
) -> None:
    _, peer = pair
    peer.send(f"/extempo/{address}", 1)
    assert peer.hears("/extempo/error") == ["address", said]


def test_a_full_inbox_is_answered(pair: Pair) -> None:
    one, peer = pair
    one.engine.room = 1
    peer.send("/extempo/panic")
    peer.send("/extempo/panic")
    assert peer.hears("/extempo/error")[0] == "busy"
    assert one.control.refused == 1

import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pythonosc.osc_message_builder import OscMessageBuilder

from live import commands
from live.control import addresses
from live.control.osc import Osc
from live.control.packets import LARGEST, write
from live.control.subscribers import MOST
from live.control.throttle import BURST
from live.knobs import EVENTS, KNOBS, TRANSPORT, Value, defaults
from live.wire import Beat, Moved, Ready, Sent, State, Trouble
from models.contract.errors import ExtempoError
from tests.control.desk import Daemon, Peer, daemon
from tests.control.test_packets import bundle

Pair = tuple[Daemon, Peer]


@pytest.fixture
def pair() -> Iterator[Pair]:
    with daemon() as both:
        yield both


def test_every_knob_turns_in_its_own_unit(pair: Pair) -> None:
    one, peer = pair
    for knob in KNOBS:
        where = "transport" if "transport" in knob.scopes else "voice/1"
        peer.send(f"/extempo/{where}/{knob.name}", knob.default)
    taken = one.engine.waits_for(len(KNOBS))
    assert taken == [
        commands.SetKnob(
            voice=int("transport" not in knob.scopes), knob=knob.name, value=knob.default
        )
        for knob in KNOBS
    ]


def test_every_knob_is_a_fader(pair: Pair) -> None:
    one, peer = pair
    for knob in EVENTS.values():
        peer.send(f"/extempo/voice/1/{knob.name}/unit", 1)
    values = [
        command.value
        for command in one.engine.waits_for(len(EVENTS))
        if isinstance(command, commands.SetKnob)
    ]
    assert values == [knob.from_unit(1) for knob in EVENTS.values()]


@pytest.mark.parametrize("kind", ["i", "f", "d", "h", "T"])
def test_every_number_type_turns_a_switch(pair: Pair, kind: str) -> None:
    one, peer = pair
    builder = OscMessageBuilder("/extempo/voice/1/mute")
    builder.add_arg(True if kind == "T" else 1, kind)
    peer.raw(builder.build().dgram)
    assert one.engine.waits_for(1) == [commands.SetKnob(voice=1, knob="mute", value=1)]


@pytest.mark.parametrize(
    ("address", "arguments", "command"),
    [
        ("voice/1/mode", ("respond",), commands.SetKnob(voice=1, knob="mode", value="respond")),
        ("voice/1/mode", (1.0,), commands.SetKnob(voice=1, knob="mode", value="continue")),
        ("voice/1/save", ("verse",), commands.Save(voice=1, slot="verse")),
        ("voice/1/save", (3.0,), commands.Save(voice=1, slot="3")),
        ("voice/1/recall", (3,), commands.Recall(voice=1, slot="3")),
        ("voice/1/rewind", (8,), commands.Rewind(voice=1, beats=8.0)),
        ("voice/1/reset", (), commands.Reset(voice=1)),
        ("voice/1/force", ("time", 0.0), commands.Force(voice=1, factor="time", code=0)),
        ("voice/1/force", ("time", -1), commands.Force(voice=1, factor="time", code=-1)),
        ("voice/1/load", ("duo",), commands.Load(voice=1, path="/artifacts/duo.onnx")),
        ("transport/start", (), commands.Start()),
        ("transport/stop", (1.0,), commands.Stop()),
        ("transport/tempo", (90,), commands.SetKnob(voice=0, knob="tempo", value=90.0)),
        ("panic", (1,), commands.Panic()),
    ],
)
def test_a_message_becomes_its_command(
    pair: Pair, address: str, arguments: tuple[Value, ...], command: commands.Command
) -> None:
    one, peer = pair
    peer.send(f"/extempo/{address}", *arguments)
    assert one.engine.waits_for(1) == [command]


def test_what_is_played_carries_when_it_came(pair: Pair) -> None:
    one, peer = pair
    before = time.monotonic()
    peer.send("/extempo/voice/1/note", 60.0, 100)
    peer.send("/extempo/voice/1/pedal", 1.0)
    peer.send("/extempo/transport/tap")
    note, pedal, tap = one.engine.waits_for(3)
    assert isinstance(note, commands.Play)
    assert (note.voice, note.pitch, note.velocity) == (1, 60, 100)
    assert isinstance(pedal, commands.Sustain)
    assert pedal.down
    assert isinstance(tap, commands.Tap)
    assert before <= note.at <= pedal.at <= tap.at <= time.monotonic()


def test_a_released_button_does_nothing(pair: Pair) -> None:
    one, peer = pair
    peer.send("/extempo/panic", 0.0)
    peer.send("/extempo/voice/1/reset")
    assert one.engine.waits_for(1) == [commands.Reset(voice=1)]


def test_time_tags_are_instructions_and_never_a_sleep(pair: Pair) -> None:
    one, peer = pair
    now, wall = time.monotonic(), time.time()
    peer.raw(bundle(wall + 20, write("/extempo/panic", ())))
    peer.send("/extempo/transport/stop")
    panic, stop = one.engine.waits_for(2)
    assert panic.at == pytest.approx(now + 20, abs=0.5)
    assert stop == commands.Stop()
    assert time.monotonic() - now < 5


@pytest.mark.parametrize(
    ("address", "arguments", "code"),
    [
        ("voice/1/temprature", (1,), "address"),
        ("voice/2/temperature", (1,), "address"),
        ("nonsense", (), "address"),
        ("voice/1/temperature", (2.01,), "value"),
        ("voice/1/temperature", (float("nan"),), "value"),
        ("voice/1/temperature", (float("inf"),), "value"),
        ("voice/1/temperature", ("hot",), "value"),
        ("voice/1/temperature", (), "count"),
        ("voice/1/temperature", (1, 2), "count"),
        ("voice/1/temperature/unit", (1.5,), "value"),
        ("voice/1/temperature/unit", (float("nan"),), "value"),
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
        ("voice/1/force", ("loudness", 0), "value"),
        ("voice/1/force", ("pitch", 128), "value"),
        ("voice/1/load", ("broken",), "load"),
        ("voice/1/load", ("far/" * 190,), "load"),
        ("voice/1/load", ("far/" * 250,), "value"),
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


def test_a_near_miss_is_named(pair: Pair) -> None:
    _, peer = pair
    peer.send("/extempo/voice/1/temprature", 1)
    assert "/extempo/voice/1/temperature is near" in str(peer.hears("/extempo/error")[1])


def test_too_large_a_packet_is_answered(pair: Pair) -> None:
    _, peer = pair
    peer.raw(b"/extempo\0\0\0\0,s\0\0" + b"x" * LARGEST)
    assert peer.hears("/extempo/error")[0] == "size"


def test_a_full_inbox_is_answered(pair: Pair) -> None:
    one, peer = pair
    one.engine.room = 1
    peer.send("/extempo/panic")
    peer.send("/extempo/panic")
    assert peer.hears("/extempo/error")[0] == "busy"
    assert one.control.refused == 1


def test_loads_are_checked_one_at_a_time_and_hold_nothing_up(pair: Pair) -> None:
    one, peer = pair
    checking, go_on = threading.Event(), threading.Event()
    find = one.control._find

    def slow(name: str) -> object:
        checking.set()
        assert go_on.wait(5)
        return find(name)

    one.control._find = slow  # type: ignore[assignment]
    peer.send("/extempo/voice/1/load", "duo")
    assert checking.wait(5)
    peer.send("/extempo/voice/1/load", "trio")
    assert peer.hears("/extempo/error")[0] == "busy"
    peer.send("/extempo/transport/stop")
    assert one.engine.waits_for(1) == [commands.Stop()]
    go_on.set()
    assert peer.hears("/extempo/voice/1/loading") == ["duo"]
    assert one.engine.taken[-1] == commands.Load(voice=1, path="/artifacts/duo.onnx")


def test_get_answers_what_the_engine_took(pair: Pair) -> None:
    one, peer = pair
    peer.send("/extempo/get", "/extempo/voice/1/density")
    assert peer.hears("/extempo/voice/1/density") == [1.0]
    one.says(Moved(voice=1, knob="density", value=2.0))
    peer.send("/extempo/get", "/extempo/voice/1/density")
    assert peer.hears("/extempo/voice/1/density") == [2.0]
    peer.send("/extempo/get", "/extempo/voice/1/density/unit")
    assert peer.hears("/extempo/voice/1/density/unit") == [pytest.approx(0.75)]
    peer.send("/extempo/get", "/extempo/transport/source")
    assert peer.hears("/extempo/transport/source") == ["internal"]


def test_get_takes_patterns(pair: Pair) -> None:
    _, peer = pair
    peer.send("/extempo/get", "/extempo/voice/1/*")
    assert {address for address, _ in peer.rest()} == {
        *(f"/extempo/voice/1/{name}" for name in EVENTS),
        "/extempo/voice/1/model",
    }
    peer.send("/extempo/get", "/extempo/{voice/1,transport}/[l-t]*")
    assert peer.hears("/extempo/error")[0] == "address"
    peer.send("/extempo/get", "/extempo/transport/{tempo,metre,key}")
    assert {address for address, _ in peer.rest()} == {
        f"/extempo/transport/{name}" for name in TRANSPORT
    }


@pytest.mark.parametrize(
    "pattern",
    ["/extempo/transport/" + "{,,}" * 20 + "!", "/*" + "*e" * 30, "/extempo/" + "{a,a," * 38],
)
def test_a_pattern_that_would_take_for_ever_is_refused(pair: Pair, pattern: str) -> None:
    _, peer = pair
    began = time.monotonic()
    peer.send("/extempo/get", pattern)
    assert peer.hears("/extempo/error")[0] == "value"
    assert time.monotonic() - began < 1.0


def test_subscribers_are_told_all_that_is_and_then_what_changes(pair: Pair) -> None:
    one, peer = pair
    one.says(Ready(voice=1, name="duo", path="/artifacts/duo.onnx"))
    peer.send("/extempo/subscribe")
    assert peer.hears("/extempo/subscribed") == [peer.port]
    told = dict(peer.rest())
    for name, value in defaults(EVENTS).items():
        assert told[f"/extempo/voice/1/{name}"] == [
            pytest.approx(value) if isinstance(value, float) else value
        ]
    assert told["/extempo/voice/1/model"] == ["duo"]
    one.says(Moved(voice=1, knob="mute", value=1))
    assert peer.hears("/extempo/voice/1/mute") == [1]
    one.says(Moved(voice=0, knob="tempo", value=120.0))
    assert peer.hears("/extempo/transport/tempo") == [120.0]
    one.says(
        Sent(voice=1, pitch=60, velocity=90, channel=2, seconds=0.5, at=1.0, late=0.0, number=1)
    )
    assert peer.hears("/extempo/voice/1/out/note") == [60, 90, 0.5, 2]
    one.says(Beat(bar=3, beat=2, tempo=120.0, at=1.0))
    assert peer.hears("/extempo/beat") == [3, 2, 120.0]
    one.says(Trouble(code="midi", text="The port has gone."))
    assert peer.hears("/extempo/error") == ["midi", "The port has gone."]
    one.says(State(running=True, step_us=300.0, worst_us=900.0, holds=1, inbox=0, planned=4))
    assert peer.hears("/extempo/status") == [1, "duo", 120.0, 300.0, 900.0, 1, 4]


def test_news_goes_to_the_port_that_was_asked_for_until_unsubscribed(pair: Pair) -> None:
    one, peer = pair
    other = Peer(one.osc.here)
    peer.send("/extempo/subscribe", other.port)
    peer.hears("/extempo/subscribed")
    other.rest()
    one.says(Moved(voice=1, knob="mute", value=1))
    assert other.hears("/extempo/voice/1/mute") == [1]
    assert other.hears("/extempo/voice/1/mute/unit") == [1.0]
    peer.send("/extempo/unsubscribe", float(other.port))
    assert peer.hears("/extempo/unsubscribed") == [other.port]
    one.says(Moved(voice=1, knob="mute", value=0))
    assert other.rest() + peer.rest() == []
    other.socket.close()


def test_a_peer_that_has_gone_is_dropped(pair: Pair) -> None:
    one, peer = pair
    if not one.osc._udp._tells:
        pytest.skip(
            "only Linux says which peer has gone; elsewhere the newest take the oldest's place"
        )
    gone = Peer(one.osc.here)
    gone.send("/extempo/subscribe")
    peer.send("/extempo/subscribe")
    peer.hears("/extempo/subscribed")
    gone.hears("/extempo/subscribed")
    gone.socket.close()
    end = time.monotonic() + 5
    while len(one.osc.subscribers.peers) > 1 and time.monotonic() < end:
        one.says(Moved(voice=1, knob="mute", value=1))
        time.sleep(0.01)
    assert one.osc.subscribers.peers == (("127.0.0.1", peer.port),)
    peer.rest()
    one.says(Moved(voice=1, knob="mute", value=1))
    assert peer.hears("/extempo/voice/1/mute") == [1]


def test_subscribers_are_bounded_and_the_newest_stay(pair: Pair) -> None:
    one, _ = pair
    for port in range(1, MOST + 11):
        one.osc.subscribers.add(("127.0.0.1", port))
    assert [port for _, port in one.osc.subscribers.peers] == list(range(11, MOST + 11))


def test_every_knob_is_announced(pair: Pair) -> None:
    _, peer = pair
    peer.send("/extempo/knobs")
    said = peer.rest()
    announced = {
        str(arguments[0]): arguments for address, arguments in said if address == "/extempo/knob"
    }
    assert set(announced) == {knob.name for knob in KNOBS}
    assert said[-1] == ("/extempo/knobs", [len(KNOBS)])
    for knob in KNOBS:
        kind, low, high, unit, default, text, address = announced[knob.name][1:8]
        assert (kind, unit, text) == (knob.kind, knob.unit, knob.help)
        assert default == (pytest.approx(knob.default) if knob.kind == "float" else knob.default)
        assert tuple(announced[knob.name][8:]) == knob.choices
        assert float(low) <= float(high)
        assert str(address).startswith("/extempo/")


def test_no_action_has_a_knobs_name() -> None:
    assert not {action.path for action in addresses.VOICE} & set(EVENTS)
    assert not {action.path for action in addresses.TRANSPORT} & set(TRANSPORT)


def test_a_flood_is_survived_and_answered_with_few_words(pair: Pair) -> None:
    one, peer = pair
    good, bad = write("/extempo/voice/1/density", (2.0,)), write("/extempo/nonsense", (1,))
    for _ in range(3000):
        peer.raw(good)
        peer.raw(bad)
    errors = [arguments for address, arguments in peer.rest(0.5) if address == "/extempo/error"]
    assert BURST <= len(errors) < 200
    assert one.osc.errors_left_out > 0
    time.sleep(0.1)
    peer.send("/extempo/nonsense")
    assert "more errors were not sent" in str(peer.hears("/extempo/error")[1])
    peer.send("/extempo/panic")
    one.engine.waits_for(1)
    assert peer.rest() == []
    assert one.engine.taken[-1] == commands.Panic()


def test_a_taken_port_is_one_sentence_that_names_the_option(pair: Pair) -> None:
    one, _ = pair
    with pytest.raises(ExtempoError, match=r"taken.*--osc-port"):
        Osc(one.control, *one.osc.here)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7", "\udcff"])
def test_a_host_that_is_not_ours_is_one_sentence(pair: Pair, host: str) -> None:
    one, _ = pair
    with pytest.raises(ExtempoError, match="--osc-host"):
        Osc(one.control, host, 0)


def test_closing_frees_the_port() -> None:
    with daemon() as (one, _):
        here = one.osc.here
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(here)


known = [action.path for action in addresses.TOP]
paths = st.one_of(
    st.sampled_from([f"/extempo/{path}" for path in known if path != "subscribe"]),
    st.sampled_from(
        [f"/extempo/voice/1/{name}" for name in (*EVENTS, *(one.path for one in addresses.VOICE))]
    ),
    st.sampled_from([f"/extempo/transport/{one.path}" for one in addresses.TRANSPORT]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30).map(
        "/extempo/{}".format
    ),
)
values = st.one_of(
    st.integers(-(2**31), 2**31 - 1),
    st.floats(width=32),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40),
    st.sampled_from(["/extempo/*", "/extempo/voice/1/*", "[", "{", "]*", "**", "[!]", "[]]"]),
)
packets = st.one_of(
    st.binary(max_size=64),
    st.builds(write, paths, st.lists(values, max_size=4)),
    st.builds(
        lambda one, place, byte: one[:place] + bytes([byte]) + one[place + 1 :],
        st.builds(write, paths, st.lists(values, max_size=4)),
        st.integers(0, 60),
        st.integers(0, 255),
    ),
    st.builds(
        lambda tag, one: b"#bundle\0" + struct.pack(">Qi", tag, len(one)) + one,
        st.integers(0, 2**64 - 1),
        st.builds(write, paths, st.lists(values, max_size=4)),
    ),
)


@given(st.lists(packets, max_size=20))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_fuzzed_packets_never_stop_it(pair: Pair, sent: list[bytes]) -> None:
    one, peer = pair
    one.engine.taken.clear()
    for packet in sent:
        if packet:
            peer.raw(packet)
    peer.send("/extempo/voice/1/save", "still here")
    end = time.monotonic() + 5
    while (
        commands.Save(voice=1, slot="still here") not in one.engine.taken and time.monotonic() < end
    ):
        time.sleep(0.0005)
    assert one.engine.taken[-1] == commands.Save(voice=1, slot="still here")
    assert one.osc._thread.is_alive()

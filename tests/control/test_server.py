"""The server stands whatever comes, and says who keeps it from standing."""

import socket
import struct
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from live.control.surfaces.osc import addresses
from live.control.surfaces.osc.osc import Osc
from live.control.surfaces.osc.packets import LARGEST, write
from live.control.surfaces.osc.throttle import Throttle
from live.declared import actions
from live.declared.knobs import NOTE_KNOBS, SOUND_KNOBS
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import Trouble
from models.contract.errors import ExtempoError
from tests.control.desk import Pair, daemon
from tests.system_tools import wait_for


def test_too_large_a_packet_is_answered(pair: Pair) -> None:
    _, peer = pair
    peer.raw(b"/extempo\0\0\0\0,s\0\0" + b"x" * LARGEST)
    assert peer.hears("/extempo/error")[0] == "size"


def test_a_flood_is_survived_and_answered_with_few_words(pair: Pair) -> None:
    one, peer = pair
    good, bad = write("/extempo/voice/1/density", (2.0,)), write("/extempo/nonsense", (1,))
    for _ in range(3000):
        peer.raw(good)
        peer.raw(bad)
    errors = [arguments for address, arguments in peer.rest(0.5) if address == "/extempo/error"]
    assert Throttle.RATE <= len(errors) < 200
    time.sleep(0.1)
    peer.send("/extempo/nonsense")
    assert "more errors were not sent" in str(peer.hears("/extempo/error")[1])
    peer.send("/extempo/panic")
    one.engine.waits_for(1)
    assert peer.rest() == []
    assert one.engine.taken[-1].act == acts.Panic()


def test_the_player_is_shown_the_first_error_of_each_kind(pair: Pair) -> None:
    one, peer = pair
    for address in ("nonsense", "nothing", "voice/1/density", "voice/1/temprature"):
        peer.send(f"/extempo/{address}")
        peer.hears("/extempo/error")
    peer.send("/extempo/voice/1/load", "broken")
    # Who sent it is answered first.
    wait_for(lambda: len(one.shown) >= 3)
    assert one.shown == [
        f"OSC from port {peer.port} of 127.0.0.1: {said}"
        for said in (
            "There is nothing at /extempo/nonsense; /extempo/knobs lists the knobs.",
            "/extempo/voice/1/density takes value, and 0 arguments came.",
            "broken.onnx is cut short: export it again.",
        )
    ]


def test_who_asked_for_what_goes_wrong_later_is_told_and_told_once(pair: Pair) -> None:
    one, peer = pair
    asked = Trouble(code="slot", text="Nothing is saved.", asker=("127.0.0.1", peer.port))
    one.says(Trouble(code="late", text="Too late."))
    one.says(asked)
    assert peer.rest() == [("/extempo/error", ["slot", "Nothing is saved."])]
    peer.send("/extempo/subscribe")
    peer.rest()
    one.says(asked)
    assert peer.rest() == [("/extempo/error", ["slot", "Nothing is saved."])]
    peer.send("/extempo/unsubscribe")
    peer.rest()
    for _ in range(10 * int(Throttle.RATE)):
        one.says(asked)
    assert Throttle.RATE <= len(peer.rest()) < 5 * Throttle.RATE


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


known = [*(one.name for one in actions.of("top")), *(own.path for own in addresses.OWN)]
paths = st.one_of(
    st.sampled_from([f"/extempo/{path}" for path in known if path != "subscribe"]),
    st.sampled_from(
        [
            f"/extempo/voice/1/{name}"
            for name in (*NOTE_KNOBS, *(one.name for one in actions.of("voice")))
        ]
    ),
    st.sampled_from(
        [
            f"/extempo/voice/2/{name}"
            for name in (*SOUND_KNOBS, *(one.name for one in actions.of("voice")))
        ]
    ),
    st.sampled_from([f"/extempo/transport/{one.name}" for one in actions.of("transport")]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30).map(
        "/extempo/{}".format
    ),
)
values = st.one_of(
    st.integers(-(2**31), 2**31 - 1),
    st.floats(width=32, allow_subnormal=False),
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
    last = Command(acts.Save(slot="still here"), voice=1, asker=("127.0.0.1", peer.port))
    while last not in one.engine.taken and time.monotonic() < end:
        time.sleep(0.0005)
    assert one.engine.taken[-1] == last
    assert one.osc._thread.is_alive()

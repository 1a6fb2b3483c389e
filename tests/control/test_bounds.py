"""What one peer may cost, and what is done for whoever asks in whatever way."""

import socket
import struct
import time
from typing import Final

import pytest

from live.control.control import PATIENCE, Control
from live.control.surfaces.midi import panicked
from live.control.surfaces.osc.osc import Osc
from live.control.surfaces.osc.packets import write
from live.control.surfaces.osc.throttle import OF_ONE_HOST, PEERS, Ahead, Answers, Buckets, Work
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import Panicked, Recalled, Saved
from tests.control.desk import Pair, Peer, find
from tests.system_tools import wait_for

TURN: Final = write("/extempo/voice/1/temperature", (0.5,))
PANIC: Final = write("/extempo/panic", ())


def bundle(packets: list[bytes], wall: float = 0.0) -> bytes:
    """A bundle of messages, for at once or for a time of the system's clock."""
    tag = int((wall + 2208988800) * 2**32) if wall else 1
    parts = b"".join(struct.pack(">i", len(one)) + one for one in packets)
    return b"#bundle\0" + struct.pack(">Q", tag) + parts


def test_a_small_packet_does_not_become_megabytes(pair: Pair) -> None:
    one, peer = pair
    question = b"/extempo/knobs\0\0"
    began = time.monotonic()
    peer.raw(bundle([question] * 400))
    other = Peer(one.osc.here)
    other.send("/extempo/get", "/extempo/transport/source")
    assert other.hears("/extempo/transport/source") == ["auto"]
    answered = sum(len(write(address, said)) for address, said in peer.rest())
    assert answered < 2 * Answers.BYTES * (1 + time.monotonic() - began)
    other.socket.close()


def test_who_asks_for_too_much_is_told_and_answered_again_later(pair: Pair) -> None:
    one, peer = pair
    codes: list[object] = []
    while "busy" not in codes:
        peer.send("/extempo/knobs")
        codes += [said[0] for address, said in peer.rest(0.01) if address == "/extempo/error"]
        assert len(codes) < 2
    time.sleep(1.1)
    peer.send("/extempo/get", "/extempo/transport/source")
    assert peer.hears("/extempo/transport/source") == ["auto"]
    peer.send("/extempo/voice/1/temperature", 0.5)
    one.engine.waits_for(1)


def test_a_flood_of_notes_is_kept_from_the_engine_and_their_ends_are_not(pair: Pair) -> None:
    one, peer = pair
    began = time.monotonic()
    for _ in range(20):
        peer.raw(bundle([write("/extempo/voice/1/note", (60, 80))] * 100))
    peer.raw(bundle([TURN, PANIC, write("/extempo/voice/1/note", (60, 0))]))
    assert any("400 things" in str(said[1]) for address, said in peer.rest() if "error" in address)
    taken = [type(command.act) for command in one.engine.taken]
    most = Work.BURST + Work.RATE * (time.monotonic() - began)
    assert Work.BURST <= taken.count(acts.Play) - 1 <= most
    assert taken[-3:] == [acts.SetKnob, acts.Panic, acts.Play]


def test_messages_that_wait_are_bounded_for_each_peer(pair: Pair) -> None:
    one, peer = pair
    for _ in range(2):
        peer.raw(bundle([TURN] * 100, time.time() + 30))
    assert any(said[0] == "busy" for _, said in peer.rest())
    assert len(one.engine.taken) == Ahead.MOST
    other = Peer(one.osc.here)
    other.raw(bundle([TURN], time.time() + 30))
    one.engine.waits_for(Ahead.MOST + 1)
    other.socket.close()


def test_all_that_wait_are_bounded_for_each_host(pair: Pair) -> None:
    one, _ = pair
    for _ in range(6):
        other = Peer(one.osc.here)
        other.raw(bundle([TURN] * Ahead.MOST, time.time() + 30))
        other.send("/extempo/get", "/extempo/transport/source")
        other.hears("/extempo/transport/source")
        other.socket.close()
    assert len(one.engine.taken) == OF_ONE_HOST * Ahead.MOST


def test_a_pattern_that_waits_counts_as_all_that_it_matches(pair: Pair) -> None:
    one, peer = pair
    everything = write("/extempo/voice/1/*/unit", (0.5,))
    peer.raw(bundle([everything] * Ahead.MOST, time.time() + 30))
    peer.send("/extempo/get", "/extempo/transport/source")
    assert peer.hears("/extempo/error")[0] == "busy"
    peer.hears("/extempo/transport/source")
    assert 0 < len(one.engine.taken) <= Ahead.MOST


def test_what_failed_does_not_wait(pair: Pair) -> None:
    one, peer = pair
    wrong = write("/extempo/voice/1/temperature", (9,))
    peer.raw(bundle([wrong] * Ahead.MOST, time.time() + 30))
    peer.raw(bundle([TURN], time.time() + 30))
    one.engine.waits_for(1)
    assert {said[0] for _, said in peer.rest()} == {"value"}


def test_a_panic_may_wait_whatever_else_waits(pair: Pair) -> None:
    one, peer = pair
    peer.raw(bundle([TURN] * Ahead.MOST, time.time() + 30))
    peer.raw(bundle([PANIC], time.time() + 30))
    panic = one.engine.waits_for(Ahead.MOST + 1)[-1]
    assert isinstance(panic.act, acts.Panic)
    assert panic.at > time.monotonic()
    assert peer.rest() == []


def test_of_many_panics_that_wait_the_next_acts_at_once(pair: Pair) -> None:
    one, peer = pair
    peer.raw(bundle([PANIC] * (Ahead.PANICS + 1), time.time() + 30))
    *waiting, last = one.engine.waits_for(Ahead.PANICS + 1)
    assert all(panic.at for panic in waiting)
    assert (last.act, last.at) == (acts.Panic(), 0.0)
    assert peer.rest() == []


@pytest.mark.parametrize("by", ["OSC", "pattern", "time tag", "MIDI", "another engine"])
def test_when_everything_that_waits_is_forgotten_others_may_wait(pair: Pair, by: str) -> None:
    one, peer = pair
    peer.raw(bundle([TURN] * Ahead.MOST, time.time() + 30))
    count = len(one.engine.waits_for(Ahead.MOST))
    match by:
        case "OSC":
            peer.send("/extempo/panic")
        case "pattern":
            peer.send("/extempo/pani?")
        case "time tag":
            peer.raw(bundle([PANIC], time.time() + 0.2))
            time.sleep(0.3)
        case "MIDI":
            panicked(Panicked(at=time.monotonic()), one.control)
        case _:
            one.control.begin_again()
            count -= 1
    one.engine.waits_for(count + 1)
    peer.raw(bundle([TURN] * Ahead.MOST, time.time() + 30))
    one.engine.waits_for(count + 1 + Ahead.MOST)
    assert peer.rest() == []


def test_a_panic_waits_for_room_in_a_full_inbox() -> None:
    room = iter([False, False, False, True, False])
    control = Control(lambda _: next(room), find)
    assert not control.ask(Command(acts.Reset(), voice=1))
    assert panicked(Panicked(at=1.0), control)
    assert not control.ask(Command(acts.Reset(), voice=1))


def test_an_engine_that_takes_nothing_does_not_hold_up_panic_after_panic(pair: Pair) -> None:
    one, peer = pair
    one.engine.room = 0
    began = time.monotonic()
    peer.raw(bundle([PANIC] * 100))
    assert peer.hears("/extempo/error")[0] == "busy"
    wait_for(lambda: one.control.refused == 100)
    assert time.monotonic() - began < 100 * PATIENCE / 2


def test_a_host_with_many_ports_is_answered_as_twice_a_peer_and_others_are_served() -> None:
    buckets = Buckets(1.0, 10.0)
    taken = 0
    for port in range(3000):
        if buckets.left(("10.0.0.1", port), 0.0) >= 1:
            buckets.take(("10.0.0.1", port), 0.0, 1.0)
            taken += 1
    assert taken == OF_ONE_HOST * 10
    assert buckets.left(("10.0.0.2", 1), 0.0) == 10


def test_what_is_remembered_of_hosts_is_bounded() -> None:
    ahead = Ahead()
    for host in range(3000):
        peer = f"10.0.{host // 256}.{host % 256}", 1
        assert ahead.room(peer, 0.0) == Ahead.MOST
        ahead.count(peer, 30.0, Ahead.MOST)
    assert ahead.room(peer, 1.0) == 0
    assert ahead.room(peer, 31.0) == Ahead.MOST
    assert len(ahead._waiting._values) == PEERS


@pytest.mark.parametrize(
    "rest",
    [b"", b",\0\0\0", b",I\0\0", b",N\0\0", b",T\0\0", b",b\0\0\0\0\0\x04abcd", b",i\0\0\0\0\0\x7f",
     b",ii\0\0\0\0\0\0\0\0\0\0\0\0\0", b",s\0\0on\0\0", b",f\0\0\x3f\x80\0\0", b"odd!", b",[i]\0\0\0\0\0\0\0\1"],
)  # fmt: skip
def test_panic_needs_no_particular_button(pair: Pair, rest: bytes) -> None:
    one, peer = pair
    peer.raw(b"/extempo/panic\0\0" + rest)
    assert [command.act for command in one.engine.waits_for(1)] == [acts.Panic()]


@pytest.mark.parametrize("rest", [b",F\0\0", b",i\0\0\0\0\0\0", b",f\0\0\0\0\0\0"])
def test_the_release_of_a_button_is_no_panic(pair: Pair, rest: bytes) -> None:
    one, peer = pair
    peer.raw(b"/extempo/panic\0\0" + rest)
    assert peer.rest() == []
    assert one.engine.taken == []


@pytest.mark.parametrize(
    ("pattern", "voices"),
    [("*", [1, 2]), ("?", [1, 2]), ("[1-2]", [1, 2]), ("{1,2}", [1, 2]), ("[!1]", [2])],
)
def test_a_pattern_acts_on_all_that_match(pair: Pair, pattern: str, voices: list[int]) -> None:
    one, peer = pair
    peer.send(f"/extempo/voice/{pattern}/temperature", 0.5)
    taken = one.engine.waits_for(len(voices))
    turned, asker = acts.SetKnob(knob="temperature", value=0.5), ("127.0.0.1", peer.port)
    wanted = [Command(turned, voice=one, asker=asker) for one in voices]
    assert taken == wanted


def test_what_no_pattern_matches_and_what_fails_is_said_once(pair: Pair) -> None:
    one, peer = pair
    peer.send("/extempo/voice/*/warmth", 0.5)
    said = ["address", "Nothing here matches '/extempo/voice/*/warmth'."]
    assert peer.rest() == [("/extempo/error", said)]
    peer.send("/extempo/voice/*/temperature", 9)
    ((_, [code, text]),) = peer.rest()
    assert code == "value"
    assert "outside" in str(text)
    peer.send("/extempo/" + "*a" * 80, 1)
    assert peer.hears("/extempo/error")[0] == "value"
    assert one.engine.taken == []


def test_a_fader_behind_a_pattern_is_not_held_up(pair: Pair) -> None:
    one, peer = pair
    for step in range(2000):
        peer.send("/extempo/voice/*/temperature", step / 2000)
        if step % 100 == 0:
            time.sleep(0.01)
    wait_for(lambda: one.engine.taken and one.engine.taken[-1].act.value == 1999 / 2000)  # type: ignore[union-attr]
    assert peer.rest() == []


def test_save_and_recall_are_confirmed_to_who_asked_and_who_listens(pair: Pair) -> None:
    one, peer = pair
    asker = ("127.0.0.1", peer.port)
    one.says(Saved(voice=1, slot="verse", asker=asker))
    one.says(Recalled(voice=1, slot="verse", asker=asker))
    told = [("/extempo/voice/1/saved", ["verse"]), ("/extempo/voice/1/recalled", ["verse"])]
    assert peer.rest() == told
    peer.send("/extempo/subscribe")
    peer.rest()
    one.says(Saved(voice=1, slot="verse", asker=asker))
    assert peer.rest() == told[:1]


def _link_local() -> tuple[str, int] | None:
    """An IPv6 link-local address of this machine, with its scope."""
    with open("/proc/net/if_inet6") as table:
        for row in table:
            digits, scope, _, kind, *_ = row.split()
            if kind == "20":
                return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits)), int(scope, 16)
    return None


def test_a_link_local_peer_is_answered(pair: Pair) -> None:
    one, _ = pair
    try:
        found = _link_local()
    except OSError:
        found = None
    if found is None:
        pytest.skip("no interface with a link-local address here")
    host, scope = found
    server = Osc(one.control, "::", 0)
    server.start()
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as peer:
            peer.bind((host, 0, 0, scope))
            peer.settimeout(5)
            to = (host, server.here[1], 0, scope)
            peer.sendto(write("/extempo/subscribe", ()), to)
            assert peer.recv(65536).startswith(b"/extempo/subscribed")
            ((name, port),) = server.subscribers.peers
            assert (name, port) == (f"{host}%{scope}", peer.getsockname()[1])
    finally:
        server.close()

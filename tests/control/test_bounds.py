"""What one peer may cost, and what is done for whoever asks in whatever way."""

import socket
import struct
import time

import pytest

from live import commands
from live.control.osc import Osc
from live.control.packets import write
from live.control.throttle import Ahead, Answers
from live.wire import Recalled, Saved
from tests.control.desk import Pair, Peer
from tests.system_tools import wait_for


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
    assert other.hears("/extempo/transport/source") == ["internal"]
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
    assert peer.hears("/extempo/transport/source") == ["internal"]
    peer.send("/extempo/voice/1/temperature", 0.5)
    one.engine.waits_for(1)


def test_messages_that_wait_are_bounded_for_each_peer(pair: Pair) -> None:
    one, peer = pair
    turn = write("/extempo/voice/1/temperature", (0.5,))
    for _ in range(2):
        peer.raw(bundle([turn] * 100, time.time() + 30))
    assert any(said[0] == "busy" for _, said in peer.rest())
    assert len(one.engine.taken) == Ahead.MOST
    other = Peer(one.osc.here)
    other.raw(bundle([turn], time.time() + 30))
    one.engine.waits_for(Ahead.MOST + 1)
    other.socket.close()


@pytest.mark.parametrize(
    "rest",
    [b"", b",\0\0\0", b",I\0\0", b",N\0\0", b",T\0\0", b",b\0\0\0\0\0\x04abcd", b",i\0\0\0\0\0\x7f",
     b",ii\0\0\0\0\0\0\0\0\0\0\0\0\0", b",s\0\0on\0\0", b",f\0\0\x3f\x80\0\0", b"odd!", b",[i]\0\0\0\0\0\0\0\1"],
)  # fmt: skip
def test_panic_needs_no_particular_button(pair: Pair, rest: bytes) -> None:
    one, peer = pair
    peer.raw(b"/extempo/panic\0\0" + rest)
    assert one.engine.waits_for(1) == [commands.Panic()]


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
    wanted = [commands.SetKnob(voice=one, knob="temperature", value=0.5) for one in voices]
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
    wait_for(lambda: one.engine.taken and one.engine.taken[-1].value == 1999 / 2000)  # type: ignore[union-attr]
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

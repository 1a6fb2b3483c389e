"""What is told: to who asks, to subscribers, and of what can be asked."""

import time

import pytest

from live.control.surfaces.osc.subscribers import MOST, OF_ONE_HOST
from live.declared import actions
from live.declared.knob import KINDS, Kind
from live.declared.knobs import CLOCK_KNOBS, NOTE_KNOBS, SCOPES, SOUND_KNOBS, defaults
from live.ipc.news import Beat, KnobSet, Ready, Sent, Sounding, State, Trouble
from tests.control.desk import Pair, Peer


def test_get_answers_what_the_engine_took(pair: Pair) -> None:
    one, peer = pair
    peer.send("/extempo/get", "/extempo/voice/1/density")
    assert peer.hears("/extempo/voice/1/density") == [1.0]
    one.says(KnobSet(voice=1, knob="density", value=2.0))
    peer.send("/extempo/get", "/extempo/voice/1/density")
    assert peer.hears("/extempo/voice/1/density") == [2.0]
    peer.send("/extempo/get", "/extempo/voice/1/density/unit")
    assert peer.hears("/extempo/voice/1/density/unit") == [pytest.approx(0.75)]
    peer.send("/extempo/get", "/extempo/transport/source")
    assert peer.hears("/extempo/transport/source") == ["auto"]


def test_get_takes_patterns(pair: Pair) -> None:
    _, peer = pair
    peer.send("/extempo/get", "/extempo/voice/1/*")
    assert {address for address, _ in peer.rest()} == {
        *(f"/extempo/voice/1/{name}" for name in NOTE_KNOBS),
        "/extempo/voice/1/model",
    }
    peer.send("/extempo/get", "/extempo/{voice/1,transport}/[l-t]*")
    assert peer.hears("/extempo/error")[0] == "address"
    peer.send("/extempo/get", "/extempo/transport/{tempo,metre,key}")
    assert {address for address, _ in peer.rest()} == {
        f"/extempo/transport/{name}" for name in CLOCK_KNOBS
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
    for name, value in defaults(NOTE_KNOBS).items():
        assert told[f"/extempo/voice/1/{name}"] == [
            pytest.approx(value) if isinstance(value, float) else value
        ]
    assert told["/extempo/voice/1/model"] == ["duo"]
    for name, value in defaults(SOUND_KNOBS).items():
        assert told[f"/extempo/voice/2/{name}"] == [
            pytest.approx(value) if isinstance(value, float) else value
        ]
    one.says(KnobSet(voice=1, knob="mute", value=1))
    assert peer.hears("/extempo/voice/1/mute") == [1]
    one.says(KnobSet(voice=0, knob="tempo", value=120.0))
    assert peer.hears("/extempo/transport/tempo") == [120.0]
    one.says(
        Sent(voice=1, pitch=60, velocity=90, channel=2, seconds=0.5, at=1.0, late=0.0, number=1)
    )
    assert peer.hears("/extempo/voice/1/out/note") == [60, 90, 0.5, 2]
    one.says(Beat(bar=3, beat=2, tempo=120.0, at=1.0))
    assert peer.hears("/extempo/beat") == [3, 2, 120.0]
    one.says(Sounding(voice=2, share=0.25, late=3, depth=0.125))
    assert peer.hears("/extempo/voice/2/sound") == [0.25, 3, 0.125]
    peer.send("/extempo/get", "/extempo/voice/2/sound")
    assert peer.hears("/extempo/voice/2/sound") == [0.25, 3, 0.125]
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
    one.says(KnobSet(voice=1, knob="mute", value=1))
    assert other.hears("/extempo/voice/1/mute") == [1]
    assert other.hears("/extempo/voice/1/mute/unit") == [1.0]
    peer.send("/extempo/unsubscribe", float(other.port))
    assert peer.hears("/extempo/unsubscribed") == [other.port]
    one.says(KnobSet(voice=1, knob="mute", value=0))
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
        one.says(KnobSet(voice=1, knob="mute", value=1))
        time.sleep(0.01)
    assert one.osc.subscribers.peers == (("127.0.0.1", peer.port),)
    peer.rest()
    one.says(KnobSet(voice=1, knob="mute", value=1))
    assert peer.hears("/extempo/voice/1/mute") == [1]


def test_subscribers_are_bounded_and_the_newest_stay(pair: Pair) -> None:
    one, _ = pair
    for port in range(1, MOST + 11):
        one.osc.subscribers.add((f"10.0.0.{port}", port))
    assert [port for _, port in one.osc.subscribers.peers] == list(range(11, MOST + 11))


def test_one_host_does_not_push_out_all_others(pair: Pair) -> None:
    one, _ = pair
    one.osc.subscribers.add(("10.0.0.1", 9000))
    for port in range(1, 200):
        one.osc.subscribers.add(("127.0.0.1", port))
    assert ("10.0.0.1", 9000) in one.osc.subscribers.peers
    assert len(one.osc.subscribers.peers) == OF_ONE_HOST + 1


def test_every_knob_is_announced(pair: Pair) -> None:
    _, peer = pair
    peer.send("/extempo/knobs")
    said = peer.rest()
    announced = {
        str(arguments[7]): arguments for address, arguments in said if address == "/extempo/knob"
    }
    declared = {
        **{f"/extempo/transport/{name}": knob for name, knob in CLOCK_KNOBS.items()},
        **{f"/extempo/voice/1/{name}": knob for name, knob in NOTE_KNOBS.items()},
        **{f"/extempo/voice/2/{name}": knob for name, knob in SOUND_KNOBS.items()},
    }
    assert set(announced) == set(declared)
    assert said[-1] == ("/extempo/knobs", [len(declared)])
    for address, knob in declared.items():
        name, kind, low, high, unit, default, text = announced[address][:7]
        assert (name, kind, unit, text) == (knob.name, knob.kind, knob.unit, knob.help)
        assert default == (pytest.approx(knob.default) if knob.kind == "float" else knob.default)
        assert tuple(announced[address][8:]) == knob.choices
        assert float(low) <= float(high)


@pytest.mark.parametrize("kind", KINDS)
def test_no_action_has_a_knobs_name(kind: Kind) -> None:
    assert not {action.name for action in actions.of("voice")} & set(SCOPES[kind])
    assert not {action.name for action in actions.of("transport")} & set(CLOCK_KNOBS)

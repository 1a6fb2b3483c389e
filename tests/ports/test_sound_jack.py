import time

import numpy as np
import pytest

from live.ipc.config import SoundOptions
from live.ipc.news import Patched, Trouble
from live.ipc.soundring import FRAMES
from tests.ports.sound_tools import (
    RATE,
    SMOOTH,
    JackRecorder,
    Player,
    pitch_of,
    sharpest,
    sine,
)
from tests.system_tools import jack_server, kill_server, wait_for, why_no_jack

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(why_no_jack() is not None, reason=str(why_no_jack())),
]


@pytest.fixture
def play():
    """Write a sine into a ring, until the test is over."""
    players = []

    def play(ring, **options):
        players.append(Player(ring, **options))
        return players[-1]

    yield play
    for player in players:
        player.close()


def sound(**options):
    return {"out": "null", "listen": "null", "sound": SoundOptions(**options)}


def test_jack_hears_what_the_engine_writes_without_a_gap(start, play):
    with jack_server(period=256):
        ports = start(voices=1, **sound(out="jack"))
        player = play(ports.sound[0])
        words = ports.opened().sound
        assert "extempo-sound:left" in words
        assert "system:playback_1 and system:playback_2" in words
        assert "5.3 ms a period" in words
        recorder = JackRecorder("extempo-sound:left", "extempo-sound:right")
        left, right = recorder.record_whole(ports.sound[0], 1.5)
        header = ports.sound[0].header
        assert (header["rate"], header["period"]) == (RATE, 256)
        player.close()
        ports.close()
        recorder.close()
    assert np.array_equal(left, right)
    assert pitch_of(left[-RATE:]) == pytest.approx(440, abs=2)
    assert sharpest(left) < SMOOTH


@pytest.mark.parametrize(
    ("end", "rate"), [(lambda name: None, RATE), (kill_server, 44100)], ids=["ended", "killed"]
)
def test_a_server_that_stops_and_comes_back(start, play, end, rate):
    name = f"extempo-sound-{time.monotonic_ns() % 1000000}"
    with jack_server(name):
        ports = start(voices=1, **sound(out="auto"))
        player = play(ports.sound[0])
        assert "JACK ports" in ports.opened().sound
        wait_for(lambda: ports.sound[0].header["read"][0] > RATE / 4)
        end(name)
    told = wait_for(lambda: [one.text for one in ports.said(Trouble) if one.code == "sound"])
    assert told == ["JACK has stopped: sound is made on, unheard, and comes back by itself."]
    read = int(ports.sound[0].header["read"][0])
    wait_for(lambda: ports.sound[0].header["read"][0] > read + RATE / 4)
    with jack_server(name, period=512, rate=rate):
        wait_for(lambda: "JACK is back, and sound with it." in said(ports), 10)
        header = ports.sound[0].header
        assert (header["rate"], header["period"]) == (rate, 512)
        recorder = JackRecorder("extempo-sound:left")
        (left,) = recorder.record_whole(ports.sound[0], 1.0)
        assert pitch_of(left[-RATE // 2 :], rate) == pytest.approx(440, abs=3)
        player.close()
        ports.close()
        recorder.close()


def test_what_was_connected_by_hand_is_connected_again(start):
    name = f"extempo-sound-{time.monotonic_ns() % 1000000}"
    by_hand = (("left", "a-mixer:in_1"), ("right", "a-mixer:in_2"))
    with jack_server(name):
        mixer = JackRecorder(name="a-mixer")
        ports = start(voices=1, **sound(out="jack"))
        ports.opened()
        for side in (1, 2):
            ours = f"extempo-sound:{('left', 'right')[side - 1]}"
            mixer.client.disconnect(ours, f"system:playback_{side}")
            mixer.client.connect(ours, f"a-mixer:in_{side}")
        told = wait_for(
            lambda: [one for one in ports.said(Patched) if set(by_hand) <= set(one.links)]
        )
        links = told[-1].links
        assert told[-1].kind == "audio"
        assert not [other for _, other in links if "playback" in other]
        ports.close()
        again = start(voices=1, again=True, **sound(out="jack", links=links))
        assert "to a-mixer:in_1 and a-mixer:in_2, " in again.opened().sound
        mixer.close()
    wait_for(lambda: "JACK has stopped" in said(again)[0])
    with jack_server(name):
        wait_for(lambda: "JACK is back, and sound with it." in said(again), 10)
        mixer = JackRecorder(name="a-mixer")
        for side, ours in (("in_1", "left"), ("in_2", "right")):
            port = f"a-mixer:{side}"
            wait_for(lambda port=port: mixer.client.get_all_connections(port), 10, port)
            [one] = mixer.client.get_all_connections(port)
            assert one.name == f"extempo-sound:{ours}"
        again.close()
        mixer.close()


def said(ports):
    return [one.text for one in ports.said(Trouble)]


def test_what_comes_in_reaches_the_engine(start):
    with jack_server():
        ports = start(voices=1, **sound(out="jack"))
        ports.opened()
        wait_for(lambda: ports.capture.header["rate"][0] == RATE)
        recorder = JackRecorder(plays="extempo-sound:in")
        time.sleep(1.3)
        # More than a voice's ring holds, without a gap.
        heard = ports.capture.listen(1.0)
        assert len(heard) == RATE > FRAMES
        assert pitch_of(heard) == pytest.approx(440, abs=2)
        assert sharpest(heard) < 1.2 * SMOOTH
        ports.close()
        recorder.close()


def test_ports_are_connected_as_asked_and_what_is_not_there_is_told(start):
    with jack_server():
        listener = JackRecorder(name="a-mixer")
        ports = start(voices=1, **sound(out="jack", connect=("A-MIXER", "chorus")))
        assert ", to a-mixer:in_1 and a-mixer:in_2, " in ports.opened().sound
        (told,) = wait_for(lambda: [t.text for t in ports.said(Trouble) if t.code == "sound"])
        assert told.startswith("No JACK audio port matches 'chorus'; there is ")
        late = JackRecorder(name="a-chorus")
        told = wait_for(lambda: [t.text for t in ports.said(Trouble, 2) if t.code == "sound"])[-1]
        assert "a-chorus:in_1, a-chorus:in_2" in told
        assert told.endswith(" now: connected.")
        for port, ours in (("a-chorus:in_1", "left"), ("a-chorus:in_2", "right")):
            [one] = late.client.get_all_connections(port)
            assert one.name == f"extempo-sound:{ours}"
        ports.close()
        late.close()
        listener.close()


def test_without_a_server_jack_is_refused_and_auto_plays_on(start, monkeypatch):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "extempo-nowhere")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    refused = start(voices=1, **sound(out="jack"))
    refused.process.join(20)
    assert refused.process.exitcode == 1
    ports = start(voices=1, **sound(out="null", connect=("a-mixer",)))
    assert ports.opened().sound == "nowhere: the sound is made and not heard"
    (told,) = wait_for(lambda: [t.text for t in ports.said(Trouble) if t.code == "sound"])
    assert told.startswith("--sound-connect needs a JACK server")
    ring = ports.sound[0]
    ring.write(sine(0, 8192))
    wait_for(lambda: ring.header["read"][0] == 8192)
    assert (ring.header["rate"], ring.header["period"]) == (RATE, 256)


def test_an_export_is_not_called_sound_that_came_too_late(start, play):
    with jack_server(period=256):
        ports = start(voices=1, **sound(out="jack"))
        player = play(ports.sound[0])
        ports.opened()
        header = ports.sound[0].header
        recorder = JackRecorder("extempo-sound:left", "extempo-sound:right")
        wait_for(lambda: header["read"][0] > RATE // 4, 10, "sound")

        def export() -> bool:
            late = int(header["late"][0])
            recorder.client.set_freewheel(True)
            wait_for(lambda: "JACK freewheels" in ports.said(Trouble)[-1].text, 10, "the sentence")
            time.sleep(0.3)
            recorder.client.set_freewheel(False)
            wait_for(lambda: "in time again" in ports.said(Trouble)[-1].text, 10, "the end of it")
            # What it asked for in that time was never there; one period may be on its way at either end.
            return int(header["late"][0]) - late <= 2

        # On a machine with other things to do the player itself may be late.
        wait_for(export, 30, "an export with a player that is in time")
        read = int(header["read"][0])
        wait_for(lambda: header["read"][0] > read + RATE // 4, 10, "sound again")
        player.close()
        ports.close()
        recorder.close()

import ctypes
import time
from contextlib import nullcontext

import pytest

from live.engine.sound import prime as sound_prime
from live.ipc.config import SoundOptions
from live.ipc.soundring import SoundRing
from live.ports import native
from live.ports.audio import devices
from tests.ports.sound_tools import SMOOTH, JackRecorder, Player, pitch_of, sharpest
from tests.system_tools import jack_server, kill_server, wait_for, why_no_jack

needs_jack = pytest.mark.skipif(why_no_jack() is not None, reason=str(why_no_jack()))


@pytest.fixture
def capture():
    ring = SoundRing()
    yield ring
    ring.close()
    ring.unlink()


@pytest.fixture
def stage(ring, capture):
    """Make a stage that plays to the device, with what it has told."""
    from live.ports.audio.stage import SoundStage

    made = []

    def stage(**options):
        one = SoundStage(SoundOptions(**options), "extempo", (ring,), capture)
        one.told = []
        one.tell = one.told.append
        made.append(one)
        return one

    yield stage
    for one in made:
        one.close()


def only(monkeypatch, *names):
    """Leave miniaudio only these sound systems."""
    module = native.miniaudio()
    left = [getattr(module.Backend, name) for name in names]
    monkeypatch.setattr(devices, "backends", lambda _: left)


def test_a_device_plays_what_the_engine_writes(stage, ring, monkeypatch):
    only(monkeypatch, "NULL")
    one = stage(out="device")
    assert one.open() == "the sound device (Null), 48 kHz"
    player = Player(ring)
    wait_for(lambda: ring.header["read"][0] > 24000)
    player.close()
    assert (ring.header["late"], ring.header["rate"]) == (0, 48000)
    assert ring.header["period"] > 0
    assert abs(float(ring.header["heard_at"][0]) - time.monotonic()) < 2


@pytest.mark.parametrize(
    "out", ["device", pytest.param("jack", marks=[pytest.mark.system, needs_jack])]
)
def test_nothing_that_python_does_holds_up_the_callback(stage, ring, monkeypatch, out):
    only(monkeypatch, "NULL")
    with jack_server(period=256) if out == "jack" else nullcontext():
        one = stage(out=out)
        one.open()
        player = Player(ring)
        wait_for(lambda: ring.header["read"][0] > 4800)
        wait_for(lambda: ring.waiting() >= 24000)
        before = int(ring.header["read"][0])
        # Asleep with Python's lock in its hand.
        ctypes.PyDLL(None).usleep(300_000)
        assert int(ring.header["read"][0]) - before >= 0.2 * 48000
        player.close()
        one.close()


@pytest.mark.system
@needs_jack
def test_a_device_of_another_rate_is_played_at_its_own(stage, ring, monkeypatch):
    # To miniaudio a JACK server is a device, and one that refuses every rate but its own.
    with jack_server(rate=44100, period=512):
        only(monkeypatch, "JACK")
        one = stage(out="device")
        assert one.open() == "the sound device (JACK), 44.1 kHz"
        player = Player(ring)
        wait_for(lambda: ring.header["read"][0] > 22050)
        assert ring.header["rate"] == 44100
        recorder = JackRecorder("extempo-sound:playback0")
        (heard,) = recorder.record_whole(ring, 1.0)
        player.close()
        one.close()
        recorder.close()
    assert pitch_of(heard[:44100], 44100) == pytest.approx(440, abs=2)
    assert sharpest(heard) < 1.2 * SMOOTH


@pytest.mark.system
@needs_jack
@pytest.mark.parametrize("end", [lambda name: None, kill_server], ids=["ended", "killed"])
def test_a_device_that_vanishes_and_comes_back(stage, ring, monkeypatch, end):
    name = f"extempo-device-{time.monotonic_ns() % 1000000}"
    only(monkeypatch, "JACK")
    with jack_server(name):
        one = stage(out="device")
        one.open()
        player = Player(ring)
        wait_for(lambda: ring.header["read"][0] > 12000)
        end(name)
    wait_for(lambda: one.told, 10)
    assert one.told[0].startswith("The sound device has stopped: ")
    read = int(ring.header["read"][0])
    wait_for(lambda: ring.header["read"][0] > read + 12000)
    with jack_server(name):
        wait_for(lambda: len(one.told) > 1, 10)
        assert one.told[1:] == ["The sound device is back, and sound with it."]
        read = int(ring.header["read"][0])
        wait_for(lambda: ring.header["read"][0] > read + 12000)
        player.close()
        one.close()


def test_without_a_device_that_is_said_or_auto_plays_on_unheard(stage, monkeypatch):
    from live.ports.native import PortError

    monkeypatch.setenv("JACK_DEFAULT_SERVER", "extempo-nowhere")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    only(monkeypatch)
    with pytest.raises(PortError, match=r"There is no sound device: plug one in"):
        stage(out="device").open()
    said = stage(out="auto").open()
    assert said.startswith("nowhere: the sound is made and not heard (There is no sound device")


@pytest.mark.system
@needs_jack
@pytest.mark.parametrize("rate", [48000, 44100])
def test_a_microphone_is_open_only_while_the_engine_listens(stage, capture, monkeypatch, rate):
    # What plays decides about the rate: the microphone may have another one.
    with jack_server(rate=rate):
        only(monkeypatch, "JACK")
        one = stage(out="null")
        one.open()
        singer = JackRecorder(pitch=440 * 48000 / rate)
        ports = singer.client.get_ports
        assert not ports("extempo-sound-in")
        capture.header["sounding"] = 1
        wait_for(lambda: capture.header["rate"][0] == 48000)
        for port in ports("extempo-sound-in", is_input=True):
            singer.sing_to(port.name)
        time.sleep(0.4)
        assert pitch_of(capture.listen(0.2)) == pytest.approx(440, abs=8)
        assert capture.header["sounding"] == 0
        wait_for(lambda: not ports("extempo-sound-in"))
        wait_for(lambda: not capture.header["rate"][0])
        one.close()
        singer.close()


def test_where_there_is_no_microphone_that_is_said_once(stage, capture, monkeypatch):
    only(monkeypatch)
    one = stage(out="null")
    one.open()
    # Who listens is not told again, and may ask again as soon as it is over.
    assert sound_prime.listen(capture, 0.1, 16000) is None
    wait_for(lambda: not capture.header["refused"][0])
    assert one.told == ["There is no microphone or other audio input: plug one in."]

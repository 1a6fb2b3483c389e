import threading
import time

import numpy as np
import pytest

from live.engine.sound import prime as sound_prime
from live.engine.sound.orders import Prime
from live.engine.sound.prime import PrimeError
from live.engine.stage import Stage
from live.ipc.soundring import FRAMES, SoundRing
from live.runtime import opening
from live.runtime.sound.wavenet import Draw
from live.time.clock import Timeline
from models.contract.samples import FEATURES, encode
from tests.engine.tone import ToneModel, sound_voice
from tests.system_tools import wait_for
from tests.tiny_sound import tiny_sound_artifact

RATE = 48000


@pytest.fixture
def capture():
    ring = SoundRing()
    yield ring
    ring.close()
    ring.unlink()


def tone(seconds, rate=RATE, pitch=440.0):
    """A tone that lies at 0 at its end."""
    t = np.arange(-round(seconds * rate), 0) / rate
    return (0.5 * np.sin(2 * np.pi * pitch * t)).astype(np.float32)


def ends_with(sound, heard):
    """Whether a part of a sound was heard, up to 3 ms from its end at most; its own start fades in."""
    far = [
        np.abs(heard[50:] - sound[len(sound) - back - len(heard) + 50 : len(sound) - back]).max()
        for back in range(50)
    ]
    return min(far) < 0.02


def come(capture, sound, rate=RATE):
    """Write as an open audio input does, over what nobody has read."""
    capture.header["rate"] = rate
    for begin in range(0, len(sound), 256):
        capture.header["read"] = capture.header["written"]
        capture.write(sound[begin : begin + 256])


@pytest.mark.parametrize("rate", [8000, 44100, 48000, 192000])
def test_what_came_in_is_heard_at_the_networks_rate(capture, rate):
    come(capture, tone(1.0, rate), rate)
    began = time.monotonic()
    heard = sound_prime.listen(capture, 0.05, 16000)
    assert time.monotonic() - began < 1.0
    assert 750 < len(heard) <= 800
    assert ends_with(tone(0.1, 16000), heard)
    assert capture.header["sounding"] == 0


def test_as_much_is_heard_as_is_kept(capture):
    come(capture, tone(2.0))
    heard = sound_prime.listen(capture, 30.0, 48000)
    assert np.array_equal(heard, tone(2.0)[-FRAMES * 3 // 4 :])


def test_what_is_too_loud_is_cut_off(capture):
    come(capture, 8 * tone(1.0))
    assert np.abs(sound_prime.listen(capture, 0.1, 16000)).max() == 1.0


def test_silence_and_no_input_are_told(capture):
    with pytest.raises(PrimeError, match="No sound comes in: connect something"):
        sound_prime.listen(None, 0.1, 16000)
    come(capture, np.zeros(RATE, np.float32))
    with pytest.raises(PrimeError, match="Only silence comes in: connect what plays"):
        sound_prime.listen(capture, 0.1, 16000)


class Outlet:
    depth = 0.0

    def __init__(self):
        self.asked = []

    def ask(self, at, order):
        self.asked.append((at, order))

    def level(self, gain, pan):
        pass


class ListeningModel(ToneModel):
    """Keeps what its streams are primed with."""

    def __init__(self):
        super().__init__()
        self.fed = []

    def open(self, seed):
        stream = super().open(seed)
        prime = stream.prime

        def listened(heard):
            self.fed.append((heard.copy(), threading.current_thread().name))
            prime(heard)

        stream.prime = listened
        return stream


def primed(model, capture):
    outlet = Outlet()
    stage = Stage(Timeline.start(0.0, 120.0), lambda _: None, lambda _: None)
    return sound_voice(1, stage, outlet, model, capture), outlet


def test_the_engine_goes_on_while_a_microphone_is_opened_and_listened_to(capture):
    model = ListeningModel()
    one, outlet = primed(model, capture)
    outlet.asked.clear()
    one.prime("", 0.1, 5.0)
    # It has returned, though nothing comes in yet.
    wait_for(lambda: capture.header["sounding"][0])
    assert not outlet.asked
    assert not one.troubles()
    come(capture, tone(0.2))
    ((at, order),) = wait_for(lambda: outlet.asked)
    assert (at, order.model, type(order)) == (5.0, model, Prime)
    ((heard, thread),) = model.fed
    assert thread == "prime"
    assert len(heard) > 1500
    assert ends_with(tone(0.2, 16000), heard)
    assert capture.header["sounding"] == 0


def test_where_nothing_comes_in_the_engine_is_told_and_the_microphone_closed(capture, monkeypatch):
    listen = SoundRing.listen
    monkeypatch.setattr(SoundRing, "listen", lambda ring, seconds: listen(ring, seconds, 0.1))
    one, outlet = primed(ToneModel(), capture)
    one.prime("", 0.1, 5.0)
    (told,) = wait_for(one.troubles)
    assert (told.code, told.text[:18]) == ("prime", "No sound comes in:")
    assert capture.header["sounding"] == 0
    assert not outlet.asked


def test_where_the_ports_have_told_why_nothing_comes_in_the_engine_adds_nothing(capture):
    capture.header["refused"] = 1
    one, outlet = primed(ToneModel(), capture)
    one.prime("", 0.1, 5.0)
    wait_for(lambda: not [t for t in threading.enumerate() if t.name == "prime"])
    assert not one.troubles()
    assert not outlet.asked[1:]
    assert capture.header["sounding"] == 0


@pytest.mark.parametrize("seconds", [0.003, 0.01, 0.1, 1.0])
def test_what_is_remembered_of_sound_is_all_that_has_to_be_heard(tmp_path, seconds):
    model = opening.opened(tiny_sound_artifact(tmp_path / "a.onnx")).model
    frames = round(seconds * model.rate) // model.block
    sound = np.random.default_rng(1).uniform(-1, 1, frames * model.block).astype(np.float32)
    whole = model.open(0)
    whole.feed(encode(sound), np.zeros((frames, FEATURES), np.float32))
    primed = model.open(0)
    primed.restore(sound_prime.prime(model, sound))
    assert primed.position == whole.position
    keys, draw = np.zeros((50, FEATURES), np.float32), Draw(1.0, 1.0, 7)
    played = [np.zeros(50 * model.block, np.uint8) for _ in range(2)]
    for stream, codes in zip((primed, whole), played, strict=True):
        stream.draw(keys, draw, codes)
    assert (played[0] == played[1]).all()


def test_two_voices_listen_at_once(capture):
    both = [primed(ToneModel(), capture) for _ in range(2)]
    both[0][0].prime("", 0.05, 5.0)
    both[1][0].prime("", 0.3, 5.0)
    wait_for(lambda: capture.header["sounding"][0])
    come(capture, tone(0.1))
    wait_for(lambda: both[0][1].asked)
    wait_for(lambda: capture.header["sounding"][0], what="a voice that still listens")
    come(capture, tone(0.3))
    wait_for(lambda: both[1][1].asked)
    assert capture.header["sounding"] == 0

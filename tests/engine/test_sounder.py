import threading
import time

import numpy as np
import pytest

from live.engine.sound.generator import SoundGenerator
from live.engine.sound.orders import Load, Rest
from live.engine.sound.sounder import Sounder
from live.ipc import acts
from live.runtime.sound.instrument import Instrument
from tests.engine.tone import ToneModel, ToneStream
from tests.system_tools import wait_for

RATE, PERIOD = 48000, 256


class Device:
    """What plays a ring: takes a period at a time when it is told to, or by the clock.

    patient: it waits for what is not there yet, so that a busy machine does not spoil what is heard.
    """

    def __init__(self, ring, rate=RATE, period=PERIOD, patient=True):
        self.header, self._ring, self._patient = ring.header, ring, patient
        self.heard = []
        self._over = threading.Event()
        self._thread = None
        self.open(rate, period)

    def open(self, rate, period):
        self.rate, self.period = rate, period
        self.header["read"] = self.header["written"]
        self._tell()
        self.header["period"], self.header["rate"] = period, rate

    def look(self):
        self._tell()
        begin = int(self.header["read"][0])
        take = min(self._ring.waiting(), self.period)
        sounding = self.header["sounding"][0] and not self.header["ended"][0]
        if take < self.period and sounding:
            if self._patient:
                return
            self.header["late"] += 1
        self.heard.append(
            self._ring.frames[np.arange(begin, begin + take) % len(self._ring.frames)]
        )
        self.header["read"] = begin + take

    def start(self):
        self._over.clear()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self):
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _tell(self):
        self.header["heard_at"], self.header["heard"] = time.monotonic(), self.header["read"][0]

    def _run(self):
        at = time.monotonic()
        while not self._over.is_set():
            self.look()
            at += self.period / self.rate
            time.sleep(max(at - time.monotonic(), 0))

    @property
    def sound(self):
        return np.concatenate(self.heard)


@pytest.fixture
def plug(ring):
    """Makes devices that play the ring."""
    devices = []

    def plug(*arguments, **options):
        devices.append(Device(ring, *arguments, **options))
        return devices[-1]

    yield plug
    for device in devices:
        device.stop()


@pytest.fixture
def sounder(ring):
    sounder = Sounder(SoundGenerator(1, Instrument(ToneModel())), ring)
    yield sounder
    sounder.close()


def written(ring):
    return int(ring.header["written"][0])


def still(ring):
    """Whether the ring stays as it is."""
    before = written(ring)
    time.sleep(0.1)
    return written(ring) == before


def test_nothing_is_made_before_anything_plays(ring, sounder):
    sounder.start()
    assert still(ring)
    assert written(ring) == 0
    assert ring.header["sounding"][0] == 0


def test_it_makes_no_more_than_is_wanted(ring, sounder, plug):
    plug()
    sounder.start()
    wait_for(lambda: ring.waiting() > 2 * PERIOD, 5, "a full ring")
    wait_for(lambda: still(ring), 5, "an end of it")
    assert ring.waiting() < 5 * PERIOD
    assert ring.header["sounding"][0] == 1


def test_what_is_heard_is_whole_whatever_the_rates(ring, sounder, plug):
    device = plug(44100, 512)
    sounder.start()
    wait_for(lambda: ring.waiting() >= 1024, 5, "a full ring")
    device.start()
    time.sleep(0.5)
    device.stop()
    sound = device.sound
    assert np.abs(np.diff(sound)).max() < sounder.voice.instrument.model.step() * 16000 / 44100
    assert np.abs(sound[-4000:]).max() == pytest.approx(0.5, abs=0.03)
    state = sounder.sounding()
    assert 0 < state.share < 1
    assert 0.01 < state.depth < 0.06
    assert state.late == 0


def test_another_rate_is_followed(ring, sounder, plug):
    device = plug()
    sounder.start()
    wait_for(lambda: ring.waiting() > PERIOD, 5, "sound")
    before = written(ring)
    device.open(96000, 512)
    wait_for(lambda: written(ring) > before + 1024, 5, "sound at the other rate")
    device.look()
    assert np.abs(np.diff(device.sound)).max() < sounder.voice.instrument.model.step()


@pytest.mark.parametrize(("what", "value"), [("late", 1), ("period", 2 * PERIOD)])
def test_what_waits_when_it_begins_anew_ends_softly(ring, sounder, plug, what, value):
    device = plug()
    sounder.start()
    wait_for(lambda: ring.waiting() > 2 * PERIOD, 5, "a full ring")
    wait_for(lambda: still(ring), 5, "an end of it")
    ring.header[what] = value
    device.start()
    wait_for(lambda: len(device.heard) > 40, 5, "sound")
    device.stop()
    assert np.abs(device.sound[-4000:]).max() == pytest.approx(0.5, abs=0.03)
    assert np.abs(np.diff(device.sound)).max() < sounder.voice.instrument.model.step() / 2


def test_what_an_engine_left_late_that_was_killed_is_not_counted(ring, sounder, plug):
    device = plug()
    ring.header["sounding"], ring.header["late"] = 1, 500
    sounder.start()
    wait_for(lambda: ring.waiting() > 2 * PERIOD, 5, "a full ring")
    wait_for(lambda: still(ring), 5, "an end of it")
    assert sounder.sounding().late == 0
    before = written(ring)
    ring.header["late"] += 2
    wait_for(lambda: written(ring) > before, 5, "a new beginning")
    device.start()
    wait_for(lambda: sounder.sounding().late == 2, 5, "what came too late since")


def test_what_was_too_little_for_a_new_period_is_not_counted_as_late(ring, sounder, plug):
    device = plug()
    sounder.start()
    wait_for(lambda: ring.waiting() > 2 * PERIOD, 5, "a full ring")
    wait_for(lambda: still(ring), 5, "an end of it")
    before, changed = written(ring), ring.header.copy()
    changed["period"], changed["late"] = 4 * PERIOD, 1
    # At once, as the sounder sees it.
    ring.header[:] = changed
    device.period = 4 * PERIOD
    wait_for(lambda: written(ring) > before, 5, "a new beginning")
    device.start()
    wait_for(lambda: len(device.heard) > 10, 5, "sound")
    device.stop()
    assert sounder.sounding().late == 0


def test_a_network_of_another_rate_takes_over(ring, sounder, plug):
    device = plug()
    sounder.start()
    device.start()
    wait_for(lambda: len(device.heard) > 20, 5, "sound")
    sounder.ask(0.0, Load(Instrument(ToneModel(rate=22050))))
    wait_for(lambda: sounder.voice.rate == 22050, 5, "the other network")
    count = len(device.heard)
    wait_for(lambda: len(device.heard) > count + 20, 5, "its sound")
    device.stop()
    assert np.abs(np.diff(device.sound)).max() < sounder.voice.instrument.model.step()


def test_who_rests_makes_nothing_and_counts_nothing_as_late(ring, sounder, plug):
    device = plug()
    sounder.start()
    device.start()
    wait_for(lambda: len(device.heard) > 20, 5, "sound")
    sounder.ask(0.0, Rest(on=True))
    wait_for(lambda: ring.header["sounding"][0] == 0, 5, "rest")
    wait_for(lambda: still(ring), 5, "silence")
    late = int(ring.header["late"][0])
    time.sleep(0.1)
    assert int(ring.header["late"][0]) == late
    sounder.ask(0.0, Rest(on=False))
    wait_for(lambda: not still(ring), 5, "sound again")
    device.stop()
    assert np.abs(np.diff(device.sound)).max() < sounder.voice.instrument.model.step()


def test_a_network_that_is_too_slow_is_counted_and_ends_when_it_is_told_to(ring, plug, monkeypatch):
    class Slow(ToneStream):
        def generate(self, controls, bars, out):
            time.sleep(2 * len(out) / self.model.rate)
            super().generate(controls, bars, out)

    model = ToneModel()
    monkeypatch.setattr(model, "open", lambda seed: Slow(model, seed))
    sounder = Sounder(SoundGenerator(1, Instrument(model)), ring)
    device = plug(patient=False)
    sounder.start()
    device.start()
    wait_for(lambda: sounder.sounding().late > 3, 10, "late periods")
    began = time.monotonic()
    sounder.close()
    assert time.monotonic() - began < 1.0
    device.stop()
    assert ring.header["ended"][0] == 1


def test_it_ends_faded_out_and_at_once(ring, sounder, plug):
    device = plug()
    sounder.start()
    wait_for(lambda: ring.waiting() > 2 * PERIOD, 5, "sound")
    device.start()
    time.sleep(0.1)
    sounder.close()
    wait_for(lambda: ring.waiting() == 0, 5, "the end to be heard")
    device.stop()
    assert abs(device.sound[-1]) < 0.01
    assert np.abs(np.diff(device.sound)).max() < sounder.voice.instrument.model.step()
    assert still(ring)


def test_it_ends_where_nothing_ever_played(ring, sounder):
    sounder.start()
    began = time.monotonic()
    sounder.close()
    assert time.monotonic() - began < 0.5


def test_what_is_asked_is_done_though_nothing_plays(ring, sounder):
    sounder.start()
    sounder.ask(0.0, acts.SetKnob(knob="temperature", value=0.5))
    wait_for(lambda: sounder.voice.knobs.temperature == 0.5, 5, "the knob")


def test_a_note_is_heard_when_it_is_meant_to_be(ring, sounder, plug):
    from live.ipc.wire import CommittedNote, Segment

    device = plug()
    sounder.start()
    device.start()
    wait_for(lambda: len(device.heard) > 20, 5, "sound")
    now = time.monotonic()
    sounder.ask(now, Segment(beat=0.0, at=now, tempo=60.0))
    at = now + 0.2
    sounder.ask(
        now, CommittedNote(voice=2, pitch=60, velocity=99, channel=1, at=at, end=9.0, number=1)
    )
    wait_for(lambda: sounder.voice.keys.row.any(), 5, "the key")
    went = time.monotonic()
    device.stop()
    # It goes down as early as its sample is drawn: the voice's latency before it is heard.
    depth = sounder.sounding().depth
    assert at - depth - 0.01 <= went


def test_a_thread_that_dies_is_not_passed_over(ring, plug, monkeypatch):
    model = ToneModel()
    sounder = Sounder(SoundGenerator(1, Instrument(model)), ring)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    monkeypatch.setattr(sounder.voice, "render", None)
    plug()
    sounder.start()
    sounder._thread.join(5)
    with pytest.raises(RuntimeError, match="voice 1 has died"):
        sounder.sounding()

"""A voice of sound whose model makes clips of a second: the engine knows nothing of it."""

import numpy as np
import pytest

from live.engine.sound.generator import FADE, SoundGenerator
from live.engine.sound.offline import Track, mix
from live.engine.sound.orders import Load, Rest, Rewind
from live.engine.sound.sounder import Sounder
from live.ipc import acts
from live.ipc.soundring import SoundRing
from live.runtime.sound.ahead import ahead
from live.runtime.sound.instrument import Instrument
from tests.engine.test_sounder import Device
from tests.engine.tone import TONE
from tests.runtime.clips import RATE, Clips
from tests.system_tools import wait_for

FRAME = 32 / RATE
FADED = round(FADE * RATE)
STEP = 0.5 * 2 * np.pi * 100 / RATE + 0.01


def voice(model=None, waits=True):
    return SoundGenerator(1, Instrument(ahead(model or Clips(), waits)))


def render(one, seconds, begin):
    return one.render(round(seconds / FRAME), begin)


def test_what_was_saved_in_the_middle_of_a_clip_is_recalled_with_the_same_samples():
    one = voice()
    render(one, 0.6, 0.0)
    one.ask(0.6, acts.Save(slot="a"))
    once = render(one, 1.6, 0.6)
    one.ask(2.2, acts.Recall(slot="a"))
    assert np.array_equal(render(one, 1.6, 2.2)[FADED:], once[FADED:])


def test_it_goes_back_in_time_and_begins_again():
    one = voice()
    past = render(one, 3.0, 0.0)
    one.ask(3.0, Rewind(to=1.6))
    again = render(one, 1.2, 3.0)
    begin = 6 * one.instrument.interval * one.block
    assert np.array_equal(again[FADED:], past[begin + FADED : begin + len(again)])
    one.ask(4.2, acts.Reset(tick=0))
    assert np.array_equal(render(one, 1.2, 4.2)[FADED:], past[FADED : round(1.2 * RATE)])


@pytest.mark.parametrize(
    "order", [Rewind(to=0.3), acts.Reset(tick=0), Rest(on=True), Load(Instrument(TONE))]
)
def test_no_cut_makes_a_step(order):
    one = voice()
    one.ask(0.72, order)
    sound = np.concatenate((np.zeros(1, np.float32), render(one, 0.9, 0.0)))
    assert np.abs(np.diff(sound)).max() < STEP


def test_it_is_rendered_whole():
    rate, blocks = mix([Track(voice())], 3.0)
    sound = np.concatenate(list(blocks))[:, 0]
    assert rate == RATE
    seconds = sound[: 2 * RATE].reshape(2, RATE)
    spectra = np.abs(np.fft.rfft(seconds * np.hanning(RATE), axis=1))
    first = spectra.argmax(1)
    assert first[1] - first[0] == 10


def test_a_clip_that_is_late_is_silence_that_is_counted_while_the_ring_runs_on():
    ring, model = SoundRing(), Clips()
    sounder = Sounder(voice(model, waits=False), ring)
    device = Device(ring, rate=RATE, period=64)
    try:
        sounder.start()
        device.start()
        wait_for(lambda: np.abs(ring.frames).max() > 0.4, what="sound")
        model.gate.clear()
        wait_for(lambda: sounder.sounding().late > 3, 10.0, "silence that is counted")
        before = int(ring.header["written"][0])
        wait_for(lambda: int(ring.header["written"][0]) > before + 500, what="silence")
        assert sounder.sounding().depth > 2.0
        model.gate.set()
        late = sounder.sounding().late
        wait_for(lambda: np.abs(device.heard[-1]).max() > 0.1, what="sound again")
        assert sounder.sounding().late >= late
        # The ring itself never ran out.
        assert ring.header["late"][0] == 0
    finally:
        model.gate.set()
        device.stop()
        sounder.close()
        ring.close()
        ring.unlink()
    assert np.abs(np.diff(device.sound)).max() < STEP

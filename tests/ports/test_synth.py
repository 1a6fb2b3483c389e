import threading
import time

import numpy as np
import pytest

from live.ipc.config import SoundOptions
from live.ports import native
from live.ports.audio import devices
from live.ports.audio.layout import LOOKAHEAD
from live.ports.audio.mixer import Tap
from live.ports.audio.synth import RATE, Synth, SynthVoice
from live.ports.native import PortError
from models.midi.messages import NoteOff, NoteOn
from tests.ports.sound_tools import JackRecorder, Player, pitch_of, sine
from tests.system_tools import jack_server, wait_for, why_no_jack

needs_jack = pytest.mark.skipif(why_no_jack() is not None, reason=str(why_no_jack()))
PERIOD = 256
CEILING = 10 ** (-0.3 / 20)


def strongest(block, rate=RATE):
    """The loudest frequency, in hertz, up to middle C's octave and two more."""
    spectrum = np.abs(np.fft.rfft(block[:, 0] * np.hanning(len(block))))
    return np.argmax(spectrum) * rate / len(block)


@pytest.mark.parametrize(("pitch", "hertz"), [(69, 440.0), (60, 261.63)])
@pytest.mark.parametrize("rate", [RATE, 44100])
def test_a_note_sounds_at_its_pitch_at_any_rate(pitch, hertz, rate):
    synth = Synth()
    synth.play_at(rate)
    synth.put(0.0, NoteOn(1, pitch, 100))
    block = synth.render(0.0, rate)
    assert np.sqrt(np.mean(block**2)) > 0.002
    found = strongest(block, rate)
    assert found / hertz == pytest.approx(round(found / hertz), rel=0.01)


def test_a_note_begins_at_its_sample():
    synth = Synth()
    synth.put(10.0 + 1000 / RATE, NoteOn(1, 60, 127))
    block = synth.render(10.0, 4096)
    assert not block[:1000].any()
    assert block[1000:1200].any()


def test_a_note_ends():
    synth = Synth()
    synth.put(0.0, NoteOn(1, 60, 100))
    synth.put(0.2, NoteOff(1, 60))
    synth.render(0.0, RATE)
    late = synth.render(1.0, 3 * RATE)[-RATE // 10 :]
    assert np.abs(late).max() < 1e-3


def test_a_late_note_sounds_at_once_and_a_coming_one_waits():
    synth = Synth()
    synth.put(0.0, NoteOn(1, 60, 100))
    synth.put(2.0, NoteOn(1, 72, 100))
    assert synth.render(1.0, 512)[:256].any()


def test_while_it_rests_it_plays_no_new_notes():
    synth = Synth()
    synth.resting = True
    synth.put(0.0, NoteOn(1, 60, 127))
    assert not synth.render(0.0, 1024).any()


def test_a_soundfont_that_is_missing_or_broken_is_refused(tmp_path):
    with pytest.raises(PortError, match=r"There is no file .*none\.sf2\. Name a soundfont"):
        Synth(tmp_path / "none.sf2")
    (tmp_path / "text.sf2").write_text("no sound")
    with pytest.raises(PortError, match="is no soundfont"):
        Synth(tmp_path / "text.sf2")


def test_that_the_soundfont_has_no_drums_is_told_once_when_some_are_played():
    voice, told = SynthVoice(), []
    voice.start(told.append)
    try:
        voice.send(0.0, NoteOn(1, 38, 100))
        assert not told
        for at in (0.1, 0.2):
            voice.send(at, NoteOn(10, 38, 100))
        assert len(told) == 1
        assert "--soundfont" in told[0]
        assert "--out" in told[0]
    finally:
        voice.close()


@pytest.fixture
def synth():
    """A synth that plays, with what it has told."""
    one = SynthVoice(gain=4.0)
    one.told = []
    one.start(one.told.append)
    yield one
    one.close()
    assert one.told == []


@pytest.fixture
def stage(ring, synth):
    """Make a stage on which a voice of sound and the synth play, with what it has told."""
    from live.ports.audio.stage import SoundStage

    made = []

    def stage(out):
        one = SoundStage(SoundOptions(out), "extempo", (ring, synth.blocks), None)
        one.told = []
        one.tell = one.told.append
        made.append(one)
        one.open()
        return one

    yield stage
    for one in made:
        one.close()


def played(synth, mixer, times, seconds):
    """Return the mix, asked for period by period in time, with a note at each time."""
    out = np.zeros((int(seconds * RATE) // PERIOD * PERIOD, 2), np.float32)
    begin, waiting = time.monotonic(), list(times)
    for at in range(0, len(out), PERIOD):
        mixer.mix(out[at : at + PERIOD])
        while (now := time.monotonic() - begin) < (at + PERIOD) / RATE:
            if waiting and waiting[0] <= now:
                synth.send(begin + waiting.pop(0), NoteOn(1, 69, 127))
            time.sleep(min(0.0005, (at + PERIOD) / RATE - now))
    return out


def test_its_notes_are_heard_at_their_distance_a_period_and_a_little_after_their_times(synth):
    from live.ports.audio.mixer import Mixer

    mixer = Mixer((synth.blocks,))
    mixer.begin(RATE, PERIOD)

    def once():
        # What a busy machine holds up is played at once, and tells nothing.
        spare = synth.spare
        out = played(synth, mixer, [0.4], 0.6)
        synth.send(time.monotonic(), NoteOff(1, 69))
        played(synth, mixer, [], 1.5)
        heard = np.flatnonzero(np.abs(out[:, 0]) > 1e-3)
        return [heard[0] / RATE - 0.4, spare] if synth.spare == spare and len(heard) else []

    late, spare = wait_for(once, 60, "a synth that is in time")
    assert late == pytest.approx((PERIOD + LOOKAHEAD) / RATE + spare, abs=0.004)


def test_it_and_a_voice_of_sound_go_through_one_limiter(ring, synth, stage):
    one = stage("null")
    player = Player(ring, lambda at, count, rate: 6 * sine(at, count, rate))
    for pitch in range(48, 84):
        synth.send(time.monotonic(), NoteOn(1, pitch, 127))
    tap = Tap(one._mixer)
    wait_for(lambda: tap.waiting > RATE)
    player.close()
    assert CEILING - 0.05 < np.abs(tap.read(RATE)).max() <= CEILING + 1e-6
    alone = synth.blocks.frames[: int(synth.blocks.header["written"][0])]
    assert np.abs(alone).max() * synth.blocks.header["gain"][0] > 1.5
    assert ring.header["refused"] == synth.blocks.header["refused"] == 0


@pytest.mark.system
@needs_jack
@pytest.mark.parametrize("rate", [RATE, 44100])
def test_a_device_that_vanishes_is_noticed_once_and_both_come_back(
    ring, synth, stage, monkeypatch, rate
):
    name = f"extempo-mixed-{time.monotonic_ns() % 1000000}"
    module = native.miniaudio()
    monkeypatch.setattr(devices, "backends", lambda _: [module.Backend.JACK])
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    voices = (ring, synth.blocks)

    def move_on():
        """Wait until both have moved on."""
        before = [int(one.header["read"][0]) for one in voices]
        wait_for(
            lambda: all(
                one.header["read"][0] > at + RATE // 4
                for one, at in zip(voices, before, strict=True)
            )
        )

    with jack_server(name):
        one = stage("device")
        player = Player(ring)
        move_on()
        assert [thread.name for thread in threading.enumerate() if "watch" in thread.name] == [
            "sound watch"
        ]
    wait_for(lambda: one.told, 10)
    move_on()
    with jack_server(name, rate=rate):
        wait_for(lambda: len(one.told) > 1, 20)
        move_on()
        ear = JackRecorder("extempo-sound:playback0")
        (heard,) = ear.record_whole(ring, 1.0)
        player.close()
        assert pitch_of(heard, rate) == pytest.approx(440, abs=4)
        synth.send(time.monotonic(), NoteOn(1, 57, 127))
        wait_for(lambda: np.abs(ear.record(0.3)[0]).max() > 0.01, 10, "the synth")
        ear.close()
        one.close()
    assert one.told == [
        "The sound device has stopped: sound is made on, unheard, and comes back by itself.",
        "The sound device is back, and sound with it.",
    ]
    assert synth._synth.rate == rate

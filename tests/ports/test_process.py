import time

import mido
import numpy as np
import pytest
import soundfile

from live.ipc.config import SoundOptions
from live.ipc.news import Sent, Trouble
from live.ipc.wire import Close, CommittedNote, Pedal, Played, Segment
from live.ports.audio import devices
from tests.system_tools import wait_for

pytestmark = pytest.mark.system


@pytest.fixture(autouse=True)
def _no_jack(monkeypatch):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "extempo-nowhere")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")


def test_with_nothing_there_it_plays_on_and_says_so(start):
    ports = start()
    opened = ports.opened()
    now = time.monotonic()
    ports.put(
        Segment(beat=0.0, at=now, tempo=60.0),
        CommittedNote(voice=1, pitch=60, velocity=80, channel=2, at=now + 0.05, end=0.5, number=3),
    )
    sent = ports.said(Sent)[0]
    assert (sent.pitch, sent.velocity, sent.channel, sent.number) == (60, 80, 2, 3)
    assert sent.at == now + 0.05
    assert sent.seconds == pytest.approx(0.45)
    assert opened.heard
    ports.put(Close())
    ports.process.join(5)
    assert ports.process.exitcode == 0


def test_a_phrase_is_played_in_at_its_own_time(start, tmp_path):
    music, track = mido.MidiFile(ticks_per_beat=100), mido.MidiTrack()
    track += [
        mido.Message("note_on", note=60, velocity=70),
        mido.Message("control_change", control=64, value=127, time=10),
        mido.Message("note_off", note=60, time=10),
    ]
    music.tracks.append(track)
    music.save(tmp_path / "phrase.mid")
    ports = start(out="null", listen="null", phrase=tmp_path / "phrase.mid", phrase_delay=0.2)
    ports.put(Segment(beat=0.0, at=time.monotonic(), tempo=240.0))
    on, pedal, off, lifted = ports.played(4)
    assert ports.opened().played == "phrase.mid is played in"
    assert on == Played(pitch=60, velocity=70, at=on.at)
    assert pedal == Pedal(down=True, at=pytest.approx(on.at + 0.05))
    assert off == Played(pitch=60, velocity=0, at=pytest.approx(on.at + 0.1))
    assert lifted == Pedal(down=False, at=pytest.approx(on.at + 0.1))


@pytest.mark.parametrize("options", [{"out": "jack"}, {"out": "null", "listen": "jack"}])
def test_jack_that_does_not_run_is_refused_with_the_remedy(start, options):
    ports = start(**options)
    ports.process.join(10)
    assert ports.process.exitcode == 1


def test_what_cannot_be_had_is_said_and_a_wrong_soundfont_refused(start, tmp_path):
    ports = start(connect=("fluid",))
    assert (
        "JACK" in wait_for(lambda: [t.text for t in ports.said(Trouble) if t.code == "connect"])[0]
    )
    (tmp_path / "text.sf2").write_text("la la la")
    refused = start(soundfont=tmp_path / "text.sf2")
    refused.process.join(10)
    assert refused.process.exitcode == 1


def test_the_synth_plays_in_the_mix_of_the_voices_of_sound(start, tmp_path):
    ports = start(1, out="synth", listen="null", sound=SoundOptions(str(tmp_path / "take.wav")))
    opened = ports.opened()
    assert opened.heard == "the built-in synth (with the voices of sound)"
    assert opened.sound == f"the file {tmp_path / 'take.wav'}"
    assert not opened.unheard
    now = time.monotonic()
    ports.put(
        Segment(beat=0.0, at=now, tempo=60.0),
        CommittedNote(voice=1, pitch=60, velocity=120, channel=1, at=now + 0.05, end=0.5, number=1),
    )
    assert ports.said(Sent)
    time.sleep(0.5)
    ports.put(Close())
    ports.process.join(10)
    sound, _ = soundfile.read(tmp_path / "take.wav")
    assert np.abs(sound).max() > 0.01


def test_the_synth_by_name_needs_a_sound_device(start):
    if devices.names():
        pytest.skip("there is a sound device here")
    refused = start(out="synth")
    refused.process.join(10)
    assert refused.process.exitcode == 1

import numpy as np
import pytest

from live.ports.native import PortError
from live.ports.synth import RATE, Synth
from models.midi.messages import NoteOff, NoteOn


def strongest(block):
    """The loudest frequency, in hertz, up to middle C's octave and two more."""
    spectrum = np.abs(np.fft.rfft(block[:, 0] * np.hanning(len(block))))
    return np.argmax(spectrum) * RATE / len(block)


@pytest.mark.parametrize(("pitch", "hertz"), [(69, 440.0), (60, 261.63)])
def test_a_note_sounds_at_its_pitch(pitch, hertz):
    synth = Synth()
    synth.put(0.0, NoteOn(1, pitch, 100))
    block = synth.render(0.0, RATE)
    assert np.sqrt(np.mean(block**2)) > 0.005
    found = strongest(block)
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


def test_it_never_clips():
    synth = Synth(gain=20.0)
    for pitch in range(36, 96):
        synth.put(0.0, NoteOn(1, pitch, 127))
    blocks = np.concatenate([synth.render(k * 512 / RATE, 512) for k in range(100)])
    assert np.abs(blocks).max() <= 1.0
    assert np.abs(blocks[-512:]).max() < 0.95


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

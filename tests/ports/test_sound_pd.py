"""A real Pure Data on JACK: it receives the sound by adc~ and passes it on by dac~."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from live.ipc.config import SoundOptions
from live.ports.jack_connections import ports as jack_ports
from tests.ports.sound_tools import JackRecorder, Player, noise
from tests.system_tools import jack_server, stop, wait_for, why_no_jack

PATCH = Path(__file__).parents[2] / "patches" / "pd" / "extempo-sound.pd"

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(why_no_jack() is not None, reason=str(why_no_jack())),
    pytest.mark.skipif(shutil.which("pd") is None, reason="Pd is not installed (puredata-core)"),
]


def pure_data(patch, *said):
    command = ["pd", "-nogui", "-stderr", "-noprefs", "-nomidi", "-jack", "-jackname", "a-pd"]
    command += ["-nojackconnect", "-r", "48000", "-inchannels", "2", "-outchannels", "2"]
    command += ["-open", str(patch)]
    for message in said:
        command += ["-send", message]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)


def shift(sent, heard):
    """Return how many frames later `heard` is the same as `sent`."""
    part = heard[-4096:]
    fits = np.correlate(sent.astype(np.float64), part.astype(np.float64), "valid")
    return len(sent) - len(part) - int(fits.argmax())


def test_pure_data_passes_on_the_sound_as_it_was_sent(start, tmp_path):
    patch = tmp_path / "extempo-sound.pd"
    patch.write_text(PATCH.read_text(encoding="utf-8").replace("\\$0-", "the-"), encoding="utf-8")
    with jack_server(period=256):
        pd = pure_data(patch, "the-volume 1", "the-sound 1")
        try:
            recorder = JackRecorder(name="a-recorder")
            wait_for(lambda: len(jack_ports(recorder.client, "a-pd:")) == 4, 10, "Pd's ports")
            ports = start(
                voices=1,
                out="null",
                listen="null",
                sound=SoundOptions(out="jack", connect=("a-pd:input",)),
            )
            player = Player(ports.sound[0], sound=noise)
            assert ", to a-pd:input_1 and a-pd:input_2, " in ports.opened().sound
            recorder.hear("extempo-sound:left", "a-pd:output_1")
            wait_for(lambda: np.abs(recorder.record(0.1)[1]).max() > 0.1, 10, "Pd's sound")
            sent, heard = recorder.record_whole(ports.sound[0], 1.0)
            player.close()
            ports.close()
            recorder.close()
        finally:
            stop(pd)
    assert np.abs(sent).max() > 0.1
    later = shift(sent, heard)
    tail = sent[-4096 - later : len(sent) - later]
    assert np.allclose(tail, heard[-4096:], atol=1e-4)

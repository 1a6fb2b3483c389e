"""The patch for a voice of sound in a real Pd on a real JACK server: what comes in is shown and passed on."""

from pathlib import Path

import numpy as np
import pytest

from tests.daemon_tools import free_port
from tests.patches.pd import Pd, running
from tests.ports.sound_tools import PITCH, RATE, JackRecorder, pitch_of
from tests.system_tools import jack_server, ports, wait_for, why_no_jack

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(why_no_jack() is not None, reason=str(why_no_jack())),
]

JACK = ("-jack", "-nojackconnect", "-inchannels", "2", "-outchannels", "2")
AUDIBLE = 60
"""dB of Pd, in which 100 is full scale."""


def level(pd: Pd) -> float:
    """Return what the bar on the left shows, in dB."""
    shown = [line.split()[-1] for line in list(pd.said) if line.startswith("level-left: set ")]
    return float(shown[-1]) if shown else -1.0


def test_it_hears_jack_as_soon_as_it_is_open_and_passes_it_on(tmp_path: Path) -> None:
    with (
        jack_server(period=256),
        running(tmp_path, free_port(), ("level-left",), "extempo-sound.pd", JACK) as pd,
    ):
        recorder = JackRecorder()
        try:
            wait_for(lambda: len(ports(recorder.client, "^pure_data:")) == 4, 10, "Pd on JACK")
            wait_for(lambda: level(pd) == 0, 5, "silence in Pd")
            recorder.sing_to("pure_data:input_1")
            wait_for(lambda: level(pd) > AUDIBLE, 5, "sound in Pd")
            recorder.hear("pure_data:output_1")
            assert not np.abs(recorder.record(0.3)[0]).max()
            pd.turn("sound", 1)
            wait_for(lambda: np.abs(recorder.record(0.2)[0]).max() > 0.01, 5, "sound out of Pd")
            assert pitch_of(recorder.record(0.5)[0][-RATE // 4 :]) == pytest.approx(PITCH, rel=0.02)
        finally:
            recorder.close()

"""The whole way through JACK: a foreign client plays, the daemon answers, FluidSynth is heard."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest

from live.ipc.config import PortOptions
from live.ports.jack_client import leave
from tests.daemon_tools import running_daemon
from tests.system_tools import (
    RATE,
    ForeignClient,
    jack_server,
    soundfont,
    stop,
    wait_for,
    why_no_jack,
)

pytestmark = pytest.mark.system

JACK = PortOptions(out="jack", listen="jack")


@contextmanager
def _fluidsynth() -> Iterator[None]:
    if shutil.which("fluidsynth") is None:
        pytest.skip("fluidsynth is not installed (package fluidsynth)")
    command = ["fluidsynth", "-i", "-s", "-a", "jack", "-m", "jack", "-r", str(RATE)]
    for option in (
        "audio.jack.autoconnect=0",
        "audio.jack.id=fsynth",
        "midi.jack.id=fsynth",
        "midi.autoconnect=0",
        "synth.gain=0.8",
    ):
        command += ["-o", option]
    synth = subprocess.Popen(
        [*command, str(soundfont())], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        stop(synth)


class _Recorder:
    """Records one audio port of another client."""

    def __init__(self) -> None:
        import jack

        self.client = jack.Client("recorder", no_start_server=True)
        self._in = self.client.inports.register("in")
        self._blocks: list[bytes] = []
        self.client.set_process_callback(self._process)
        self.client.activate()

    def _process(self, frames: int) -> None:
        self._blocks.append(bytes(self._in.get_buffer()))

    def samples(self) -> np.ndarray:
        return np.frombuffer(b"".join(self._blocks), np.float32)

    def connect(self, port: str) -> None:
        self.client.connect(port, self._in)

    def close(self) -> None:
        leave(self.client)


def test_a_foreign_client_is_answered_and_fluidsynth_is_heard(
    artifact: Path, tmp_path: Path, foreign: ForeignClient
) -> None:
    options = ["--mode", "continue", "--tempo", "120", "--set", "density=3"]
    with _fluidsynth(), running_daemon(artifact, tmp_path, JACK, options) as daemon:
        assert "JACK port extempo:out" in daemon.printed
        foreign.connect("extempo")
        recorder = _Recorder()
        try:
            ports = foreign.client.get_ports
            audio = wait_for(lambda: ports("fsynth", is_audio=True, is_output=True))
            [midi] = wait_for(lambda: ports("fsynth", is_midi=True, is_input=True))
            foreign.client.connect("extempo:out", midi)
            recorder.connect(audio[0].name)
            time.sleep(0.3)
            begun = len(recorder.samples())
            assert not foreign.notes()
            for place, pitch in enumerate((60, 64, 67, 72)):
                foreign.play(bytes((0x90, pitch, 90)), 0.1 + place * 0.25)
                foreign.play(bytes((0x80, pitch, 0)), 0.3 + place * 0.25)
            wait_for(lambda: len(foreign.notes()) > 12, 15, "an answer")
            time.sleep(0.2)
            samples = recorder.samples()
            assert daemon.stop() == 0
        finally:
            recorder.close()
    assert np.abs(samples[:begun]).max() < 1e-3
    heard = float(np.sqrt(np.mean(samples[begun:] ** 2)))
    assert heard > 1e-3, f"level {heard}"
    sounding: set[int] = set()
    for kind, pitch in foreign.notes():
        (sounding.add if kind == "on" else sounding.discard)(pitch)
    assert not sounding
    [journal] = daemon.takes.glob("*.jsonl")
    did = [json.loads(line).get("did", {}) for line in journal.read_text().splitlines()]
    assert [one["pitch"] for one in did if one.get("type") == "Play"] == [60, 64, 67, 72]


def test_jack_dies_and_comes_back(artifact: Path, tmp_path: Path) -> None:
    """The daemon says so, plays on, and is there again when JACK is."""
    if reason := why_no_jack():
        pytest.skip(reason)
    with ExitStack() as server, ExitStack() as stack:
        name = server.enter_context(jack_server())
        daemon = stack.enter_context(running_daemon(artifact, tmp_path, JACK))
        daemon.notes(1)
        server.close()
        wait_for(lambda: "JACK has stopped" in daemon.complained, 30, "the sentence")
        daemon.notes(2)
        stack.enter_context(jack_server(name))
        wait_for(lambda: "JACK runs again" in daemon.complained, 30, "the second sentence")
        daemon.notes(1)
        assert daemon.stop() == 0

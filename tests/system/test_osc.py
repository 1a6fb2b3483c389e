"""Every kind of OSC address on the real daemon."""

import time
from pathlib import Path

import pytest

from tests.daemon_tools import OscClient, RunningDaemon, running_daemon
from tests.system_tools import wait_for
from tests.tiny import tiny_artifact

pytestmark = pytest.mark.system

FAST = ["--tempo", "200", "--set", "density=2"]


def _says_no_error(daemon: RunningDaemon) -> None:
    assert daemon.osc.said("/extempo/error") == []
    assert daemon.process.poll() is None


def test_transport(artifact: Path, tmp_path: Path) -> None:
    with running_daemon(artifact, tmp_path, options=FAST) as daemon:
        osc = daemon.osc
        osc.wait_for("/extempo/beat", 2)
        osc.send("/extempo/transport/stop")
        wait_for(lambda: osc.said("/extempo/status")[-1][0] == 0, 5, "the clock held")
        beats = len(osc.said("/extempo/beat"))
        osc.send("/extempo/transport/start")
        osc.wait_for("/extempo/beat", beats + 2)
        osc.send("/extempo/transport/tempo", 140)
        wait_for(lambda: osc.said("/extempo/transport/tempo")[-1] == [140], 5, "the tempo")
        wait_for(lambda: osc.said("/extempo/beat")[-1][2] == 140, 5, "a beat at that tempo")
        assert osc.ask(
            "/extempo/transport/source", "internal", answer="/extempo/transport/source"
        ) == ["internal"]
        _says_no_error(daemon)


def test_a_tapped_tempo(artifact: Path, tmp_path: Path) -> None:
    with running_daemon(artifact, tmp_path, options=FAST) as daemon:
        osc = daemon.osc
        before = len(osc.said("/extempo/transport/tempo"))
        began = osc.heard[-1][0]
        for tap in range(4):
            wait_for(lambda due=began + 1 + 0.5 * tap: time.monotonic() >= due, 5, "the next tap")
            osc.send("/extempo/transport/tap")
        [tempo] = osc.wait_for("/extempo/transport/tempo", before + 1)[-1]
        assert 110 < tempo < 130
        _says_no_error(daemon)


def test_memory(artifact: Path, tmp_path: Path) -> None:
    with running_daemon(artifact, tmp_path, options=FAST) as daemon:
        osc = daemon.osc
        daemon.notes(6)
        for address, *arguments in (
            ("save", "verse"),
            ("rewind", 4),
            ("freeze", 1),
            ("recall", "verse"),
            ("freeze", 0),
            ("reset",),
        ):
            osc.send(f"/extempo/voice/1/{address}", *arguments)
            daemon.notes(2)
        _says_no_error(daemon)
        osc.send("/extempo/voice/1/recall", "chorus")
        [_, text] = osc.wait_for("/extempo/error")[-1]
        assert "chorus" in text
        stranger = OscClient(daemon.port)
        said = stranger.ask("/extempo/voice/1/recall", "coda", answer="/extempo/error")
        assert said == ["slot", "Nothing is saved in slot 'coda'; saved are: verse."]
        stranger.close()
        daemon.notes(2)


def test_panic_and_a_note_in(artifact: Path, tmp_path: Path) -> None:
    with running_daemon(artifact, tmp_path, options=FAST) as daemon:
        daemon.notes(2)
        for address in ("voice/1/note", "voice/1/pedal"):
            for down in (1, 0):
                daemon.osc.send(
                    f"/extempo/{address}", *((60, 90 * down) if "note" in address else (down,))
                )
        daemon.osc.send("/extempo/panic")
        daemon.notes(2)
        _says_no_error(daemon)


def test_another_model_takes_over(artifact: Path, tmp_path: Path) -> None:
    other = tiny_artifact(tmp_path / "other.onnx", seed=5, name="other")
    with running_daemon(artifact, tmp_path, options=FAST) as daemon:
        osc = daemon.osc
        daemon.notes(2)
        assert osc.ask(
            "/extempo/get", "/extempo/voice/1/model", answer="/extempo/voice/1/model"
        ) == ["tiny"]
        osc.send("/extempo/voice/1/load", str(other))
        wait_for(lambda: ["other"] in osc.said("/extempo/voice/1/model"), 10, "the other model")
        daemon.notes(3)
        _says_no_error(daemon)

        (tmp_path / "cut.onnx").write_bytes(other.read_bytes()[:500])
        osc.send("/extempo/voice/1/load", str(tmp_path / "cut.onnx"))
        [code, text] = osc.wait_for("/extempo/error")[-1]
        assert code == "load"
        assert "cut.onnx" in text
        daemon.notes(3)
        assert osc.ask(
            "/extempo/get", "/extempo/voice/1/model", answer="/extempo/voice/1/model"
        ) == ["other"]

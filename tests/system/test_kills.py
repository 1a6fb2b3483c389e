"""SIGKILL of any process, or of all, while notes sound: they are let go and nothing is lost."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from live.ipc.config import PortOptions
from live.ipc.shared import SHARED
from tests.daemon_tools import running_daemon
from tests.system_tools import ForeignClient, wait_for

pytestmark = pytest.mark.system

JACK = PortOptions(out="jack", listen="jack")
LONG = ["--set", "temperature_duration=2", "--tempo", "60", "--set", "density=4"]


def _sounding(foreign: ForeignClient) -> set[int]:
    """What a synth that got all this would still play."""
    found: set[int] = set()
    for kind, pitch in foreign.notes():
        (found.add if kind == "on" else found.discard)(pitch)
    return found


def _struck(foreign: ForeignClient) -> int:
    return sum(kind == "on" for kind, _ in foreign.notes())


def test_the_engine_is_killed_and_goes_on_with_its_knobs(
    artifact: Path, tmp_path: Path, foreign: ForeignClient
) -> None:
    with running_daemon(artifact, tmp_path, JACK, LONG) as daemon:
        foreign.connect("extempo")
        daemon.osc.send("/extempo/voice/1/temperature", 0.7)
        wait_for(lambda: _sounding(foreign), 15, "a note that sounds")
        killed = daemon.part("engine")
        os.kill(killed, signal.SIGKILL)
        [[code, text]] = daemon.osc.wait_for("/extempo/error")
        assert code == "engine"
        assert "SIGKILL" in text
        assert "every note was let go" in text
        assert "where it was, with its memory, its slots" in text
        assert "what waited for its time is forgotten" in text
        assert daemon.part("engine") != killed
        heard = _struck(foreign)
        wait_for(lambda: _struck(foreign) > heard, 15, "notes of the next engine")
        assert daemon.osc.ask(
            "/extempo/get", "/extempo/voice/1/temperature", answer="/extempo/voice/1/temperature"
        ) == [pytest.approx(0.7)]
        assert daemon.stop() == 0
        wait_for(lambda: not _sounding(foreign), 3, "silence")
        assert text in daemon.complained
        # Both runs are kept, whole.
        journals = sorted(daemon.takes.glob("*.jsonl"))
        assert len(journals) == 2
        for path in journals:
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            assert any(line.get("did", {}).get("type") == "Commit" for line in lines)


def test_an_engine_that_dies_again_ends_the_run(artifact: Path, tmp_path: Path) -> None:
    with running_daemon(artifact, tmp_path) as daemon:
        for _ in range(2):
            daemon.notes(1, 15)
            os.kill(daemon.part("engine"), signal.SIGKILL)
        assert daemon.process.wait(10) == 1
        assert "the run is over" in daemon.complained
        assert "Traceback" not in daemon.complained
        daemon.wait_until_nothing_runs()
        assert len(list(daemon.takes.glob("*.jsonl"))) == 2


@pytest.mark.parametrize(
    ("number", "so"),
    [(signal.SIGKILL, "was killed by SIGKILL"), (signal.SIGSTOP, "hung and was ended")],
    ids=["killed", "hung"],
)
def test_the_next_ports_end_what_sounded(
    artifact: Path, tmp_path: Path, foreign: ForeignClient, number: signal.Signals, so: str
) -> None:
    with running_daemon(artifact, tmp_path, JACK, LONG) as daemon:
        foreign.connect("extempo")
        # The ports look at their connections four times a second.
        time.sleep(0.6)
        wait_for(lambda: _sounding(foreign), 15, "a note that sounds")
        stuck = _sounding(foreign)
        os.kill(daemon.part("ports"), number)
        told = daemon.osc.wait_for("/extempo/error", seconds=20)
        assert told == [["ports", f"The ports process {so}: it is started again."]]
        # What was connected by hand is connected again.
        heard = _struck(foreign)
        wait_for(
            lambda: {pitch for kind, pitch in foreign.notes() if kind == "off"} >= stuck,
            10,
            "the note-offs",
        )
        wait_for(lambda: _struck(foreign) > heard, 15, "more notes")
        assert daemon.stop() == 0
        wait_for(lambda: not _sounding(foreign), 3, "silence")


def test_control_is_killed_and_the_music_plays_on_for_a_while_and_ends(
    artifact: Path, tmp_path: Path, foreign: ForeignClient
) -> None:
    with running_daemon(artifact, tmp_path, JACK, LONG) as daemon:
        foreign.connect("extempo")
        wait_for(lambda: _sounding(foreign), 15, "a note that sounds")
        os.kill(daemon.process.pid, signal.SIGKILL)
        killed = time.monotonic()
        heard = _struck(foreign)
        wait_for(lambda: _struck(foreign) > heard + 2, 9, "more notes")
        daemon.wait_until_nothing_runs(20)
        assert 8 < time.monotonic() - killed < 18
        assert not _sounding(foreign)
        [journal] = daemon.takes.glob("*.jsonl")
        assert journal.stat().st_size > 500


def test_all_are_killed_and_the_next_start_ends_what_sounded(
    artifact: Path, tmp_path: Path, foreign: ForeignClient
) -> None:
    with running_daemon(artifact, tmp_path, JACK, LONG) as daemon:
        foreign.connect("extempo")
        wait_for(lambda: _sounding(foreign), 15, "a note that sounds")
        killed = daemon.process.pid
        assert len(list(SHARED.glob(f"extempo-rings-{killed}-*"))) == 8
        os.killpg(killed, signal.SIGKILL)
        daemon.wait_until_nothing_runs()
    stuck = _sounding(foreign)
    assert stuck
    with running_daemon(artifact, tmp_path, JACK, ["--for", "2"]) as daemon:
        foreign.connect("extempo")
        offs = len(foreign.notes())
        wait_for(
            lambda: {p for kind, p in foreign.notes()[offs:] if kind == "off"} >= stuck,
            10,
            "the note-offs",
        )
        assert daemon.process.wait(15) == 0
    assert not _sounding(foreign)
    assert not list(SHARED.glob(f"extempo-rings-{killed}-*"))


@pytest.mark.parametrize("everything", [True, False], ids=["all", "ports"])
def test_a_pitch_that_is_struck_again_and_again_is_ended_after_a_kill(
    artifact: Path, tmp_path: Path, foreign: ForeignClient, everything: bool
) -> None:
    with running_daemon(artifact, tmp_path, JACK) as daemon:
        foreign.connect("extempo")
        # Each note ends where the next of the same pitch begins.
        for factor, code in (("pitch", 60), ("duration", 23), ("time", 12)):
            daemon.osc.send("/extempo/voice/1/force", factor, code)
        daemon.osc.send("/extempo/voice/1/polyphony", 1)
        before = len(foreign.notes())
        wait_for(lambda: foreign.notes()[before:].count(("on", 60)) > 4, 15, "the pitch")
        wait_for(lambda: 60 in _sounding(foreign), 5, "the pitch that sounds")
        if everything:
            os.killpg(daemon.process.pid, signal.SIGKILL)
            daemon.wait_until_nothing_runs()
        else:
            daemon.osc.send("/extempo/voice/1/force", "pitch", 72)
            os.kill(daemon.part("ports"), signal.SIGKILL)
            daemon.osc.wait_for("/extempo/error")
            daemon.osc.send("/extempo/transport/stop")
            wait_for(lambda: not _sounding(foreign), 10, "the note-offs")
    if everything:
        assert 60 in _sounding(foreign)
        with running_daemon(artifact, tmp_path, JACK, ["--set", "mute=1"]):
            foreign.connect("extempo")
            wait_for(lambda: not _sounding(foreign), 10, "the note-offs")

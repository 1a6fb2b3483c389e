"""`extempo play` as a newcomer meets it: nothing to be heard through, an empty home."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import mido
import pytest

from live.ipc.config import PortOptions
from tests.daemon_tools import ROOT, RunningDaemon, running_daemon
from tests.system_tools import wait_for

pytestmark = pytest.mark.system


def _journal(daemon: RunningDaemon) -> list[dict[str, object]]:
    [path] = wait_for(lambda: list(daemon.takes.glob("*.jsonl")), 5, "the journal")
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


def _extempo(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "live.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_it_plays_shows_its_notes_leaves_the_take_and_replays(
    artifact: Path, tmp_path: Path
) -> None:
    options = ["--for", "3", "--tempo", "200", "--set", "density=3"]
    with running_daemon(artifact, tmp_path, options=options) as daemon:
        assert daemon.process.wait(15) == 0
        daemon.wait_until_nothing_runs()
        printed = daemon.printed
    assert daemon.complained == ""
    assert printed.splitlines()[0] == "extempo plays tiny"
    assert f"127.0.0.1 port {daemon.port}" in printed
    assert len(printed.splitlines()) < 20
    assert "bars 1-" in printed

    [take] = daemon.takes.glob("*.mid")
    [journal] = daemon.takes.glob("*.jsonl")
    assert take.name in printed
    assert journal.name in printed
    sounding: set[int] = set()
    count = 0
    for message in mido.MidiFile(take):
        if message.type == "note_on":
            sounding.add(message.note)
            count += 1
        elif message.type == "note_off":
            sounding.discard(message.note)
    assert count > 5
    assert not sounding

    replayed = _extempo("replay", journal, "-o", tmp_path / "again.mid")
    assert replayed.returncode == 0, replayed.stderr
    assert "come out the same" in replayed.stdout
    assert (tmp_path / "again.mid").stat().st_size > 100


def test_it_is_small_and_never_sees_torch(artifact: Path, tmp_path: Path) -> None:
    with running_daemon(artifact, tmp_path) as daemon:
        daemon.notes(2)
        total = 0
        for pid in daemon.parts().values():
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
            assert "libtorch" not in Path(f"/proc/{pid}/maps").read_text()
        assert 30 < total / 1024 < 300


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_signals_end_it_cleanly(artifact: Path, tmp_path: Path, number: int) -> None:
    with running_daemon(artifact, tmp_path) as daemon:
        daemon.notes(2)
        # A note that is let go within a tick is none.
        time.sleep(0.1)
        assert daemon.stop(number) == 0
        daemon.wait_until_nothing_runs()
        assert daemon.complained == ""
        assert "The take is takes/" in daemon.printed


def test_under_nohup_it_outlives_the_terminal(artifact: Path, tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        daemon = RunningDaemon(artifact, tmp_path, heeds_hangup=False)
    finally:
        signal.signal(signal.SIGHUP, before)
    try:
        daemon.wait_until_it_plays()
        os.killpg(daemon.process.pid, signal.SIGHUP)
        daemon.notes(3)
        assert daemon.process.poll() is None
        assert daemon.stop(signal.SIGTERM) == 0
    finally:
        daemon.close()


def test_a_disk_that_takes_nothing_is_told_and_the_exit_status_says_so(
    artifact: Path, tmp_path: Path
) -> None:
    (tmp_path / "takes").write_text("a file in the way")
    with running_daemon(artifact, tmp_path) as daemon:
        daemon.notes(2)
        assert daemon.stop() == 4
        assert "cannot be written" in daemon.complained
        assert "Not all of the take could be written" in daemon.complained


def test_a_folder_of_takes_that_goes_away_is_told_and_made_again(
    artifact: Path, tmp_path: Path
) -> None:
    with running_daemon(artifact, tmp_path) as daemon:
        daemon.notes(2)
        before = len(_journal(daemon))
        shutil.rmtree(daemon.takes)
        wait_for(lambda: "was taken away" in daemon.complained, 10, "the sentence")
        assert len(_journal(daemon)) >= before
        daemon.notes(1)
        assert daemon.stop() == 0
        [journal] = daemon.takes.glob("*.jsonl")
        assert _extempo("replay", journal, "-o", tmp_path / "again.mid").returncode == 0


def test_ctrl_z_holds_nothing(artifact: Path, tmp_path: Path) -> None:
    with running_daemon(artifact, tmp_path) as daemon:
        for pid in (daemon.process.pid, daemon.part("engine"), daemon.part("ports")):
            status = Path(f"/proc/{pid}/status").read_text()
            [ignored] = [line for line in status.splitlines() if line.startswith("SigIgn:")]
            assert int(ignored.split()[1], 16) >> (signal.SIGTSTP - 1) & 1


def test_a_second_ctrl_c_does_not_wait_for_an_engine_that_hangs(
    artifact: Path, tmp_path: Path
) -> None:
    with running_daemon(artifact, tmp_path) as daemon:
        daemon.notes(1)
        os.kill(daemon.part("engine"), signal.SIGSTOP)
        os.kill(daemon.process.pid, signal.SIGINT)
        time.sleep(0.3)
        begun = time.monotonic()
        os.kill(daemon.process.pid, signal.SIGINT)
        assert daemon.process.wait(10) == 0
        assert time.monotonic() - begun < 1.5
        daemon.wait_until_nothing_runs()
        assert "Traceback" not in daemon.complained


def test_the_osc_port_is_taken(artifact: Path, tmp_path: Path) -> None:
    with running_daemon(artifact, tmp_path) as daemon:
        second = _extempo("play", artifact, "--out", "null", "--osc-port", str(daemon.port))
        assert second.returncode == 1
        assert str(daemon.port) in second.stderr
        assert "--osc-port" in second.stderr
        assert len(second.stderr.splitlines()) == 1
        daemon.notes(1)


def test_a_phrase_is_played_in_and_goes_into_the_journal(artifact: Path, tmp_path: Path) -> None:
    phrase = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    phrase.tracks.append(track)
    for pitch in (60, 64, 67):
        track.append(mido.Message("note_on", note=pitch, velocity=80, time=0))
        track.append(mido.Message("note_off", note=pitch, velocity=0, time=120))
    phrase.save(tmp_path / "phrase.mid")
    ports = PortOptions(out="null", listen="null", phrase=tmp_path / "phrase.mid", phrase_delay=0.5)
    with running_daemon(artifact, tmp_path, ports, ["--mode", "continue"]) as daemon:
        assert "phrase.mid" in daemon.printed

        def heard() -> list[int]:
            found = [line["did"] for line in _journal(daemon) if "did" in line]
            return [did["pitch"] for did in found if did["type"] == "Play"]

        wait_for(lambda: heard() == [60, 64, 67], 10, "the phrase in the journal")
        daemon.notes(3)


def test_knobs_come_from_the_command_line_and_from_osc(artifact: Path, tmp_path: Path) -> None:
    (tmp_path / "tonight.toml").write_text(
        'mode = "solo"\ntempo = 130\n[knobs]\ntemperature = 0.5\nscale = "dorian"\nmute = false\n'
    )
    options = ["--config", str(tmp_path / "tonight.toml"), "--set", "key=D"]
    with running_daemon(artifact, tmp_path, options=options) as daemon:
        osc = daemon.osc

        def value(address: str) -> object:
            return osc.ask("/extempo/get", address, answer=address)[0]

        assert value("/extempo/voice/1/temperature") == 0.5
        assert value("/extempo/voice/1/scale") == "dorian"
        assert value("/extempo/voice/1/key") == "D"
        assert value("/extempo/transport/tempo") == 130
        osc.send("/extempo/voice/1/temperature", 1.5)
        wait_for(lambda: value("/extempo/voice/1/temperature") == 1.5, 5, "the knob")
        pitches = [pitch for pitch, *_ in daemon.notes(6)]
        assert {pitch % 12 for pitch in pitches} <= {2, 4, 5, 7, 9, 11, 0}

"""What a musician gets wrong, or the machine: one sentence where it is read, and the music goes on."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from live.engine.notes.operations import Commit
from live.ipc.config import PortOptions
from live.record.replay import read
from tests.daemon_tools import ROOT, free_port, running_daemon
from tests.system_tools import wait_for

pytestmark = pytest.mark.system


def _refused(tmp_path: Path, *arguments: str | Path, before: tuple[str, ...] = ()) -> str:
    """Return the one sentence with which `extempo` refuses. before: a command that runs it."""
    command = [*before, sys.executable, "-m", "live.cli", *map(str, arguments)]
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )
    assert run.returncode in (1, 2), run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    assert run.stdout == ""
    assert not list(tmp_path.glob("takes/*"))
    return [line for line in run.stderr.splitlines() if line.startswith("Error: ")][-1]


def _play(tmp_path: Path, artifact: Path, *arguments: str | Path) -> str:
    port = ("--osc-port", str(free_port()), "--for", "5")
    return _refused(tmp_path, "play", artifact, *port, *arguments)


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    assert "'nobody'" in _refused(tmp_path, "play", "nobody")
    assert "no file" in _refused(tmp_path, "play", "nobody.onnx")


def test_a_model_that_is_none(tmp_path: Path, artifact: Path) -> None:
    data = artifact.read_bytes()
    for name, content in (("cut", data[: len(data) // 2]), ("text", b"hello"), ("empty", b"")):
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(content)
        said = _play(tmp_path, path, "--out", "null", "--in", "null")
        assert f"{name}.onnx" in said


def test_ports_that_are_not_there(tmp_path: Path, artifact: Path) -> None:
    said = _play(tmp_path, artifact, "--out", "null", "--in", "Keystation")
    # Where there is no MIDI at all, that is said instead.
    assert "Keystation" in said or "MIDI" in said


def test_a_soundfont_that_is_none(tmp_path: Path, artifact: Path) -> None:
    (tmp_path / "piano.sf2").write_text("hello")
    said = _play(tmp_path, artifact, "--out", "synth", "--soundfont", tmp_path / "piano.sf2")
    assert "piano.sf2" in said


def test_the_error_is_told_and_not_what_the_system_refuses(tmp_path: Path, artifact: Path) -> None:
    if shutil.which("setpriv") is None or os.geteuid():
        pytest.skip("only root can give up priority")
    (tmp_path / "cut.onnx").write_bytes(artifact.read_bytes()[:2000])
    arguments = ("play", tmp_path / "cut.onnx", "--out", "null", "--in", "null")
    port = ("--osc-port", str(free_port()))
    refused = _refused(tmp_path, *arguments, *port, before=("setpriv", "--bounding-set=-sys_nice"))
    assert "cut.onnx" in refused


def test_a_phrase_that_is_text(tmp_path: Path, artifact: Path) -> None:
    (tmp_path / "phrase.mid").write_text("hello")
    said = _play(tmp_path, artifact, "--out", "null", "--in", tmp_path / "phrase.mid")
    assert "phrase.mid" in said


@pytest.mark.parametrize(
    ("setting", "word"),
    [
        ("temperature=9", "temperature"),
        ("temperature=nan", "temperature"),
        ("temperature=warm", "temperature"),
        ("warmth=1", "warmth"),
        ("temperature", "KNOB=VALUE"),
        ("mode=loud", "mode"),
        ("tempo=0", "tempo"),
    ],
)
def test_knobs_that_there_are_not(tmp_path: Path, artifact: Path, setting: str, word: str) -> None:
    assert word in _play(tmp_path, artifact, "--set", setting)


@pytest.mark.parametrize(
    "text",
    ["tempo = ", "tempi = 90", "knobs = 3", 'gain = "loud"', "gain = nan", "takes = 5", "\x00"],
)
def test_settings_that_are_none(tmp_path: Path, artifact: Path, text: str) -> None:
    (tmp_path / "tonight.toml").write_text(text)
    assert _play(tmp_path, artifact, "--config", tmp_path / "tonight.toml")


def test_a_journal_that_is_none(tmp_path: Path, artifact: Path) -> None:
    assert "journal" in _refused(tmp_path, "replay", artifact)
    (tmp_path / "a.jsonl").write_text('{"hello": 1}\n')
    assert "journal" in _refused(tmp_path, "replay", tmp_path / "a.jsonl")


def test_a_host_that_is_not_ours(tmp_path: Path, artifact: Path) -> None:
    assert "192.0.2.1" in _play(tmp_path, artifact, "--osc-host", "192.0.2.1")


def test_takes_that_cannot_be_written_stop_no_music(artifact: Path, tmp_path: Path) -> None:
    (tmp_path / "takes").write_text("a file where the folder should be")
    with running_daemon(artifact, tmp_path) as daemon:
        daemon.notes(3)
        wait_for(lambda: "the music goes on" in daemon.complained, 5, "the sentence")
        assert "let takes be a folder, and they are written" in daemon.complained
        (tmp_path / "takes").unlink()
        wait_for(lambda: "nothing is missing" in daemon.complained, 10, "the second sentence")
        assert daemon.stop() == 0
        assert len(daemon.complained.splitlines()) == 2
        assert len(list(daemon.takes.glob("*.jsonl"))) == 1
        assert len(list(daemon.takes.glob("*.mid"))) == 1


def test_a_disk_that_fills_while_it_plays(artifact: Path, tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    folder.mkdir()
    small = ["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(folder)]
    if subprocess.run(small, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        options = ["--tempo", "300", "--set", "density=4"]
        with running_daemon(artifact, tmp_path, options=options) as daemon:
            wait_for(lambda: "No space left" in daemon.complained, 20, "a full disk")
            assert "make room, and they are written" in daemon.complained
            daemon.notes(5)
            subprocess.run(["mount", "-o", "remount,size=4m", str(folder)], check=True)
            wait_for(lambda: "nothing is missing" in daemon.complained, 10, "the second sentence")
            assert daemon.stop() == 0
            [journal] = folder.glob("*.jsonl")
            command = [sys.executable, "-m", "live.cli", "replay", str(journal)]
            replayed = subprocess.run(
                command, capture_output=True, text=True, cwd=ROOT, check=False
            )
            assert "come out the same" in replayed.stdout, replayed.stderr
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_nobody_reads_what_it_prints(artifact: Path, tmp_path: Path) -> None:
    """A terminal that is stopped, or a pipe that is closed, stops nothing."""
    command = [sys.executable, "-m", "live.cli", "play", str(artifact), "--out", "null"]
    command += ["--in", "null", "--for", "3", "--osc-port", str(free_port()), "--tempo", "300"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path, env=environment)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(30) == 0
    [take] = (tmp_path / "takes").glob("*.mid")
    assert take.stat().st_size > 100


@pytest.mark.parametrize("when", ["now", "bar"])
def test_a_flood_of_osc_delays_no_note(artifact: Path, tmp_path: Path, when: str) -> None:
    options = ["--tempo", "200", "--set", "density=3", "--set", f"when={when}"]
    with running_daemon(
        artifact, tmp_path, PortOptions(out="null", listen="null"), options
    ) as daemon:
        daemon.notes(1)
        for number in range(20000):
            daemon.osc.send("/extempo/voice/1/temperature", 0.5 + number % 100 / 100)
            if number % 100 == 0:
                daemon.osc.send("/extempo/nonsense", "x")
        daemon.notes(5)

        def last() -> bool:
            # The system drops packets while its buffer is full.
            daemon.osc.send("/extempo/voice/1/temperature", 0.625)
            return daemon.osc.said("/extempo/voice/1/temperature")[-1] == [0.625]

        wait_for(last, 10, "the last")
        assert daemon.stop() == 0
        assert "Traceback" not in daemon.complained
        assert "lost" not in daemon.complained
        [journal] = daemon.takes.glob("*.jsonl")
        played = [line.did for line in read(journal).lines if isinstance(line.did, Commit)]
        assert [note.number for note in played] == list(range(1, len(played) + 1))
        assert len(played) >= len(daemon.osc.said("/extempo/voice/1/out/note"))
        command = [sys.executable, "-m", "live.cli", "replay", str(journal)]
        replayed = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert "come out the same" in replayed.stdout, replayed.stderr

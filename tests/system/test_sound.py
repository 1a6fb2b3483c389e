"""The real daemon with a voice of sound, through a real JACK server: what a foreign program hears of it."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from live.ipc.config import PortOptions
from live.ipc.shared import SHARED
from tests.daemon_tools import RunningDaemon, running_daemon
from tests.ports.sound_tools import JackRecorder, pitch_of
from tests.system.organ import PITCH, organ
from tests.system_tools import jack_server, wait_for, why_no_jack

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(why_no_jack() is not None, reason=str(why_no_jack())),
]

LOUD = 0.05
"""Of full scale: what the whistle is well above."""
RATE = 48000
WITHOUT_NOTES = PortOptions(out="null", listen="null")


@pytest.fixture(scope="module")
def whistle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return organ(tmp_path_factory.mktemp("organ") / "organ.onnx")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Let each run find what the one before it has compiled."""
    return {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}


Heard = tuple[RunningDaemon, JackRecorder]


@contextmanager
def heard(
    folder: Path, cache: dict[str, str], artifact: Path, options: Sequence[str] = ()
) -> Iterator[Heard]:
    """Run a daemon on a JACK server, with a program that records its sound."""
    with (
        jack_server(period=256),
        running_daemon(
            artifact, folder, WITHOUT_NOTES, ["--sound", "jack", *options], cache, seconds=60
        ) as daemon,
    ):
        recorder = JackRecorder("extempo-sound:left", "extempo-sound:right")
        try:
            yield daemon, recorder
        finally:
            recorder.close()


def loudness(recorder: JackRecorder, seconds: float = 0.2) -> float:
    """Return how loud it is now, 1 at most."""
    return float(np.abs(recorder.record(seconds)[0]).max())


def becomes(recorder: JackRecorder, loud: bool, what: str) -> None:
    wait_for(lambda: (loudness(recorder) > LOUD) == loud, 60, what)


def test_it_is_played_by_hand_and_turned_like_any_voice(
    tmp_path: Path, cache: dict[str, str], whistle: Path
) -> None:
    with heard(tmp_path, cache, whistle) as (daemon, recorder):
        osc = daemon.osc
        assert "sound" in daemon.printed
        assert loudness(recorder) < 1e-3
        osc.send("/extempo/voice/1/note", 60, 100)
        becomes(recorder, True, "sound")
        assert pitch_of(recorder.record(0.5)[0]) == pytest.approx(PITCH, rel=0.01)
        osc.send("/extempo/voice/1/gain", -60)
        becomes(recorder, False, "silence at -60 dB")
        osc.send("/extempo/voice/1/gain", 0)
        becomes(recorder, True, "sound at 0 dB")
        osc.send("/extempo/voice/1/pan", -1)
        wait_for(lambda: np.abs(recorder.record(0.1)[1]).max() < 1e-3, 5, "nothing on the right")
        assert loudness(recorder) > LOUD
        osc.send("/extempo/voice/1/note", 60, 0)
        becomes(recorder, False, "silence after the note")
        share, late, depth = osc.wait_for("/extempo/voice/1/sound")[-1]
        assert share > 0
        assert late >= 0
        assert 0 < depth < 1
        osc.send("/extempo/voice/1/mode", "solo")
        wait_for(lambda: "address" in [code for code, _ in errors(daemon)], 10, "an error")
        assert daemon.stop() == 0
    assert "Traceback" not in daemon.complained
    daemon.wait_until_nothing_runs()


def test_it_follows_the_notes_of_the_other_voice(
    tmp_path: Path, cache: dict[str, str], whistle: Path, artifact: Path
) -> None:
    options = ["--voice", str(whistle), "--tempo", "60", "--set", "density=4"]
    with heard(tmp_path, cache, artifact, options) as (daemon, recorder):
        assert "voice 2" in daemon.printed
        becomes(recorder, True, "sound with the notes")
        assert pitch_of(recorder.record(0.5)[0]) == pytest.approx(PITCH, rel=0.01)
        daemon.osc.send("/extempo/voice/2/hears", "player")
        becomes(recorder, False, "silence while it hears the player only")
        daemon.osc.send("/extempo/voice/2/hears", "all")
        becomes(recorder, True, "sound again")
        daemon.osc.send("/extempo/transport/stop")
        becomes(recorder, False, "silence while the clock is held")
        assert daemon.stop() == 0


def test_the_engine_is_killed_and_the_sound_fades_and_comes_back(
    tmp_path: Path, cache: dict[str, str], whistle: Path
) -> None:
    with heard(tmp_path, cache, whistle) as (daemon, recorder):
        daemon.osc.send("/extempo/voice/1/note", 60, 100)
        daemon.osc.send("/extempo/voice/1/gain", -6)
        daemon.osc.wait_for("/extempo/voice/1/gain", 2)
        becomes(recorder, True, "sound")
        assert len(list(SHARED.glob(f"extempo-rings-{daemon.process.pid}-*"))) == 10
        killed = daemon.part("engine")
        os.kill(killed, signal.SIGKILL)
        sound = recorder.record(1.0)[0]
        wait_for(lambda: errors(daemon), 10, "the news of it")
        assert any("started again where it was" in error[1] for error in errors(daemon))
        fades(sound)
        assert daemon.part("engine") != killed
        wait_for(lambda: daemon.osc.said("/extempo/voice/1/model"), 10, "the next engine")
        time.sleep(0.5)
        daemon.osc.send("/extempo/voice/1/note", 60, 100)
        becomes(recorder, True, "sound of the next engine")
        get = "/extempo/voice/1/gain"
        assert daemon.osc.ask("/extempo/get", get, answer=get) == [-6.0]
        daemon.osc.send("/extempo/voice/1/note", 60, 100)
        os.kill(daemon.part("engine"), signal.SIGKILL)
        assert daemon.process.wait(10) == 1
        daemon.wait_until_nothing_runs()
        assert not list(SHARED.glob(f"extempo-rings-{daemon.process.pid}-*"))
    assert "leaked" not in daemon.complained


def test_an_engine_that_was_held_up_is_told_as_sound_that_came_too_late(
    tmp_path: Path, cache: dict[str, str], whistle: Path
) -> None:
    with heard(tmp_path, cache, whistle) as (daemon, recorder):
        daemon.osc.send("/extempo/voice/1/note", 60, 100)
        becomes(recorder, True, "sound")
        engine = daemon.part("engine")
        os.kill(engine, signal.SIGSTOP)
        becomes(recorder, False, "silence while nothing is made")
        os.kill(engine, signal.SIGCONT)
        code, text = daemon.osc.wait_for("/extempo/error")[0]
        assert code == "late"
        assert "of sound came too late and left a gap: " in text
        becomes(recorder, True, "sound again")
        assert daemon.stop() == 0
        assert text in daemon.printed + daemon.complained


def test_it_goes_on_from_what_comes_in(
    tmp_path: Path, cache: dict[str, str], whistle: Path
) -> None:
    with heard(tmp_path, cache, whistle) as (daemon, recorder):
        daemon.osc.send("/extempo/voice/1/listen", 0.1)
        wait_for(lambda: errors(daemon), 10, "an error")
        assert errors(daemon)[-1][1].startswith("Only silence comes in")
        daemon.osc.send("/extempo/voice/1/note", 60, 100)
        becomes(recorder, True, "sound")
        assert pitch_of(recorder.record(0.5)[0]) == pytest.approx(PITCH, rel=0.01)
        # It turns round what it looks back at, for ever; five half waves fit in there as well as one.
        singer = JackRecorder(plays="extempo-sound:in", name="singer", pitch=5 * PITCH)
        time.sleep(0.5)
        daemon.osc.send("/extempo/voice/1/listen", 0.1)
        wait_for(lambda: pitch_of(recorder.record(0.3)[0]) > 2 * PITCH, 10, "a higher whistle")
        singer.close()
        assert pitch_of(recorder.record(0.5)[0]) > 2 * PITCH
        assert len(errors(daemon)) == 1
        assert daemon.stop() == 0


def fades(sound: np.ndarray) -> None:
    """See that sound ends in a fade: its last millisecond before silence is far from its loudest."""
    loudest = float(np.abs(sound).max())
    assert loudest > LOUD
    last = int(np.flatnonzero(np.abs(sound) > 1e-4)[-1])
    assert last < len(sound) - RATE // 10, "it goes on"
    assert np.abs(sound[last - RATE // 1000 : last + 1]).max() < 0.3 * loudest


def test_the_ports_are_killed_and_the_sound_comes_back(
    tmp_path: Path, cache: dict[str, str], whistle: Path
) -> None:
    with heard(tmp_path, cache, whistle) as (daemon, recorder):
        daemon.osc.send("/extempo/voice/1/note", 60, 100)
        becomes(recorder, True, "sound")
        os.kill(daemon.part("ports"), signal.SIGKILL)
        wait_for(lambda: "ports" in [code for code, _ in errors(daemon)], 10, "the news of it")
        wait_for(lambda: joined(recorder), 20, "its JACK client")
        becomes(recorder, True, "sound of the next ports")
        assert daemon.stop() == 0


def joined(recorder: JackRecorder) -> bool:
    """Connect to its port once more; it exists a moment before it can be connected."""
    import jack

    # JACK may still keep the name for the client that was killed.
    ports = recorder.client.get_ports(r"extempo-sound.*:left")
    try:
        recorder.client.connect(ports[-1], recorder.client.inports[0])
    except (jack.JackErrorCode, IndexError):
        return False
    return True


def test_what_moves_its_memory_is_taken_and_files_are_looked_at_first(
    tmp_path: Path, cache: dict[str, str], whistle: Path, artifact: Path
) -> None:
    options = ["--voice", str(whistle), "--sound", "null"]
    with running_daemon(artifact, tmp_path, WITHOUT_NOTES, options, cache, seconds=60) as daemon:
        osc, place = daemon.osc, "/extempo/voice/2"
        sound = tmp_path / "phrase.wav"
        soundfile.write(sound, 0.5 * np.sin(np.arange(RATE) * 0.05), RATE)
        assert osc.ask(f"{place}/prime", str(sound), 0.5, answer=f"{place}/priming") == [str(sound)]
        for name, value in (("save", 1), ("recall", 1), ("rewind", 2), ("reset", 1), ("freeze", 1)):
            osc.send(f"{place}/{name}", value)
        osc.wait_for(f"{place}/freeze", 2)
        assert osc.ask(f"{place}/load", str(whistle), answer=f"{place}/loading") == [str(whistle)]
        # It has hardly begun, and cannot go back two beats.
        assert [text for _, text in errors(daemon) if "went back" not in text] == []
        osc.heard.clear()
        for address, argument, code, said in (
            ("recall", "never", "slot", "saved are: 1"),
            ("load", str(artifact), "load", "this voice plays sound"),
            ("prime", str(artifact), "prime", "not sound that can be read"),
            ("force", "time", "address", "for voices of notes"),
        ):
            osc.send(f"{place}/{address}", argument)
            (text,) = wait_for(lambda code=code: texts(daemon, code), 10, f"an error of {address}")
            assert said in text
            osc.heard.clear()
        wait_for(lambda: "this voice plays sound" in daemon.complained, 10, "it on the screen too")
        assert daemon.stop() == 0
        assert "OSC from port" in daemon.complained
    journal = next(daemon.takes.glob("*.jsonl")).read_text()
    assert all(f'"{kind}"' in journal for kind in ("Save", "Recall", "Rewind", "Reset", "SetKnob"))


def texts(daemon: RunningDaemon, code: str) -> list[str]:
    return [str(text) for told, text in errors(daemon) if told == code]


def errors(daemon: RunningDaemon) -> list[list[Any]]:
    """Return what went wrong, but for sound that came late: this machine may be too busy for it."""
    return [error for error in daemon.osc.said("/extempo/error") if error[0] != "late"]


@pytest.mark.parametrize("name", ["s.flac", "s.wav"])
def test_a_disk_that_a_sound_file_fills_is_told_and_the_exit_status_says_so(
    tmp_path: Path, cache: dict[str, str], whistle: Path, name: str
) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    small = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if subprocess.run(small, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        options = ["--sound", str(folder / name)]
        with running_daemon(whistle, tmp_path, WITHOUT_NOTES, options, cache, seconds=60) as daemon:
            daemon.osc.send("/extempo/voice/1/note", 60, 100)
            said = f"{name} cannot be written any more (No space left on device): what is there"
            wait_for(lambda: said in daemon.complained, 20, "the sentence")
            assert daemon.stop() == 4
            assert "Traceback" not in daemon.complained
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)

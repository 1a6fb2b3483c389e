"""What is no file, or absurdly large, is refused in one sentence before it is read."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from live.ipc import config
from live.ports.audio import synth
from live.ports.midi import phrase
from live.record import records, replay
from live.runtime import library, prepare
from live.runtime.sound import file as sound_file
from models.contract import files
from models.contract.errors import ExtempoError


def test_a_file_that_is_small_enough_may_be_read(tmp_path: Path) -> None:
    path = tmp_path / "take.jsonl"
    assert files.refusal(path, 10) is None
    path.write_bytes(bytes(10))
    assert files.refusal(path, 10) is None


@pytest.mark.skipif(os.name != "posix", reason="devices and pipes with a path are Unix's")
@pytest.mark.parametrize("read", [replay.read, config.read, phrase.read, synth.Synth])
def test_what_may_never_end_is_not_read(tmp_path: Path, read: Callable[[Path], object]) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (Path(os.devnull), tmp_path, pipe):
        with pytest.raises(ExtempoError, match="is not a file: name one that was saved"):
            read(path)


@pytest.mark.parametrize("read", [replay.read, config.read, phrase.read])
def test_what_is_far_too_large_is_not_read(tmp_path: Path, read: Callable[[Path], object]) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        # Sparse: it takes no room on the disk.
        file.truncate(records.MOST + (1 << 20))
    with pytest.raises(ExtempoError, match=r"huge has .*more than (the )?\d+ MB"):
        read(path)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux has files of size 0 that never end")
@pytest.mark.parametrize("name", ["/proc/self/pagemap", "/proc/kmsg", "/dev/zero"])
def test_the_systems_own_files_are_not_read(name: str) -> None:
    for read in (
        replay.read,
        phrase.read,
        library.describe,
        prepare.prepare,
        lambda path: sound_file.read(path, 1.0),
        lambda path: files.read(path, 1 << 20),
    ):
        begun = time.process_time()
        with pytest.raises(ExtempoError):
            read(Path(name))
        assert time.process_time() - begun < 5.0


def test_bytes_are_counted_as_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "grows"
    path.write_bytes(bytes(5 << 20))
    with monkeypatch.context() as context:
        # As of a file that is written to while it is read.
        context.setattr(files, "_check", lambda *_: None)
        with pytest.raises(files.FileError, match="has more than the 2 MB that are read"):
            files.read(path, 2 << 20)
    assert files.read(path, 5 << 20) == bytes(5 << 20)


def test_a_journal_that_grows_is_read_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "grows.jsonl"
    path.write_text('{"beat":0,"at":0,"tempo":100}\n' * 100)
    monkeypatch.setattr(records, "MOST", 1000)
    with pytest.raises(ExtempoError, match=r"grows.jsonl has more than a day of playing.*\.$"):
        replay.read(path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what was held")
def test_short_lines_that_make_large_records_are_refused(tmp_path: Path) -> None:
    """Lists of pitches are four times as long in memory as in a file."""
    path = tmp_path / "dense.jsonl"
    line = (
        '{"voice":1,"at":0,"did":{"type":"Commit","tick":0,"pitch":1,"velocity":1,"duration":1,"number":1,'
        '"channel":1,"heard":true,"ended":[' + ",".join(["1"] * 1000) + "]}}\n"
    )
    path.write_text(line * ((16 << 20) // len(line)))
    code = (
        "import sys; from pathlib import Path; from live.record import records, replay; records.HELD = 20_000_000\n"
        "def most(): return int([l for l in open('/proc/self/status') if 'VmHWM' in l][0].split()[1]) << 10\n"
        "before = most()\n"
        "try: replay.read(Path(sys.argv[1]))\n"
        "except replay.ReplayError as error: print(most() - before, error)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, check=True, text=True, timeout=60
    )
    held, _, said = ended.stdout.partition(" ")
    assert "has more than a day of playing" in said
    assert int(held) < 30_000_000


def test_settings_may_be_empty_and_a_journal_may_not(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    assert config.read(path) == {}
    with pytest.raises(ExtempoError, match="is empty"):
        replay.read(path)


@pytest.mark.parametrize("read", [replay.read, config.read, prepare.prepare, library.describe])
def test_a_link_to_nothing_and_a_name_that_no_system_has(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nothing")
    for path in (link, tmp_path / "nothing", Path("a\0b"), tmp_path / ("x" * 300)):
        with pytest.raises(ExtempoError) as error:
            read(path)
        assert "\n" not in str(error.value)
        assert str(error.value).isprintable()

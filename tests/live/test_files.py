"""What is no file, or absurdly large, is refused in one sentence before it is read."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from live import config, files, replay, sound_file
from live.ports import phrase, synth
from live.runtime import library, prepare
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
        file.truncate(replay.MOST + (1 << 20))
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
        begun = time.monotonic()
        with pytest.raises(ExtempoError):
            read(Path(name))
        assert time.monotonic() - begun < 5.0


def test_bytes_are_counted_as_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "grows"
    path.write_bytes(bytes(5 << 20))
    with monkeypatch.context() as context:
        # As of a file that is written to while it is read.
        context.setattr(files, "_check", lambda *_: None)
        with pytest.raises(files.FileError, match="has more than the 2 MB that are read"):
            files.read(path, 2 << 20)
    assert files.read(path, 5 << 20) == bytes(5 << 20)


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

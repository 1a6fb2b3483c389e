"""What is no file, or absurdly large, is refused in one sentence before it is read."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from live import config, files, replay
from live.ports import phrase, synth
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
    with pytest.raises(ExtempoError, match=r"huge has 257 MB, more than the \d+ MB that are read"):
        read(path)

import os

import pytest

from models.contract.whole import whole


def test_a_file_takes_its_place_only_at_the_end(tmp_path):
    path = tmp_path / "one.mid"
    with whole(path) as fresh:
        fresh.write_bytes(b"notes")
        assert not path.exists()
    assert path.read_bytes() == b"notes"


def test_what_fails_leaves_everything_as_it_was(tmp_path):
    path = tmp_path / "one.mid"
    path.write_bytes(b"before")
    with pytest.raises(TypeError), whole(path) as fresh:
        fresh.write_bytes([b"no bytes"])
    assert path.read_bytes() == b"before"
    assert [one.name for one in tmp_path.iterdir()] == ["one.mid"]


@pytest.mark.skipif(os.name != "posix", reason="pipes with a path are Unix's")
def test_nothing_takes_the_place_of_a_device_a_pipe_or_a_folder(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path):
        with pytest.raises(OSError, match="not a plain file"), whole(path) as fresh:
            fresh.write_bytes(b"notes")
    assert pipe.is_fifo()

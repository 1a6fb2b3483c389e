import os

import pytest

from models.contract.errors import ExtempoError
from models.contract.whole import apart, whole


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


def test_a_link_stays_and_what_it_points_at_is_written(tmp_path):
    target, link, far = tmp_path / "songs" / "target.mid", tmp_path / "l.mid", tmp_path / "far.mid"
    target.parent.mkdir()
    link.symlink_to(target)
    far.symlink_to(link)
    for text in (b"not there yet", b"there"):
        with whole(far) as fresh:
            fresh.write_bytes(text)
        assert target.read_bytes() == text
        assert link.is_symlink()
        assert far.is_symlink()
    assert {one.name for one in tmp_path.rglob("*")} == {"songs", "target.mid", "l.mid", "far.mid"}


def test_a_link_to_itself_or_to_a_device_is_refused(tmp_path):
    loop, device = tmp_path / "loop", tmp_path / "device"
    loop.symlink_to(loop)
    device.symlink_to(os.devnull)
    for path in (loop, device):
        with pytest.raises(OSError), whole(path) as fresh:  # noqa: PT011  each system says it otherwise
            fresh.write_bytes(b"notes")
        assert path.is_symlink()


def test_what_is_read_is_not_written_over_by_whichever_name(tmp_path):
    one, link, twin = (tmp_path / name for name in ("one.mid", "link.mid", "twin.mid"))
    one.write_bytes(b"notes")
    link.symlink_to(one)
    twin.hardlink_to(one)
    for output in (one, link, twin):
        with pytest.raises(ExtempoError, match=f"{output.name} is read here.* give another name"):
            apart(output, (None, tmp_path / "none.mid", one))
    apart(tmp_path / "other.mid", (one, None))
    apart(None, (one,))

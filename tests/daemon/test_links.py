"""What is shared by the three processes."""

import os

from live.daemon.links import Links
from live.ipc.shared import SHARED
from live.ipc.soundring import CAPTURED, FRAMES


def test_each_voice_of_sound_has_a_ring_that_is_swept_like_the_others() -> None:
    links = Links(2)
    try:
        assert len(links.sound) == 2
        assert links.capture is not None
        rings = (*links.sound, links.capture)
        assert links.audio == (links.sound, links.capture)
        assert [len(ring.frames) for ring in rings] == [FRAMES, FRAMES, CAPTURED]
        names = [ring.__getstate__()[0] for ring in rings]
        assert all(name.lstrip("/").startswith(f"extempo-rings-{os.getpid()}-") for name in names)
        if SHARED.is_dir():
            assert all((SHARED / name.lstrip("/")).exists() for name in names)
    finally:
        links.close()
    assert not [name for name in names if (SHARED / name.lstrip("/")).exists()]


def test_without_sound_nothing_is_handed_over_for_it() -> None:
    links = Links()
    try:
        assert links.audio == ()
    finally:
        links.close()

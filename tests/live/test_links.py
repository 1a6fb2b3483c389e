"""The shared memory of a run that was killed is freed by the next."""

import os
import subprocess
import sys
from pathlib import Path

from live.links import SHARED, Links, sweep
from live.soundring import CAPTURED, FRAMES


def test_only_what_nobody_owns_is_swept(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    names = [
        f"extempo-rings-{ended.stdout.strip()}-0",
        f"extempo-rings-{os.getpid()}-0",
        "psm_1",
        "extempo-rings-x",
    ]
    for name in names:
        (tmp_path / name).touch()
    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(names[1:])


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

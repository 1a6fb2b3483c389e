"""What was made once is kept: bounded, but what was used today stays."""

import os
import time
from pathlib import Path

import pytest

from live.machine import caches


def fill(folder: Path, count: int, age: float) -> None:
    for number in range(count):
        entry = folder / f"{age:.0f}-{number}"
        entry.mkdir()
        (entry / "part").touch()
        os.utime(entry, (time.time() - age - number,) * 2)


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_what_was_used_longest_ago_goes_and_what_was_used_today_stays(tmp_path: Path) -> None:
    fill(tmp_path, 3, 60)
    fill(tmp_path, 3, 2 * caches.STAYS)
    (tmp_path / "tmp-half-written").touch()
    os.utime(tmp_path / "tmp-half-written", (0, 0))
    caches.prune(tmp_path, 2)
    assert names(tmp_path) == {"60-0", "60-1", "60-2"}
    caches.prune(tmp_path, 8)
    assert len(names(tmp_path)) == 3


def test_a_flood_of_one_day_is_bounded_too(tmp_path: Path) -> None:
    fill(tmp_path, 30, 60)
    caches.prune(tmp_path, 2)
    assert names(tmp_path) == {f"60-{number}" for number in range(8)}


def test_what_another_process_removes_meanwhile_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, 3, 2 * caches.STAYS)
    gone = tmp_path / "gone"
    found = [*tmp_path.iterdir(), gone]
    monkeypatch.setattr(Path, "iterdir", lambda _: iter(found))
    caches.prune(tmp_path, 1)
    monkeypatch.undo()
    assert len(names(tmp_path)) == 1


def test_what_is_kept_is_read_back_and_damage_is_noticed(tmp_path):
    file = tmp_path / "cache" / "one"
    caches.keep(file, b"code", 2)
    assert caches.kept(file) == b"code"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(ValueError, match="damaged"):
        caches.kept(file)
    with pytest.raises(FileNotFoundError):
        caches.kept(tmp_path / "none")

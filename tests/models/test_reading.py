"""Reading a corpus: what is taken and left out is said once, and no script breeds processes."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from models.contract.errors import ExtempoError
from models.corpus import splits, store
from models.corpus.sources import read
from models.train.sound.task import SoundTask
from models.train.task import NotesTask
from tests.models import test_sound_train
from tests.models.scores import random_score, write_score
from tests.models.sounds import tone, write
from tests.models.test_train import TINY

ROOT = Path(__file__).parents[2]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.name == "models.corpus.taken"]


def test_what_is_taken_and_left_out_is_said_once_by_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mine = tmp_path / "mine"
    for seed in range(20):
        random_score(mine / f"{seed}.mid", seed, beats=8)
    for number in range(5):
        (mine / f"broken{number}.mid").write_text(f"not music {number}")
    write_score(mine / "drums.mid", [[(0.0, 40, 1.0)]], channel=9)
    caplog.set_level("INFO")
    for _ in range(2):
        caplog.clear()
        task = NotesTask(TINY, tmp_path, tmp_path / "cache")
        line, _ = said(caplog)
        learned = task.described[0].pieces
        assert line.startswith(f"mine: {learned} to learn from (train), ")
        left = line.partition("; left out ")[2]
        assert left.count(" x cannot be read as MIDI (") + left.count(" x has no notes") >= 1
        assert "/" not in left


def test_nothing_left_out_is_said_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for seed in range(20):
        random_score(tmp_path / "mine" / f"{seed}.mid", seed, beats=8)
    caplog.set_level("INFO")
    found = read(tmp_path / "mine", ("train", "valid"), tmp_path / "cache")
    counts = len(found["train"]), len(found["valid"])
    assert said(caplog) == [
        "mine: {} to learn from (train), {} to measure with (valid)".format(*counts)
    ]


def test_of_sounds_it_is_said_once_although_they_are_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        write(tmp_path / "mine" / f"{number}.wav", tone(4.0, 8000, 300.0 + number), 8000)
    for number in range(4):
        (tmp_path / "mine" / f"broken{number}.wav").write_text("no sound")
    for _ in range(2):
        caplog.clear()
        SoundTask(test_sound_train.TINY, tmp_path, tmp_path / "cache")
        (line,) = said(caplog)
        assert line.startswith(
            "mine: 3 to learn from (train), 3 to measure with (valid); left out 4: "
        )
        assert "(broken0.wav, broken1.wav, broken2.wav and 1 more)" in line


def test_where_all_that_is_to_be_measured_is_useless_other_files_are_measured(
    tmp_path: Path,
) -> None:
    mine = tmp_path / "mine"
    for seed in range(4):
        random_score(mine / f"{seed}.mid", seed, beats=8)
    for number in range(60):
        if splits.split_of(splits.digest_of(_text(mine / f"bad{number}.mid", number))) != "valid":
            (mine / f"bad{number}.mid").unlink()
    assert any(mine.glob("bad*.mid"))
    found = read(mine, ("train", "valid", "test"), tmp_path / "cache")
    assert sum(map(len, found.values())) == 4


def _text(path: Path, number: int) -> Path:
    path.write_text(f"not music {number}")
    return path


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_files_are_told(tmp_path: Path, count: int) -> None:
    (tmp_path / "mine").mkdir()
    for seed in range(count):
        random_score(tmp_path / "mine" / f"{seed}.mid", seed, beats=8)
    with pytest.raises(ExtempoError, match=rf"it has {count} of them, and there must be 3"):
        read(tmp_path / "mine", ("train", "valid", "test"), tmp_path / "cache")


def test_a_folder_of_nothing_but_broken_files_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for number in range(9):
        _text(tmp_path / "mine" / f"{number}.mid", number)
    with pytest.raises(ExtempoError, match=r"left out \d: \d x cannot be read as MIDI") as raised:
        read(tmp_path / "mine", ("train", "valid"), tmp_path / "cache")
    assert "\n" not in str(raised.value)


def test_an_index_that_is_none_is_told(tmp_path: Path) -> None:
    random_score(tmp_path / "mine" / "a.mid", 1, beats=8)
    for text in ("name,part\na.mid,train\n", "file,split\na.mid\n"):
        (tmp_path / "mine" / "index.csv").write_text(text)
        with pytest.raises(ExtempoError, match=r"index\.csv cannot be read as an index"):
            read(tmp_path / "mine", ("train",), tmp_path / "cache")


def test_a_cache_that_cannot_be_written_keeps_nobody_from_reading(tmp_path: Path) -> None:
    for seed in range(4):
        random_score(tmp_path / "mine" / f"{seed}.mid", seed, beats=8)
    (tmp_path / "cache").write_text("a file where a folder should be")
    assert read(tmp_path / "mine", ("train",), tmp_path / "cache")["train"]


def test_a_script_without_a_guard_breeds_no_processes(tmp_path: Path) -> None:
    """As many files as take a second process, in a script that reads them whenever it is run."""
    for seed in range(80):
        random_score(tmp_path / "mine" / f"{seed}.mid", seed, beats=4)
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            import os
            from pathlib import Path
            from models.corpus import sources, store

            store.MANY, store.PATIENCE = 4, 0.0
            with open("ran", "a") as ran:
                ran.write(f"{os.getpid()}\\n")
            pieces = sources.load(Path("mine"), "train", Path("cache"))
            print(len(pieces))
            """
        )
    )
    done = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 40
    assert len((tmp_path / "ran").read_text().splitlines()) == 1


def test_another_process_reads_into_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [random_score(tmp_path / f"{seed}.mid", seed, beats=4) for seed in range(6)]
    place = tmp_path / "cache"
    done = subprocess.run(
        [sys.executable, "-m", "models.corpus.helping", place],
        input=b"\0".join(map(os.fsencode, [*paths, tmp_path / "gone.mid"])),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    kept = store.Store(place)
    assert [row.entry.why for row in kept.read(paths)] == [""] * 6
    assert len(list(place.iterdir())) == 1
    # Where it cannot be started, everything is read all the same.
    monkeypatch.setattr(store, "MANY", 2)
    monkeypatch.setattr(store, "PATIENCE", 0.0)
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert len(read(tmp_path, ("train",), tmp_path / "other")["train"]) >= 1

"""A folder of one's own with tunes of all kinds: what is broken is left out and said, the others are learned from."""

import random
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from live.cli.group import extempo
from models.corpus import sources
from models.corpus.encoders.table import encoder
from models.corpus.readers.abc import AbcReader, TunePiece
from models.train.run import BEST

HEAD = "X:1\nT:it\nM:4/4\nL:1/8\nK:G\n"
BARS = "GABc dedB|" * 4 + "\n"
BAD = {
    "no key": (b"X:1\nT:it\nM:4/4\nabcd|abcd|abcd|\n", "it has no key"),
    "one bar": (f"{HEAD}GABc|\n".encode(), "it has fewer than 8 notes"),
    "never ends": (f"{HEAD}{'GABc dedB|' * 8000}\n".encode(), "it never ends"),
    "open repeat": (f"{HEAD}|:{BARS}".encode(), r"a repeat begins in it \(|:\) and does not end"),
    "bytes": (random.Random(1).randbytes(5000), "holds no tune in ABC"),
    "prose": (b"It was the best of times.\n\nIt was the worst.\n", "holds no tune in ABC"),
    "nothing": (b"X:1\nT:it\nK:G\n", "it has no notes"),
}
"""Content, and why it is left out."""
RECIPE = """
name = "tiny"
title = "Tiny"
net = "lstm"
representation = "abc"
batch = 4
length = 64
rate = 0.01
steps = 2
measure_steps = 2
measure_windows = 4
[config]
hidden = 16
layers = 1
embed = 8
head = 16
[corpora]
mine = 1.0
"""
GOOD = {
    "7/8": (HEAD.replace("4/4", "7/8") + "GABcded|" * 4 + "\n").encode(),
    "whole notes": (HEAD.replace("1/8", "1/1") + BARS).encode(),
    "not utf-8": f"{HEAD.replace('it', 'Föhn')}{BARS}".encode("latin-1"),
    "nonsense": (HEAD.replace("4/4", "0/0") + "(99:0:99C999999999/0 [K:G\n" + BARS).encode(),
    "one long bar": (HEAD + "GABcdedB" * 4 + "|\n").encode(),
}


def _mine(folder: Path) -> Path:
    """Write files of all kinds; return the folder that holds them."""
    mine = folder / "mine"
    mine.mkdir()
    for number in range(9):
        tune = HEAD + "".join("GABcdefgab"[number:][:4] + "|" for _ in range(6)) + "\n"
        (mine / f"good {number}.abc").write_text(tune)
    for name, content in GOOD.items():
        (mine / f"{name.replace('/', ' ')}.abc").write_bytes(content)
    for name, (content, _) in BAD.items():
        (mine / f"{name}.abc").write_bytes(content)
    with (mine / "huge.abc").open("wb") as sparse:
        sparse.truncate(50 << 20)
    return mine


@pytest.mark.parametrize("name", BAD)
def test_a_bad_tune_says_why(tmp_path: Path, name: str) -> None:
    content, why = BAD[name]
    path = tmp_path / "it.abc"
    path.write_bytes(content)
    with pytest.raises(Exception, match=why) as raised:
        AbcReader().read(path)
    assert str(raised.value).startswith(f"{path} ")
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize("name", GOOD)
def test_an_unusual_tune_is_learned_from_whatever_is_beside_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / "it.abc"
    path.write_bytes(b"\n\n".join((*(content for content, _ in BAD.values()), GOOD[name])))
    (tune,) = AbcReader().read(path).pieces
    written = encoder("abc", [tune] * 9, None, "here")
    steps = written.window(tune, 0, 512, np.random.default_rng(0), varied=True)
    assert len(steps.codes) > 30


def test_all_others_of_a_folder_are_taken_and_what_is_left_out_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    mine = _mine(tmp_path)
    for _ in range(2):
        caplog.clear()
        found = sources.read(mine, ("train", "valid"), tmp_path / "cache", ("abc",))
        both = [piece for pieces in found.values() for piece in pieces]
        assert len(both) >= len(GOOD) + 9 - 4
        assert all(isinstance(piece, TunePiece) for piece in both)
        assert "has 50 MB, more than the 32 MB that are read (huge.abc)" in caplog.text
        assert "1 x holds no tune in ABC, for it has no key (K:) (no key.abc)" in caplog.text
        assert "1 x holds no tune in ABC, for it has no notes (nothing.abc)" in caplog.text


def test_extempo_train_learns_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    _mine(tmp_path)
    (tmp_path / "r.toml").write_text(RECIPE)
    words = ["train", str(tmp_path / "r.toml"), "--data", str(tmp_path), "--device", "cpu"]
    told = CliRunner().invoke(extempo, [*words, "--out", str(tmp_path / "run")])
    assert told.exit_code == 0, told.output
    assert (tmp_path / "run" / BEST).stat().st_size > 1000

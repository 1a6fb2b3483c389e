"""Rendered piano: notes and sound agree to the sample, velocity is audible, splits never mix."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from models.contract.errors import ExtempoError
from models.contract.samples import KEYS, LOWEST, decode
from models.corpus import sources
from models.corpus.readers.midi import read_midi
from models.corpus.sound import sources as sound
from models.corpus.sound.cli import PIANO, sound_command
from models.corpus.sound.notes import read_notes
from models.corpus.sound.render import (
    BLOCK,
    LATE,
    PIECE_SECONDS,
    Rendering,
    etude,
    excerpt,
    midi_of,
    played,
    render_corpus,
)
from tests.models.scores import random_score

RATE = 16_000
RENDERING = Rendering(PIANO, RATE, 1)
needs_fluidsynth = pytest.mark.skipif(
    shutil.which("fluidsynth") is None, reason="fluidsynth is not installed (package fluidsynth)"
)


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    for seed in range(20):
        random_score(tmp_path / "scores" / f"{seed}.mid", seed)
    return tmp_path / "scores"


def test_notes_come_back_from_midi_as_they_were(tmp_path: Path) -> None:
    notes = etude(2000.0, RATE / BLOCK, np.random.default_rng(1))
    midi_of(notes, RATE).save(tmp_path / "a.mid")
    found = read_notes(tmp_path / "a.mid", RATE)
    struck = {(onset * BLOCK, pitch) for onset, _, pitch, _ in notes.tolist()}
    assert {(onset, pitch) for onset, _, pitch, _ in found.tolist()} == struck


def test_an_excerpt_lies_on_the_keyboard_and_ends_in_time(scores: Path) -> None:
    for seed in range(20):
        piece = read_midi(scores / f"{seed}.mid")
        notes = excerpt(piece, 1000.0, RATE / BLOCK, np.random.default_rng(seed))
        assert notes[0, 0] == 0
        assert (notes[:, 0] <= 1000).all()
        assert (notes[:, 1] <= 1000).all()
        assert ((notes[:, 2] >= LOWEST) & (notes[:, 2] < LOWEST + KEYS)).all()
        assert len(np.unique(notes[:, 3])) > 1 or len(notes) < 4


def test_etudes_use_every_key_and_all_velocities() -> None:
    rng = np.random.default_rng(1)
    notes = np.concatenate([etude(15_000.0, RATE / BLOCK, rng) for _ in range(60)])
    assert set(notes[:, 2]) == set(range(LOWEST, LOWEST + KEYS))
    assert notes[:, 3].min() < 20
    assert notes[:, 3].max() > 110


@needs_fluidsynth
def test_a_note_sounds_where_its_midi_file_says_and_louder_if_struck_harder(
    tmp_path: Path,
) -> None:
    onsets = [100, 400, 700, 1000]
    notes = np.array([(on, on + 100, 84, 30 + 30 * k) for k, on in enumerate(onsets)])
    midi_of(notes, RATE, late=1).save(tmp_path / "a.mid")
    heard = np.abs(played(RENDERING, tmp_path / "a.mid").reshape(-1, 2).mean(1)[LATE:])
    peaks = []
    for onset in onsets:
        before, after = heard[onset * BLOCK - 500 : onset * BLOCK], heard[onset * BLOCK :]
        first = int(np.argmax(after > before.max() + 1e-3))
        # The hammer takes a moment, but less than a block.
        assert 0 <= first < BLOCK
        peaks.append(after[: 100 * BLOCK].max())
    assert peaks == sorted(peaks)
    assert peaks[-1] > 2.0 * peaks[0]


@needs_fluidsynth
def test_a_corpus_is_rendered_split_by_split_and_read_with_its_notes(
    scores: Path, tmp_path: Path
) -> None:
    arguments = [str(tmp_path / "out"), "--scores", str(scores), "--minutes", "2"]
    done = CliRunner().invoke(sound_command, [*arguments, "--held-out", "1"])
    assert done.exit_code == 0, done.output
    found = sound.load(tmp_path / "out", "train", RATE, tmp_path / "cache")
    assert found.count == 2
    codes, notes = found.of(1)
    assert len(codes) == PIECE_SECONDS * RATE
    assert len(notes) > 5
    assert 0.05 < np.abs(decode(codes)).max() < 1.0
    kept = (tmp_path / "out" / "train" / "00000.flac").stat().st_mtime_ns
    render_corpus(RENDERING, scores, tmp_path / "out", "train", 2)
    assert (tmp_path / "out" / "train" / "00000.flac").stat().st_mtime_ns == kept


def test_scores_are_not_rendered_into_their_own_folder(scores: Path) -> None:
    done = CliRunner().invoke(sound_command, [str(scores), "--scores", str(scores)])
    assert done.exit_code == 1
    assert done.output.startswith(f"Error: {scores} is read here")


def test_scores_of_one_split_are_never_rendered_for_another(
    scores: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    load = sources.load

    def spied(folder: Path, split: sources.Split) -> list:
        asked.append(split)
        return load(folder, split, tmp_path / "cache")

    monkeypatch.setattr(sources, "load", spied)
    monkeypatch.setattr("models.corpus.sound.render.which", lambda name: name)
    for split in ("train", "valid", "test"):
        assert render_corpus(RENDERING, scores, tmp_path / "out", split, 0.0) == []
    assert asked == ["train", "valid", "test"]


def test_what_is_missing_is_said(
    scores: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.corpus.sound.render.which", lambda name: None)
    with pytest.raises(ExtempoError, match="fluidsynth is not installed"):
        render_corpus(RENDERING, scores, tmp_path, "train", 1)
    monkeypatch.setattr("models.corpus.sound.render.which", lambda name: name)
    with pytest.raises(ExtempoError, match="no SoundFont"):
        render_corpus(Rendering(tmp_path / "none.sf2"), scores, tmp_path, "train", 1)
    with pytest.raises(ExtempoError, match="no corpus"):
        render_corpus(RENDERING, tmp_path / "none", tmp_path, "train", 1)

"""Floors, samples and the look at music tell apart what they are there to tell apart."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from models.contract.representations.performance import PERFORMANCE
from models.corpus.encoders.performance import PerformanceEncoder
from models.corpus.readers.midi import read_midi
from models.corpus.windows import Weighed, measuring_batches
from models.train.figures import draw_losses
from models.train.floors import floors, nats
from models.train.look import (
    chords_again,
    draw_roll,
    key_clarity,
    look,
    repetition,
)
from models.train.look_cli import look_command
from models.train.tunes import Tune, look_at_tune
from tests.models.scores import random_score, write_score
from tests.models.test_musicxml import attributes, document, note, packed


def melody(seed: int, count: int = 200) -> np.ndarray:
    random = np.random.default_rng(seed)
    pitches = random.choice([60, 62, 64, 65, 67, 69, 71, 72], count)
    onsets = np.arange(count) * 12
    return np.stack((onsets, pitches, np.full(count, 80), np.full(count, 12)), 1)


def test_a_chain_that_counted_the_truth_is_near_it() -> None:
    seen = np.array([[[0, 99], [50, 50]]])
    asked = np.array([[[0, 10], [10, 10]]])
    assert nats(seen, asked, 0.001) == pytest.approx(20 * np.log(2) / 30, abs=1e-3)
    # Of many codes side by side, a step costs what all of them cost.
    both = np.concatenate((seen, seen)), np.concatenate((asked, asked))
    assert nats(*both, 0.001) == pytest.approx(2 * nats(seen, asked, 0.001))


def test_floors_know_the_steps_of_a_melody(tmp_path: Path) -> None:
    pieces = [read_midi(random_score(tmp_path / f"{s}.mid", s)) for s in range(3)]
    writes = PerformanceEncoder(PERFORMANCE)
    measured = list(measuring_batches(writes, pieces, 8, 64, 1))
    found = floors(Weighed.of(writes, {"a": (1.0, pieces)}), 1, measured, counted=4)
    assert set(found) == {*PERFORMANCE.names, "all"}
    assert found["all"] == pytest.approx(sum(found[factor] for factor in PERFORMANCE.names))
    assert 0 < found["pitch"] < np.log(128) - 1


def test_a_loop_is_seen_as_repetition() -> None:
    loop = melody(1, 16)
    looped = np.concatenate([loop + np.array([i * 192, 0, 0, 0]) for i in range(10)])
    assert repetition(looped) > 0.85
    assert repetition(melody(2)) < 0.05


def test_key_and_silence_are_seen() -> None:
    random = melody(3)
    random[:, 1] = np.random.default_rng(1).integers(48, 84, len(random))
    assert key_clarity(melody(3)) > key_clarity(random) + 0.1
    gap = melody(4)
    gap[100:, 0] += 240
    assert look(gap)["longest rest, beats"] == 10
    assert look(gap)["notes an onset"] == 1


def test_pictures_are_drawn(tmp_path: Path) -> None:
    draw_roll(tmp_path / "roll.png", {"a": melody(1), "b": melody(2)})
    (tmp_path / "log.jsonl").write_text(
        '{"step": 0, "parameters": 3}\n'
        '{"step": 10, "minutes": 0.1, "train": {"time": 1, "pitch": 2, "velocity": 1,'
        ' "duration": 1, "all": 5}}\n'
        '{"step": 10, "minutes": 0.1, "valid": {"time": 1, "pitch": 2, "velocity": 1,'
        ' "duration": 1, "all": 5}}\n'
    )
    draw_losses(tmp_path / "log.jsonl", tmp_path / "loss.png")
    for name in ("roll.png", "loss.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_a_chord_that_is_struck_again_is_seen() -> None:
    chords = [(60, 64, 67), (60, 64, 67), (60, 64), (62,), (62,), (60, 64)]
    notes = np.array([(n * 24, p, 80, 12) for n, chord in enumerate(chords) for p in chord])
    assert chords_again(notes) == pytest.approx(1 / 3)
    assert chords_again(melody(1)) == 0


def test_music_is_shown_beside_that_of_people(tmp_path: Path) -> None:
    for seed in range(20):
        random_score(tmp_path / "data" / "mine" / f"{seed}.mid", seed)
    random_score(tmp_path / "played" / "1.mid", 77)
    given = ["--data", str(tmp_path / "data"), "--corpus", "mine"]
    words = [str(tmp_path / "played"), "--copies", "--notes", "50", *given]
    shown = (
        CliRunner()
        .invoke(
            look_command, [*words, "--picture", str(tmp_path / "roll.png")], catch_exceptions=False
        )
        .output
    )
    assert "this music (2)" in shown
    assert "longest copied run" in shown
    assert (tmp_path / "roll.png").stat().st_size > 10_000
    failed = CliRunner().invoke(look_command, [str(tmp_path / "played"), *given]).output
    assert failed == "Error: no piece by people has 400 notes: look at fewer with --notes.\n"
    (tmp_path / "none").mkdir()
    failed = CliRunner().invoke(look_command, [str(tmp_path / "none"), *given]).output
    assert failed.startswith("Error: there is no music in what is to be looked at: name files of")
    music = tmp_path / "played" / "1.mid"
    before = music.read_bytes()
    failed = CliRunner().invoke(look_command, [*words, "--picture", str(music)]).output
    assert failed.startswith(f"Error: {music} is read here")
    assert music.read_bytes() == before


def test_whatever_is_read_is_looked_at(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Files of karaoke and MusicXML beside MIDI; drums alone and what is broken are left out and told."""
    for seed in range(4):
        random_score(tmp_path / "data" / "mine" / f"{seed}.mid", seed)
    played = tmp_path / "played"
    random_score(played / "1.kar", 7)
    (played / "2.musicxml").write_text(document(("P", 0, [attributes() + note("C4", 4) * 4] * 8)))
    packed(played / "3.MXL", **{"a.xml": (played / "2.musicxml").read_text()})
    write_score(played / "4.mid", [[(0, 36, 1)]], channel=9)
    (played / "5.mid").write_text("not music")
    given = ["--data", str(tmp_path / "data"), "--corpus", "mine", "--notes", "16"]
    told = CliRunner().invoke(look_command, [str(played), *given], catch_exceptions=False)
    assert "this music (10)" in told.output
    assert "left out 2" in caplog.text
    for name, said in (
        ("4.mid", "Error: {} has no notes outside the drum channel: leave it out."),
        ("5.mid", "Error: {} cannot be read as MIDI"),
        ("6.txt", "Error: {} is not read here: name files of MIDI (.mid, .midi, .kar), MusicXML"),
    ):
        (played / name).touch()
        failed = CliRunner().invoke(look_command, [str(played / name), *given])
        assert failed.output.startswith(said.format(played / name))
    (played / "tune.abc").write_text("X:1\nK:C\n" + "ABcd|" * 4 + "\n")
    failed = CliRunner().invoke(look_command, [str(played), *given])
    assert "scores and tunes in ABC: look at one kind at a time" in failed.output


TUNE = "M:2/4\nL:1/8\nK:D\nA|ddAF|GABc|ddAF|E3:|\nfafa|gfed|fafa|ged2|\n"


def test_a_tunes_bars_and_parts_are_counted_as_they_are_written() -> None:
    found = look_at_tune(Tune(TUNE))
    assert found["bars"] == 8
    assert found["parts"] == 2
    assert found["parts that are repeated"] == 0.5
    assert found["parts of eight bars"] == 0
    assert found["bars that come again"] == pytest.approx(2 / 9)
    assert found["ends on the tonic"] == 1
    assert found["notes out of the key"] == 0
    whole = look_at_tune(Tune(TUNE + "cdef|gfed|cdef|gfe2|]\n"))
    assert whole["parts of eight bars"] == 0.5


def test_a_second_ending_is_no_part_and_bars_that_are_cut_are_seen() -> None:
    tune = Tune("M:C\nL:1/4\nK:Am\nABcd|eA^GA|1cBAG:|2cBA2||cde|cBAG|ABA2|]\n")
    found = look_at_tune(tune)
    assert found["parts"] == 2
    assert found["bars that are full"] == 1
    assert found["notes out of the key"] == pytest.approx(1 / len(tune.notes))
    assert not Tune("M:none\nL:1/4\nK:C\nABcd|]\n").can_be_counted


def test_tunes_are_looked_at_beside_tunes_by_people(tmp_path: Path) -> None:
    corpus = tmp_path / "abc_pd"
    corpus.mkdir()
    rows = ["file,split"]
    for split, key in (("train", "D"), ("valid", "G"), ("test", "A")):
        (corpus / f"{split}.abc").write_text("X:1\nT:One\n" + TUNE.replace("K:D", f"K:{key}"))
        rows.append(f"{split}.abc,{split}")
    (corpus / "index.csv").write_text("\n".join(rows) + "\n")
    mine = tmp_path / "mine.abc"
    mine.write_text("X:1\nT:Mine\n" + TUNE)
    asked = [
        str(mine),
        "--data",
        str(tmp_path),
        "--copies",
        "--picture",
        str(tmp_path / "a.png"),
    ]
    done = CliRunner().invoke(look_command, asked)
    assert done.exit_code == 0, done.output
    assert "parts that are repeated" in done.output
    assert "longest copied run" in done.output
    assert (tmp_path / "a.png").exists()
    both = CliRunner().invoke(look_command, [str(mine), str(random_score(tmp_path / "a.mid", 1))])
    assert "one kind at a time" in both.output


def test_a_tune_that_breaks_off_in_a_repeat_is_left_out_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    corpus = tmp_path / "abc_pd"
    corpus.mkdir()
    (corpus / "index.csv").write_text("file,split\nvalid.abc,valid\n")
    (corpus / "valid.abc").write_text("X:1\nT:One\n" + TUNE)
    mine = tmp_path / "mine"
    mine.mkdir()
    cut = "X:2\nT:Cut\n" + TUNE + "|:fafa|gf"
    (mine / "a.abc").write_text(f"X:1\nT:Whole\n{TUNE}\n{cut}")
    (mine / "b.abc").write_text(cut)
    done = CliRunner().invoke(look_command, [str(mine), "--data", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "this music (1)" in done.output
    why = "a repeat begins in it (|:) and does not end"
    assert f"a.abc: left out 1 x {why} (Cut)" in caplog.text
    assert f"left out 1: 1 x holds no tune in ABC, for {why} (b.abc)" in caplog.text
    alone = CliRunner().invoke(look_command, [str(mine / "b.abc"), "--data", str(tmp_path)])
    assert f"b.abc holds no tune in ABC, for {why}: leave it out." in alone.output

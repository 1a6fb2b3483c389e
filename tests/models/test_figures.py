"""Floors, samples and the look at music tell apart what they are there to tell apart."""

from pathlib import Path

import mido
import numpy as np
import pytest
import torch

from models.contract.performance import FACTORS, HELD, START, Note, encode
from models.corpus.midi import read_midi
from models.corpus.windows import Weighed, measuring_batches
from models.nets import build
from models.train.figures import draw_losses
from models.train.floors import floors, nats
from models.train.look import Copies, draw_roll, key_clarity, longest_rest, look, repetition
from models.train.sample import draw, notes_of, sample, write_midi
from tests.models.scores import random_score


def melody(seed: int, count: int = 200) -> np.ndarray:
    random = np.random.default_rng(seed)
    pitches = random.choice([60, 62, 64, 65, 67, 69, 71, 72], count)
    onsets = np.arange(count) * 12
    return np.stack((onsets, pitches, np.full(count, 80), np.full(count, 12)), 1)


def test_a_chain_that_counted_the_truth_is_near_it() -> None:
    seen = np.array([[0, 99], [50, 50]])
    asked = np.array([[0, 10], [10, 10]])
    assert nats(seen, asked, 0.001) == pytest.approx(20 * np.log(2) / 30, abs=1e-3)


def test_floors_know_the_steps_of_a_melody(tmp_path: Path) -> None:
    pieces = [read_midi(random_score(tmp_path / f"{s}.mid", s)) for s in range(3)]
    measured = list(measuring_batches(pieces, 8, 64, 1))
    found = floors(Weighed.of({"a": (1.0, pieces)}), 1, measured, counted=4)
    assert set(found) == {*FACTORS, "all"}
    assert found["all"] == pytest.approx(sum(found[factor] for factor in FACTORS))
    assert 0 < found["pitch"] < np.log(128) - 1


def test_drawing_keeps_to_the_likely() -> None:
    logits = np.array([0.0, 5.0, 4.0, -9.0], np.float32)
    rng = np.random.default_rng(0)
    drawn = [draw(logits, 1.0, 0.95, rng) for _ in range(300)]
    assert set(drawn) == {1, 2}
    assert 0.6 < drawn.count(1) / 300 < 0.85
    assert {draw(logits, 1.0, 0.5, rng) for _ in range(50)} == {1}
    assert len({draw(logits, 100.0, 1.0, rng) for _ in range(100)}) == 4


def test_samples_are_events_and_a_seed_repeats_them(tmp_path: Path) -> None:
    torch.manual_seed(1)
    net = build("lstm", {"hidden": 16, "embed": 8, "head": 8}).eval()
    primer = encode(_notes(melody(1, 8)))
    events = sample(net, 20, 3, primer=primer)
    assert (events[:8] == primer).all()
    assert events.shape == (28, 5)
    assert (events[8:, 1] < START).all()
    assert (events[8:, 3] < HELD).all()
    assert (events == sample(net, 20, 3, primer=primer)).all()
    write_midi(tmp_path / "a.mid", events)
    struck = sum(m.type == "note_on" and m.velocity > 0 for m in mido.MidiFile(tmp_path / "a.mid"))
    assert struck == 28


def _notes(rows: np.ndarray) -> list[Note]:
    return [Note(*row) for row in rows.tolist()]


def test_a_loop_is_seen_as_repetition() -> None:
    loop = melody(1, 16)
    looped = np.concatenate([loop + np.array([i * 192, 0, 0, 0]) for i in range(10)])
    assert repetition(looped) > 0.85
    assert repetition(melody(2)) < 0.05


def test_a_copy_is_found_in_any_key() -> None:
    corpus = [melody(seed) for seed in range(5)]
    copies = Copies(corpus)
    stolen = melody(9)
    stolen[50:90, 1] = corpus[3][10:50, 1] + 5
    assert 39 <= copies.longest(stolen) <= 45
    assert copies.longest(melody(10)) < 12


def test_key_and_silence_are_seen() -> None:
    random = melody(3)
    random[:, 1] = np.random.default_rng(1).integers(48, 84, len(random))
    assert key_clarity(melody(3)) > key_clarity(random) + 0.1
    gap = melody(4)
    gap[100:, 0] += 240
    assert longest_rest(gap) == 240
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
    assert len(notes_of(encode(_notes(melody(1))))) == 200

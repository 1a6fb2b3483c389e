"""Windows hold the music that is in the pieces, in the representation that the stage plays."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contract.grid import place
from models.contract.representations.performance import PERFORMANCE, START, velocity_code
from models.contract.spans import DURATIONS, HELD, TIMES, duration_code, time_code
from models.corpus.encoders.performance import PerformanceEncoder, encode
from models.corpus.perform import articulate, join_chords, loosen, perform, places, touch
from models.corpus.pieces import Score
from models.corpus.readers.midi import read_midi
from models.corpus.windows import Batch, Weighed, measuring_batches, training_batch, whole_batch
from tests.models.scores import random_score, write_score

WRITES = PerformanceEncoder(PERFORMANCE)
BARS = np.array([[0, 6], [144, 8], [900, 0], [1000, 7]], np.int32)


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> list[Score]:
    folder = tmp_path_factory.mktemp("scores")
    return [read_midi(random_score(folder / f"{seed}.mid", seed)) for seed in range(4)]


@pytest.fixture(scope="module")
def batch(pieces: list[Score]) -> Batch:
    return training_batch(Weighed.of(WRITES, {"a": (1.0, pieces)}), 48, 64, seed=1, number=0)


notes_lists = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(0, 127), st.integers(1, 127), st.integers(1, 900)),
    min_size=1,
    max_size=40,
)


@given(notes_lists, st.integers(-300, 0))
@settings(max_examples=60, deadline=None)
def test_notes_are_encoded_as_on_stage(rows: list[tuple[int, int, int, int]], origin: int) -> None:
    notes = np.array(sorted(rows), np.int64)
    codes, onsets = encode(notes, origin)
    at = origin
    for row, onset, (tick, pitch, velocity, duration) in zip(
        codes, onsets, sorted(rows), strict=True
    ):
        time = time_code(max(tick - at, 0))
        at += TIMES[time]
        assert row.tolist() == [time, pitch, velocity_code(velocity), duration_code(duration), 0]
        assert onset == at


def test_places_are_those_of_the_stage() -> None:
    ticks = np.arange(-30, 3000, 7)
    for tick, found in zip(ticks.tolist(), places(ticks, BARS).tolist(), strict=True):
        row = max(int(np.searchsorted(BARS[:, 0], tick, side="right")) - 1, 0)
        start, metre = BARS[row].tolist()
        if metre or tick >= start:
            assert tuple(found) == place(tick, start, metre)


def test_a_window_is_start_and_then_music(batch: Batch) -> None:
    assert (batch.codes[:, 0, 1] == START).all()
    assert (batch.codes[:, 1:, 1] < START).all()
    assert batch.scored[:, 0].any()
    assert set(batch.conditions[..., 2].ravel().tolist()) <= {0, 8}


def test_a_batch_is_always_the_same_and_the_next_is_another(pieces: list[Score]) -> None:
    weighed = Weighed.of(WRITES, {"a": (1.0, pieces)})
    first, again, other = (training_batch(weighed, 8, 32, 7, n) for n in (3, 3, 4))
    assert np.array_equal(first.codes, again.codes)
    assert np.array_equal(first.conditions, again.conditions)
    assert not np.array_equal(first.codes, other.codes)


def test_a_seed_gives_the_batches_that_it_always_gave(pieces: list[Score], tmp_path: Path) -> None:
    # What was trained by a recipe and a seed comes out as it did.
    sparse = [(index * 5.5, 60 + index % 7, 3.0) for index in range(40)]
    slow = read_midi(write_score(tmp_path / "slow.mid", [sparse], metre=(3, 4)))
    corpora = {"a": (1.0, pieces[:2]), "b": (0.5, [pieces[2], slow])}
    weighed = Weighed.of(WRITES, corpora)
    learned = {seed: [training_batch(weighed, 8, 32, seed, n) for n in range(4)] for seed in (1, 7)}
    assert digest(learned[1]) == "594db54c2d3d28c3"
    assert digest(learned[7]) == "e607409c47335ee0"
    assert digest([training_batch(weighed, 4, 300, 3, 0)]) == "2e1c5a9852c89d69"
    measured = [*pieces[:3], slow]
    assert digest(measuring_batches(WRITES, measured, 5, 32, 9)) == "289555fdf28d9efa"
    assert digest(measuring_batches(WRITES, measured, 5, 32, 9, most=6)) == "c02de26ecbc3ba91"


def digest(batches: Iterable[Batch]) -> str:
    found = hashlib.sha256()
    for batch in batches:
        for array in (batch.codes, batch.conditions, batch.scored):
            found.update(f"{(array.dtype, array.shape)}".encode() + array.tobytes())
    return found.hexdigest()[:16]


def test_held_notes_go_in_but_are_not_asked_for(batch: Batch) -> None:
    held = batch.codes[:, 1:, 3] == HELD
    assert held.any()
    assert not batch.scored[..., 3][held].any()
    assert batch.scored[..., 1][held].all()
    assert held.sum(1).max() <= 10


def test_padding_is_not_scored(pieces: list[Score]) -> None:
    short = training_batch(Weighed.of(WRITES, {"a": (1.0, pieces)}), 16, 1000, 1, 0)
    lengths = short.scored[..., 1].sum(1)
    assert (lengths <= max(len(piece.notes) for piece in pieces)).all()
    assert not short.scored[:, int(lengths.max()) :].any()


def test_transposing_keeps_intervals_and_the_keyboard(pieces: list[Score]) -> None:
    low = Score.piano("low", pieces[0].notes.copy(), pieces[0].bars)
    low.notes[:, 1] -= low.notes[:, 1].min() - 22
    events = training_batch(Weighed.of(WRITES, {"a": (1.0, [low])}), 64, 16, 1, 0)
    pitches = events.codes[:, 1:, 1][events.scored[..., 1]]
    assert pitches.min() >= 21
    assert len(np.unique(pitches)) > len(np.unique(low.notes[:, 1]))


def test_corpora_are_drawn_by_weight(pieces: list[Score]) -> None:
    weighed = Weighed.of(WRITES, {"often": (3.0, pieces[:1]), "seldom": (1.0, pieces[1:])})
    rng = np.random.default_rng(0)
    often = sum(weighed.draw(rng) is pieces[0] for _ in range(2000))
    assert 1400 < often < 1600


def test_measuring_is_the_same_at_any_batch_size(pieces: list[Score]) -> None:
    small = list(measuring_batches(WRITES, pieces, 1, 32, 5))
    large = list(measuring_batches(WRITES, pieces, 100, 32, 5))
    assert np.array_equal(np.concatenate([b.codes for b in small]), large[0].codes)
    assert sum(len(b.codes) for b in measuring_batches(WRITES, pieces, 4, 32, 5, most=3)) == 3


def test_loose_timing_stays_near_and_in_order() -> None:
    onsets = np.repeat(np.arange(0, 1200, 12), 2)
    for seed in range(20):
        moved = loosen(onsets, np.random.default_rng(seed))
        assert np.abs(moved - onsets).max() <= 6
        # A chord's notes stay one onset, or at least a chord's width apart.
        assert (np.diff(np.unique(moved)) >= 1).all()
    assert any((loosen(onsets, np.random.default_rng(s)) != onsets).any() for s in range(5))


def test_what_lies_near_is_one_chord() -> None:
    onsets = np.array([0, 1, 2, 3, 10, 11])
    assert join_chords(onsets, 1.7).tolist() == [0, 0, 2, 2, 10, 10]
    assert join_chords(onsets, 0.9).tolist() == onsets.tolist()


def test_a_scores_own_dynamics_are_kept_and_a_flat_one_is_given_touch() -> None:
    rng = np.random.default_rng(1)
    notes = np.array([[i * 24, 60 + i % 5, 90, 24] for i in range(64)], np.int64)
    assert touch(notes, BARS, rng).std() > 1
    marked = notes.copy()
    marked[:, 2] = np.where(np.arange(64) < 32, 30, 100) + np.arange(64) % 3
    played = touch(marked, BARS, rng)
    assert played[32:].mean() - played[:32].mean() > 55


def test_durations_stay_positive_and_half_the_windows_on_the_grid() -> None:
    assert (
        min(articulate(np.ones(50, np.int64), np.random.default_rng(s)).min() for s in range(20))
        == 1
    )
    notes = np.array([[i * 24, 60, 90, 24] for i in range(50)], np.int64)
    strict = [
        np.array_equal(perform(notes, BARS, np.random.default_rng(s))[:, 0], notes[:, 0])
        for s in range(100)
    ]
    assert 35 < sum(strict) < 70
    assert max(DURATIONS) == 384


@pytest.fixture(scope="module")
def uneven() -> Weighed:
    """Twenty pieces of 1 to 96 notes, each pitch telling which it is."""
    pieces = []
    for number in range(20):
        count = 1 + 5 * number
        notes = np.full((count, 4), (0, 40 + number, 64, 12), np.int32)
        notes[:, 0] = 12 * np.arange(count)
        pieces.append(Score.piano(f"{number}", notes, np.array([[0, 8]], np.int32)))
    return Weighed.of(WRITES, {"a": (1.0, pieces)})


def test_a_batch_of_whole_pieces_has_those_of_like_length_from_beginning_to_end(
    uneven: Weighed,
) -> None:
    for number in range(40):
        batch = whole_batch(uneven, 200, seed=3, number=number)
        counts = batch.scored[..., 0].sum(1)
        assert set(counts.tolist()) <= {1 + 5 * number for number in range(20)}
        assert batch.scored[:, 0, 0].all()
        assert len(counts) * counts.max() <= 200
        assert counts.min() >= counts.max() // 2 or counts.max() < 50
        again = whole_batch(uneven, 200, seed=3, number=number)
        assert np.array_equal(batch.codes, again.codes)


def test_of_whole_pieces_each_is_drawn_as_often_as_any(uneven: Weighed) -> None:
    drawn = np.zeros(97)
    for number in range(600):
        scored = whole_batch(uneven, 200, seed=4, number=number).scored[..., 0]
        drawn += np.bincount(scored.sum(1), minlength=97)
    shares = drawn[1::5] / drawn.sum()
    assert shares.min() > 0.02
    assert shares.max() < 0.09


def test_of_a_piece_that_has_no_room_a_batch_has_a_window(uneven: Weighed) -> None:
    sizes = {whole_batch(uneven, 30, seed=5, number=number).scored.shape for number in range(50)}
    assert (1, 30, 4) in sizes
    assert all(count * length <= 30 for count, length, _ in sizes)

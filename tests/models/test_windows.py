"""Windows hold the music that is in the pieces, in the representation that the stage plays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contract.performance import DURATIONS, HELD, START, TIMES, Note, encode, place
from models.corpus.midi import Piece, read_midi
from models.corpus.perform import articulate, join_chords, loosen, perform, places, touch
from models.corpus.windows import Batch, Weighed, encode_notes, measuring_batches, training_batch
from tests.models.scores import random_score

BARS = np.array([[0, 6], [144, 8], [900, 0], [1000, 7]], np.int32)


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> list[Piece]:
    folder = tmp_path_factory.mktemp("scores")
    return [read_midi(random_score(folder / f"{seed}.mid", seed)) for seed in range(4)]


@pytest.fixture(scope="module")
def batch(pieces: list[Piece]) -> Batch:
    return training_batch(Weighed.of({"a": (1.0, pieces)}), 48, 64, seed=1, number=0)


notes_lists = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(0, 127), st.integers(1, 127), st.integers(1, 900)),
    min_size=1,
    max_size=40,
)


@given(notes_lists, st.integers(-300, 0))
@settings(max_examples=60, deadline=None)
def test_notes_are_encoded_as_on_stage(rows: list[tuple[int, int, int, int]], origin: int) -> None:
    notes = np.array(sorted(rows), np.int64)
    events, onsets = encode_notes(notes, origin)
    assert np.array_equal(events, encode([Note(*row) for row in rows], origin))
    assert np.array_equal(onsets, origin + np.cumsum([TIMES[time] for time in events[:, 0]]))


def test_places_are_those_of_the_stage() -> None:
    ticks = np.arange(-30, 3000, 7)
    for tick, found in zip(ticks.tolist(), places(ticks, BARS).tolist(), strict=True):
        row = max(int(np.searchsorted(BARS[:, 0], tick, side="right")) - 1, 0)
        start, metre = BARS[row].tolist()
        if metre or tick >= start:
            assert tuple(found) == place(tick, start, metre)


def test_a_window_is_start_and_then_music(batch: Batch) -> None:
    assert (batch.events[:, 0, 1] == START).all()
    assert (batch.events[:, 1:, 1] < START).all()
    assert batch.scored[:, 0].any()
    assert set(batch.places[..., 2].ravel().tolist()) <= {0, 8}


def test_a_batch_is_always_the_same_and_the_next_is_another(pieces: list[Piece]) -> None:
    weighed = Weighed.of({"a": (1.0, pieces)})
    first, again, other = (training_batch(weighed, 8, 32, 7, n) for n in (3, 3, 4))
    assert np.array_equal(first.events, again.events)
    assert np.array_equal(first.places, again.places)
    assert not np.array_equal(first.events, other.events)


def test_held_notes_go_in_but_are_not_asked_for(batch: Batch) -> None:
    held = batch.events[:, 1:, 3] == HELD
    assert held.any()
    assert not batch.scored[..., 3][held].any()
    assert batch.scored[..., 1][held].all()
    assert held.sum(1).max() <= 10


def test_padding_is_not_scored(pieces: list[Piece]) -> None:
    short = training_batch(Weighed.of({"a": (1.0, pieces)}), 16, 1000, 1, 0)
    lengths = short.scored[..., 1].sum(1)
    assert (lengths <= max(len(piece.notes) for piece in pieces)).all()
    assert not short.scored[:, int(lengths.max()) :].any()


def test_transposing_keeps_intervals_and_the_keyboard(pieces: list[Piece]) -> None:
    low = Piece("low", pieces[0].notes.copy(), pieces[0].bars)
    low.notes[:, 1] -= low.notes[:, 1].min() - 22
    events = training_batch(Weighed.of({"a": (1.0, [low])}), 64, 16, 1, 0)
    pitches = events.events[:, 1:, 1][events.scored[..., 1]]
    assert pitches.min() >= 21
    assert len(np.unique(pitches)) > len(np.unique(low.notes[:, 1]))


def test_corpora_are_drawn_by_weight(pieces: list[Piece]) -> None:
    weighed = Weighed.of({"often": (3.0, pieces[:1]), "seldom": (1.0, pieces[1:])})
    rng = np.random.default_rng(0)
    often = sum(weighed.draw(rng) is pieces[0] for _ in range(2000))
    assert 1400 < often < 1600


def test_measuring_is_the_same_at_any_batch_size(pieces: list[Piece]) -> None:
    small = list(measuring_batches(pieces, 1, 32, 5))
    large = list(measuring_batches(pieces, 100, 32, 5))
    assert np.array_equal(np.concatenate([b.events for b in small]), large[0].events)
    assert sum(len(b.events) for b in measuring_batches(pieces, 4, 32, 5, most=3)) == 3


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

"""Windows of sound: always the same, what is learned is what follows, what is heard may be spoilt."""

import numpy as np
import pytest

from models.contract.samples import SILENCE
from models.corpus.sound import sources as sound
from models.corpus.sound.windows import Shape, Weighed, measuring_batches, training_batch
from tests.models.sounds import RATE, scale, tone, write

SHAPE = Shape(context=128, scored=512, hop=64, keys=True)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> sound.Sounds:
    folder = tmp_path_factory.mktemp("sounds")
    for number in range(3):
        write(folder / "mine" / "train" / f"{number}.wav", tone(2.0, pitch=200.0 * (number + 1)))
        scale(folder / "mine" / "train" / f"{number}.mid")
    return sound.load(folder / "mine", "train", RATE, folder / "cache")


def test_a_batch_is_always_the_same_and_says_what_follows(corpus: sound.Sounds) -> None:
    weighed = Weighed([corpus], np.ones(1))
    openings = 0
    for number in range(60):
        batch = training_batch(weighed, 3, SHAPE, 1, number)
        again = training_batch(weighed, 3, SHAPE, 1, number)
        np.testing.assert_array_equal(batch.codes, again.codes)
        np.testing.assert_array_equal(batch.codes[:, batch.since + 1 :], batch.following[:, :-1])
        assert batch.following.shape == batch.known.shape == (3, 512)
        assert batch.keys.shape[1] * 64 == batch.codes.shape[1]
        openings += batch.since == 0
        if batch.since == 0:
            assert (batch.codes[:, 0] == SILENCE).all()
    assert 0 < openings < 20


def test_jitter_moves_what_is_heard_by_one_and_never_what_is_learned(corpus: sound.Sounds) -> None:
    weighed = Weighed([corpus], np.ones(1))
    jittery = Shape(128, 512, 64, keys=True, jitter=1.0)
    shares = []
    for number in range(20):
        plain = training_batch(weighed, 4, SHAPE, 1, number)
        moved = training_batch(weighed, 4, jittery, 1, number)
        np.testing.assert_array_equal(plain.following, moved.following)
        assert abs(plain.codes - moved.codes).max() <= 1
        shares.append((plain.codes != moved.codes).mean())
    assert 0.1 < np.mean(shares) < 0.5


def test_half_of_the_windows_are_heard_in_noise_and_learned_without(corpus: sound.Sounds) -> None:
    weighed = Weighed([corpus], np.ones(1))
    noisy = Shape(128, 512, 64, keys=True, noise=20.0)
    spreads = []
    for number in range(20):
        plain = training_batch(weighed, 4, SHAPE, 1, number)
        moved = training_batch(weighed, 4, noisy, 1, number)
        np.testing.assert_array_equal(plain.following, moved.following)
        np.testing.assert_array_equal(plain.keys, moved.keys)
        assert 0 <= moved.codes.min() <= moved.codes.max() < 256
        spreads += (moved.codes - plain.codes).std(1).tolist()
    assert 0.3 < np.mean(np.array(spreads) == 0.0) < 0.7
    assert 12.0 < max(spreads) < 22.0


def test_a_network_that_hears_no_keys_is_given_none(corpus: sound.Sounds) -> None:
    deaf = Shape(128, 512, 64, keys=False)
    assert not training_batch(Weighed([corpus], np.ones(1)), 8, deaf, 1, 0).keys.any()


def test_measuring_windows_are_spread_evenly_and_end_with_their_sound(
    corpus: sound.Sounds,
) -> None:
    few = measuring_batches([corpus], 4, SHAPE, 10)
    assert sum(len(batch.codes) for batch in few) == 10
    whole = measuring_batches([corpus], 4, SHAPE, 10_000)
    assert all(batch.known.all() for batch in whole)
    long = Shape(128, 3 * RATE // 64 * 64, 64, keys=True)
    (past_end,) = measuring_batches([corpus], 4, long, 3)
    assert past_end.known.sum() == 3 * (2 * RATE - 129)

"""Sounds to learn from: every rate and depth is read, what is useless is said, notes fit the sound."""

import logging
from pathlib import Path

import mido
import numpy as np
import pytest

from models.contract.errors import ExtempoError
from models.contract.samples import SILENCE, Keyboard, decode
from models.corpus import sound
from models.corpus.sound_file import read_codes
from models.corpus.sound_notes import keys_of, read_notes, untangled
from models.corpus.sound_windows import Shape, Weighed, measuring_batches, training_batch
from tests.models.sounds import RATE, tone, write


def read(path: Path, rate: int = RATE) -> np.ndarray:
    return np.concatenate(list(read_codes(path, rate)))


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 3, 6, 8])
def test_any_rate_and_number_of_channels_becomes_one_tone(
    tmp_path: Path, rate: int, channels: int
) -> None:
    sound_of = np.repeat(tone(1.0, rate)[:, None], channels, 1)
    codes = read(write(tmp_path / "a.wav", sound_of, rate))
    assert abs(len(codes) - RATE) <= 2
    np.testing.assert_allclose(decode(codes)[: RATE - 99], tone(1.0)[: RATE - 99], atol=0.02)


@pytest.mark.parametrize("kind", ["PCM_24", "PCM_32", "FLOAT", "DOUBLE", "PCM_U8"])
def test_any_depth_is_read(tmp_path: Path, kind: str) -> None:
    codes = read(write(tmp_path / "a.wav", tone(0.5), RATE, kind))
    np.testing.assert_allclose(decode(codes), tone(0.5), atol=0.02)


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3"])
def test_packed_sounds_are_read(tmp_path: Path, suffix: str) -> None:
    import soundfile

    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, tone(1.0), RATE)
    rms = np.sqrt((decode(read(path)) ** 2).mean())
    assert rms == pytest.approx(np.sqrt((tone(1.0) ** 2).mean()), rel=0.1)


def spoilt(path: Path, what: str) -> Path:
    if what == "empty":
        path.write_bytes(b"")
    elif what == "text":
        path.write_text("This is no sound. " * 99)
    elif what == "no samples":
        write(path, np.zeros(0, np.float32))
    elif what == "one sample":
        write(path, np.full(1, 0.5, np.float32))
    elif what == "silent":
        write(path, np.zeros(RATE, np.float32))
    elif what == "clipped":
        write(path, np.clip(20.0 * tone(1.0), -1.0, 1.0))
    elif what in ("nan", "inf"):
        holed = tone(1.0)
        holed[777] = float(what)
        write(path, holed, RATE, "FLOAT")
    elif what == "truncated":
        write(path, tone(1.0))
        path.write_bytes(path.read_bytes()[:90])
    elif what == "a folder":
        path.mkdir()
    elif what == "slow":
        write(path, tone(1.0, 4_000), 4_000)
    elif what == "wide":
        write(path, np.repeat(tone(1.0)[:, None], 9, 1))
    return path


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("empty", "cannot be read as sound"),
        ("text", "cannot be read as sound"),
        ("no samples", "lasts 0.000 s"),
        ("one sample", "lasts 0.000 s"),
        ("silent", "is silent"),
        ("clipped", "is clipped"),
        ("nan", "not numbers"),
        ("inf", "not numbers"),
        ("a folder", "cannot be read as sound"),
        ("truncated", "lasts 0.00"),
        ("slow", "4000 samples a second"),
        ("wide", "9 channels"),
    ],
)
def test_a_useless_file_is_said_in_one_sentence_and_left_out(
    tmp_path: Path, what: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "mine").mkdir()
    bad = spoilt(tmp_path / "mine" / "bad.wav", what)
    with pytest.raises(ExtempoError, match=said) as raised:
        read(bad)
    assert "\n" not in str(raised.value)
    good = write(tmp_path / "mine" / "good.wav", tone(4.0))
    with caplog.at_level(logging.WARNING):
        found = sound.load(good.parent, "train", RATE, tmp_path / "cache")
    assert found.count == 1
    assert caplog.text.count("skipped") == 1


def test_a_flac_that_breaks_off_is_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", tone(9.0))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ExtempoError, match=r"breaks off|cannot be read"):
        read(path)


def test_a_wav_that_breaks_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", tone(2.0))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    np.testing.assert_allclose(decode(read(path)), tone(2.0)[: len(read(path))], atol=0.02)
    assert len(read(path)) == pytest.approx(RATE, abs=99)


def test_a_folder_of_nothing_but_useless_files_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "mine").mkdir()
    for number, what in enumerate(("silent", "text", "nan")):
        spoilt(tmp_path / "mine" / f"{number}.wav", what)
    with pytest.raises(ExtempoError, match=r"no sound of .* could be used"):
        sound.load(tmp_path / "mine", "train", RATE, tmp_path / "cache")
    assert caplog.text.count("skipped") == 3
    assert not [p for p in (tmp_path / "cache").rglob("*") if p.is_file()]


def test_few_files_are_split_by_time_and_all_of_it_is_used(tmp_path: Path) -> None:
    write(tmp_path / "mine" / "a.wav", tone(10.0))
    parts = [
        sound.load(tmp_path / "mine", split, RATE, tmp_path / "cache").of(0)[0]
        for split in ("train", "valid", "test")
    ]
    assert [round(len(part) / RATE) for part in parts] == [8, 1, 1]
    whole = read(tmp_path / "mine" / "a.wav")
    assert np.mean(np.concatenate(parts) != whole) < 0.01


def test_many_files_are_split_by_content(tmp_path: Path) -> None:
    for number in range(30):
        write(tmp_path / "mine" / f"{number}.wav", tone(0.5, pitch=100.0 + number))
    names = [
        {part.path for part in sound.files_of(tmp_path / "mine", split)}
        for split in ("train", "valid", "test")
    ]
    assert sum(map(len, names)) == len(set.union(*names)) == 30


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    for seconds in (4.0, 6.0):
        write(tmp_path / "mine" / "a.wav", tone(seconds))
        found = sound.load(tmp_path / "mine", "train", RATE, tmp_path / "cache")
        assert len(found.codes) == pytest.approx(0.8 * seconds * RATE, abs=2)


def test_a_folder_that_is_not_there_or_empty_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExtempoError, match=r"no folder of sounds .*none"):
        sound.load(tmp_path / "none", "train", RATE, tmp_path)
    (tmp_path / "bare").mkdir()
    with pytest.raises(ExtempoError, match="has no sounds"):
        sound.load(tmp_path / "bare", "train", RATE, tmp_path)


def scale(path: Path) -> None:
    """Write a scale of eighths at 120, the last note held by the pedal."""
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    file.tracks.append(track)
    for number in range(8):
        if number == 7:
            track.append(mido.Message("control_change", control=64, value=127))
        track.append(mido.Message("note_on", note=60 + number, velocity=70 + number))
        track.append(mido.Message("note_off", note=60 + number, time=240))
    track.append(mido.Message("control_change", control=64, value=0, time=480))
    file.save(path)


def test_a_midi_file_beside_a_sound_is_its_notes(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write(folder / "train" / "a.wav", tone(1.0))
    write(folder / "train" / "b.wav", tone(3.0))
    scale(folder / "train" / "b.mid")
    found = sound.load(folder, "train", RATE, tmp_path / "cache")
    assert len(found.of(0)[1]) == 0
    codes, notes = found.of(1)
    assert len(codes) == 3 * RATE
    np.testing.assert_array_equal(notes[:, 0], np.arange(8) * RATE // 4)
    np.testing.assert_array_equal(notes[:, 2:], [(60 + n, 70 + n) for n in range(8)])
    assert notes[-1, 1] - notes[-1, 0] == 3 * RATE // 4


def test_a_broken_midi_file_leaves_its_sound_out(tmp_path: Path) -> None:
    bad = tmp_path / "a.mid"
    bad.write_bytes(b"MThd nonsense")
    with pytest.raises(ExtempoError, match="cannot be read as MIDI"):
        read_notes(bad, RATE)


def random_notes(count: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    onsets = np.sort(rng.integers(0, 5 * RATE, count))
    ends = onsets + rng.integers(1, RATE, count)
    pitches = rng.integers(10, 120, count) // 8 * 8
    return untangled(np.stack((onsets, ends, pitches, rng.integers(1, 128, count)), 1))


def test_frames_of_keys_are_those_of_a_keyboard_that_is_played() -> None:
    hop, notes = 64, random_notes(200)
    played = [(-(-at // hop), 1, pitch, velocity) for at, _, pitch, velocity in notes.tolist()]
    played += [(-(-end // hop), 0, pitch, 0) for _, end, pitch, _ in notes.tolist()]
    played.sort()
    keyboard, rows = Keyboard(hop, RATE), []
    for frame in range(1400):
        while played and played[0][0] <= frame:
            _, down, pitch, velocity = played.pop(0)
            if down:
                keyboard.strike(pitch, velocity)
            else:
                keyboard.lift(pitch)
        rows.append(keyboard.row.copy())
        keyboard.tick()
    whole = keys_of(notes, 0, 1400, hop, RATE)
    np.testing.assert_allclose(whole, rows, atol=1e-4)
    np.testing.assert_allclose(keys_of(notes, 700 * hop, 50, hop, RATE), rows[700:750], atol=1e-4)


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

"""Sounds to learn from: every rate and depth is read, what is useless is said, folders are split."""

import logging
import os
from pathlib import Path

import numpy as np
import pytest

from models.contract.errors import ExtempoError
from models.contract.samples import decode
from models.corpus.sound import sources as sound
from models.corpus.sound.file import read_codes
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


def test_a_side_that_is_turned_round_does_not_cancel_the_other(tmp_path: Path) -> None:
    sides = np.stack((tone(2.0), -tone(2.0)), 1)
    sides[: len(sides) // 4] = 0.0
    heard = decode(read(write(tmp_path / "a.wav", sides)))
    assert np.abs(heard[RATE:]).max() == pytest.approx(np.abs(tone(2.0)).max(), rel=0.1)


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
    elif what == "a link to nothing":
        path.symlink_to("gone.wav")
    elif what == "a link to itself":
        path.symlink_to(path.name)
    elif what == "not to be read":
        # A file that the system finds, and refuses to read even to root.
        path.symlink_to("/proc/self/mem")
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
        ("a link to nothing", "No such file"),
        ("a link to itself", "Too many levels"),
        ("not to be read", "cannot be read as sound"),
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
    assert caplog.text.count("left out 1") == 1


def test_among_many_files_one_that_is_out_of_reach_is_said_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(12):
        write(tmp_path / "mine" / f"{number}.wav", tone(0.5, pitch=100.0 + number))
    for what in ("a link to nothing", "not to be read"):
        spoilt(tmp_path / "mine" / f"{what}.wav", what)
    counts = [
        sound.load(tmp_path / "mine", split, RATE, tmp_path / "cache").count
        for split in ("train", "valid")
    ]
    assert sum(counts) == 9
    said = [record.getMessage() for record in caplog.records]
    assert sum("a link to nothing.wav" in line for line in said) == 1
    assert sum("not to be read.wav" in line for line in said) == 1


def test_what_may_not_be_opened_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    path = write(tmp_path / "a.wav", tone(1.0))
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ExtempoError, match=r"a\.wav cannot be read as sound \(Permission denied\)"):
        read(path)


def test_a_name_in_other_letters_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", tone(1.0))
    with pytest.raises(ExtempoError, match="not UTF-8"):
        read(path.rename(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav")))


def test_folders_and_pipes_with_the_name_of_a_sound_are_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    inner = write(tmp_path / "mine" / "folder.wav" / "a.wav", tone(4.0))
    (tmp_path / "mine" / "b.wav").symlink_to(inner.parent, target_is_directory=True)
    os.mkfifo(tmp_path / "mine" / "pipe.wav")
    (inner.parent / "a.mid").mkdir()
    assert [part.path for part in sound.files_of(tmp_path / "mine", "train")] == [inner]
    assert sound.load(tmp_path / "mine", "train", RATE, tmp_path / "cache").count == 1
    assert not caplog.text


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
    with pytest.raises(ExtempoError, match=r"mine has no sounds for train: .* It left out 3: "):
        sound.load(tmp_path / "mine", "train", RATE, tmp_path / "cache")
    assert not caplog.text
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
    with pytest.raises(ExtempoError, match=r"no folder of sounds .*none: put your recordings"):
        sound.load(tmp_path / "none", "train", RATE, tmp_path)
    with pytest.raises(ExtempoError, match=r"piano_rendered: make it with .*sound.cli"):
        sound.load(tmp_path / "piano_rendered", "train", RATE, tmp_path)
    (tmp_path / "bare").mkdir()
    with pytest.raises(ExtempoError, match="has no sounds"):
        sound.load(tmp_path / "bare", "train", RATE, tmp_path)

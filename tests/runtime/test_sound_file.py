import os
import struct
from contextlib import suppress

import numpy as np
import pytest
import soundfile

from live.runtime.sound import file as sound_file
from live.runtime.sound.file import SoundFileError


def tone(rate=16000, seconds=1.0, channels=1, pitch=440.0):
    t = np.arange(round(rate * seconds)) / rate
    return np.repeat(0.5 * np.sin(2 * np.pi * pitch * t)[:, None], channels, 1)


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 96000, 192000])
def test_any_rate_is_read_at_the_rate_that_is_wanted(tmp_path, rate):
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(rate), rate)
    sound = sound_file.read(path, 10.0, 16000)
    assert len(sound) == pytest.approx(16000, abs=2)
    assert sound.dtype == np.float32
    assert sound[2000:-2000] == pytest.approx(tone()[2000:-2000, 0], abs=0.01)


@pytest.mark.parametrize("channels", range(1, 9))
def test_channels_become_one(tmp_path, channels):
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(channels=channels), 16000)
    assert sound_file.read(path, 1.0) == pytest.approx(tone()[:, 0], abs=1e-3)


@pytest.mark.parametrize("level", [1.0, 0.5])
def test_a_side_that_is_turned_round_does_not_cancel_the_other(tmp_path, level):
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(channels=2) * [level, -1.0], 16000)
    found = sound_file.read(path, 1.0)
    assert np.abs(found) == pytest.approx(np.abs(tone()[:, 0]) * (1 + level) / 2, abs=1e-3)


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [("PCM_16", "wav"), ("PCM_24", "wav"), ("FLOAT", "wav"), ("PCM_U8", "wav"), ("PCM_24", "flac"),
     ("VORBIS", "ogg"), ("PCM_16", "aiff")],
)  # fmt: skip
def test_any_kind_is_read(tmp_path, kind, suffix):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, tone(), 16000, kind)
    found = sound_file.read(path, 1.0)
    assert found == pytest.approx(tone()[:, 0], abs=0.05)


def test_the_end_of_a_file_is_read(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.concatenate([np.full(16000, 0.1), np.full(16000, 0.4)]), 16000)
    sound = sound_file.read(path, 0.5)
    assert len(sound) == 8000
    assert sound.min() > 0.39


def test_what_is_too_loud_is_cut_off(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, 8 * tone(), 16000, "FLOAT")
    assert np.abs(sound_file.read(path, 1.0)).max() == 1.0
    soundfile.write(path, np.clip(8 * tone(), -1, 1), 16000)
    assert np.abs(sound_file.read(path, 1.0)).max() == pytest.approx(1.0, abs=1e-4)


def test_of_a_file_that_was_cut_short_what_there_is_is_read(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(), 16000)
    path.write_bytes(path.read_bytes()[:20000])
    assert 0.5 < len(sound_file.read(path, 1.0)) / 16000 < 0.7


def broken(path, samples, kind="FLOAT"):
    soundfile.write(path, np.asarray(samples, np.float64), 16000, kind)


BAD = {
    "empty": (lambda path: broken(path, []), "too short"),
    "one sample": (lambda path: broken(path, [0.5]), "too short"),
    "silent": (lambda path: broken(path, np.zeros(16000)), "is silent"),
    "nan": (lambda path: broken(path, [*tone()[:, 0], np.nan]), "no sound"),
    "inf": (lambda path: broken(path, [*tone()[:, 0], np.inf]), "no sound"),
    "absurd": (lambda path: broken(path, [*tone()[:, 0], 1e30]), "no sound"),
    "text": (lambda path: path.write_text("do re mi"), "not sound that can be read"),
    "nothing": (lambda path: path.write_bytes(b""), "is empty"),
    "not there": (lambda path: None, "no file"),
    "a folder": (lambda path: path.mkdir(), "is not a file"),
    "slow": (lambda path: soundfile.write(path, tone(100), 100), "100 samples a second"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_sound_is_refused_in_one_sentence(tmp_path, what):
    path = tmp_path / "a.wav"
    make, text = BAD[what]
    make(path)
    with pytest.raises(SoundFileError, match=text) as error:
        sound_file.read(path, 2.0, 16000)
    assert "\n" not in str(error.value)


def test_a_compressed_file_that_was_cut_short_is_read_or_refused(tmp_path):
    for suffix in ("flac", "ogg"):
        path = tmp_path / f"a.{suffix}"
        soundfile.write(path, tone(seconds=3), 16000)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with suppress(SoundFileError):
            assert len(sound_file.read(path, 1.0)) > 0


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "new" / "a.wav"
    blocks = np.split(tone(channels=2).astype(np.float32), 4)
    assert sound_file.write(path, 16000, blocks) == 1.0
    found, rate = soundfile.read(path)
    assert rate == 16000
    assert found == pytest.approx(tone(channels=2), abs=1e-4)
    assert [one.name for one in path.parent.iterdir()] == ["a.wav"]


def test_a_disk_that_takes_nothing_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SoundFileError, match="cannot be written"):
        sound_file.write(tmp_path / "file" / "a.wav", 16000, [])


def test_of_what_is_given_up_nothing_is_left(tmp_path):
    def blocks():
        yield tone(channels=2)
        raise KeyboardInterrupt

    path = tmp_path / "a.wav"
    path.write_text("what was there")
    with pytest.raises(KeyboardInterrupt):
        sound_file.write(path, 16000, blocks())
    assert [one.name for one in tmp_path.iterdir()] == ["a.wav"]
    assert path.read_text() == "what was there"


def test_a_sparse_file_of_many_channels_is_refused_at_once(tmp_path):
    path = tmp_path / "many.wav"
    channels, rate, size = 128, 384_000, 1 << 30
    wave = struct.pack("<HHIIHH", 3, channels, rate, rate * channels * 4, channels * 4, 32)
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + struct.pack("<I", 16))
        file.write(wave + b"data" + struct.pack("<I", size))
        file.truncate(file.tell() + size)
    with pytest.raises(SoundFileError, match="128 channels, more than are read"):
        sound_file.read(path, 30.0)
    with pytest.raises(SoundFileError, match="is silent"):
        sound_file.read(path, 0.1)


def test_of_a_broken_mp3_its_library_prints_nothing(tmp_path, capfd):
    path = tmp_path / "a.mp3"
    soundfile.write(path, tone(seconds=2.0), 16000, format="MP3")
    data = bytearray(path.read_bytes())
    for at in range(2000, len(data), 37):
        data[at] ^= 0xFF
    path.write_bytes(data)
    with suppress(SoundFileError):
        sound_file.read(path, 10.0)
    os.write(2, b"and then\n")
    assert capfd.readouterr() == ("", "and then\n")

"""Notes beside sounds: they fit the sound, are what a keyboard shows, and broken ones are said."""

import struct
from pathlib import Path

import numpy as np
import pytest

from models.contract.samples import Keyboard
from models.corpus.sound import sources as sound
from models.corpus.sound.notes import keys_of, untangled
from tests.models.sounds import RATE, scale, tone, write


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


def header(kind: int = 1, tracks: int = 1, ticks: int = 480) -> bytes:
    """Return the header of a MIDI file."""
    return b"MThd" + struct.pack(">Lhhh", 6, kind, tracks, ticks)


ON = bytes((0, 0x90, 60, 64))


def track(content: bytes) -> bytes:
    return b"MTrk" + struct.pack(">L", len(content)) + content


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"MThd nonsense", "it ends too early"),
        (header() + track(ON)[:-2], "it ends too early"),
        (b"RIFF nonsense", "does not begin as MIDI files do"),
        (header(ticks=0) + track(ON), "seconds, not in beats"),
        (header(ticks=-6360) + track(ON), "seconds, not in beats"),
        (header(2, 2) + track(ON) + track(ON), "type 2"),
        (None, "is not there"),
    ],
)
def test_a_broken_midi_file_leaves_its_sound_out_of_those_with_notes(
    content: bytes | None, said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, cache = tmp_path / "mine", tmp_path / "cache"
    write(folder / "a.wav", tone(4.0))
    write(folder / "b.wav", tone(4.0))
    bad = folder / "a.mid"
    if content is None:
        bad.symlink_to("gone.mid")
    else:
        bad.write_bytes(content)
    assert sound.load(folder, "train", RATE, cache, noted=False).count == 2
    assert not caplog.text
    assert sound.load(folder, "train", RATE, cache).count == 1
    (line,) = (record.getMessage() for record in caplog.records)
    assert "; left out 1: 1 x its notes " in line
    assert said.lower() in line.lower()
    assert line.endswith("(a.wav)")
    assert str(tmp_path) not in line


def test_notes_that_are_not_wanted_are_not_read(tmp_path: Path) -> None:
    folder, cache = tmp_path / "mine", tmp_path / "cache"
    write(folder / "train" / "a.wav", tone(3.0))
    scale(folder / "train" / "a.mid")
    assert len(sound.load(folder, "train", RATE, cache).notes) == 8
    assert len(sound.load(folder, "train", RATE, cache, noted=False).notes) == 0


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

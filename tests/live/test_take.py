"""Takes as MIDI files: what was played, where it was played."""

from pathlib import Path

import mido
import pytest

from live import take
from live.engine.operations import Tempo
from live.replay import Taken
from live.take import TakeError


def _taken(start: float, end: float, pitch: int, channel: int = 1, voice: int = 1) -> Taken:
    return Taken(start, end, pitch, 80, channel, voice)


def _heard(path: Path) -> list[tuple[float, str, int]]:
    now = 0.0
    found = []
    for message in mido.MidiFile(path):
        now += message.time
        if message.type in ("note_on", "note_off"):
            found.append((round(now, 3), message.type, message.note))
    return found


def test_notes_tempo_and_metre_are_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "takes" / "a.mid"
    tempi = [Tempo(0.0, 100.0, 60.0), Tempo(1.0, 101.0, 0.0), Tempo(2.0, 102.0, 120.0)]
    take.write_notes(path, [_taken(0.0, 1.0, 60), _taken(2.0, 2.5, 64, channel=3)], tempi, 3)
    assert _heard(path) == [
        (0.0, "note_on", 60),
        (1.0, "note_off", 60),
        (2.0, "note_on", 64),
        (2.25, "note_off", 64),
    ]
    messages = [m for track in mido.MidiFile(path).tracks for m in track]
    assert [m.numerator for m in messages if m.type == "time_signature"] == [3]
    assert [m.channel for m in messages if m.type == "note_on"] == [0, 2]


def test_the_performer_has_a_track(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    notes = [_taken(1.0, 2.0, 64), _taken(-0.5, 0.5, 60, voice=0)]
    take.write_notes(path, notes, [Tempo(0.0, 0.0, 120.0)], 4)
    tracks = mido.MidiFile(path).tracks
    assert [track.name for track in tracks[1:]] == ["performer", "voice 1"]
    assert [m.note for m in tracks[1] if m.type == "note_on"] == [60]
    assert _heard(path)[:2] == [(0.0, "note_on", 60), (0.25, "note_off", 60)]


def test_a_key_struck_again_while_it_sounds(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    take.write_notes(path, [_taken(0.0, 4.0, 60), _taken(1.0, 2.0, 60)], [], 4)
    assert [kind for _, kind, _ in _heard(path)] == ["note_on", "note_off", "note_on", "note_off"]


def test_a_folder_that_cannot_be_written_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "takes").write_text("a file")
    with pytest.raises(TakeError, match="cannot be written"):
        take.write_notes(tmp_path / "takes" / "a.mid", [], [], 4)
    (tmp_path / "a.mid").mkdir()
    with pytest.raises(TakeError, match="cannot be written"):
        take.write_notes(tmp_path / "a.mid", [], [], 4)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []

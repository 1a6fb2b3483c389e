"""Takes as MIDI files: what was heard, where it was heard."""

from pathlib import Path

import mido
import pytest

from live import take
from live.take import Heard, TakeError, TakeNote, Tempo


def _seconds(path: Path) -> list[tuple[float, str, int]]:
    now = 0.0
    found = []
    for message in mido.MidiFile(path):
        now += message.time
        if message.type in ("note_on", "note_off"):
            found.append((round(now, 3), message.type, message.note))
    return found


def test_notes_tempo_and_metre_are_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "takes" / "a.mid"
    notes = [TakeNote(0.0, 60, 1.0, 80), TakeNote(2.0, 64, 0.5, 90, channel=3)]
    take.write(path, notes, [Tempo(0.0, 60.0), Tempo(2.0, 120.0)], metre=3)
    assert _seconds(path) == [
        (0.0, "note_on", 60),
        (1.0, "note_off", 60),
        (2.0, "note_on", 64),
        (2.25, "note_off", 64),
    ]
    messages = [m for track in mido.MidiFile(path).tracks for m in track]
    assert [m.numerator for m in messages if m.type == "time_signature"] == [3]
    assert [m.channel for m in messages if m.type == "note_on"] == [0, 2]


def test_what_was_heard_keeps_its_times_through_a_change_of_tempo(tmp_path: Path) -> None:
    heard = Heard()
    at = 100.0
    for tempo in (60.0, 60.0, 120.0, 120.0, 90.0):
        heard.beat(at, tempo)
        at += 60.0 / tempo
    heard.beat(at, 90.0)
    for moment in (100.0, 100.5, 101.75, 102.25, 103.4):
        heard.note(moment, 0.2, 60, 80, 1)
    path = tmp_path / "a.mid"
    take.write(path, heard.notes(), heard.tempos())
    onsets = [now for now, kind, _ in _seconds(path) if kind == "note_on"]
    assert onsets == pytest.approx([0.0, 0.5, 1.75, 2.25, 3.4], abs=0.003)
    ends = [now for now, kind, _ in _seconds(path) if kind == "note_off"]
    assert ends == pytest.approx([0.2, 0.7, 1.95, 2.45, 3.6], abs=0.003)


def test_a_clock_that_was_held_is_silence_of_that_length(tmp_path: Path) -> None:
    heard = Heard()
    for at in (0.0, 0.5, 60.5, 61.0):
        heard.beat(at, 120.0)
    heard.note(60.75, 0.1, 60, 80, 1)
    path = tmp_path / "a.mid"
    take.write(path, heard.notes(), heard.tempos())
    assert _seconds(path)[0][0] == pytest.approx(60.75, abs=0.003)


def test_a_key_struck_again_while_it_sounds(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    take.write(path, [TakeNote(0.0, 60, 4.0, 80), TakeNote(1.0, 60, 1.0, 80)])
    assert [kind for _, kind, _ in _seconds(path)] == ["note_on", "note_off", "note_on", "note_off"]


def test_without_beats_times_are_kept(tmp_path: Path) -> None:
    heard = Heard()
    heard.note(5.0, 0.25, 60, 80, 1)
    heard.note(6.5, 0.25, 62, 80, 1)
    assert len(heard) == 2
    path = tmp_path / "a.mid"
    take.write(path, heard.notes(), heard.tempos())
    assert [now for now, kind, _ in _seconds(path) if kind == "note_on"] == [0.0, 1.5]


def test_a_folder_that_cannot_be_written_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "takes").write_text("a file")
    with pytest.raises(TakeError, match="cannot be written"):
        take.write(tmp_path / "takes" / "a.mid", [])
    (tmp_path / "a.mid").mkdir()
    with pytest.raises(TakeError, match="cannot be written"):
        take.write(tmp_path / "a.mid", [])
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []

"""Takes as MIDI files: what was played, where it was played."""

from pathlib import Path

import mido
import pytest

from live.engine.notes.operations import SetMetre, Tempo
from live.ipc.wire import Who
from live.record import take
from live.record.heard import Taken
from live.record.take import TakeError

THREE = SetMetre(metre=3, tick=0, bar=1)


def _taken(start: float, end: float, pitch: int, channel: int = 1, who: Who = 1) -> Taken:
    return Taken(start, end, pitch, 80, channel, who)


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
    take.write_notes(path, [_taken(0.0, 1.0, 60), _taken(2.0, 2.5, 64, channel=3)], tempi, [THREE])
    assert _heard(path) == [
        (0.0, "note_on", 60),
        (1.0, "note_off", 60),
        (2.0, "note_on", 64),
        (2.25, "note_off", 64),
    ]
    messages = [m for track in mido.MidiFile(path).tracks for m in track]
    assert [m.numerator for m in messages if m.type == "time_signature"] == [3]
    assert [m.channel for m in messages if m.type == "note_on"] == [0, 2]


def test_the_player_has_a_track(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    notes = [_taken(1.0, 2.0, 64), _taken(-0.5, 0.5, 60, who="player")]
    take.write_notes(path, notes, [Tempo(0.0, 0.0, 120.0)], [])
    tracks = mido.MidiFile(path).tracks
    assert [track.name for track in tracks[1:]] == ["performer", "voice 1"]
    assert [m.note for m in tracks[1] if m.type == "note_on"] == [60]
    assert _heard(path)[:2] == [(0.0, "note_on", 60), (0.25, "note_off", 60)]


def test_a_key_struck_again_while_it_sounds(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    take.write_notes(path, [_taken(0.0, 4.0, 60), _taken(1.0, 2.0, 60)], [], [])
    assert [kind for _, kind, _ in _heard(path)] == ["note_on", "note_off", "note_on", "note_off"]


def test_a_folder_that_cannot_be_written_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "takes").write_text("a file")
    with pytest.raises(TakeError, match="cannot be written"):
        take.write_notes(tmp_path / "takes" / "a.mid", [], [], [])
    (tmp_path / "a.mid").mkdir()
    with pytest.raises(TakeError, match="cannot be written"):
        take.write_notes(tmp_path / "a.mid", [], [], [])
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_every_metre_is_in_the_file_where_its_bar_begins(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    told = [(3, 4, 0), (6, 8, 72), (5, 8, 144), (12, 16, 144)]
    bars = [SetMetre(metre=beats, unit=unit, tick=tick, bar=1) for beats, unit, tick in told]
    take.write_notes(
        path, [_taken(0.0, 9.0, 60)], [Tempo(0.0, 0.0, 90.0), Tempo(4.0, 2.6, 120.0)], bars
    )
    at, found = 0, []
    for message in mido.MidiFile(path).tracks[0]:
        at += message.time
        if message.type == "time_signature":
            found.append((message.numerator, message.denominator, at / 480))
    assert found == [(3, 4, 0), (6, 8, 3), (12, 16, 6)], "what was told anew for a bar counts"

"""MIDI files become the notes that were written, or one sentence that says why not."""

import contextlib
from pathlib import Path

import mido
import pytest

from models.contract.errors import ExtempoError
from models.corpus.readers.midi import read_midi
from tests.models.scores import write_score


def notes(path: Path) -> list[list[int]]:
    return read_midi(path).notes.tolist()


def test_onsets_snap_as_absolute_beats_and_do_not_drift(tmp_path: Path) -> None:
    # 7 to a beat lie on no grid of 24: differences would add up their errors.
    path = write_score(tmp_path / "a.mid", [[(i / 7, 60 + i % 2, 1 / 14) for i in range(700)]])
    onsets = [onset for onset, *_ in notes(path)]
    assert max(abs(onset - i / 7 * 24) for i, onset in enumerate(onsets)) <= 0.55


def test_tracks_are_merged_and_drums_left_out(tmp_path: Path) -> None:
    path = write_score(tmp_path / "a.mid", [[(0, 60, 1), (1, 62, 1)], [(0, 48, 2)]])
    assert notes(path) == [[0, 48, 90, 48], [0, 60, 90, 24], [24, 62, 90, 24]]
    drums = write_score(tmp_path / "d.mid", [[(0, 36, 1)]], channel=9)
    with pytest.raises(ExtempoError, match="no notes outside the drum channel"):
        read_midi(drums)


def test_type_0_reads_like_type_1(tmp_path: Path) -> None:
    strokes = [[(0, 60, 1), (0.5, 64, 0.5)]]
    assert notes(write_score(tmp_path / "0.mid", strokes, kind=0)) == notes(
        write_score(tmp_path / "1.mid", strokes)
    )


def test_a_unison_is_one_note_and_a_repeat_ends_the_note_before(tmp_path: Path) -> None:
    path = write_score(tmp_path / "a.mid", [[(0, 60, 4)], [(0, 60, 1), (2, 60, 1)]])
    # The part that holds the pitch goes on where the other one strikes it, and where that one leaves it.
    assert notes(path) == [[0, 60, 90, 48], [48, 60, 90, 48]]


def test_the_pedal_makes_notes_longer(tmp_path: Path) -> None:
    file = mido.MidiFile(ticks_per_beat=24)
    file.tracks.append(
        mido.MidiTrack(
            [
                mido.Message("control_change", control=64, value=100, time=0),
                mido.Message("note_on", note=60, velocity=80, time=0),
                mido.Message("note_off", note=60, time=12),
                mido.Message("control_change", control=64, value=0, time=36),
            ]
        )
    )
    file.save(tmp_path / "p.mid")
    assert notes(tmp_path / "p.mid") == [[0, 60, 80, 48]]


def test_metres_are_eighths_and_0_where_there_is_none(tmp_path: Path) -> None:
    for metre, eighths in (((3, 4), 6), ((6, 8), 6), ((7, 8), 7), ((3, 2), 12), ((3, 16), 0)):
        path = write_score(tmp_path / "a.mid", [[(0, 60, 1)]], metre=metre)
        assert read_midi(path).bars.tolist() == [[0, eighths]]
    path = write_score(tmp_path / "a.mid", [[(0, 60, 1)]], metre=None)
    assert read_midi(path).bars.tolist() == [[0, 0]]


_STRANGE_KEY = b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\x0a\0\xff\x59\2\x22\x33\0\xff\x2f\0"


@pytest.mark.parametrize(
    "content", [b"", b"this is text", b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk", _STRANGE_KEY]
)
def test_what_is_no_midi_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.mid"
    path.write_bytes(content)
    with pytest.raises(ExtempoError, match=r"bad\.mid"):
        read_midi(path)


def test_every_cut_of_a_file_is_read_or_refused(tmp_path: Path) -> None:
    whole = write_score(tmp_path / "a.mid", [[(i, 60 + i, 1) for i in range(8)]]).read_bytes()
    cut = tmp_path / "cut.mid"
    for length in range(0, len(whole), 3):
        cut.write_bytes(whole[:length])
        with contextlib.suppress(ExtempoError):
            read_midi(cut)

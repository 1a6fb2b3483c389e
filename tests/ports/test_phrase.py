import contextlib
import math
import random

import mido
import pytest

from live.ipc.wire import Segment
from live.ports.midi.phrase import Phrase, metre, read, tempo
from live.ports.native import PortError
from models.midi.messages import NoteOff, NoteOn, Sustain
from tests.midi.files import midi, track

RANGE = (20, 300)
_HEAD = b"MThd\x00\x00\x00\x06"
_NOTE = b"MTrk\x00\x00\x00\x0c\x00\x90\x40\x40\x10\x80\x40\x40\x00\xff\x2f\x00"
_STRANGE_KEY = b"MTrk\x00\x00\x00\x0a\x00\xff\x59\x02\x22\x33\x00\xff\x2f\x00"


@pytest.fixture
def file(tmp_path):
    music = mido.MidiFile(ticks_per_beat=480)
    first, second = mido.MidiTrack(), mido.MidiTrack()
    first += [
        mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(60)),
        mido.Message("note_on", note=60, velocity=70, time=480),
        mido.Message("note_on", note=60, velocity=0, time=240),
        mido.Message("program_change", program=3),
    ]
    second += [
        mido.Message("control_change", channel=1, control=64, value=127, time=600),
        mido.Message("note_on", channel=1, note=67, velocity=90, time=360),
    ]
    music.tracks += [first, second]
    music.save(tmp_path / "phrase.mid")
    return tmp_path / "phrase.mid"


def test_notes_and_pedal_come_at_their_own_time(file):
    assert read(file) == [
        (1.0, NoteOn(1, 60, 70)),
        (1.25, Sustain(2, 127)),
        (1.5, NoteOff(1, 60)),
        (2.0, NoteOn(2, 67, 90)),
        (2.0, NoteOff(2, 67)),
        (2.0, Sustain(2, 0)),
    ]


def test_a_phrase_is_played_on_from_where_it_was(file):
    phrase = Phrase(file, 10.0)
    assert phrase.next_due() == math.inf
    phrase.follow(Segment(beat=0.0, at=10.0, tempo=60.0))
    assert phrase.next_due() == 11.0
    assert phrase.due(11.0) == []
    assert [at for at, _ in phrase.due(11.3)] == [11.0, 11.25]
    assert phrase.next_due() == 11.5
    assert len(phrase.due(99.0)) == 4
    assert phrase.next_due() == math.inf


def test_it_begins_on_a_bar_line_once_the_clock_runs(file):
    phrase = Phrase(file, 10.0)
    phrase.follow(Segment(beat=0.0, at=8.0, tempo=0.0))
    assert phrase.next_due() == math.inf
    phrase.follow(Segment(beat=1.0, at=9.5, tempo=120.0))
    # Beat 4, a second and a half later; the first note is a second into the file.
    assert phrase.next_due() == 12.0
    phrase.follow(Segment(beat=3.0, at=10.5, tempo=60.0))
    assert phrase.next_due() == 12.0


def test_its_tempo_and_metre_are_those_it_begins_with(file, tmp_path):
    assert tempo(file, *RANGE) == pytest.approx(60)
    assert metre(file) is None
    waltz, track = mido.MidiFile(), mido.MidiTrack()
    track += [
        mido.MetaMessage("time_signature", numerator=6, denominator=8),
        mido.Message("note_on", note=60, velocity=70, time=480),
        mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(60), time=1),
    ]
    waltz.tracks.append(track)
    waltz.save(tmp_path / "waltz.mid")
    assert metre(tmp_path / "waltz.mid") == (6, 8)
    assert tempo(tmp_path / "waltz.mid", *RANGE) == 120


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"la la la", "cannot be read as MIDI"),
        (b"", "is empty"),
        (b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x00\x60MTrk\x00\x00\x01\x00\x00\x90", "cannot be read as MIDI"),
        (b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x00\x60MTrk\x00\x00\x00\x04\x00\xff\x2f\x00", "no notes"),
        (_HEAD + b"\x00\x02\x00\x01\x00\x60" + _NOTE, "type 2"),
        (_HEAD + b"\x00\x00\x00\x01\x00\x00" + _NOTE, "not in beats"),
        (_HEAD + b"\x00\x00\x00\x01\xe7\x28" + _NOTE, "not in beats"),
        (_HEAD + b"\x00\x00\x00\x01\x00\x60" + _STRANGE_KEY, "no notes"),
        (midi(track((0, NoteOn(10, 36, 80)), (9, NoteOff(10, 36)))), r"but those of drums.* another channel"),
    ],
)  # fmt: skip
def test_what_cannot_be_played_in_is_refused(tmp_path, content, says):
    path = tmp_path / "phrase.mid"
    path.write_bytes(content)
    with pytest.raises(PortError, match=says):
        read(path)


def test_broken_bytes_are_played_in_or_refused(file, tmp_path):
    whole = file.read_bytes()
    path = tmp_path / "broken.mid"
    draw = random.Random(1)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(draw.choice((1, 2, 8))):
            data[draw.randrange(len(data))] = draw.choice((0, 127, 128, 255))
        path.write_bytes(data)
        with contextlib.suppress(PortError):
            Phrase(path, 0.0).follow(Segment(beat=0.0, at=0.0, tempo=100.0))
            assert tempo(path, *RANGE) > 0


def test_a_phrase_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(PortError, match="There is no file"):
        read(tmp_path / "none.mid")


@pytest.mark.parametrize(("beats", "kept"), [(120, 120), (600, 300), (400, 200), (10, 20), (5, 20)])
def test_beyond_our_range_the_beat_is_kept(tmp_path, beats, kept):
    music, track = mido.MidiFile(), mido.MidiTrack()
    track += [
        mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(beats)),
        mido.Message("note_on", note=60, velocity=70),
        mido.Message("note_off", note=60, time=480),
    ]
    music.tracks.append(track)
    music.save(tmp_path / "quick.mid")
    assert tempo(tmp_path / "quick.mid", *RANGE) == pytest.approx(kept)

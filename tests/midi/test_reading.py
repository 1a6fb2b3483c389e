import os
import time
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.midi.messages import Exclusive, NoteOff, NoteOn, Program, Sustain
from models.midi.reading import MOST, MidiError, parse, read
from tests.midi.files import BEAT, chunk, meta, metre, midi, number, tempo, track

ON, OFF = NoteOn(1, 60, 80), NoteOff(1, 60)
TUNE = track((0, ON), (BEAT, OFF), (0, NoteOn(2, 62, 70)), (BEAT, NoteOff(2, 62, 64)))
NOTES = [
    (0, ON),
    (BEAT, OFF),
    (BEAT, NoteOn(2, 62, 70)),
    (2 * BEAT, NoteOff(2, 62, 64)),
]


def events(data: bytes) -> list[tuple[int, object]]:
    return [(tick, message) for tick, _, message in parse(data, "x.mid").events]


def test_tracks_are_merged_by_time_and_keep_their_order() -> None:
    first = track((0, meta(3, b"left")), (0, ON), (BEAT, OFF))
    second = track((0, meta(3, "rechts, über".encode())), (0, Sustain(1, 127)), (BEAT, ON))
    reading = parse(midi(first, second), "x.mid")
    assert [(one.tick, one.track, one.message) for one in reading.events] == [
        (0, 0, ON),
        (0, 1, Sustain(1, 127)),
        (BEAT, 0, OFF),
        (BEAT, 1, ON),
    ]
    assert reading.tracks == ("left", "rechts, über")
    assert reading.name == "x.mid"


@pytest.mark.parametrize(
    "odd",
    [
        meta(0x59),
        meta(0x59, b"\xfe\xff"),
        meta(0x59, b"\x22\x33"),
        meta(0x51),
        meta(0x51, b"\0"),
        meta(0x51, b"\0\0\0\0"),
        meta(0x58),
        meta(0x58, b"\3"),
        meta(0x58, b"\4\xff\0\0"),
        meta(0x54, b"\xff"),
        meta(0x00),
        meta(0x7F, b"\xff" * 200),
        meta(0x60, b"what nobody knows"),
        meta(0x01, b"\xff\xfe"),
        b"\xf0\x08PS\0\0\xff\4\1\xf7",
        b"\xf7\2\xf3\1",
        b"\xf8",
        b"\xf2\1\2",
    ],
    ids=bytes.hex,
)
def test_what_nobody_needs_spoils_no_file(odd: bytes) -> None:
    reading = parse(midi(track((0, odd), (0, ON), (BEAT, odd), (0, OFF))), "x.mid")
    notes = [one for one in reading.events if isinstance(one.message, NoteOn | NoteOff)]
    assert [(one.tick, one.message) for one in notes] == [(0, ON), (BEAT, OFF)]
    assert reading.tempo == 120
    assert reading.metre is None


def test_a_status_runs_on_over_what_is_no_message_of_a_channel() -> None:
    data = track((0, ON), (BEAT, b"\x3c\0"), (0, meta(1, b"la")), (0, b"\x3e\x46"), (0, b"\xf8"),
                 (0, b"\xf0\2\1\xf7"), (BEAT, b"\x3e\0"))  # fmt: skip
    found = [one for one in events(midi(data)) if isinstance(one[1], NoteOn | NoteOff)]
    assert found == [(0, ON), (BEAT, OFF), (BEAT, NoteOn(1, 62, 70)), (2 * BEAT, NoteOff(1, 62))]


def test_data_above_127_are_the_most_there_is() -> None:
    assert events(midi(track((0, b"\x90\x3c\xc8"), (1, b"\xc0\x80")))) == [
        (0, NoteOn(1, 60, 127)),
        (1, Program(1, 127)),
    ]


def test_exclusive_messages_are_read() -> None:
    assert events(midi(track((5, b"\xf0\3\x7e\1\xf7")))) == [(5, Exclusive(b"\x7e\1"))]


def riff(data: bytes) -> bytes:
    kept = b"data" + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)
    inside = b"RMIDLIST\3\0\0\0abc\0" + kept + b"LIST\0\0\0\0"
    return b"RIFF" + len(inside).to_bytes(4, "little") + inside


@pytest.mark.parametrize(
    "data",
    [
        riff(midi(TUNE)),
        midi(chunk(b"XFIH", b"whatever"), TUNE, count=1),
        midi(TUNE, count=3),
        midi(TUNE) + b"what some program left behind",
        midi(TUNE[:7] + b"\xff" + TUNE[8:]),
        chunk(b"MThd", b"\0\0\0\1\0\x60more") + TUNE,
    ],
    ids=["riff", "foreign chunk", "fewer tracks", "rest", "wrong length", "longer head"],
)
def test_files_that_are_put_together_otherwise_are_read(data: bytes) -> None:
    assert events(data) == NOTES


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "does not begin as MIDI"),
        (b"la la la la", "does not begin as MIDI"),
        (b"MThd", "ends too early"),
        (b"RIFF\0\0\0\0RMIDdat", "ends too early"),
        (midi(), "no tracks"),
        (midi(TUNE)[:-9], "ends too early"),
        (midi(chunk(b"MTrk", b"\0\x90\x3c")), "ends too early"),
        (midi(chunk(b"MTrk", b"\0\xff\1\x7f")), "ends too early"),
        (midi(chunk(b"MTrk", b"\0\x3c\x40")), "no status"),
        (midi(chunk(b"MTrk", b"\0\xf4\x40")), "no known kind"),
        (midi(chunk(b"MTrk", b"\xff\xff\xff\xff\x7f\xf8")), "more than four bytes"),
        (midi(TUNE, kind=2), "type 2"),
        (midi(TUNE, division=0), "seconds, not in beats"),
        (midi(TUNE, division=0xE728), "seconds, not in beats"),
        (midi(track((0, tempo(0)), (0, ON))), "0 microseconds a beat at beat 0 is no tempo"),
        (midi(track((BEAT, tempo(1)), (0, ON))), "1 microseconds a beat at beat 1 is no tempo"),
        (midi(track((0, ON), (0x0FFFFFFF, OFF))), "would last 16.2 days"),
        (midi(track((0, tempo(10_000)), *((0x07FFFFFF, ON),) * 2)), "would last 2,796,203 beats"),
        (midi(chunk(b"MTrk", b"\0\xff\1\0" * 1_000_001)), "too many for music"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_in_one_sentence(data: bytes, says: str) -> None:
    began = time.process_time()
    with pytest.raises(MidiError) as refused:
        parse(data, "x.mid")
    assert says in str(refused.value)
    assert str(refused.value).startswith("x.mid ")
    assert str(refused.value).count(".") <= 3
    assert time.process_time() - began < 5


def test_absurd_times_of_what_is_not_played_do_not_matter() -> None:
    data = track((0, ON), (BEAT, OFF), end=0x0FFFFFFF)
    assert events(midi(data)) == [(0, ON), (BEAT, OFF)]


def test_it_begins_in_the_tempo_and_the_metre_that_it_says_before_its_first_note() -> None:
    said = track((0, tempo(600_000)), (0, metre(3, 2)), (BEAT, tempo(300_000)), (0, metre(4, 2)))
    reading = parse(midi(said, TUNE), "x.mid")
    assert reading.tempo == pytest.approx(100)
    assert reading.metre == (3, 4)
    later = parse(midi(track((BEAT, tempo(300_000)), (0, metre(6, 3)), (BEAT, ON))), "x.mid")
    assert later.tempo == pytest.approx(200)
    assert later.metre == (6, 8)
    assert later.metres == ((BEAT, 6, 8),)
    lead_in = track((0, tempo(500_000)), (BEAT, tempo(1_000_000)), (0, metre(3, 2)), (0, ON))
    with_its_note = parse(midi(lead_in), "x.mid")
    assert (with_its_note.tempo, with_its_note.metre) == (60, (3, 4))
    unsaid = parse(midi(track((0, ON), (0, OFF), (BEAT, metre(3, 2)))), "x.mid")
    assert (unsaid.tempo, unsaid.metre) == (120, None)


def test_seconds_follow_every_tempo() -> None:
    data = midi(track((0, tempo(1_000_000)), (2 * BEAT, tempo(500_000)), (0, ON), (BEAT, OFF)))
    reading = parse(data, "x.mid")
    assert [reading.seconds(tick) for tick in (0, BEAT, 2 * BEAT, 3 * BEAT)] == [0, 1, 2, 2.5]


def test_files_are_read_as_mido_writes_them(tmp_path: Path) -> None:
    file = mido.MidiFile(ticks_per_beat=480)
    for channel in range(2):
        part = file.add_track(f"part {channel}")
        part.append(mido.MetaMessage("set_tempo", tempo=400_000, time=channel * 240))
        part.append(mido.MetaMessage("key_signature", key="Eb"))
        for pitch in range(60, 70):
            part.append(mido.Message("note_on", channel=channel, note=pitch, time=10))
            part.append(mido.Message("pitchwheel", channel=channel, pitch=pitch, time=10))
            part.append(mido.Message("note_off", channel=channel, note=pitch, time=100))
    file.save(tmp_path / "a.mid")
    reading = read(tmp_path / "a.mid")
    at, expected = 0.0, []
    for message in file:
        at += message.time
        if not message.is_meta:
            expected.append((pytest.approx(at), bytes(message.bytes())))
    found = [(reading.seconds(one.tick), one.message.encode()) for one in reading.events]
    assert found == expected


@pytest.mark.parametrize("what", ["folder", "pipe", "/dev/zero", "/proc/self/mem", "none", "large"])
def test_what_is_no_file_or_never_ends_is_refused_at_once(what: str, tmp_path: Path) -> None:
    path = Path(what) if what.startswith("/") else tmp_path / what
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "large":
        with path.open("wb") as file:
            file.truncate(MOST + 1)
    began = time.process_time()
    with pytest.raises(MidiError, match=str(path)):
        read(path)
    assert time.process_time() - began < 1


WHOLE = midi(
    track((0, tempo(400_000)), (0, metre(3, 2)), (0, meta(3, b"a")), (0, b"\xf0\2\1\xf7")), TUNE
)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=8),
    st.integers(0, len(WHOLE)),
)
def test_broken_bytes_are_read_or_refused(changes: list[tuple[int, int]], length: int) -> None:
    data = bytearray(WHOLE)
    for place, value in changes:
        data[place] = value
    for broken in (bytes(data), bytes(data[:length])):
        try:
            reading = parse(broken, "x.mid")
        except MidiError:
            continue
        ticks = [one.tick for one in reading.events]
        assert ticks == sorted(ticks)
        assert reading.tempo > 0


def test_numbers_have_up_to_four_bytes() -> None:
    for value in (0, 127, 128, 16383, 16384, 0x0FFFFFF):
        data = midi(track((value, b"\xf8")), division=0x7FFF)
        assert [tick for tick, _ in events(data)] == [value]
    assert len(number(0x0FFFFFFF)) == 4

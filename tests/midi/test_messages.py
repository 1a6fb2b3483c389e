import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.midi import messages as midi
from models.midi.decoding import decode

channels = st.integers(1, 16)
sevens = st.integers(0, 127)

MESSAGES = st.one_of(
    st.builds(midi.NoteOn, channels, sevens, st.integers(1, 127)),
    st.builds(midi.NoteOff, channels, sevens, sevens),
    st.builds(midi.KeyPressure, channels, sevens, sevens),
    st.builds(midi.Control, channels, st.sampled_from([0, 1, 63, 65, 119, 122]), sevens),
    st.builds(midi.Sustain, channels, sevens),
    st.builds(midi.SoundOff, channels, sevens),
    st.builds(midi.ControllersReset, channels, sevens),
    st.builds(midi.NotesOff, channels, st.integers(123, 127), sevens),
    st.builds(midi.Program, channels, sevens),
    st.builds(midi.Pressure, channels, sevens),
    st.builds(midi.Bend, channels, st.integers(-8192, 8191)),
    st.builds(midi.Exclusive, st.lists(sevens).map(bytes)),
    st.builds(midi.TimeCode, sevens),
    st.builds(midi.SongPosition, st.integers(0, 16383)),
    st.builds(midi.SongSelect, sevens),
    st.sampled_from(
        [
            midi.TuneRequest(), midi.Clock(), midi.Start(), midi.Continue(), midi.Stop(),
            midi.Sensing(), midi.Reset(),
        ]
    ),
)  # fmt: skip

KNOWN = {
    b"\x90\x3c\x50": midi.NoteOn(1, 60, 80),
    b"\x9f\x3c\x00": midi.NoteOff(16, 60),
    b"\x83\x33\x40": midi.NoteOff(4, 51, 64),
    b"\xa0\x3c\x40": midi.KeyPressure(1, 60, 64),
    b"\xb9\x40\x3f": midi.Sustain(10, 63),
    b"\xb0\x15\x21": midi.Control(1, 21, 33),
    b"\xb0\x78\x00": midi.SoundOff(1),
    b"\xb2\x79\x00": midi.ControllersReset(3),
    b"\xb0\x7b\x00": midi.NotesOff(1),
    b"\xb0\x7e\x01": midi.NotesOff(1, 126, 1),
    b"\xc4\x05": midi.Program(5, 5),
    b"\xd0\x40": midi.Pressure(1, 64),
    b"\xe0\x00\x40": midi.Bend(1, 0),
    b"\xe0\x7f\x7f": midi.Bend(1, 8191),
    b"\xf0\x7e\x7f\x09\x01\xf7": midi.Exclusive(b"\x7e\x7f\x09\x01"),
    b"\xf0\xf7": midi.Exclusive(b""),
    b"\xf1\x12": midi.TimeCode(18),
    b"\xf2\x10\x20": midi.SongPosition(16 + 32 * 128),
    b"\xf3\x02": midi.SongSelect(2),
    b"\xf6": midi.TuneRequest(),
    b"\xf8": midi.Clock(),
    b"\xfa": midi.Start(),
    b"\xfb": midi.Continue(),
    b"\xfc": midi.Stop(),
    b"\xfe": midi.Sensing(),
    b"\xff": midi.Reset(),
}

NONSENSE = (
    b"", b"\x3c", b"\x90", b"\x90\x40", b"\x90\x40\x40\x40", b"\x90\xc8\x01", b"\x90\x3c\x80",
    b"\xc0", b"\xc0\x80", b"\xf0", b"\xf0\x01", b"\xf0\x90\xf7", b"\xf7", b"\xf4", b"\xf5", b"\xf9",
    b"\xfd", b"\xf8\xf8", b"\xff\x2f\x00", b"\xf2\x10",
)  # fmt: skip


@pytest.mark.parametrize(("data", "message"), KNOWN.items(), ids=lambda one: str(one))
def test_bytes_are_the_message_that_they_are(data: bytes, message: midi.Message) -> None:
    assert decode(data) == message


@pytest.mark.parametrize("data", NONSENSE, ids=bytes.hex)
def test_what_is_not_one_message_is_none(data: bytes) -> None:
    assert decode(data) is None


@given(MESSAGES)
def test_a_message_comes_back_from_its_bytes(message: midi.Message) -> None:
    assert decode(message.encode()) == message


@given(st.binary(max_size=6) | st.lists(st.sampled_from([0x90, 0xB0, 0xF0, 0xF7, 60])).map(bytes))
@example(b"\xf0\xf7\xf7")
def test_bytes_that_mean_something_come_back(data: bytes) -> None:
    message = decode(data)
    if message is not None:
        again = message.encode()
        assert decode(again) == message
        silent_on = isinstance(message, midi.NoteOff) and again != data
        assert again == data or (silent_on and data[2] == 0)


def test_the_pedal_holds_from_the_middle_on() -> None:
    assert not midi.Sustain(1, 63).down
    assert midi.Sustain(1, 64).down

import pytest

from models.midi.messages import (
    ControllersReset,
    Message,
    NoteOff,
    NoteOn,
    NotesOff,
    SoundOff,
    Sustain,
)
from models.midi.pairing import notes, performed
from models.midi.reading import Reading, parse
from tests.midi.files import midi, track

DOWN, UP = Sustain(1, 127), Sustain(1, 0)


def on(pitch: int = 60, channel: int = 1) -> Message:
    return NoteOn(channel, pitch, 80)


def off(pitch: int = 60, channel: int = 1) -> Message:
    return NoteOff(channel, pitch)


def reading(*tracks: list[tuple[int, Message]]) -> Reading:
    return parse(midi(*(track(*one) for one in tracks)), "x.mid")


def found(*tracks: list[tuple[int, Message]]) -> list[tuple[int, int, int]]:
    """Return onset, end and pitch of each note, by onset."""
    return sorted((one.onset, one.end, one.pitch) for one in notes(reading(*tracks)))


@pytest.mark.parametrize("first", [on(), off()], ids=["on before off", "off before on"])
def test_of_several_strikes_the_first_ends_first(first: Message) -> None:
    second = off() if first == on() else on()
    assert found([(0, on()), (10, first), (0, second), (10, off())]) == [(0, 10, 60), (10, 20, 60)]


def test_keys_and_pedals_are_a_channels_own() -> None:
    other = Sustain(2, 127)
    assert found([(0, other), (0, on()), (5, off()), (95, Sustain(2, 0))]) == [(0, 5, 60)]
    assert found([(0, on()), (0, on(60, 2)), (5, off()), (5, off(60, 2))]) == [
        (0, 5, 60),
        (0, 10, 60),
    ]
    assert found([(0, DOWN), (0, on()), (5, off()), (95, UP)]) == [(0, 100, 60)]


def test_each_track_ends_its_own_notes() -> None:
    assert found([(0, on()), (40, off())], [(10, on()), (10, off())]) == [(0, 40, 60), (10, 20, 60)]


def test_drums_are_left_out() -> None:
    assert found([(0, on(36, 10)), (0, on()), (5, off()), (5, off(36, 10))]) == [(0, 5, 60)]


def test_a_reset_of_controllers_lifts_the_pedal() -> None:
    reset = ControllersReset(1)
    assert found([(0, DOWN), (0, on()), (5, off()), (5, reset), (90, UP)]) == [(0, 10, 60)]


def test_all_notes_off_lifts_the_keys_and_leaves_the_pedal() -> None:
    assert found([(0, on()), (5, NotesOff(1)), (5, off())]) == [(0, 5, 60)]
    assert found([(0, on()), (5, NotesOff(2)), (5, off())]) == [(0, 10, 60)]
    assert found([(0, DOWN), (0, on()), (5, NotesOff(1)), (5, UP)]) == [(0, 10, 60)]


def test_all_sound_off_ends_everything() -> None:
    file = [(0, DOWN), (0, on()), (2, off()), (0, on(62)), (3, SoundOff(1)), (5, UP)]
    assert found(file) == [(0, 5, 60), (2, 5, 62)]
    assert performed(reading(file))[-3:] == [(5, off(62)), (5, UP), (10, UP)]


def test_the_end_of_a_file_ends_what_is_left() -> None:
    assert found([(0, DOWN), (0, on()), (5, off()), (5, on(62))]) == [(0, 10, 60), (10, 10, 62)]
    assert performed(reading([(0, DOWN), (0, on()), (5, off()), (5, on(62))]))[-2:] == [
        (10, off(62)),
        (10, UP),
    ]


def test_one_person_plays_each_key_once_at_a_time() -> None:
    left = [(0, on()), (40, off())]
    right = [
        (0, on()),
        (10, off()),
        (10, NoteOn(1, 60, 90)),
        (10, off()),
        (0, on(62)),
        (9, off(62)),
    ]
    assert performed(reading(left, right)) == [
        (0, on()),
        (20, off()),
        (20, NoteOn(1, 60, 90)),
        (30, on(62)),
        (39, off(62)),
        (40, off()),
    ]

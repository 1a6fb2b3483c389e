from live.ports.midi.echo import WINDOW, Echo
from models.midi.messages import NoteOff, NoteOn, Sustain


def test_a_copy_that_comes_back_at_once_is_dropped_with_its_end():
    echo = Echo()
    echo.sent(NoteOn(1, 60, 80), 1.0)
    assert echo.note(60, 80, 1.005)
    echo.sent(NoteOff(1, 60), 2.0)
    assert echo.note(60, 0, 2.005)
    assert echo.count == 2
    assert not echo.note(60, 80, 2.01)


def test_only_one_copy_of_each_note_is_dropped():
    echo = Echo()
    echo.sent(NoteOn(1, 60, 80), 1.0)
    assert echo.note(60, 80, 1.005)
    assert not echo.note(60, 80, 1.01)


def test_the_players_own_notes_pass():
    echo = Echo()
    echo.sent(NoteOn(1, 60, 80), 1.0)
    assert not echo.note(60, 81, 1.005)
    assert not echo.note(61, 80, 1.005)
    assert not echo.note(60, 80, 1.0 + 2 * WINDOW)


def test_the_end_of_a_key_that_is_held_passes_while_ours_sounds():
    echo = Echo()
    echo.note(60, 50, 0.5)
    echo.sent(NoteOn(1, 60, 80), 1.0)
    assert echo.note(60, 80, 1.005)
    assert not echo.note(60, 0, 1.5)
    echo.sent(NoteOff(1, 60), 2.0)
    assert echo.note(60, 0, 2.005)


def test_a_pedal_that_comes_back_is_dropped():
    echo = Echo()
    echo.sent(Sustain(1, 127), 1.0)
    assert echo.pedal(True, 1.01)
    assert not echo.pedal(False, 1.01)
    assert not echo.pedal(True, 1.5)

from hypothesis import given
from hypothesis import strategies as st

from models.midi.hands import Hands
from models.midi.messages import (
    ControllersReset,
    NoteOff,
    NoteOn,
    NotesOff,
    SoundOff,
    Sustain,
)
from tests.midi.test_messages import MESSAGES


def taken(*messages):
    hands = Hands()
    return [hands.take(message) for message in messages], hands


def test_of_several_strikes_of_a_key_the_first_is_let_go_first():
    on, off = NoteOn(1, 60, 80), NoteOff(1, 60)
    assert taken(on, on, off, off)[0] == [[], [60], [], [60]]
    assert taken(on, off, on, off)[0] == [[], [60], [], [60]]


def test_a_pitch_belongs_to_who_struck_it_last():
    ends, hands = taken(NoteOn(1, 60, 80), NoteOn(2, 60, 80), NoteOff(1, 60))
    assert ends == [[], [60], []]
    assert hands.holds(60)
    assert hands.take(NoteOff(2, 60)) == [60]
    assert not hands


def test_a_pedal_holds_the_keys_of_its_channel():
    ends, hands = taken(Sustain(2, 127), NoteOn(1, 60, 80), NoteOff(1, 60), NoteOn(2, 62, 80))
    assert ends == [[], [], [60], []]
    assert hands.take(NoteOff(2, 62)) == []
    assert hands.holds(62)
    assert hands.take(ControllersReset(2)) == [62]


def test_all_notes_off_lifts_keys_and_all_sound_off_everything():
    down = [Sustain(1, 127), NoteOn(1, 60, 80), NoteOff(1, 60), NoteOn(1, 62, 80)]
    assert taken(*down, NotesOff(1), Sustain(1, 0))[0][-2:] == [[], [60, 62]]
    assert taken(*down, SoundOff(1))[0][-1] == [60, 62]
    assert taken(*down, NotesOff(2))[0][-1] == []


def test_what_is_forgotten_ends_no_more():
    _, hands = taken(Sustain(1, 127), NoteOn(1, 60, 80), NoteOn(1, 64, 80))
    assert hands.clear() == [60, 64]
    assert hands.take(NoteOff(1, 60)) == []
    assert not hands


@given(st.lists(MESSAGES, max_size=40))
def test_whatever_is_played_everything_can_be_let_go_of(messages):
    hands, held = Hands(), set()
    for message in messages:
        held -= set(hands.take(message))
        if isinstance(message, NoteOn):
            held.add(message.pitch)
        assert all(hands.holds(pitch) for pitch in held)
        assert bool(hands) == bool(held)
    for channel in range(1, 17):
        held -= set(hands.take(SoundOff(channel)))
    assert not held

import math
from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live.ipc.wire import CommittedNote, Segment
from live.time.table import SHORTEST, NoteTable
from models.midi.messages import NoteOff, NoteOn, Sustain


def note(pitch=60, at=0.0, end=1.0, voice=1, channel=1, velocity=80, number=0):
    return CommittedNote(
        voice=voice, pitch=pitch, velocity=velocity, channel=channel, at=at, end=end, number=number
    )


def on(pitch=60, channel=1, velocity=80):
    return NoteOn(channel, pitch, velocity)


def off(pitch=60, channel=1):
    return NoteOff(channel, pitch)


def messages(due):
    return [(round(one.at, 9), one.message) for one in due]


@pytest.fixture
def table():
    made = NoteTable()
    made.segment(Segment(beat=0.0, at=0.0, tempo=60.0))
    return made


def test_a_note_begins_at_its_time_and_ends_at_its_beat(table):
    table.sound(note(at=0.5, end=2.0))
    assert table.next_due() == 0.5
    assert table.advance(0.5) == []
    assert messages(table.advance(0.6)) == [(0.5, on())]
    assert table.next_due() == 2.0
    assert messages(table.advance(9.0)) == [(2.0, off())]
    assert table.next_due() == math.inf


def test_the_note_that_a_message_comes_from_is_named_with_its_length(table):
    sound = note(at=0.5, end=2.0, number=7)
    table.sound(sound)
    assert table.advance(1.0)[0].note is sound
    assert table.seconds(sound) == 1.5


def test_a_note_ends_those_of_its_voice_that_it_takes_the_place_of(table):
    table.sound(note(pitch=60, at=0.0, end=4.0))
    table.sound(note(pitch=60, at=0.0, end=4.0, voice=2, channel=2))
    table.sound(msgspec.structs.replace(note(pitch=64, at=1.0, end=2.0), ended=(60,)))
    assert messages(table.advance(1.5))[2:] == [(1.0, off(60)), (1.0, on(64))]


def test_ends_move_with_the_tempo(table):
    table.sound(note(at=0.0, end=4.0))
    table.advance(0.1)
    table.segment(Segment(beat=1.0, at=1.0, tempo=120.0))
    assert table.next_due() == 2.5
    table.segment(Segment(beat=1.5, at=1.25, tempo=30.0))
    assert table.next_due() == 6.25


def test_a_tempo_that_comes_later_leaves_earlier_ends_alone(table):
    table.sound(note(at=0.0, end=1.0))
    table.advance(0.1)
    table.segment(Segment(beat=2.0, at=2.0, tempo=300.0))
    assert table.next_due() == 1.0


def test_a_held_clock_holds_until_it_runs_again_or_lets_go(table):
    table.sound(note(at=0.0, end=2.0))
    table.advance(0.1)
    table.segment(Segment(beat=1.0, at=1.0, tempo=0.0))
    assert table.advance(100.0) == []
    table.segment(Segment(beat=1.0, at=200.0, tempo=60.0))
    assert table.next_due() == 201.0
    assert messages(table.let_go("all", 200.5)) == [(200.5, off())]
    assert table.advance(1000.0) == []


def test_a_pitch_that_sounds_is_ended_before_it_begins_again(table):
    table.sound(note(at=0.0, end=1.0, voice=1))
    table.sound(note(at=0.5, end=3.0, voice=2))
    due = table.advance(2.0)
    assert messages(due) == [(0.0, on()), (0.5, off()), (0.5, on())]
    assert table.let_go(1, 2.0) == []
    assert messages(table.advance(4.0)) == [(3.0, off())]


def test_an_end_and_a_beginning_at_once_come_in_this_order(table):
    table.sound(note(at=1.0, end=2.0))
    table.sound(note(at=0.0, end=1.0))
    assert [message for _, message in messages(table.advance(1.5))] == [on(), off(), on()]


def test_no_note_is_shorter_than_the_shortest(table):
    table.sound(note(at=5.0, end=1.0))
    assert messages(table.advance(6.0)) == [(5.0, on()), (5.0 + SHORTEST, off())]


def test_letting_go_of_a_voice_leaves_the_others(table):
    table.sound(note(60, voice=1, end=5.0))
    table.sound(note(64, voice=2, end=5.0))
    table.advance(0.1)
    table.sound(note(67, at=1.0, end=3.0, voice=1))
    table.sound(note(69, at=1.0, end=3.0, voice=2))
    assert messages(table.let_go(1, 0.2)) == [(0.2, off(60))]
    assert messages(table.advance(1.1)) == [(1.0, on(69))]


def test_the_player_ends_only_what_is_still_theirs(table):
    assert messages(table.player(60, 90, 1, 0.0)) == [(0.0, on(velocity=90))]
    table.sound(note(60, at=0.5, end=3.0))
    table.advance(1.0)
    assert table.player(60, 0, 1, 1.1) == []
    assert messages(table.advance(4.0)) == [(3.0, off())]
    table.player(62, 90, 1, 5.0)
    assert messages(table.player(62, 0, 1, 6.0)) == [(6.0, off(62))]


def test_a_pedal_that_is_down_is_released_with_the_notes(table):
    assert messages(table.sustain(True, 3, 1.0)) == [(1.0, Sustain(3, 127))]
    assert table.let_go(1, 1.5) == []
    assert messages(table.let_go("all", 2.0)) == [(2.0, Sustain(3, 0))]
    assert table.sustain(False, 3, 3.0) == []


pitches = st.integers(58, 62)
channels = st.integers(1, 2)
times = st.floats(0, 20, allow_nan=False, allow_subnormal=False)
steps = st.one_of(
    st.tuples(st.just("sound"), pitches, channels, st.integers(1, 3), times, times),
    st.tuples(st.just("segment"), times, times, st.sampled_from([0.0, 20.0, 100.0, 300.0])),
    st.tuples(st.just("advance"), times),
    st.tuples(st.just("let_go"), st.sampled_from(("all", "player", 1, 2, 3))),
    st.tuples(st.just("player"), pitches, st.sampled_from([0, 80]), channels),
    st.tuples(st.just("sustain"), st.booleans(), channels),
)


def _apply(table, step, now):
    kind, *rest = step
    if kind == "sound":
        pitch, channel, voice, at, end = rest
        table.sound(note(pitch, at, end, voice, channel))
    elif kind == "segment":
        beat, at, tempo = rest
        table.segment(Segment(beat=beat, at=at, tempo=tempo))
    elif kind == "advance":
        return table.advance(rest[0])
    elif kind == "let_go":
        return table.let_go(rest[0], now)
    elif kind == "player":
        return table.player(*rest, now)
    else:
        return table.sustain(*rest, now)
    return []


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=60))
def test_whatever_happens_every_note_on_has_its_note_off(sequence):
    table, count = NoteTable(), Counter()
    for now, step in enumerate([*sequence, ("let_go", "all")]):
        for due in _apply(table, step, float(now)):
            if isinstance(due.message, Sustain):
                continue
            key = due.message.channel, due.message.pitch
            count[key] += 1 if isinstance(due.message, NoteOn) else -1
            assert count[key] in (0, 1)
    assert not any(count.values())
    assert table.next_due() == math.inf

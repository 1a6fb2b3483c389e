import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.declared.metre import Metre
from live.time.clock import Bars, Timeline
from live.time.sources.tap import Tapper


def test_beats_and_seconds_are_inverse_across_changes_of_tempo():
    timeline = Timeline.start(10.0, 120).changed(12.0, 60).changed(15.0, 90)
    for at in (10.0, 11.3, 12.0, 13.7, 15.0, 99.0):
        assert timeline.time_of(timeline.beat_of(at)) == pytest.approx(at)
    assert timeline.beat_of(12.0) == pytest.approx(4)
    assert timeline.beat_of(15.0) == pytest.approx(7)


def test_a_change_of_tempo_leaves_the_past_where_it_was():
    before = Timeline.start(0.0, 100)
    after = before.changed(6.0, 250)
    for at in (0.0, 1.0, 5.9):
        assert after.beat_of(at) == before.beat_of(at)


def test_a_fader_on_the_tempo_does_not_make_it_longer_and_longer():
    timeline = Timeline.start(0.0, 100)
    for number in range(3000):
        timeline = timeline.changed(number / 100, 60 + number % 100)
    assert len(timeline.segments) == 1024
    assert timeline.time_of(timeline.beat_of(25.0)) == pytest.approx(25.0)


def test_a_held_clock_never_reaches_the_next_beat_and_goes_on_from_where_it_stood():
    held = Timeline.start(0.0, 60).changed(2.0, 0)
    assert held.beat_of(50.0) == 2.0
    assert math.isinf(held.time_of(2.1))
    assert held.changed(50.0, 60).time_of(3.0) == pytest.approx(51.0)


@given(
    st.lists(st.tuples(st.floats(0.01, 5), st.floats(20, 300)), max_size=6),
    st.floats(0, 40, allow_subnormal=False),
)
def test_beats_never_go_back(changes, until):
    timeline, at = Timeline.start(0.0, 100), 0.0
    for seconds, tempo in changes:
        at += seconds
        timeline = timeline.changed(at, tempo)
    moments = [until * step / 50 for step in range(51)]
    beats = [timeline.beat_of(moment) for moment in moments]
    assert beats == sorted(beats)


def test_bars_are_counted_on_when_the_metre_changes():
    bars = Bars().changed(24 * 9, Metre(3, 4))
    assert bars.number(24 * 8) == (3, 1)
    assert bars.number(24 * 11) == (4, 1)
    assert bars.next_bar(24 * 9) == 24 * 11
    assert bars.next_beat(25) == 48
    assert bars.next_beat(48) == 48


def test_beats_are_the_notes_that_the_metre_counts_in():
    bars = Bars(Metre(7, 8), tick=5)
    assert [bars.number(5 + tick) for tick in (0, 11, 12, 83, 84)] == [
        (1, 1),
        (1, 1),
        (1, 2),
        (1, 7),
        (2, 1),
    ]
    assert [bars.next_beat(5 + tick) for tick in (0, 1, 73, 84)] == [5, 17, 89, 89]
    assert bars.next_bar(6) == 89
    assert bars.beat_of(5 + 30) == 5 + 24


def test_taps_give_the_tempo_and_a_long_pause_begins_a_new_one():
    tapper = Tapper()
    assert tapper.tap(0.0) is None
    assert tapper.tap(0.5) == pytest.approx(120)
    assert tapper.tap(1.0) == pytest.approx(120)
    assert tapper.tap(9.0) is None
    assert tapper.tap(10.0) == pytest.approx(60)

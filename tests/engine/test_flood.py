"""Knobs that are turned faster than anybody could follow."""

from live.engine.flood import MOST, PORTION, Portions, newest
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import KnobSet, Trouble
from live.record import replay
from tests.engine.numeric import opener
from tests.engine.test_offline import BEAT, perform


def turn(value, knob="temperature", voice=1, at=0.0):
    return Command(acts.SetKnob(knob=knob, value=value), voice=voice, at=at)


def turns(done, knob):
    lines = replay.parse(done.lines).lines
    return [
        one.did.value for one in lines if isinstance(one.did, acts.SetKnob) and one.did.knob == knob
    ]


def test_of_what_acts_at_once_the_last_turn_of_each_knob_counts():
    asked = [turn(1), turn(2, "density"), turn(0, voice=2), turn(0.5), turn(1, voice=2, at=3.0)]
    assert newest(asked, 5.0) == [asked[1], asked[3], asked[4]]


def test_nothing_is_left_out_across_anything_else_that_is_asked():
    for between in (
        Command(acts.Save(slot="a"), voice=1),
        Command(acts.Play(pitch=60, velocity=80), voice=1),
        Command(acts.Stop()),
        turn("bar", "when"),
        turn(1, "freeze"),
        turn(1.5, at=9.0),
    ):
        asked = [turn(1), between, turn(0.5)]
        assert newest(asked, 5.0) == asked


def test_every_turn_counts_of_what_each_turn_begins_anew():
    asked = [turn(0, "freeze"), turn(1, "freeze"), turn("now", "when"), turn("bar", "when")]
    assert newest(asked, 0.0) == asked
    later = [turn(0.5, at=9.0), turn(0.6, at=9.0)]
    assert newest(later, 0.0) == later


def test_a_flood_leaves_one_line_for_each_moment_and_is_replayed():
    flood = [(2.0, turn(0.5 + number / 1000)) for number in range(1000)]
    flood += [(2.0, turn(number % 3, "freeze")) for number in (0, 1)]
    flood += [(4.0, turn(number, "channel")) for number in range(1, 17)]
    done = perform(16, (), flood)
    assert turns(done, "temperature") == [0.5 + 999 / 1000]
    assert turns(done, "freeze") == [0, 1]
    assert turns(done, "channel") == [16]
    told = [
        news.value for news in done.news if isinstance(news, KnobSet) and news.knob == "channel"
    ]
    assert told == [1, 16]
    once = [(2.0, turn(0.5 + 999 / 1000)), *flood[1000:1002], (4.0, turn(16, "channel"))]
    assert done.notes == perform(16, (), once).notes
    assert replay.replay(replay.parse(done.lines), opener) == len(done.notes) > 10


def test_a_flood_of_what_waits_for_the_bar_waits_in_one_place():
    flood = [(1.0 + number / 1000, turn(number % 100, "top_k")) for number in range(600)]
    flood += [(1.7, turn(3, "seed")), (1.8, turn(7, "top_k"))]
    done = perform(16, (), flood, when="bar")
    assert not [news for news in done.news if isinstance(news, Trouble)]
    (line,) = [
        one for one in replay.parse(done.lines).lines if getattr(one.did, "knob", "") == "top_k"
    ]
    assert line.did.value == 7
    assert abs(line.at - 4 * BEAT) < 0.05
    assert turns(done, "seed") == [3]
    assert replay.replay(replay.parse(done.lines), opener) == len(done.notes)


def test_what_costs_a_step_is_done_a_little_at_a_time():
    notes = [Command(acts.Play(pitch=60, velocity=number % 128), voice=1) for number in range(100)]
    portions = Portions()
    portions.add([turn(1), *notes, turn(2)], 0.0)
    assert portions.next() == [turn(1), *notes[:PORTION]]
    portions.add([turn(3)], 0.0)
    rest = [portions.next() for _ in range(3)]
    assert [one for portion in rest for one in portion] == [*notes[PORTION:], turn(2), turn(3)]
    assert not portions


def test_panic_and_quit_are_for_now():
    portions = Portions()
    note = Command(acts.Play(pitch=60, velocity=80), voice=1)
    for command in (Command(acts.Panic()), Command(acts.Quit())):
        portions.add([note] * MOST, 0.0)
        portions.add([note, command, note], 0.0)
        assert portions.next() == [command, note]


def test_a_panic_that_is_meant_for_later_leaves_what_comes_before_it():
    portions = Portions()
    note = Command(acts.Play(pitch=60, velocity=80), voice=1)
    portions.add([note, Command(acts.Panic(), at=9.0)], 2.0)
    assert portions.next() == [note, Command(acts.Panic(), at=9.0)]


def test_what_is_too_much_is_told_once_a_second():
    portions = Portions()
    note = Command(acts.Play(pitch=60, velocity=80), voice=1)
    assert portions.complaint(1.0) is None
    portions.add([note] * (MOST + 5), 0.0)
    assert "and 5 more were forgotten" in (portions.complaint(1.0) or "")
    portions.add([note] * 7, 0.0)
    assert portions.complaint(1.5) is None
    assert "and 7 more were forgotten" in (portions.complaint(2.1) or "")
    assert portions.complaint(9.0) is None

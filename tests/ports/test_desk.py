import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live.ipc.news import (
    Counted,
    FromPortsToControl,
    Panicked,
    Sent,
    Trouble,
)
from live.ipc.ring import Ring
from live.ipc.wire import (
    Close,
    CommittedNote,
    FromPorts,
    Lead,
    LetGo,
    Lifted,
    Pedal,
    Played,
    Segment,
    Thru,
    ToPorts,
)
from live.ports.midi.desk import Desk
from live.ports.midi.marks import Marks, Reach
from models.midi.decoding import decode
from models.midi.messages import (
    Bend,
    Clock,
    ControllersReset,
    Exclusive,
    NoteOff,
    NoteOn,
    NotesOff,
    Program,
    SoundOff,
    Sustain,
)

CLOCK = Segment(beat=0.0, at=0.0, tempo=60.0)


def note(at, pitch=60, end=100.0, velocity=80):
    return CommittedNote(
        voice=1, pitch=pitch, velocity=velocity, channel=1, at=at, end=end, number=1
    )


def on(pitch=60, velocity=80):
    return NoteOn(1, pitch, velocity)


def off(pitch=60):
    return NoteOff(1, pitch)


class World:
    """The desk's engine and control."""

    def __init__(self, **options):
        self.to_ports = Ring[ToPorts](ToPorts)
        self.played = Ring[FromPorts](FromPorts)
        self.news = Ring[FromPortsToControl](FromPortsToControl)
        self.desk = Desk(self.to_ports, self.played, self.news, **options)
        self.put(CLOCK)

    def put(self, *messages):
        assert all(self.to_ports.put(message) for message in messages)

    def cycle(self, now, until, heard=None, reach=Reach.EVERYBODY):
        return [(one.at, one.message) for one in self.desk.cycle(now, until, heard, reach)]

    def close(self):
        for ring in (self.to_ports, self.played, self.news):
            ring.close()
            ring.unlink()


@pytest.fixture
def make():
    worlds = []

    def make(**options):
        worlds.append(World(**options))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def world(make):
    return make()


def test_a_cycle_gives_what_is_due_in_it(world):
    world.put(note(1.5), note(2.5, 62))
    assert world.cycle(1.0, 2.0) == [(1.5, on())]
    assert world.desk.next_due() == 2.5
    sent = world.news.drain()[0]
    assert isinstance(sent, Sent)
    assert (sent.at, sent.late, sent.seconds) == (1.5, 0.0, 98.5)


def test_what_is_late_goes_at_the_beginning_and_says_how_late(world):
    world.put(note(0.25))
    assert world.cycle(1.0, 2.0) == [(1.0, on())]
    assert world.news.drain()[0].late == 0.75


def test_outputs_that_are_late_get_notes_early(make):
    world = make(latency=0.5)
    world.put(note(2.0, end=3.0))
    world.cycle(0.5, 1.0)
    assert world.desk.next_due() == 1.5
    assert world.cycle(1.0, 2.0) == [(1.5, on())]
    assert world.cycle(2.0, 3.0) == [(2.5, off())]
    assert world.news.drain()[0].late == 0.0


def test_thru_to_the_synth_alone_is_marked_and_ends_with_everything(world):
    world.put(Thru(to="synth", channel=1))
    (first,) = world.desk.cycle(1.0, 1.0, [(1.0, on())])
    assert first.aside
    (last,) = world.desk.cycle(1.1, 1.1, [(1.1, SoundOff(1))])
    assert (last.aside, last.message) == (True, NoteOff(16, 60))


def test_thru_keeps_the_order_of_time(world):
    world.put(Thru(to="all", channel=1), note(1.2, 64))
    heard = [(1.4, on(50)), (1.1, on(48))]
    assert [message.pitch for _, message in world.cycle(1.0, 2.0, heard)] == [48, 64, 50]
    world.put(Thru(to="off", channel=1))
    assert [message for _, message in world.cycle(2.0, 3.0)] == [off(48), off(50)]


def test_arrivals_of_other_threads_are_played_with_their_time(world):
    world.desk.arrive(0.9, on(50))
    world.desk.arrive(0.95, Sustain(1, 127))
    assert world.cycle(1.0, 1.0) == []
    assert world.played.drain() == [
        Played(pitch=50, velocity=80, at=0.9),
        Pedal(down=True, at=0.95),
    ]


def test_what_means_nothing_here_is_dropped(world):
    for message in (Exclusive(b"\1"), Clock(), Bend(1, 0), Program(1, 3)):
        world.desk.arrive(1.0, message)
    assert world.cycle(1.0, 2.0) == []
    assert world.played.drain() == []


def test_the_engine_is_told_its_lead_and_again_when_it_starts_afresh(world):
    world.desk.lead(0.004)
    world.cycle(0.0, 1.0)
    world.cycle(1.0, 2.0)
    assert world.played.drain() == [Lead(seconds=0.004)]
    world.put(Thru(to="off", channel=1))
    world.cycle(2.0, 3.0)
    assert world.played.drain() == [Lead(seconds=0.004)]


def test_a_lost_engine_leaves_nothing_sounding(world):
    world.put(note(0.5), note(1.5, 62))
    world.cycle(0.0, 1.0)
    world.desk.lose_engine()
    assert world.cycle(1.0, 2.0) == [(1.0, off())]
    world.put(LetGo(who="all"), note(2.5))
    assert world.cycle(2.0, 3.0) == [(2.5, on())]


def test_after_close_nothing_more_goes_out(world):
    world.put(note(0.5))
    world.cycle(0.0, 1.0)
    world.put(Close(), note(1.5))
    assert world.cycle(1.0, 2.0) == [(1.0, off())]
    assert world.desk.closed
    world.put(note(2.5))
    assert world.cycle(2.0, 3.0) == []


def test_what_is_told_after_the_last_cycle_is_not_lost(world):
    world.put(Close())
    world.cycle(0.0, 1.0)
    world.news.drain()
    late = Trouble(code="file", text="s.flac could not be finished.")
    world.desk.tell(late)
    world.desk.tell_rest()
    assert world.news.drain() == [late]


def test_letting_go_comes_before_the_notes_that_follow_it(world):
    world.put(note(0.5))
    world.cycle(0.0, 1.0)
    world.put(LetGo(who="all"), note(0.9))
    assert [message for _, message in world.cycle(1.0, 2.0)] == [off(), on()]


def test_what_is_owed_goes_first_once_it_is_heard(make):
    marks = Marks()
    world = make(marks=marks)
    world.put(note(0.5))
    assert world.cycle(0.0, 1.0) == [(0.5, on())]
    world.put(LetGo(who="all"))
    assert world.cycle(1.0, 2.0, reach=Reach.NOBODY) == [(1.0, off())]
    world.put(note(2.5, 64))
    assert world.cycle(2.0, 3.0, reach=Reach.NOBODY) == [(2.5, on(64))]
    assert world.cycle(3.0, 4.0) == [(3.0, off())]
    assert world.cycle(4.0, 5.0) == []


def test_who_may_hear_us_gets_what_is_owed_now_and_then(make):
    world = make(marks=Marks())
    world.put(note(0.5))
    world.cycle(0.0, 1.0)
    world.put(LetGo(who="all"))
    world.cycle(1.0, 2.0, reach=Reach.NOBODY)
    assert world.cycle(2.0, 2.1, reach=Reach.PERHAPS) == [(2.0, off())]
    assert world.cycle(2.1, 2.2, reach=Reach.PERHAPS) == []
    assert world.cycle(3.1, 3.2, reach=Reach.PERHAPS) == [(3.1, off())]
    assert world.cycle(3.2, 3.3) == [(3.2, off())]
    assert world.cycle(5.0, 5.1) == []


def test_ends_that_a_late_server_may_have_lost_go_out_again(make):
    world = make(marks=Marks())
    world.put(note(0.5, end=1.0), note(1.5, 64, end=9.0), note(1.2, 62, end=1.4))
    assert [message for _, message in world.cycle(0.0, 2.0)] == [
        on(), off(), on(62), off(62), on(64),
    ]  # fmt: skip
    world.put(note(2.2, 62, end=9.0))
    assert world.cycle(2.0, 2.5) == [(2.2, on(62))]
    world.desk.lost = 1
    assert world.cycle(2.5, 2.6) == [(2.5, off())]
    assert world.cycle(2.6, 2.7) == []
    world.desk.lost = 2
    assert world.cycle(4.0, 4.1) == []


def test_panic_ends_what_is_owed_too(make):
    world = make(marks=Marks())
    world.put(note(0.5))
    world.cycle(0.0, 1.0)
    world.put(LetGo(who="all"))
    world.cycle(1.0, 2.0, reach=Reach.NOBODY)
    assert world.cycle(2.0, 3.0, [(2.5, SoundOff(1))], Reach.NOBODY) == [(2.0, off())]


def test_a_pitch_that_is_struck_again_in_the_cycle_of_its_end_is_marked(make):
    marks = Marks()
    world = make(marks=marks)
    world.put(note(0.5, end=1.5), note(1.5))
    assert world.cycle(0.0, 1.0) == [(0.5, on())]
    assert world.cycle(1.0, 2.0) == [(1.5, off()), (1.5, on())]
    assert world.cycle(2.0, 3.0) == []
    world.put(LetGo(who="all"))
    world.cycle(3.0, 4.0, reach=Reach.NOBODY)
    assert marks.owed() == [off()]


def test_counts_come_now_and_then(world):
    for k in range(30):
        world.put(note(0.1 * k + 0.05, 40 + k))
        world.cycle(0.1 * k, 0.1 * k + 0.1)
    counts = [one.sent for one in world.news.drain() if isinstance(one, Counted)]
    assert 3 <= len(counts) <= 4
    assert counts == sorted(counts)


def test_an_engine_that_takes_nothing_is_said_once(world):
    for k in range(3000):
        world.desk.arrive(0.5, on(k % 100, 1 + k % 100))
    world.cycle(1.0, 2.0)
    world.cycle(2.0, 3.0)
    codes = [one.code for one in world.news.drain() if isinstance(one, Trouble)]
    assert codes == ["busy"]


def test_all_notes_off_lifts_the_players_keys_and_the_voice_plays_on(world):
    world.put(Thru(to="all", channel=1), note(1.0, 72))
    heard = [(1.1, on(60)), (1.2, on(62)), (1.3, NotesOff(1))]
    assert [message for _, message in world.cycle(1.0, 2.0, heard)] == [
        on(72), on(60), on(62), off(60), off(62),
    ]  # fmt: skip
    assert world.played.drain()[-1] == Lifted(channel=1, at=1.3)
    assert not [one for one in world.news.drain() if isinstance(one, Panicked)]
    assert world.cycle(2.0, 3.0, [(2.1, NotesOff(1)), (2.2, NotesOff(2))]) == []


def test_a_reset_of_controllers_lifts_the_pedal(world):
    world.put(Thru(to="all", channel=1))
    heard = [(1.0, on(60)), (1.1, Sustain(1, 127)), (1.2, ControllersReset(1))]
    assert world.cycle(1.0, 2.0, heard)[1:] == [(1.1, Sustain(1, 127)), (1.2, Sustain(1, 0))]
    assert world.played.drain()[-1] == Pedal(down=False, at=1.2)


def test_of_several_strikes_that_pass_through_the_first_ends_first(world):
    world.put(Thru(to="all", channel=1))
    heard = [(1.0, on()), (1.1, on()), (1.2, off()), (1.3, off())]
    assert world.cycle(1.0, 2.0, heard) == [(1.0, on()), (1.1, off()), (1.1, on()), (1.3, off())]


def test_a_pedal_that_holds_nothing_does_not_pass_through(world):
    world.put(Thru(to="all", channel=1))
    heard = [(1.0, Sustain(2, 127)), (1.1, on()), (1.2, off())]
    assert world.cycle(1.0, 2.0, heard) == [(1.1, on()), (1.2, off())]
    heard = [(2.0, NoteOn(2, 64, 80)), (2.1, Sustain(2, 0))]
    assert [message for _, message in world.cycle(2.0, 3.0, heard)] == [
        Sustain(1, 127), NoteOn(1, 64, 80), Sustain(1, 0),
    ]  # fmt: skip


def test_drums_go_to_the_engine_alone_and_that_is_said_once(world):
    world.put(Thru(to="all", channel=1))
    heard = [(1.0, NoteOn(10, 36, 80)), (1.1, NoteOff(10, 36)), (1.2, Sustain(10, 127))]
    assert world.cycle(1.0, 2.0, heard) == []
    given = [one for one in world.played.drain() if isinstance(one, Played | Pedal)]
    assert given == [
        Played(pitch=36, velocity=v, at=at, channel=10) for v, at in ((80, 1.0), (0, 1.1))
    ]
    world.cycle(2.0, 3.0, [(2.0, NoteOn(10, 36, 80))])
    world.cycle(3.0, 4.0)
    (said,) = [one for one in world.news.drain() if isinstance(one, Trouble)]
    assert "channel 10" in said.text


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.binary(max_size=4)
        | st.tuples(st.integers(128, 255), st.integers(0, 127), st.integers(0, 127)).map(bytes),
        max_size=60,
    ),
    st.sampled_from(["all", "synth", "off"]),
)
def test_whatever_bytes_come_in_everything_ends(events, to):
    world = World()
    try:
        world.put(Thru(to=to, channel=3))
        sounding = set()
        for now, data in enumerate(events, 1):
            message = decode(data)
            heard = [] if message is None else [(float(now), message)]
            for due in world.desk.cycle(float(now), now + 0.5, heard):
                key = due.aside, due.message.channel, getattr(due.message, "pitch", "pedal")
                begins = isinstance(due.message, NoteOn) or getattr(due.message, "down", False)
                (sounding.add if begins else sounding.discard)(key)
        world.put(Close())
        for due in world.desk.cycle(1000.0, 1001.0):
            sounding.discard(
                (due.aside, due.message.channel, getattr(due.message, "pitch", "pedal"))
            )
        assert not sounding
    finally:
        world.close()

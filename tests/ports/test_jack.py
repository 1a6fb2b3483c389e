import time
from itertools import pairwise

import jack
import numpy as np
import pytest

from live.ipc.news import ControlChange, Counted, Panicked, Sent, Trouble
from live.ipc.wire import Close, CommittedNote, LetGo, Pedal, Played, Segment, Thru
from live.ports.jack_client import leave
from live.ports.jack_connections import ports as jack_ports
from live.ports.midi.jack import server
from models.midi.decoding import decode
from models.midi.messages import NoteOff, NoteOn
from tests.system_tools import RATE, ForeignClient, wait_for

pytestmark = pytest.mark.system

ON = NoteOn(1, 60, 100).encode()
OFF = NoteOff(1, 60).encode()


def note(at, pitch=60, end=1e6, number=0, voice=1, channel=1):
    return CommittedNote(
        voice=voice, pitch=pitch, velocity=100, channel=channel, at=at, end=end, number=number
    )


def running(now):
    return Segment(beat=0.0, at=now, tempo=60.0)


def undisturbed(foreign, play):
    """Return what `play` gives in a time without xruns; this machine may be too busy for it."""
    for _ in range(6):
        before = foreign.xruns
        found = play()
        time.sleep(0.05)
        if foreign.xruns == before:
            return found
    pytest.skip("the machine is too busy: JACK had xruns in all of six attempts")


@pytest.fixture
def ports(start, foreign):
    started = start(out="jack", listen="jack")
    foreign.connect("extempo")
    started.opened()
    # What goes over a connection that is new is not sure to arrive, and ends are sent again.
    time.sleep(0.1)
    return started


def test_says_where_notes_go_and_come_in(ports):
    assert ports.opened().heard == "JACK port extempo:out"
    assert ports.opened().played == "JACK port extempo:in"


def test_a_second_one_has_a_name_of_its_own_and_says_so(start, ports):
    # A part of a name never means the ports of another one.
    second = start(out="jack", listen="jack", connect=("tempo",))
    opened = second.opened()
    assert (opened.heard, opened.played) == ("JACK port extempo-2:out", "JACK port extempo-2:in")
    told = [one.text for one in second.said(Trouble, 2)]
    assert "On JACK this one is extempo-2, for another program is extempo." in told
    assert any(text.startswith("No JACK MIDI port matches 'tempo'; ") for text in told)


def test_notes_fall_on_their_frame_and_end_on_their_beat(start, foreign):
    ports = start(out="jack", listen="null")
    # Were they connected both ways, JACK would hand one of the two its events a period later.
    foreign.connect("extempo", plays=False)
    ports.opened()

    def play():
        foreign.received.clear()
        begin = time.monotonic() + 0.1
        ats = [begin + 0.05 * number + 0.00123 for number in range(12)]
        ports.put(running(begin))
        for number, at in enumerate(ats):
            ports.put(note(at, 40 + number, end=at - begin + 0.02, number=number))
        foreign.wait_for(24)
        return ats

    wanted = [foreign.clock.frame(at) for at in undisturbed(foreign, play)]
    ons = [frame for frame, data in foreign.received if isinstance(decode(data), NoteOn)]
    offs = [frame for frame, data in foreign.received if isinstance(decode(data), NoteOff)]
    assert [b - a for a, b in pairwise(ons)] == pytest.approx([2400] * 11, abs=1)
    assert [b - a for a, b in zip(ons, offs, strict=True)] == pytest.approx([960] * 12, abs=1)
    # The two programs are called one after the other in a period, hence this much.
    assert ons == pytest.approx(wanted, abs=24)
    sent = ports.said(Sent, 12)[-12:]
    assert [one.number for one in sent] == list(range(12))
    assert [one.seconds for one in sent] == pytest.approx([0.02] * 12)
    assert max(one.late for one in sent) == pytest.approx(0.0, abs=1e-3)


def test_a_note_that_comes_late_goes_at_once_and_says_so(ports, foreign):
    ports.put(running(time.monotonic()), note(time.monotonic() - 0.05, end=1e3))
    foreign.wait_for(1)
    assert 0.045 < ports.said(Sent)[0].late < 0.08


def test_what_is_played_comes_in_with_the_time_of_its_frame(ports, foreign):
    def play():
        foreign.played.clear()
        ports.heard.clear()
        begin = foreign.client.frame_time + 2000
        for k in range(5):
            foreign.play_at(begin + 777 * k, bytes((0x90, 50 + k, 90)))
        return list(ports.played(5))

    heard = undisturbed(foreign, play)
    assert [(one.pitch, one.velocity) for one in heard] == [(50 + k, 90) for k in range(5)]
    assert [one.at for one in heard] == pytest.approx([at for at, _ in foreign.played], abs=5e-4)
    gaps = [b.at - a.at for a, b in pairwise(heard)]
    assert gaps == pytest.approx([777 / RATE] * 4, abs=5e-5)


def test_note_offs_pedal_and_controllers_come_in(ports, foreign):
    foreign.play(bytes((0x90, 50, 0)), 0.02)
    foreign.play(bytes((0x83, 51, 64)), 0.03)
    foreign.play(bytes((0xB0, 64, 127)), 0.04)
    foreign.play(bytes((0xB0, 21, 33)), 0.04)
    first, second, pedal = ports.played(3)
    assert (first.pitch, first.velocity) == (50, 0)
    assert (second.pitch, second.velocity) == (51, 0)
    assert isinstance(pedal, Pedal)
    assert pedal.down
    turned = ports.said(ControlChange)[0]
    assert (turned.cc, turned.value, turned.channel) == (21, 33, 1)


def test_thru_sounds_the_players_notes_at_once(ports, foreign):
    foreign.play(ON, 0.05)
    ports.played(1)
    ports.put(Thru(to="all", channel=3))
    time.sleep(0.05)
    assert foreign.received == []
    frame = foreign.play(bytes((0x95, 62, 70)), 0.05)
    foreign.play(bytes((0xB5, 64, 127)), 0.06)
    foreign.play(bytes((0x85, 62, 0)), 0.1)
    got = foreign.wait_for(3)
    assert [data for _, data in got] == [
        bytes((0x92, 62, 70)),
        bytes((0xB2, 64, 127)),
        bytes((0x82, 62, 0)),
    ]
    assert got[0][0] - frame in (0, 128)
    ports.put(LetGo(who="all"))
    assert foreign.wait_for(4)[3][1] == bytes((0xB2, 64, 0))


def test_a_copy_of_our_own_note_is_dropped_with_one_warning(ports, foreign):
    foreign.client.connect("extempo:out", "extempo:in")
    now = time.monotonic()
    ports.put(running(now))
    for k in range(4):
        ports.put(note(now + 0.1 + 0.1 * k, end=0.15 + 0.1 * k))
    foreign.wait_for(8)
    foreign.play(bytes((0x90, 72, 40)), 0.05)
    assert ports.played(1) == [Played(pitch=72, velocity=40, at=ports.heard[0].at)]
    assert [one.code for one in ports.said(Trouble)].count("echo") == 1
    wait_for(lambda: ports.said(Counted)[-1].echoes == 8)


def test_panic_on_an_instrument_lets_go_at_once(ports, foreign):
    ports.put(running(time.monotonic()), note(time.monotonic(), 60), note(time.monotonic(), 64))
    foreign.wait_for(2)
    foreign.play(bytes((0xB0, 120, 0)))
    foreign.wait_for(4)
    assert sorted(foreign.notes()[2:]) == [("off", 60), ("off", 64)]
    assert ports.said(Panicked)


def test_when_the_engine_dies_every_note_is_let_go(ports, foreign):
    ports.put(running(time.monotonic()), note(time.monotonic(), 60), note(time.monotonic() + 1, 64))
    foreign.wait_for(1)
    ports.engine.close()
    foreign.wait_for(2)
    time.sleep(1.1)
    # After an xrun ends go out again.
    assert foreign.notes()[:2] == [("on", 60), ("off", 60)]
    assert set(foreign.notes()[2:]) <= {("off", 60)}


def test_close_lets_go_before_the_ports_end(ports, foreign):
    ports.put(running(time.monotonic()), note(time.monotonic(), 60), note(time.monotonic(), 67))
    foreign.wait_for(2)
    ports.put(Close())
    ports.process.join(5)
    assert ports.process.exitcode == 0
    assert sorted(foreign.notes()[2:]) == [("off", 60), ("off", 67)]


def test_after_a_kill_the_next_start_ends_what_sounded(ports, foreign, start):
    ports.put(running(time.monotonic()), note(time.monotonic(), 60), note(time.monotonic(), 67))
    foreign.wait_for(2)
    time.sleep(0.05)
    ports.kill()
    wait_for(lambda: not jack_ports(foreign.client, "extempo:out"), what="the dead client to leave")
    foreign.received.clear()
    start(out="jack", listen="jack", connect=("foreign",))
    foreign.wait_for(2)
    assert sorted(foreign.notes()) == [("off", 60), ("off", 67)]


def test_a_state_folder_that_cannot_be_written_is_no_reason_not_to_play(
    start, jack_server, tmp_path
):
    (tmp_path / "extempo").write_text("a file in the way")
    ports = start(out="jack", listen="null")
    wait_for(lambda: "sounding" in [one.code for one in ports.said(Trouble)])
    ports.opened()


def test_ports_are_connected_by_a_part_of_their_name(start, foreign):
    other = ForeignClient("otherwise")
    try:
        ports = start(out="jack", listen="jack", connect=("nothing", "other"))
        texts = [one.text for one in ports.said(Trouble, 1)]
        assert any("'nothing'" in text and "foreign:in" in text for text in texts)
        wait_for(lambda: other.client.get_all_connections("otherwise:in"))
        wait_for(lambda: other.client.get_all_connections("otherwise:out"))
    finally:
        other.close()


def test_what_is_not_there_yet_is_connected_when_it_comes(start, jack_server):
    ports = start(out="jack", listen="jack", connect=("latecomer",))
    [missed] = ports.said(Trouble)
    assert missed.text.startswith("No JACK MIDI port matches 'latecomer'; there is ")
    assert missed.text.endswith("It is connected when it comes.")
    late = ForeignClient("latecomer")
    try:
        assert (
            ports.said(Trouble, 2)[1].text == "JACK has latecomer:out, latecomer:in now: connected."
        )
        ports.put(running(time.monotonic()), note(time.monotonic() + 0.1))
        late.wait_for(1)
        late.play(bytes((0x90, 72, 90)))
        assert isinstance(ports.played()[0], Played)
    finally:
        late.close()
    # A program that is started again is connected again.
    time.sleep(0.6)
    late = ForeignClient("latecomer")
    try:
        wait_for(lambda: late.client.get_all_connections("latecomer:in"))
        wait_for(lambda: late.client.get_all_connections("latecomer:out"))
    finally:
        late.close()


def test_a_newcomer_hears_the_synth_until_something_listens_on_jack(start, foreign):
    ear = jack.Client("ear", no_start_server=True)
    port = ear.inports.register("in")
    loud = []
    ear.set_process_callback(lambda _: loud.append(float(np.abs(port.get_array()).max())))
    ear.activate()
    try:
        ports = start()
        assert "until something is connected to JACK port extempo:out" in ports.opened().heard
        outs = wait_for(
            lambda: [p for p in jack_ports(ear, "extempo", is_audio=True) if p.is_output]
        )
        ear.connect(outs[0], port)
        begin = time.monotonic()
        ports.put(running(begin), note(begin + 0.1, 60, end=0.3))
        wait_for(lambda: max(loud[-20:], default=0) > 0.01, what="the synth's sound")
        foreign.connect("extempo", plays=False)
        wait_for(lambda: max(loud[-20:]) < 0.001, what="the note to die away")
        time.sleep(0.6)
        ports.put(note(time.monotonic() + 0.05, 60, end=3.0))
        foreign.wait_for(1)
        time.sleep(0.3)
        assert max(loud[-50:]) < 0.001
    finally:
        leave(ear)


def test_how_the_server_runs_can_be_asked(jack_server):
    assert server() == (RATE, 128, True)


def test_an_event_that_means_nothing_costs_itself_only(ports, foreign):
    odd = (
        b"",
        b"\x90",
        b"\x3c\x40",
        b"\xf0\x01",
        b"\xf8",
        bytes(300),
        b"\xff\xff\xff",
        b"\x90\xff\xff",
    )
    begin = foreign.client.frame_time + 4000
    for place, data in enumerate(odd):
        foreign.play_at(begin + 10 * place, data)
    for k in range(4):
        foreign.play_at(begin + 5 + 20 * k, bytes((0x90, 60 + k, 80)))
    assert [one.pitch for one in ports.played(4)] == [60, 61, 62, 63]
    foreign.play(bytes((0x90, 72, 80)))
    assert ports.played(5)[-1].pitch == 72
    ports.news += ports.links.ports_news.drain()
    assert "jack" not in [one.code for one in ports.news if isinstance(one, Trouble)]


def test_while_a_program_exports_notes_go_on_at_their_own_time(ports, foreign):
    foreign.client.set_freewheel(True)
    wait_for(lambda: "JACK freewheels" in ports.said(Trouble)[-1].text, 10, "the sentence")
    begin = time.monotonic()
    ports.put(running(begin), note(begin + 0.3, end=0.4))
    assert ports.said(Sent)[0].late < 0.05
    foreign.wait_for(2)
    assert time.monotonic() - begin > 0.35
    foreign.client.set_freewheel(False)
    wait_for(lambda: "in time again" in ports.said(Trouble)[-1].text, 10, "the end of it")
    begin = time.monotonic()
    ports.put(running(begin), note(begin + 0.2, 62, end=0.3))
    wait_for(lambda: ("off", 62) in foreign.notes(), 10, "the next note")
    assert ports.said(Sent, 2)[1].late < 0.05

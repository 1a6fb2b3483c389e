import time

import pytest

from live.ipc.news import Sent
from live.ipc.wire import CommittedNote, Played, Segment
from live.ports import native
from live.ports.midi import system as midi_port
from live.ports.midi.system import MidiInput, match
from live.ports.native import PortError
from models.midi.messages import NoteOn
from tests.system_tools import wait_for

PORTS = ["Midi Through:0", "Keystation 49:0", "extempo:extempo in", "loopMIDI A", "loopMIDI A 2"]


def test_a_part_of_a_name_is_enough():
    assert match("keyst", PORTS, "extempo") == (1, "Keystation 49:0")


def test_a_name_in_full_wins_over_longer_ones():
    assert match("loopmidi a", PORTS, "extempo") == (3, "loopMIDI A")


def test_a_name_that_matches_nothing_lists_what_there_is():
    with pytest.raises(
        PortError, match=r"No MIDI port matches 'piano'; there is Midi Through:0, K"
    ):
        match("piano", PORTS, "extempo")


def test_a_name_that_matches_two_lists_them():
    with pytest.raises(PortError, match=r"several MIDI ports: loopMIDI A, loopMIDI A 2"):
        match("loop", PORTS, "extempo")


def test_our_own_ports_never_match():
    with pytest.raises(PortError, match="No MIDI port"):
        match("extempo", PORTS, "extempo")


def test_another_run_is_reached_by_its_name():
    assert match("extempo", PORTS, "extempo-2") == (2, "extempo:extempo in")


@pytest.fixture
def api(jack_server):
    """JACK's interface of rtmidi: the same code as for ALSA's, CoreMIDI's and Windows'."""
    return native.rtmidi().API_UNIX_JACK


@pytest.mark.system
def test_a_look_at_the_ports_does_not_take_the_name_of_a_run(api, monkeypatch):
    make, during = midi_port._make, []

    def made(*how):
        port = make(*how)
        port.get_ports()
        during.append(native.jack_client("extempo"))
        return port

    monkeypatch.setattr(midi_port, "_make", made)
    midi_port.names("MidiIn", api)
    [run] = during
    assert run.name == "extempo"
    run.close()


@pytest.mark.system
def test_notes_cross_between_our_own_ports_and_named_ones(api):
    heard = []
    ours = MidiInput(None, "listener", lambda at, message: heard.append((at, message)), api)
    try:
        output = native.rtmidi().MidiOut(rtapi=api, name="player")
        number = next(k for k, name in enumerate(output.get_ports()) if "listener" in name)
        output.open_port(number)
        before = time.monotonic()
        output.send_message((0x90, 60, 100))
        wait_for(lambda: heard)
        assert heard[0][1] == NoteOn(1, 60, 100)
        assert before < heard[0][0] < time.monotonic()
        output.delete()
    finally:
        ours.close()


@pytest.mark.system
def test_notes_are_sent_at_their_time_by_the_thread(start, foreign):
    ports = start(out="foreign:in", listen="foreign:out")
    assert ports.opened().heard == "MIDI port 'foreign:in'"
    time.sleep(0.2)
    begin = time.monotonic() + 0.05
    ports.put(Segment(beat=0.0, at=begin, tempo=60.0))
    for k in range(10):
        at = begin + 0.02 * k
        ports.put(
            CommittedNote(
                voice=1, pitch=60 + k, velocity=9, channel=1, at=at, end=0.02 * k + 0.01, number=k
            )
        )
    foreign.wait_for(20)
    assert foreign.notes() == [(word, 60 + k) for k in range(10) for word in ("on", "off")]
    late = sorted(one.late for one in ports.said(Sent, 10))
    assert late[5] < 0.002
    foreign.play(bytes((0x90, 72, 40)), 0.05)
    played = ports.played(1)[0]
    assert isinstance(played, Played)
    assert (played.pitch, played.velocity) == (72, 40)


@pytest.mark.system
def test_a_port_that_is_not_there_ends_the_process(start, jack_server):
    ports = start(out="no such port", listen="null")
    ports.process.join(10)
    assert ports.process.exitcode != 0

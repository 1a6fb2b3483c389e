import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

from live.ipc.news import Patched, Sent, Trouble
from live.ipc.wire import CommittedNote, Segment
from live.ports import native
from live.ports.jack_client import JackClient
from live.ports.jack_connections import ports as jack_ports
from live.ports.midi.jack import JackPort
from live.ports.native import PortError
from live.time.table import Due
from models.midi.decoding import decode
from models.midi.messages import Control
from tests.ports.sound_tools import JackRecorder
from tests.system_tools import (
    ForeignClient,
    jack_server,
    kill_server,
    signal_server,
    wait_for,
    why_no_jack,
)

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(why_no_jack() is not None, reason=str(why_no_jack())),
]


def test_when_jack_dies_it_says_so_and_comes_back_with_the_notes_let_go(start):
    name = f"extempo-lost-{time.monotonic_ns() % 1000000}"
    with jack_server(name):
        foreign = ForeignClient()
        ports = start(out="jack", listen="jack", connect=("foreign",))
        ports.opened()
        now = time.monotonic()
        ports.put(
            Segment(beat=0.0, at=now, tempo=60.0),
            CommittedNote(voice=1, pitch=60, velocity=80, channel=1, at=now, end=1.5, number=1),
        )
        foreign.wait_for(1)
        foreign.close()
    wait_for(lambda: "stopped" in "".join(one.text for one in ports.said(Trouble)))
    # What plays on without JACK is still told, and its end is owed.
    wait_for(lambda: time.monotonic() > now + 1.7)
    ports.put(
        CommittedNote(voice=1, pitch=72, velocity=80, channel=1, at=now + 1.8, end=1.9, number=2),
    )
    assert [one.pitch for one in ports.said(Sent, 2)] == [60, 72]
    with jack_server(name):
        foreign = ForeignClient()
        wait_for(lambda: "runs again" in ports.said(Trouble)[-1].text, 10)
        wait_for(lambda: ("off", 60) in foreign.notes())
        ports.put(
            CommittedNote(
                voice=1,
                pitch=64,
                velocity=80,
                channel=1,
                at=time.monotonic() + 0.1,
                end=1e4,
                number=3,
            ),
        )
        wait_for(lambda: ("on", 64) in foreign.notes())
        ports.close()
        foreign.close()


def test_a_server_that_hangs_does_not_hold_the_notes_up(start):
    name = f"extempo-hangs-{time.monotonic_ns() % 1000000}"
    with jack_server(name):
        ports = start(out="jack", listen="jack")
        ports.opened()
        signal_server(name, signal.SIGSTOP)
        try:
            wait_for(lambda: "stopped" in "".join(one.text for one in ports.said(Trouble)))
            # By now it has asked the server again, which does not answer.
            time.sleep(1.5)
            now = time.monotonic()
            ports.put(Segment(beat=0.0, at=now, tempo=60.0))
            for number in range(10):
                at = now + 0.1 * number
                ports.put(
                    CommittedNote(
                        voice=1, pitch=60, velocity=80, channel=1, at=at, end=9.0, number=number
                    )
                )
            assert [one.number for one in ports.said(Sent, 10)] == list(range(10))
            assert time.monotonic() - now < 2.0
        finally:
            signal_server(name, signal.SIGCONT)
        wait_for(lambda: "runs again" in ports.said(Trouble)[-1].text, 20)
        ports.close()


def test_a_server_that_hangs_while_it_connects_us_holds_nothing_up(start):
    name = f"extempo-joins-{time.monotonic_ns() % 1000000}"
    with jack_server(name):
        ports = start(out="jack", listen="jack", connect=("late",))
        ports.opened()
        late = ForeignClient("late")
        # It is to be connected within the next looks, and the server does not answer.
        signal_server(name, signal.SIGSTOP)
        try:
            wait_for(lambda: "stopped" in "".join(one.text for one in ports.said(Trouble)))
            now = time.monotonic()
            ports.put(
                Segment(beat=0.0, at=now, tempo=60.0),
                CommittedNote(voice=1, pitch=60, velocity=80, channel=1, at=now, end=9.0, number=1),
            )
            assert ports.said(Sent)[0].number == 1
            assert time.monotonic() - now < 1.0
        finally:
            signal_server(name, signal.SIGCONT)
        wait_for(lambda: "runs again" in ports.said(Trouble)[-1].text, 20)
        wait_for(lambda: "extempo:out" in _jack("jack_lsp", "-c", "late").stdout, 10)
        at = time.monotonic() + 0.1
        ports.put(
            CommittedNote(
                voice=1, pitch=64, velocity=80, channel=1, at=at, end=at - now + 0.2, number=2
            )
        )
        wait_for(lambda: ("on", 64) in late.notes())
        wait_for(lambda: ("off", 64) in late.notes())
        ports.close()
        late.close()


def test_ports_that_are_started_again_play_on_without_the_server(start):
    name = f"extempo-away-{time.monotonic_ns() % 1000000}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JACK_DEFAULT_SERVER", name)
        ports = start(out="jack", listen="jack", again=True)
    [away] = ports.said(Trouble)
    assert away.text.startswith("No JACK server answers")
    now = time.monotonic()
    ports.put(
        Segment(beat=0.0, at=now, tempo=60.0),
        CommittedNote(voice=1, pitch=60, velocity=80, channel=1, at=now, end=0.2, number=1),
    )
    assert ports.said(Sent)[0].number == 1
    with jack_server(name):
        foreign = ForeignClient()
        wait_for(lambda: "runs again" in ports.said(Trouble)[-1].text, 10)
        foreign.connect("extempo", plays=False)
        ports.put(
            CommittedNote(
                voice=1, pitch=64, velocity=80, channel=1, at=time.monotonic(), end=1e4, number=2
            )
        )
        wait_for(lambda: ("on", 64) in foreign.notes())
        ports.close()
        foreign.close()


def test_without_jack_a_first_start_is_refused(start, monkeypatch):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "extempo-nowhere")
    ports = start(out="jack")
    ports.process.join(20)
    assert ports.process.exitcode == 1


def test_a_server_that_hangs_is_no_server():
    name = f"extempo-deaf-{time.monotonic_ns() % 1000000}"
    with jack_server(name):
        assert native.jack_answers()
        signal_server(name, signal.SIGSTOP)
        try:
            with pytest.raises(PortError, match="The JACK server hangs"):
                native.jack_client("extempo-asks")
            assert not native.jack_answers()
        finally:
            signal_server(name, signal.SIGCONT)
        wait_for(native.jack_answers, 10)


def test_the_synth_is_heard_again_after_jack_was_away(start):
    name = f"extempo-synth-{time.monotonic_ns() % 1000000}"
    with jack_server(name, period=256):
        ports = start(out="synth", listen="null")
        if "(JACK)" not in ports.opened().heard:
            pytest.skip("the synth has a sound device of its own here")
    wait_for(lambda: "has stopped" in ports.said(Trouble)[-1].text, 10)
    with jack_server(name, period=256):
        wait_for(lambda: "is back, and sound with it" in ports.said(Trouble)[-1].text, 20)
        ear = JackRecorder()
        [left, *_] = wait_for(lambda: [p for p in jack_ports(ear.client, "extempo-sound")])
        ear.hear(left)
        now = time.monotonic()
        ports.put(
            Segment(beat=0.0, at=now, tempo=60.0),
            CommittedNote(
                voice=1, pitch=60, velocity=120, channel=1, at=now + 0.1, end=8.0, number=1
            ),
        )
        assert np.abs(ear.record(1.0)[0]).max() > 0.01
        ports.close()
        ear.close()


class _Slow(JackClient):
    """Is told that the server has gone, and stays in Python for a while."""

    def __init__(self):
        self.told = threading.Event()
        super().__init__("slow", "midi", self._stay, "not at all")
        self._activate()

    @property
    def _inside(self):
        return False

    def _connect(self, part, found):
        return []

    def _stay(self):
        self.told.set()
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            pass


def _lose(ready, server):
    sys.setswitchinterval(0.0002)
    slow = _Slow()
    ready.set()
    slow.told.wait()
    slow.stop()
    time.sleep(1.0)
    os._exit(5)


def test_a_server_that_goes_while_it_tells_us_so_does_not_freeze_us():
    spawn = multiprocessing.get_context("spawn")
    with jack_server() as name:
        ready = spawn.Event()
        process = spawn.Process(target=_lose, args=(ready, name))
        process.start()
        assert ready.wait(20)
    process.join(8)
    frozen = process.exitcode is None
    process.kill()
    process.join()
    assert not frozen
    assert process.exitcode == 5


def test_what_does_not_fit_into_a_period_goes_with_the_next(jack_server, foreign):
    many = [Control(1, k // 128, k % 128) for k in range(6000)]
    waiting = []

    def cycle(now, until, heard, reach):
        found, waiting[:] = [Due(now, message) for message in waiting], []
        return found

    port = JackPort("crowded", cycle, lambda: None)
    port.start()
    port.begin()
    foreign.connect("crowded", plays=False)
    probe = Control(1, 119, 127)
    # Connected, they are so from a later period on.
    wait_for(lambda: foreign.received or waiting.append(probe))
    wait_for(lambda: not waiting)
    time.sleep(0.1)
    for _ in range(5):
        foreign.received.clear()
        waiting[:] = many
        wait_for(lambda: not waiting)
        time.sleep(0.5)
        found = [decode(data) for _, data in foreign.received]
        # On a busy machine JACK itself loses what was written in a period that came late.
        if found == many:
            break
    port.stop()
    assert found == many


@contextmanager
def _listener():
    """Another program, in a process of its own: it goes as its server does."""
    program = subprocess.Popen(["jack_midi_dump", "patched"], stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        program.kill()
        program.wait()


def _jack(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_was_connected_by_hand_is_connected_again_when_jack_is_back(start):
    name = f"extempo-patched-{time.monotonic_ns() % 1000000}"
    link = ("out", "patched:input")
    with _listener_when(name) as connect:
        ports = start(out="jack", listen="jack")
        connect()
        wait_for(lambda: ports.said(Patched)[-1].links == (link,))
        kill_server(name)
    wait_for(lambda: "stopped" in "".join(one.text for one in ports.said(Trouble)))
    with jack_server(name):
        wait_for(lambda: "runs again" in ports.said(Trouble)[-1].text, 10)
        with _listener():
            wait_for(lambda: "extempo:out" in _jack("jack_lsp", "-c", "patched").stdout, 10)
            ports.close()


@contextmanager
def _listener_when(name):
    """A server with another program on it; yields what connects us to that as a patchbay does."""
    with jack_server(name), _listener():
        yield lambda: wait_for(
            lambda: not _jack("jack_connect", "extempo:out", "patched:input").returncode, 10
        )

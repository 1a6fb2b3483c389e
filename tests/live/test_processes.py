import pytest

from live.links import Links
from live.processes import Inbox
from live.wire import LetGo


@pytest.fixture
def ring():
    links = Links()
    yield links.to_ports
    links.close()


@pytest.fixture
def pass_time(monkeypatch):
    """Let seconds go by."""
    now = [100.0]
    monkeypatch.setattr("live.processes.time.monotonic", lambda: now[0])

    def go_by(seconds):
        now[0] += seconds

    return go_by


def test_what_lies_unread_is_counted_from_the_first_message_that_was_read(ring, pass_time):
    inbox = Inbox((ring,))
    ring.put(LetGo(voice=0))
    for _ in range(10):
        pass_time(0.5)
        assert inbox.lies_for() == 0.0
    ring.drain()
    assert inbox.lies_for() == 0.0
    ring.put(LetGo(voice=0))
    pass_time(0.5)
    inbox.lies_for()
    pass_time(0.75)
    assert inbox.lies_for() == 1.25


def test_one_that_reads_slowly_does_not_hang(ring, pass_time):
    inbox = Inbox((ring,))
    for _ in range(20):
        ring.put(LetGo(voice=0))
        ring.drain()
        ring.put(LetGo(voice=0))
        pass_time(0.9)
        assert inbox.lies_for() == 0.0


def test_a_machine_that_stood_still_is_nobodys_fault(ring, pass_time):
    inbox = Inbox((ring,))
    ring.put(LetGo(voice=0))
    ring.drain()
    inbox.lies_for()
    ring.put(LetGo(voice=0))
    pass_time(3600.0)
    assert inbox.lies_for() == 1.0

"""Who waits for JACK has a heartbeat, and is begun again where it fails."""

import threading

import pytest

from live.ipc import pulse
from live.ipc.config import PortOptions
from live.ipc.pulse import Pulse, Watch
from live.ports import on_jack
from live.ports.native import PortError
from live.ports.on_jack import OnJack
from live.ports.opening import Ports
from tests.system_tools import wait_for


class _Desk:
    def __init__(self):
        self.told = []

    def tell(self, message):
        self.told.append(message.text)

    def lead(self, seconds):
        pass


class _Port:
    """A client that has joined."""

    period = 0.001

    def __init__(self, *_, **__):
        pass

    def start(self, _connect):
        return []

    def restore(self, links):
        pass

    def begin(self):
        pass


@pytest.fixture
def hearts(monkeypatch):
    made = Pulse()
    monkeypatch.setattr(pulse, "_ours", [made])
    monkeypatch.setattr(pulse, "HUNG", 1.5)
    monkeypatch.setattr(on_jack, "_RETRY", 0.05)
    yield made
    monkeypatch.undo()
    made.close()
    made.unlink()


def test_who_waits_for_jack_is_noticed_where_it_hangs_and_begun_again_where_it_fails(
    hearts, monkeypatch
):
    go_on = threading.Event()
    answers = iter((PortError("No JACK server answers."), ValueError("a broken answer"), None))

    def answer(*_, **__):
        if (error := next(answers, None)) is not None:
            raise error
        go_on.wait(20)
        return _Port()

    monkeypatch.setattr(on_jack, "JackPort", answer)
    desk, roused = _Desk(), threading.Event()
    on = OnJack(PortOptions(), Ports(jack_plays=True), desk, lambda *_: [], roused.set)
    on.open(again=True)
    watch = Watch(hearts)
    wait_for(lambda: "The wait for JACK has not answered for 1.5 seconds." in watch.look()[1], 10)
    failed = "The wait for JACK failed (ValueError('a broken answer')) and was started again."
    assert desk.told == ["No JACK server answers.", failed]
    assert on.jack is None
    go_on.set()
    assert roused.wait(10)
    assert list(hearts.threads()) == []
    on.look()
    assert on.jack is not None
    assert desk.told[-1] == "JACK runs again, and extempo with it."

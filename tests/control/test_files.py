"""Files that OSC names are looked at beside the music, before the engine is asked."""

import threading
from pathlib import Path

from live import commands
from live.knobs import Kind
from tests.control.desk import Pair


def test_loads_are_checked_one_at_a_time_and_hold_nothing_up(pair: Pair) -> None:
    one, peer = pair
    checking, go_on = threading.Event(), threading.Event()
    find = one.control._find

    def slow(name: str, kind: Kind) -> Path:
        checking.set()
        assert go_on.wait(5)
        return find(name, kind)

    one.control._find = slow
    peer.send("/extempo/voice/1/load", "duo")
    assert checking.wait(5)
    peer.send("/extempo/voice/1/load", "trio")
    assert peer.hears("/extempo/error")[0] == "busy"
    peer.send("/extempo/transport/stop")
    assert one.engine.waits_for(1) == [commands.Stop()]
    go_on.set()
    assert peer.hears("/extempo/voice/1/loading") == ["duo"]
    assert one.engine.taken[-1] == commands.Load(voice=1, path="/artifacts/duo.onnx")

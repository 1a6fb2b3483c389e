"""Files that OSC names are looked at beside the music, before the engine is asked."""

import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from live.control import checks
from live.declared.knob import Kind
from live.ipc import acts
from live.ipc.commands import Command
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
    assert [command.act for command in one.engine.waits_for(1)] == [acts.Stop()]
    go_on.set()
    assert peer.hears("/extempo/voice/1/loading") == ["duo"]
    asker = ("127.0.0.1", peer.port)
    assert one.engine.taken[-1] == Command(
        acts.Load(path="/artifacts/duo.onnx"), voice=1, asker=asker
    )


def test_a_check_that_fails_in_any_way_is_told_and_the_next_is_done(pair: Pair) -> None:
    one, peer = pair
    find = one.control._find

    def fails(name: str, kind: Kind) -> Path:
        raise MemoryError

    one.control._find = fails
    peer.send("/extempo/voice/1/load", "duo")
    code, text = peer.hears("/extempo/error")
    assert code == "load"
    assert "more memory than there is" in str(text)
    one.control._find = find
    peer.send("/extempo/voice/1/load", "duo")
    assert peer.hears("/extempo/voice/1/loading") == ["duo"]


def test_a_file_to_go_on_from_is_read_before_the_engine_is_asked(
    pair: Pair, tmp_path: Path
) -> None:
    one, peer = pair
    path = tmp_path / "phrase.wav"
    tone = np.sin(np.arange(16000) * 0.1).astype(np.float32)
    soundfile.write(path, tone, 16000)
    peer.send("/extempo/voice/2/prime", str(path), 0.5)
    assert peer.hears("/extempo/voice/2/priming") == [str(path)]
    assert one.engine.taken == [Command(acts.Prime(path=str(path), seconds=0.5), voice=2)]


def test_a_file_that_is_no_sound_is_one_sentence(pair: Pair, tmp_path: Path) -> None:
    one, peer = pair
    path = tmp_path / "notes.txt"
    path.write_text("no sound at all")
    peer.send("/extempo/voice/2/prime", str(path))
    code, text = peer.hears("/extempo/error")
    assert code == "prime"
    assert str(path) in str(text)
    assert str(text).endswith(".")
    assert one.engine.taken == []


def test_a_check_that_hangs_is_told_and_the_next_is_done(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, peer = pair
    find, go_on = one.control._find, threading.Event()

    def hangs(name: str, kind: Kind) -> Path:
        assert go_on.wait(20)
        return find(name, kind)

    monkeypatch.setattr(checks, "LIMIT", 0.2)
    one.control._find = hangs
    peer.send("/extempo/voice/1/load", "duo")
    code, text = peer.hears("/extempo/error")
    assert code == "load"
    assert "does not come to an end" in str(text)
    one.control._find = find
    monkeypatch.setattr(checks, "LIMIT", 20.0)
    peer.send("/extempo/voice/1/load", "trio")
    assert peer.hears("/extempo/voice/1/loading") == ["trio"]
    go_on.set()
    time.sleep(0.1)
    # What was given up asks for nothing any more.
    assert [command.act for command in one.engine.taken] == [acts.Load(path="/artifacts/trio.onnx")]

"""Artifacts are opened one at a time: whatever goes wrong is told to who asked, and the next is opened."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from live.engine import loads
from live.engine.agenda import WAITING, Agenda
from live.engine.conductor import Conductor
from live.engine.loading import Artifacts
from live.engine.loads import Loads, Wanted
from live.engine.offline import render
from live.engine.stage import Stage
from live.engine.voice import Resources
from live.ipc.acts import Load, Panic
from live.ipc.commands import Command
from live.ipc.config import EngineOptions, VoiceOptions
from live.ipc.news import Trouble
from live.ipc.wire import LetGo
from live.time.clock import Timeline
from models.contract.errors import ArtifactError
from tests.engine import numeric
from tests.engine.numeric import NumericModel, opened
from tests.system_tools import wait_for

ASKER = ("127.0.0.1", 9000)


@pytest.fixture(autouse=True)
def _ready(monkeypatch):
    monkeypatch.setattr(loads.beforehand, "make_ready", lambda path: None)


def wait(asked, count):
    ended = []
    until = time.monotonic() + 10
    while len(ended) < count and time.monotonic() < until:
        ended += asked.ended()
        time.sleep(0.001)
    return ended


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "more memory than there is"),
        (RecursionError(), "nested too deeply"),
        (RuntimeError("said [ONNXRuntimeError]\nin two lines."), "said [ONNXRuntimeError] in two"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "invalid start byte"),
        (OverflowError(), "OverflowError"),
        (ArtifactError("It is broken: export it again."), "It is broken: export it again."),
    ],
)
def test_whatever_goes_wrong_is_told_and_the_next_is_opened(error, said):
    def opener(path):
        if path == "bad":
            raise error
        return path

    asked = Loads(opener, beside=True)
    asked.ask(Wanted(1, "bad", ASKER))
    [ended] = wait(asked, 1)
    assert said in ended.error
    assert ended.error.endswith(".")
    assert ended.asked.asker == ASKER
    asked.ask(Wanted(1, "good"))
    assert [one.loaded for one in wait(asked, 1)] == ["good"]


def test_one_is_opened_at_a_time_and_of_a_voice_the_latest_counts():
    go_on, opening = threading.Event(), []

    def opener(path):
        opening.append(path)
        assert go_on.wait(10)
        return path

    asked = Loads(opener, beside=True)
    asked.ask(Wanted(1, "first"))
    while not opening:
        time.sleep(0.001)
    for path in ("second", "third"):
        asked.ask(Wanted(2, path, ASKER))
    assert opening == ["first"]
    go_on.set()
    ended = wait(asked, 3)
    assert [one.asked.path for one in ended if one.loaded] == ["first", "third"]
    [overtaken] = [one for one in ended if one.error]
    assert "second was not loaded: voice 2 was asked for another since" in overtaken.error
    assert overtaken.asked.asker == ASKER


def test_a_system_that_gives_no_thread_is_told(monkeypatch):
    class NoThread:
        def __init__(self, **_):
            pass

        def start(self):
            raise RuntimeError("can't start new thread")

    asked = Loads(lambda path: path, beside=True)
    with monkeypatch.context() as context:
        context.setattr(loads, "Thread", NoThread)
        asked.ask(Wanted(1, "one"))
    assert "gives no thread" in wait(asked, 1)[0].error
    asked.ask(Wanted(1, "two"))
    assert wait(asked, 1)[0].loaded == "two"


def test_what_nobody_plays_is_forgotten():
    paths = []

    def opener(path):
        paths.append(path)
        return opened(NumericModel(), path)

    artifacts = Artifacts(opener, beside=False)
    plays = artifacts.open("plays")
    for path in ("plays", "played", "played"):
        artifacts.open(path)
    assert artifacts.open("plays") is plays
    assert paths == ["plays", "played", "played"]


def test_a_file_that_is_loaded_again_is_another_artifact_only_from_the_bar_on():
    def opener(path):
        found.append(replace(numeric.opener(path), digest=str(len(found))))
        return found[-1]

    found, lines = [], []
    stage = Stage(Timeline.start(0.0, 120.0), lambda message: None, lines.append)
    conductor = Conductor(stage, Resources(Artifacts(opener, beside=False)), {})
    conductor.begin({one: VoiceOptions(Path("one"), "events") for one in (1, 2)}, 0.0)
    conductor.turn(0.1, [Command(Load(path="one"), voice=1)], [])
    assert [voice.memento().digest for voice in conductor.voices.values()] == ["0", "0"]
    for turn in range(40):
        conductor.turn(0.2 + 0.1 * turn, [], [])
    assert [voice.memento().digest for voice in conductor.voices.values()] == ["1", "0"]


def test_who_asked_is_told_while_the_music_goes_on():
    def opener(path):
        if path == "bad":
            raise MemoryError
        return numeric.opener(path)

    options = EngineOptions(artifact="one", transport={"tempo": 120.0}, beats=12)
    asked = [
        (1.0, Command(Load(path="bad"), voice=1, asker=ASKER)),
        (2.0, Command(Load(path="another"), voice=1, asker=ASKER)),
    ]
    done = render(options, opener, (), asked)
    [trouble] = [news for news in done.news if isinstance(news, Trouble)]
    assert (trouble.code, trouble.asker) == ("load", ASKER)
    assert "bad cannot be loaded (it asks for more memory than there is)." in trouble.text
    assert any('"Load"' in line and '"another"' in line for line in done.lines)


def test_two_voices_take_over_at_the_same_bar_line():
    opened = []

    def opener(path):
        opened.append(path)
        return numeric.opener(path)

    options = EngineOptions(
        artifact="one",
        transport={"tempo": 120.0},
        beats=12,
        others=(VoiceOptions(Path("three"), "events"),),
    )
    asked = [(1.0, Command(Load(path="four"), voice=1)), (1.0, Command(Load(path="five"), voice=2))]
    done = render(options, opener, (), asked)
    assert opened == ["one", "three", "four", "five"]
    assert sum('"Load"' in line for line in done.lines) == 2


def test_one_that_ends_with_one_that_failed_is_not_opened_again():
    opened = []

    def opener(path):
        opened.append((path, threading.current_thread().name))
        if path == "bad":
            raise ArtifactError("It is bad.")
        return numeric.opener(path)

    stage = Stage(Timeline.start(0.0, 120.0), lambda message: None, lambda message: None)
    artifacts = Artifacts(opener, beside=True)
    conductor = Conductor(stage, Resources(artifacts), {})
    conductor.begin({one: VoiceOptions(Path("one"), "events") for one in (1, 2)}, 0.0)
    conductor.turn(
        0.1, [Command(Load(path="bad"), voice=1), Command(Load(path="good"), voice=2)], []
    )
    wait_for(lambda: len(opened) == 3)
    time.sleep(0.1)
    for turn in range(40):
        conductor.turn(0.3 + 0.1 * turn, [], [])
    assert opened == [("one", "MainThread"), ("bad", "load"), ("good", "load")]


def test_panic_is_never_one_too_many():
    sent = []
    stage = Stage(Timeline.start(0.0, 120.0), sent.append, lambda message: None)
    conductor = Conductor(stage, Resources(Artifacts(numeric.opener, beside=False)), {})
    conductor.begin({1: VoiceOptions(Path("one"), "events")}, 0.0)
    far = [Command(Load(path="x"), voice=1, at=50.0 + number) for number in range(WAITING)]
    conductor.turn(1.0, far, [])
    sent.clear()
    conductor.turn(2.0, [Command(Panic(), at=2.002)], [])
    assert LetGo(who="all") in sent


def test_a_panic_waits_for_its_time_where_there_is_room():
    sent = []
    stage = Stage(Timeline.start(0.0, 120.0), sent.append, lambda message: None)
    conductor = Conductor(stage, Resources(Artifacts(numeric.opener, beside=False)), {})
    conductor.begin({1: VoiceOptions(Path("one"), "events")}, 0.0)
    conductor.turn(1.0, [Command(Panic(), at=2.0)], [])
    assert LetGo(who="all") not in sent
    conductor.turn(2.0, [], [])
    assert LetGo(who="all") in sent


def test_what_is_due_at_once_is_done_in_the_order_of_its_times():
    agenda = Agenda(Stage(Timeline.start(0.0, 120.0), lambda message: None, lambda message: None))
    for at in (1.002, 1.001):
        agenda.add_time(at, at)
    done = []
    assert agenda.take(1.01, done.append)
    assert done == [1.001, 1.002]
    assert not agenda.take(2.0, done.append)


def test_one_that_hangs_is_told_and_given_up_and_the_next_is_opened(monkeypatch):
    go_on, late = threading.Event(), threading.Event()

    def opener(path):
        if path == "hangs":
            assert go_on.wait(10)
            late.set()
        return path

    monkeypatch.setattr(loads.trial, "READING", 0.2)
    asked = Loads(opener, beside=True)
    asked.ask(Wanted(1, "hangs", ASKER))
    time.sleep(0.1)
    asked.ask(Wanted(2, "waits"))
    first, second = wait(asked, 2)
    assert first.asked.asker == ASKER
    assert "hangs was not loaded, for reading it does not come to an end" in first.error
    assert second.loaded == "waits"
    asked.ask(Wanted(1, "next"))
    assert [one.loaded for one in wait(asked, 1)] == ["next"]
    go_on.set()
    assert late.wait(10)
    # Nobody waits for it any more, and it does not come instead of what was asked for since.
    asked.ask(Wanted(1, "last"))
    assert [one.loaded for one in wait(asked, 1)] == ["last"]
    time.sleep(0.05)
    assert asked.ended() == []

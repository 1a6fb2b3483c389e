"""Artifacts are opened one at a time: whatever goes wrong is told to who asked, and the next is opened."""

import threading
import time

import pytest

from live.commands import Load
from live.config import EngineOptions
from live.engine import loads
from live.engine.loading import Library, Loaded
from live.engine.loads import Loads
from live.engine.offline import render
from live.wire import Trouble
from models.contract.errors import ArtifactError
from tests.engine import numeric
from tests.engine.numeric import NumericModel

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
    asked.ask(Load(voice=1, path="bad", asker=ASKER))
    [ended] = wait(asked, 1)
    assert said in ended.error
    assert ended.error.endswith(".")
    assert ended.asked.asker == ASKER
    asked.ask(Load(voice=1, path="good"))
    assert [one.loaded for one in wait(asked, 1)] == ["good"]


def test_one_is_opened_at_a_time_and_of_a_voice_the_latest_counts():
    go_on, opening = threading.Event(), []

    def opener(path):
        opening.append(path)
        assert go_on.wait(10)
        return path

    asked = Loads(opener, beside=True)
    asked.ask(Load(voice=1, path="first"))
    while not opening:
        time.sleep(0.001)
    for path in ("second", "third"):
        asked.ask(Load(voice=2, path=path, asker=ASKER))
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
        asked.ask(Load(voice=1, path="one"))
    assert "gives no thread" in wait(asked, 1)[0].error
    asked.ask(Load(voice=1, path="two"))
    assert wait(asked, 1)[0].loaded == "two"


def test_a_library_has_what_plays_and_what_is_about_to_and_no_more():
    opened = []

    def opener(path):
        opened.append(path)
        return Loaded(NumericModel(), path, path)

    library = Library(opener, beside=False)
    for path in ("plays", "waits", "played"):
        library.ask(Load(voice=1, path=path))
    assert [error for _, error in library.finished()] == ["", "", ""]
    library.keep({"plays", "waits"})
    for path in ("plays", "waits", "played"):
        library.take(path)
    assert opened == ["plays", "waits", "played", "played"]


def test_who_asked_is_told_while_the_music_goes_on():
    def opener(path):
        if path == "bad":
            raise MemoryError
        return numeric.opener(path)

    options = EngineOptions(artifact="one", transport={"tempo": 120.0}, beats=12)
    asked = [
        (1.0, Load(voice=1, path="bad", asker=ASKER)),
        (2.0, Load(voice=1, path="another", asker=ASKER)),
    ]
    done = render(options, opener, (), asked)
    [trouble] = [news for news in done.news if isinstance(news, Trouble)]
    assert (trouble.code, trouble.asker) == ("load", ASKER)
    assert "bad cannot be loaded (it asks for more memory than there is)." in trouble.text
    assert any('"Swap"' in line and '"another"' in line for line in done.lines)

"""Too much at once, and everything in turn: a voice of any representation plays on, and its journal replays."""

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from live.engine.offline import Rendering, render
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import EngineOptions, VoiceOptions
from live.ipc.wire import Played
from live.record import replay
from live.runtime import opening
from tests.engine.each import EACH
from tests.engine.test_offline import key

METRES = ("7/8", "3/4", "4/4", "5/8", "6/8", "2/4", "3/8")
LONG = 20.0
"""Seconds of a processor that one of these may take."""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What is tested and one of another representation: by their names, and by the files that journals name."""
    folder = tmp_path_factory.mktemp("it")
    found = {name: opening.opened(make(folder / f"{name}.onnx")) for name, make in EACH.items()}
    return found | {str(one.path): one for one in found.values()}


def _perform(
    opened: Mapping[str, Any], options: EngineOptions, played: Any = (), asked: Any = ()
) -> Rendering:
    """Render, and see that the journal replays."""
    begun = time.process_time()
    played = sorted(played, key=lambda one: one.at)
    done = render(options, opened.__getitem__, played, sorted(asked, key=lambda one: one[0]))
    assert time.process_time() - begun < LONG
    assert replay.replay(replay.parse(done.lines), opened.__getitem__) == len(done.notes)
    return done


def _options(name: str, beats: int = 32, others: Any = (), **knobs: Any) -> EngineOptions:
    clock = {one: knobs.pop(one) for one in ("tempo", "metre") if one in knobs}
    return EngineOptions(
        artifact=name, knobs={"seed": 3} | knobs, transport={"tempo": 120.0} | clock, beats=beats, others=others
    )  # fmt: skip


def _flood(count: int, begin: float, end: float, seed: int = 0) -> list[Played]:
    rng = np.random.default_rng(seed)
    times = rng.uniform(begin, end, count).tolist()
    lasts = rng.exponential(0.1, count).tolist()
    pitches = rng.integers(20, 110, count).tolist()
    return [
        message
        for at, last, pitch in zip(times, lasts, pitches, strict=True)
        for message in key(pitch, at, at + last)
    ]


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("mode", ["continue", "respond"])
def test_two_thousand_notes_a_second_are_taken_and_answered(
    opened: Mapping[str, Any], name: str, mode: str
) -> None:
    done = _perform(opened, _options(name, 24, mode=mode, bars=2), _flood(1200, 1, 1.6))
    assert len(done.notes) > 5


@pytest.mark.parametrize("name", EACH)
def test_chords_of_ten_and_keys_that_are_held_for_minutes(
    opened: Mapping[str, Any], name: str
) -> None:
    chords = [m for i in range(6) for j in range(10) for m in key(40 + 4 * j, 1 + i / 2, 1.4 + i / 2)]  # fmt: skip
    held = key(60, 5, 100) + key(64, 5.3, 100) + key(67, 104, 118)
    done = _perform(opened, _options(name, 240, mode="continue"), [*chords, *held])
    assert len(done.notes) > 30


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("knobs", [{"tempo": 20.0}, {"tempo": 400.0}, {"metre": "7/8"}])
def test_any_tempo_and_metre(
    opened: Mapping[str, Any], name: str, knobs: dict[str, float | str]
) -> None:
    assert len(_perform(opened, _options(name, 48, **knobs)).notes) > 15
    done = _perform(opened, _options(name, 48, mode="continue", **knobs), _flood(20, 1, 4))
    assert len(done.notes) > 3


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("mode", ["solo", "continue"])
def test_a_clock_that_does_as_it_likes(opened: Mapping[str, Any], name: str, mode: str) -> None:
    rng = np.random.default_rng(1)
    asked = [
        (2.0 * bar + at, Command(act))
        for bar in range(10)
        for at, act in (
            (0.1, acts.SetKnob(knob="metre", value=str(rng.choice(METRES)))),
            (1.5, acts.Stop()),
            (1.7, acts.Start()),
            (1.8, acts.Downbeat()),
            (1.9, acts.SetKnob(knob="tempo", value=float(rng.integers(40, 300)))),
        )
    ]
    # Who waits for the player is stopped again before the answer is due.
    done = _perform(opened, _options(name, 72, mode=mode), _flood(20, 1, 12), asked)
    assert mode == "continue" or len(done.notes) > 10


@pytest.mark.parametrize(("first", "second"), [("abc", "performance"), ("performance", "abc")])
@pytest.mark.parametrize(("one", "two"), [("voice-2", "voice-1"), ("all", "all"), ("voices", "none")])  # fmt: skip
@pytest.mark.parametrize("mode", ["solo", "respond"])
def test_two_of_different_kinds_hear_each_other(
    opened: Mapping[str, Any], first: str, second: str, one: str, two: str, mode: str
) -> None:
    others = (VoiceOptions(second, "events", {"channel": 2, "hears": two, "seed": 5}),)
    options = _options(first, 48, others, hears=one, hears_channel=2, mode=mode)
    done = _perform(opened, options, _flood(20, 1, 8))
    counts = Counter(note.voice for note in done.notes)
    # Who answers second in turn may have had little of it by the end.
    assert min(counts[1], counts[2]) > (5 if mode == "solo" else 0)


@pytest.mark.parametrize("mode", ["solo", "continue"])
def test_another_kind_takes_over_and_comes_back_in_the_middle_of_a_phrase(
    opened: Mapping[str, Any], mode: str
) -> None:
    asked = [
        (1.3 + 1.7 * turn + at, Command(act, voice=1))
        for turn in range(8)
        for at, act in (
            (0.0, acts.Load(path=("performance", "abc")[turn % 2])),
            (0.6, acts.Save(slot=str(turn % 3))),
            (0.9, acts.SetKnob(knob="freeze", value=turn % 2)),
            (1.1, acts.Recall(slot=str((turn + 1) % 3))),
            (1.2, acts.Rewind(beats=2.5)),
            (1.4, acts.Reset()),
        )
    ]
    done = _perform(opened, _options("abc", 48, mode=mode), _flood(20, 1, 12), asked)
    assert len(done.notes) > 10

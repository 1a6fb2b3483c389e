"""After a machine has slept, or a process was stopped, the music goes on at once."""

from pathlib import Path

import pytest

from live.engine.conductor import Conductor
from live.engine.loading import Artifacts
from live.engine.stage import Stage
from live.engine.voice import Resources
from live.ipc.config import VoiceOptions
from live.ipc.wire import CommittedNote
from live.time.clock import Timeline
from tests.engine import numeric

BEAT = 0.5


@pytest.mark.parametrize("slept", [3.0, 7.0, 60.0, 3600.0])
@pytest.mark.parametrize("seed", range(4))
def test_it_plays_on_within_two_beats(seed: int, slept: float) -> None:
    sent: list[CommittedNote] = []
    stage = Stage(
        Timeline.start(0.0, 60 / BEAT),
        lambda message: sent.append(message) if isinstance(message, CommittedNote) else None,
        lambda message: None,
    )
    conductor = Conductor(stage, Resources(Artifacts(numeric.opener, beside=False)), {})
    conductor.begin({1: VoiceOptions(Path("one"), "events", {"seed": seed})}, 0.0)
    now = 0.0
    while now < 5.0:
        now = max(conductor.turn(now, (), ()), now + 1e-4)
    now += slept
    woke, heard = now, len(sent)
    while now < woke + 4 * BEAT:
        now = max(conductor.turn(now, (), ()), now + 1e-4)
    assert sent[heard:]
    assert sent[heard].at < woke + 2 * BEAT

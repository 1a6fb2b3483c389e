"""The event before the first one is one array, wherever a network is given it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from export.golden import Phrase
from live.engine.offline import Rendering, render
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import EngineOptions
from live.record import replay
from live.runtime.library import SHIPPED, describe
from models.contract.representation import STEP
from models.contract.representations.performance import PERFORMANCE, START
from models.contract.spans import HELD
from models.contract.state import State
from models.contract.stream import Array
from models.corpus.encoders.performance import PerformanceEncoder
from models.corpus.readers.midi import read_midi
from models.corpus.windows import Weighed, training_batch
from tests.engine.numeric import NumericModel, opened
from tests.models.scores import random_score


class Spy(NumericModel):
    """Remembers what it is given before the first note."""

    def __init__(self) -> None:
        super().__init__()
        self.starts: list[Array] = []

    def advance(
        self, events: Array, places: Array, states: Sequence[State]
    ) -> tuple[Array, list[State]]:
        if events[0, 1] == START:
            self.starts.append(events.copy())
        return super().advance(events, places, states)


def _played(asked: list[tuple[float, Command]]) -> tuple[Spy, Rendering]:
    spy = Spy()
    options = EngineOptions(artifact=Path("one"), beats=12)
    return spy, render(options, lambda path: opened(spy, path), (), asked)


def test_training_and_the_stage_begin_with_the_same_array(tmp_path: Path) -> None:
    piece = read_midi(random_score(tmp_path / "a.mid", 1))
    writes = PerformanceEncoder(PERFORMANCE)
    batch = training_batch(Weighed.of(writes, {"a": (1.0, [piece])}), 8, 32, seed=1, number=0)
    spy, _ = _played(
        [(2.0, Command(acts.Reset(), voice=1)), (3.0, Command(acts.Load(path="another"), voice=1))]
    )
    assert len(spy.starts) == 3, "at the beginning, after a reset, and for what takes over"
    for given in (*batch.codes[:, :1], *spy.starts):
        assert given.dtype == np.int64
        assert np.array_equal(given, PERFORMANCE.start_codes()[None])


def test_golden_pairs_begin_with_it_and_so_does_the_one_that_ships() -> None:
    assert np.array_equal(Phrase(PERFORMANCE).codes[0], PERFORMANCE.start_codes())
    shipped = describe(SHIPPED / "improviser.onnx").pair
    assert shipped is not None
    assert shipped.inputs[STEP].array()[0, 0].tolist() == PERFORMANCE.start_codes().tolist()


@pytest.mark.parametrize("held", [True, False])
def test_a_journal_that_does_not_say_how_it_began_is_replayed_as_it_was(held: bool) -> None:
    spy, done = _played([(2.0, Command(acts.Reset(), voice=1))])
    assert sum('"held_start":false' in line for line in done.lines) == 1
    lines = [line.replace(',"held_start":false', "" if held else ',"held_start":false')
             for line in done.lines]  # fmt: skip
    spy.starts.clear()
    journal = replay.parse(lines)
    if held:
        # The notes were drawn otherwise, which is found out; but not what went in.
        with pytest.raises(replay.ReplayError, match="was"):
            replay.replay(journal, lambda path: opened(spy, path))
    else:
        assert replay.replay(journal, lambda path: opened(spy, path)) == len(done.notes)
    assert all((start[0, 3] == HELD) == held for start in spy.starts)

"""Cursors of mementos, each field spoilt: refused in a sentence, or gone on from without trouble and in no time."""

import random
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from live.declared.knobs import NOTE_KNOBS, defaults
from live.engine.memento import MementoError
from live.engine.notes import memento, remembering
from live.engine.notes import operations as op
from live.engine.notes.generator import Generator
from live.ipc import acts
from live.runtime import opening
from tests.engine.each import EVERY
from tests.engine.happening import FREE, play
from tests.parts import parts_artifact

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 7, 127, 128, 255, 1 << 16, 1 << 31, 1 << 40, 1 << 51, 1 << 62, -(1 << 51),
    -(1 << 62), 1.5, float("nan"), float("inf"), "", "x", "\0", "^", "[", "[C", "{", "(3", "|", "Am", "A" * 10**5, [],
    [0], [-1], [1 << 62], [[]], {}, {"a": 1}, [["C", 5]], [["C", 1]], [[0, 0, [200]]], [0, 1], [4, 0], [1, 2, 3],
)  # fmt: skip
LONG = 1.5
"""Seconds of a processor that one may take."""
TRIED = 250
MODELS = {**EVERY, "instruments": parts_artifact}


def _leaves(inside: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the ways to all that is in a cursor."""
    few = range(min(len(inside), 4)) if isinstance(inside, list) else ()
    for key in inside if isinstance(inside, dict) else few:
        yield (*path, key)
        yield from _leaves(inside[key], (*path, key))


def _put(inside: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copied = dict(inside) if isinstance(inside, dict) else list(inside)
    copied[path[0]] = _put(inside[path[0]], path[1:], value)
    return copied


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("it") / "it.onnx"
    return opening.opened(MODELS[request.param](path)).model


def _begun(model: Any) -> Generator:
    voice = Generator(1, lambda path: model)
    knobs = defaults(NOTE_KNOBS) | {"seed": 1}
    voice.do(op.Begin(path="a", digest="", knobs=knobs, tick=0, held_start=False))
    return voice


def _goes_on(model: Any, packed: bytes) -> None:
    """Have a voice go on from what was written down, and hear something."""
    voice = _begun(model)
    voice.mementos["a"] = remembering.unpack(packed, model, "it")
    assert voice.do(op.Restore(digest="a", whole=True))
    last = voice.history.last.tick
    for tick in (last, last + 40):
        voice.do(op.Drop())
        for _ in range(15):
            voice.do(op.Plan(floor=tick, ceiling=-1, end=-1))
        voice.do(op.Drop())
        voice.do(acts.Play(tick=tick + 5, pitch=61, velocity=80))
        voice.do(op.Lift(tick=tick + 20, pitch=61))
    memento.pack(voice.past())


@pytest.mark.parametrize("seed", range(3))
def test_a_hostile_cursor_is_refused_or_played_from(model: Any, seed: int) -> None:
    voice, rng = _begun(model), random.Random(seed)
    play(voice, 12 + 7 * seed)
    voice.do(FREE)
    raw = msgspec.msgpack.decode(memento.pack(voice.past()))
    *before, (tick, codes, conditions, cursor, *rest) = raw["moments"]
    refused: list[str] = []
    for number in range(TRIED):
        bad = cursor
        for _ in range(rng.choice((1, 1, 2)) if number else 0):
            bad = _put(bad, rng.choice(list(_leaves(bad))), rng.choice(VALUES))
        moments = [*before, [tick, codes, conditions, bad, *rest]]
        spoilt = msgspec.msgpack.encode({**raw, "moments": moments})
        begun = time.process_time()
        try:
            _goes_on(model, spoilt)
        except MementoError as error:
            refused.append(str(error))
        assert time.process_time() - begun < LONG
        # What is not spoilt is gone on from.
        assert number or not refused
    assert TRIED / 3 < len(refused) < TRIED
    assert all(one.startswith("it cannot be gone on from (") for one in refused)
    assert all(one.isprintable() for one in refused)

"""Golden pairs as documents held them up to minor version 2: notes in one way, sound in another."""

from contextlib import suppress
from typing import Final

import msgspec
import numpy as np

from models.contract.errors import ArtifactError
from models.contract.pair import MAX_NUMBERS, MAX_STEPS, Output, Pair, Tensor, kept
from models.contract.representation import CONDITIONS, NEXT_CONDITIONS, STEP, drawn_name
from models.contract.samples import FEATURES, FRAME, LOGITS, SAMPLE, frames
from models.contract.sizes import Sizes
from models.contract.stream import ADVANCE, Array, StreamSpec

LEAST: Final = 1e-4
"""Classes of notes that are less likely than this are hardly ever drawn: how much less was not compared."""


class _Notes(msgspec.Struct):
    """events, places: a row for each event. onset, drawn: what the heads are given. logits: by factor."""

    events: list[list[int]]
    places: list[list[int]]
    onset: list[int]
    drawn: list[int]
    logits: dict[str, list[float]]
    tolerance: dict[str, float]


class _Sound(msgspec.Struct):
    """samples: codes. struck: (sample, pitch, velocity). logits: 256 after each of the last samples."""

    samples: list[int]
    struck: list[tuple[int, int, int]]
    logits: list[list[float]]
    tolerance: dict[str, float]


class _Older(msgspec.Struct):
    config: dict[str, int | float | str]
    stream: StreamSpec
    golden: _Notes | None = None
    sound_golden: _Sound | None = None


def older_pair(text: str, where: str) -> Pair | None:
    """Return the golden pair of an older document, or None where it has none that could be replayed.

    Raises msgspec.ValidationError where the document is none; `where` names the file in messages.
    """
    found = msgspec.json.decode(text, type=_Older)
    # A pair that cannot be made a whole one is none: the check that follows says so.
    with suppress(ArithmeticError, ArtifactError, IndexError, KeyError, TypeError, ValueError):
        if found.golden is not None:
            return _of_notes(found.golden, found.stream)
        if found.sound_golden is not None:
            return _of_sound(found.sound_golden, Sizes.of(found.config, where))
    return None


def _of_notes(golden: _Notes, stream: StreamSpec) -> Pair:
    shapes = {spec.name: spec.shape for entry in stream.entries for spec in entry.inputs}
    inputs: dict[str, Array] = {
        STEP: np.array(golden.events, np.int64)[:, None],
        CONDITIONS: np.array(golden.places, np.int64)[:, None],
        NEXT_CONDITIONS: np.array([golden.onset], np.int64),
    }
    outputs = {}
    for entry in stream.entries:
        if entry.name != ADVANCE:
            (output,) = entry.outputs
            logits = np.array(golden.logits[entry.name], np.float32).reshape(output.shape)
            outputs[output.name] = Output(Tensor.of(logits), least=LEAST)
            name = drawn_name(entry.name)
            if name in shapes:
                inputs[name] = np.array([golden.drawn[: shapes[name][1]]], np.int64)
    return Pair(kept(inputs), outputs, golden.tolerance)


def _of_sound(golden: _Sound, sizes: Sizes) -> Pair | None:
    count = len(golden.samples)
    if count > MAX_STEPS or -(-count // sizes.hop) * FEATURES > MAX_NUMBERS:
        return None
    keys = frames(golden.struck, count, sizes.hop, sizes.rate)
    inputs: dict[str, Array] = {
        FRAME.name: keys[:, None],
        SAMPLE.name: np.array(golden.samples, np.int64)[:, None],
    }
    logits = np.array(golden.logits, np.float32)[:, None]
    return Pair(kept(inputs), {LOGITS.name: Output(Tensor.of(logits))}, golden.tolerance)

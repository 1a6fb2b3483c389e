"""Hundreds of bars of tunes, in all scales: in key, in range, never stuck, never silent for long."""

from itertools import pairwise

import numpy as np
import pytest

from live.declared.scales import KEYS, SCALES
from live.engine.notes import masks
from live.engine.notes import operations as op
from live.engine.notes.stealing import sounding
from live.runtime.opening import Opened
from tests.engine.happening import FREE
from tests.engine.test_tunes import METRES, begun, ended
from tests.engine.tunes import open_tunes, tune_artifact

BARS = 15
LETTERS = 80
"""From one note to the next at most; a tune's fields and an upbeat that nobody hears are among them."""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return open_tunes(tune_artifact(tmp_path_factory.mktemp("long") / "noise.onnx", seed=5))


def bars_of(voice, count):
    """Play so many bars; yield each note as it is committed."""
    while True:
        for _ in range(LETTERS):
            if voice.coming is not None:
                break
            assert voice.do(FREE)
        note, number = voice.coming
        if note.onset >= count * voice.past().bars.length:
            return
        voice.do(op.Commit(tick=note.onset, pitch=note.pitch, velocity=note.velocity,
            duration=note.duration, number=number, channel=1, heard=True, part=note.part))  # fmt: skip
        yield note


@pytest.mark.parametrize("scale", SCALES)
def test_every_knob_holds_for_long(opened, scale):
    rng = np.random.default_rng(list(SCALES).index(scale))
    for width in (7, 12, 24, 48):
        low, metre = int(rng.integers(30, 70)), METRES[rng.integers(len(METRES))]
        voice = begun(
            opened, metre, scale=scale, key=str(rng.choice(KEYS)), low=low, high=low + width,
            polyphony=int(rng.choice([1, 2, 8])), temperature=float(rng.choice([0.5, 1.0, 2.0])),
            variety=float(rng.choice([0.0, 0.5])), chords_channel=int(rng.choice([0, 2])), seed=width,
        )  # fmt: skip
        allowed, silent, last = masks.pitches(voice.knobs), 0, 0
        for note in bars_of(voice, BARS):
            assert allowed[note.pitch]
            assert last <= note.onset <= silent + 2 * voice.past().bars.length
            last = note.onset
            if not note.part:
                silent = max(silent, note.onset + note.duration)
            sounds = [one.part for _, one in sounding(voice.history.moments[-64:], last, 0)]
            assert max(sounds.count(0), sounds.count(1)) <= voice.knobs.polyphony
        moments = voice.history.moments
        ends = (after for one, after in pairwise(moments) if ended(after) and not ended(one))
        assert all(one.fed for one in ends)

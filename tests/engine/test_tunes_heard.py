"""What people play to a voice that writes tunes becomes part of the text: in whole bars, and all of it."""

import numpy as np
import pytest

from live.declared.metre import Metre
from live.engine.notes import operations as op
from live.ipc import acts
from live.runtime.opening import Opened
from live.time.clock import Bars
from models.abc.reader import feed, read
from models.abc.state import BEAT, State
from models.abc.tunes import cleaned
from models.contract.grid import TICKS
from tests.engine.test_tunes import METRES, begun, text_of
from tests.engine.tunes import open_tunes, tune_artifact


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return open_tunes(tune_artifact(tmp_path_factory.mktemp("tunes") / "noise.onnx"))


def as_people_play(voice, rng, metre, longer) -> None:
    """Play some bars a little early or late, over a bass; longer: ticks by which a note goes on into the next one."""
    length, tick = Bars(Metre(*metre)).length, 0
    keys = []
    while tick < 8 * length:
        notes = int(rng.choice([6, 12, 12, 12, 24, 36]))
        onset = max(tick + int(rng.integers(-2, 3)), 0)
        until = max(onset + notes + longer + int(rng.integers(-2, 3)), onset + 1)
        for pitch in rng.choice(range(60, 84), int(rng.choice([1, 1, 3])), replace=False).tolist():
            keys += [(onset, 1, pitch), (until, 0, pitch)]
        if tick % length == 0:
            # A bass under all of the bar.
            keys += [(onset, 1, 43), (onset + length - 2, 0, 43)]
        tick += notes
    for at, down, pitch in sorted(keys):
        if down:
            voice.do(acts.Play(tick=at, pitch=pitch, velocity=80))
        else:
            voice.do(op.Lift(tick=at, pitch=pitch))


@pytest.mark.parametrize("longer", [-6, 0, 8])
@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (6, 8), (7, 8)])
def test_what_people_play_is_written_in_whole_bars(opened, metre, longer):
    voice = begun(opened, metre, key="G", scale="major")
    as_people_play(voice, np.random.default_rng(longer + 9), metre, longer)
    state, lines = State(), []
    for letter in text_of(voice):
        before, (state, _) = state, feed(state, letter)
        lines += [state.bar] if state.bar > before.bar else []
    whole = Bars(Metre(*metre)).length * BEAT // TICKS
    assert len(lines) >= 7
    assert [line % whole for line in lines] == [0] * len(lines)


def test_a_bass_is_written_however_many_letters_are_played_over_it(opened):
    voice = begun(opened, (4, 4), key="C", scale="major")
    voice.do(acts.Play(tick=0, pitch=43, velocity=80))
    for tick in range(0, 144, 6):
        voice.do(acts.Play(tick=tick, pitch=73 + tick % 5, velocity=80))
        voice.do(op.Lift(tick=tick + 6, pitch=73 + tick % 5))
    assert len(text_of(voice)) > 50
    assert voice.do(op.Lift(tick=144, pitch=43))
    assert 43 in {pitch for one in read(text_of(voice)) for pitch in one.pitches}


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_played_is_written_as_abc_and_nothing_of_it_is_lost(opened, seed):
    rng = np.random.default_rng(seed)
    voice = begun(opened, METRES[seed], scale=str(rng.choice(["chromatic", "blues"])))
    tick, down = int(rng.integers(0, 50)), 0
    for _ in range(30):
        tick += int(rng.choice([0, 1, 2, 3, 5, 6, 7, 12, 13, 24, 25, 48, 97, 200]))
        for pitch in rng.choice(range(36, 97), int(rng.choice([1, 1, 2, 10])), replace=False):
            voice.do(acts.Play(tick=tick, pitch=int(pitch), velocity=80))
            lasts = int(rng.choice([1, 3, 6, 11, 24, 50, 1000]))
            voice.do(op.Lift(tick=tick + lasts, pitch=int(pitch)))
            down += 1
    text = text_of(voice)
    assert cleaned(f"X:1\n{text}") == f"{text}\n\n"
    written = sum(len(one.pitches) for one in read(text))
    assert down - 12 <= written <= down

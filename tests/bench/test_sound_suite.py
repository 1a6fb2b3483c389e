"""The form of what a bench of sound prints, never its times."""

import importlib.util
import json
import time

import numpy as np
import pytest
from click.testing import CliRunner

from export.sound.untrained import write
from live.bench import suite, torch_rows
from live.bench.rows import BenchError, Row, Skipped
from live.bench.sound import kernel as sound_kernel
from live.bench.sound import peers as sound_peers
from live.bench.sound import sizes as sound_sizes
from live.bench.sound import suite as sound_suite
from live.bench.sound.jack import Struck
from live.bench.sound.pace import each, periods
from live.bench.sound.performance import RANDOM
from live.bench.sound.session import Session
from live.cli.bench import bench
from live.runtime.prepare import prepare
from live.runtime.sound.wavenet import Draw, WaveNet
from models.contract.samples import FEATURES, Keyboard, decode
from models.contract.stream import ADVANCE
from tests.system_tools import why_no_jack

SMALL = sound_sizes.SMALL
CODES = [128, 128, 3, 250, 128, 90, 128, 200] * 8


def run_one(name: str, wanted: frozenset[str]) -> list:
    (measure,) = (one for one in sound_suite.MEASURES if one.run.__name__ == name)
    names = [one for one in measure.rows if one in wanted] if wanted else measure.rows
    return list(suite._rows(measure, names, RANDOM, 0.5))


def test_prints_one_json_object_with_the_small_size_beside_its_peers():
    names = [f"{SMALL}.kernel", f"{SMALL}.session"]
    result = CliRunner().invoke(
        bench, ["audio", "--json", "--seconds", "0.5", "--only", ",".join(names)]
    )
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found.keys() == {"machine", "rows"}
    kernel, session = found["rows"]
    assert [kernel["name"], session["name"]] == names
    for row in (kernel, session):
        assert row.keys() >= {"name", "unit", "p50", "p99", "max", "n", "rate", "real_time"}
        assert row["unit"] == "us"
        assert row["n"] > 0
    assert session["times"] == pytest.approx(session["p50"] / kernel["p50"], rel=1e-3)


def test_says_in_words_how_fast_it_is():
    result = CliRunner().invoke(
        bench, ["audio", "--seconds", "0.5", "--only", f"{SMALL}.kernel_48k"]
    )
    assert result.exit_code == 0, result.output
    assert "times real time" in result.stdout
    assert "too late" in result.stdout


def test_a_row_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(BenchError, match="block_64"):
        suite.run(sound_suite.SOUND, RANDOM, 0.5, ["event_hot"], lambda _: None)


def test_without_pytorch_its_rows_say_so(monkeypatch):
    monkeypatch.setattr(torch_rows.importlib.util, "find_spec", lambda _: None)
    rows = run_one("torch", frozenset())
    assert len(rows) == 6
    assert all("PyTorch" in row.skipped for row in rows)


def test_without_the_program_that_makes_models_the_sessions_rows_say_so(monkeypatch):
    monkeypatch.setattr(sound_peers, "_ARTIFACTS", "export.not_there")
    (row,) = run_one("session", frozenset([f"{SMALL}.session"]))
    assert isinstance(row, Skipped)
    assert "not_there" in row.skipped


@pytest.mark.parametrize("name", ["moments", "memory", "compiling", "voices"])
def test_every_row_of_the_kernel_is_measured_or_says_why_not(name, monkeypatch):
    monkeypatch.setattr("live.bench.sound.rows.USUAL", SMALL)
    monkeypatch.setattr("live.bench.sound.rows._COMPILED", 1)
    measure = next(one for one in sound_suite.MEASURES if one.run.__name__ == name)
    found = list(measure.run(RANDOM, 0.3, frozenset(measure.rows)))
    assert len(found) == len(measure.rows)
    assert all(isinstance(row, Row) and row.n > 0 and row.p50 > 0 for row in found)


def test_a_block_stands_beside_one_of_nothing():
    rows = run_one("blocks", frozenset(["block_256.kernel", "block_256.null"]))
    assert [row.name for row in rows] == ["block_256.kernel", "block_256.null"]
    assert all(row.missed is not None and row.n == round(0.5 * 48000 / 256) for row in rows)


@pytest.fixture(scope="module")
def said_by_onnx(tmp_path_factory) -> np.ndarray:
    prepared = prepare(write(SMALL, tmp_path_factory.mktemp("sound")))
    session = Session(prepared.graphs[ADVANCE], prepared.document.stream.entry(ADVANCE))
    logits = []
    for code in CODES:
        session.advance(code)
        logits.append(session.logits[0].copy())
    return np.array(logits)


def test_the_session_and_the_kernel_say_the_same(said_by_onnx):
    stream = sound_kernel.opened(SMALL).open(0)
    keys = np.zeros((len(CODES) // sound_sizes.HOP, FEATURES), np.float32)
    said = stream.said(np.array(CODES, np.uint8), keys)
    assert np.abs(said - said_by_onnx).max() < 1e-3


def test_pytorch_says_the_same(said_by_onnx):
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed")
    import torch

    from export.sound.stream import Weights, cached, naive, step

    weights = Weights(sound_sizes.sized(SMALL))
    kept = cached(weights, step)
    said = [kept(torch.tensor([code]), number).numpy()[0] for number, code in enumerate(CODES)]
    assert np.abs(np.array(said) - said_by_onnx).max() < 1e-3
    # After a whole field it no longer matters that one had heard nothing at first.
    before = CODES + np.resize(CODES, sum(weights.sizes.dilations)).tolist()
    for number, code in enumerate(before[len(CODES) :], len(CODES)):
        kept(torch.tensor([code]), number)
    one, other = (run(torch.tensor([77]), len(before)) for run in (kept, naive(weights, before)))
    assert float((one - other).abs().max()) < 1e-3


def test_the_organ_sounds_while_a_key_is_held_and_is_silent_else():
    sizes = sound_sizes.sized(SMALL)
    model = WaveNet.of(sound_sizes.organ(sizes), sound_sizes.described(sizes, "organ"))
    keyboard = Keyboard(sizes.hop, sizes.rate)
    rows = [keyboard.row.copy()]
    keyboard.strike(60, 90)
    rows.append(keyboard.row.copy())
    keyboard.lift(60)
    rows.append(keyboard.row.copy())
    codes = np.zeros(3 * sizes.hop, np.uint8)
    model.open(0).draw(np.array(rows), Draw(1.0, 0.99, 1), codes)
    # What a sample is followed by depends on the keys of that sample's frame.
    sound = decode(np.roll(codes, -1)).reshape(3, -1)
    levels = [0.0, sound_sizes.LEVEL, 0.0]
    assert [set(row.tolist()) for row in sound] == [{np.float32(one).item()} for one in levels]


def test_a_note_is_answered_by_the_next_sound_if_it_comes_soon():
    struck = Struck(played=[1000, 20000, 40000], heard=[500, 1480, 40048])
    assert struck.answers(longest=0.1) == [10.0, 1.0]


def test_without_jack_its_rows_say_so(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("through_jack", "answered"):
        assert all("jackd" in row.skipped for row in run_one(name, frozenset()))


@pytest.mark.system
@pytest.mark.skipif(why_no_jack() is not None, reason=str(why_no_jack()))
@pytest.mark.parametrize("name", ["through_jack", "answered"])
def test_every_row_through_jack_is_measured(name):
    rows = run_one(name, frozenset())
    assert rows
    for row in rows:
        assert isinstance(row, Row), row
        assert row.n > 0


def test_what_is_late_is_counted():
    slow = periods(lambda: _busy(0.004), 0.002, 0.05, first=0)
    assert len(slow.taken) == 25
    assert slow.missed == 25
    assert len(each(lambda: None, 0.01, first=3)) > 0


def _busy(seconds: float) -> None:
    time.sleep(seconds)

"""The one contract: every network, by every runtime, is the same stream.

PyTorch over the whole sequence = PyTorch step by step = the ONNX graph = the model on stage.
A new network is in here as soon as it is in `NETS`, with a small configuration below.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from export.artifact import About, describe, graph_of, opened, write_artifact
from export.golden import Phrase, reference
from live.runtime.golden import distance, replay
from live.runtime.steps import OnnxModel
from models.contract.events import ADVANCE, drawn_name, logits_name
from models.contract.performance import CLASSES, FACTORS, PERFORMANCE
from models.contract.stream import NEXT
from models.nets.events import EventNet
from models.nets.table import NETS, build

SMALL = {
    "lstm": {"hidden": 24, "layers": 2, "embed": 16, "head": 16},
    "wavenet": {"channels": 12, "stacks": 2, "depth": 3, "width": 16, "embed": 12, "head": 16},
}
"""A configuration of each network that is exported and stepped in a moment."""
NEAR = 1e-4
Logits = dict[str, np.ndarray]


@dataclass
class Subject:
    """One network in all its forms, and what PyTorch computes over the phrase."""

    net: EventNet
    whole: onnxruntime.InferenceSession
    model: OnnxModel
    phrase: Phrase
    expected: Logits


@pytest.fixture(
    scope="module", params=[net + kind for net in NETS for kind in ("", "-with-memory")]
)
def subject(request: pytest.FixtureRequest) -> Subject:
    torch.manual_seed(3)
    name, _, memory = request.param.partition("-")
    net = build(name, {**SMALL[name], "memory": int(bool(memory))}, PERFORMANCE).eval()
    graph = graph_of(net, "fp32")
    document = describe(net, About(name="small", net=name, licence="CC0-1.0"), "fp32")
    session = onnxruntime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    phrase = Phrase(PERFORMANCE)
    return Subject(net, session, opened(graph, document), phrase, reference(net, phrase))


def by_torch_steps(subject: Subject) -> Logits:
    """Every head after every event, the true factors given, by a chain of `step`."""
    net, state = subject.net, subject.net.initial_state()
    rows = []
    with torch.no_grad():
        for event, place, onset, drawn in walk(subject.phrase):
            context, state = net.step(torch.from_numpy(event), torch.from_numpy(place), state)
            onsets, codes = torch.from_numpy(onset), torch.from_numpy(drawn)
            rows.append(
                {f: net.head(k, context, onsets, codes[:, :k]) for k, f in enumerate(FACTORS)}
            )
    return stacked([{factor: row[factor].numpy() for factor in FACTORS} for row in rows])


def by_graph(subject: Subject) -> Logits:
    """The same by the whole ONNX graph, trunk and heads at once, state matched by name."""
    entry = subject.model.spec.entry(ADVANCE)
    state = {spec.name: spec.zeros() for spec in entry.state}
    names = [output.name for output in subject.whole.get_outputs()]
    rows = []
    for event, place, onset, drawn in walk(subject.phrase):
        codes = {drawn_name(f): drawn[:, :k] for k, f in enumerate(FACTORS) if k}
        feeds = {"event": event, "place": place, "onset": onset, **codes, **state}
        given = dict(zip(names, subject.whole.run(names, feeds), strict=True))
        state = {name: given[name + NEXT] for name in state}
        rows.append({factor: given[logits_name(factor)] for factor in FACTORS})
    return stacked(rows)


def by_stage(subject: Subject) -> Logits:
    """The same as the stage does it: a session for the trunk and one for each head."""
    return stacked([row for row, _ in stage_steps(subject.model, subject.phrase)])


def stage_steps(model: OnnxModel, phrase: Phrase, state=None, start=0):
    """Every head's logits after each event from `start` on, and the state after it."""
    state = model.initial_state() if state is None else state
    for event, place, onset, drawn in list(walk(phrase))[start:]:
        context, state = model.advance(event, place, state)
        yield (
            {f: model.logits(k, context, onset, drawn[:, :k]) for k, f in enumerate(FACTORS)},
            state,
        )


def walk(phrase: Phrase) -> Iterator[tuple[np.ndarray, ...]]:
    """Each event with its place, then the place and the factors of the one that follows it."""
    for index in range(len(phrase.drawn)):
        at, after = slice(index, index + 1), slice(index + 1, index + 2)
        yield phrase.codes[at], phrase.conditions[at], phrase.conditions[after], phrase.drawn[at]


def stacked(rows: list[Logits]) -> Logits:
    return {factor: np.vstack([row[factor] for row in rows]) for factor in FACTORS}


def assert_near(found: Logits, expected: Logits) -> None:
    for factor in FACTORS:
        assert found[factor].shape == expected[factor].shape
        assert distance(found[factor], expected[factor]) < NEAR, factor


@pytest.mark.parametrize("runtime", [by_torch_steps, by_graph, by_stage])
def test_every_runtime_agrees_with_the_whole_sequence(subject, runtime):
    assert_near(runtime(subject), subject.expected)


def test_every_head_reads_its_context_and_the_factors_before_it(subject):
    event, place, onset, drawn = next(walk(subject.phrase))
    context, _ = subject.model.advance(event, place, subject.model.initial_state())
    for earlier, factor in enumerate(FACTORS):
        logits = subject.model.logits(earlier, context, onset, drawn[:, :earlier])
        assert logits.shape == (1, CLASSES[factor])
        assert logits.dtype == np.float32
        other = subject.model.logits(earlier, context + 1, onset, drawn[:, :earlier])
        assert distance(logits, other) > NEAR
        for column in range(earlier):
            changed = drawn[:, :earlier].copy()
            changed[0, column] += 1
            other = subject.model.logits(earlier, context, onset, changed)
            assert distance(logits, other) > NEAR, (factor, column)


@pytest.mark.parametrize("cut", [0, 1, 7, 20])
def test_it_goes_on_from_a_kept_state_as_if_nothing_had_been_played_between(subject, cut):
    steps = list(stage_steps(subject.model, subject.phrase))
    kept = steps[cut][1]
    list(stage_steps(subject.model, subject.phrase, kept))
    again = [row for row, _ in stage_steps(subject.model, subject.phrase, kept, cut + 1)]
    for row, (expected, _) in zip(again, steps[cut + 1 :], strict=True):
        for factor in FACTORS:
            np.testing.assert_array_equal(row[factor], expected[factor])


def test_a_kept_state_is_never_written_again(subject):
    steps = list(stage_steps(subject.model, subject.phrase))
    kept = steps[3][1]
    before = {name: tensor.copy() for name, tensor in kept.items()}
    list(stage_steps(subject.model, subject.phrase, kept))
    for name, tensor in kept.items():
        np.testing.assert_array_equal(tensor, before[name])
        with pytest.raises(ValueError, match="read-only"):
            tensor[...] = 0


def test_it_never_sees_its_future(subject):
    for moment in (0, 9, len(subject.phrase.drawn) - 1):
        changed = Phrase(PERFORMANCE)
        changed.codes[moment, 1] = (changed.codes[moment, 1] + 5) % CLASSES["pitch"]
        found = reference(subject.net, changed)
        # The heads before it are given its factors, so only `time`, which is given none, is looked at.
        moved = np.abs(found["time"] - subject.expected["time"]).max(-1) > 1e-6
        assert not moved[:moment].any()
        assert moved[moment]


def test_it_is_moved_by_every_input(subject):
    event, place, *_ = next(walk(subject.phrase))
    start = subject.model.initial_state()
    context, _ = subject.model.advance(event, place, start)
    for column in range(event.shape[1]):
        changed = event.copy()
        changed[0, column] = 3
        assert np.abs(subject.model.advance(changed, place, start)[0] - context).max() > 1e-6
    for column in range(place.shape[1]):
        changed = place.copy()
        changed[0, column] = 7
        assert np.abs(subject.model.advance(event, changed, start)[0] - context).max() > 1e-6


def test_the_state_is_as_it_was_declared(subject):
    declared = subject.net.state_specs()
    trunk = subject.model.spec.entry(ADVANCE)
    assert trunk.state == declared
    event, place, *_ = next(walk(subject.phrase))
    _, after = subject.model.advance(event, place, subject.model.initial_state())
    for tensors in (subject.net.initial_state(), subject.model.initial_state(), after):
        assert set(tensors) == {spec.name for spec in declared}
        for spec in declared:
            assert tuple(tensors[spec.name].shape) == spec.shape
            assert str(np.asarray(tensors[spec.name]).dtype) == spec.dtype


def test_the_golden_pair_replays(subject):
    replayed = replay(subject.model, subject.model.document)
    assert replayed.agrees
    assert replayed.difference < NEAR


def test_every_network_has_a_small_configuration_here():
    assert set(SMALL) == set(NETS)


def test_an_artifact_opens_from_its_file(subject, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path: Path = tmp_path / "model.onnx"
    write_artifact(subject.net, graph_of(subject.net, "fp32"), subject.model.document, path)
    first, again = OnnxModel.open(path), OnnxModel.open(path)
    for model in (first, again):
        found = stacked([row for row, _ in stage_steps(model, subject.phrase)])
        assert_near(found, subject.expected)

"""The one contract: every network, by every runtime, is the same stream, whatever it writes.

PyTorch over the whole sequence = PyTorch step by step = the ONNX graph = the model on stage.
A new network is in here as soon as it is in `NETS`, with a small configuration below; a new
representation as soon as it is in `REPRESENTATIONS`.
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
from export.stream import TorchModel
from live.runtime import opening
from live.runtime.golden import distance, replay
from live.runtime.steps import OnnxModel
from models.contract.asked import ASKED
from models.contract.errors import ExtempoError
from models.contract.representation import (
    ADVANCE,
    CONDITIONS,
    NEXT_CONDITIONS,
    STEP,
    Representation,
    drawn_name,
    limits,
    logits_name,
    width,
)
from models.contract.representations.performance import NAME as PERFORMANCE
from models.contract.representations.table import REPRESENTATIONS
from models.contract.stepping import StepModel
from models.contract.stream import NEXT
from models.corpus.encoders.table import encoder
from models.nets.embedding import SummedEmbedding
from models.nets.memory import Memory
from models.nets.notes import NotesNet
from models.nets.table import NETS, build
from tests.contract.attention import AttentionConfig, AttentionNet, followed
from tests.models.toy import NAME as TOY
from tests.models.toy import add_toy
from tests.pieces import pieces

SMALL = {
    "lstm": {"hidden": 24, "layers": 2, "embed": 16, "head": 16},
    "wavenet": {"channels": 12, "stacks": 2, "depth": 3, "width": 16, "embed": 12, "head": 16},
}
"""A configuration of each network that is exported and stepped in a moment."""
ATTENTION = "attention"
"""The network that keeps a log: no musician's, so it is not in `NETS`."""
NEAR = 1e-4
Logits = dict[str, np.ndarray]


@dataclass
class Subject:
    """One network in all its forms, and what PyTorch computes over the phrase."""

    net: NotesNet
    whole: onnxruntime.InferenceSession
    model: OnnxModel
    phrase: Phrase
    expected: Logits

    @property
    def names(self) -> tuple[str, ...]:
        return self.net.representation.names


def remembers(written: Representation) -> bool:
    try:
        Memory(written)
    except ExtempoError:
        return False
    return True


def small(
    name: str, written: Representation, memory: int = 0, copy: int = 0, **more: int
) -> NotesNet:
    torch.manual_seed(3)
    if name == ATTENTION:
        net: NotesNet = AttentionNet(AttentionConfig(memory=memory, copy=copy), written).eval()
    else:
        net = build(name, {**SMALL[name], "memory": memory, "copy": copy, **more}, written).eval()
    for embedding in net.modules():
        if isinstance(embedding, SummedEmbedding):
            for column, table in zip(embedding.columns, embedding.tables, strict=True):
                if column.asked:
                    # As if it had learned what is asked: first weights make nothing of it.
                    torch.nn.init.normal_(table.weight, std=0.3)
    if net.copying is not None:
        # As if it had learned: first weights copy next to nothing.
        torch.nn.init.normal_(net.copying.familiar.weight, std=0.3)
        torch.nn.init.normal_(net.copying.attend.weight, std=0.3)
        for table in net.copying.tables.values():
            table.data += 6.0 + torch.randn_like(table)
    return net


@pytest.fixture(scope="module", autouse=True)
def _toy() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as changed:
        add_toy(changed)
        yield


@pytest.fixture(
    scope="module",
    params=[
        (net, name, parts)
        for net in (*NETS, ATTENTION)
        for name in (*REPRESENTATIONS, TOY)
        for parts in ({}, {"memory": 1}, {"copy": 7}, {"memory": 1, "copy": 40})
    ]
    + [(net, PERFORMANCE, {"asked": 1, "copy": 7}) for net in NETS]
    + [("wavenet", PERFORMANCE, {"residual": 0, "skip": 0})],
    ids=lambda param: "-".join((*param[:2], *param[2])),
)
def subject(request: pytest.FixtureRequest, _toy: None) -> Subject:
    name, representation, parts = request.param
    parts = dict(parts)
    asked = tuple(ASKED) if parts.pop("asked", 0) else ()
    learned = pieces(representation)
    written = encoder(representation, learned, None, "here", asked).representation
    if "memory" in parts and not remembers(written):
        pytest.skip("no pitches to remember")
    if "copy" in parts and written.repeats is None:
        pytest.skip("nothing that it could copy")
    net = small(name, written, **parts)
    graph = graph_of(net, "fp32")
    document = describe(net, About(name="small", net=name, licence="CC0-1.0"), "fp32")
    session = onnxruntime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    phrase = Phrase(written)
    return Subject(net, session, opened(graph, document), phrase, reference(net, phrase))


def given(written: Representation, drawn: np.ndarray) -> list[np.ndarray]:
    """What each head is given of the factors: those before it."""
    return [drawn[:, : written.told(k)] for k in range(len(written.factors))]


def by_torch_steps(subject: Subject) -> Logits:
    """Every head after every step, the true factors given, by a chain of `step`."""
    net, state = subject.net, subject.net.initial_state()
    rows = []
    with torch.no_grad():
        for codes, conditions, after, drawn in walk(subject.phrase):
            context, made = net.advance(
                torch.from_numpy(codes), torch.from_numpy(conditions), state
            )
            state = followed(net, state, made)
            onset = torch.from_numpy(after)
            rows.append(
                [
                    net.head(k, context, onset, torch.from_numpy(earlier), state).numpy()
                    for k, earlier in enumerate(given(net.representation, drawn))
                ]
            )
    return stacked(subject, rows)


def by_graph(subject: Subject) -> Logits:
    """The same by the whole ONNX graph, trunk and heads at once, state matched by name."""
    entry = subject.model.spec.entry(ADVANCE)
    state = {spec.name: spec.zeros() for spec in entry.state}
    read = [spec for spec in entry.state if spec.read]
    names = [output.name for output in subject.whole.get_outputs()]
    rows = []
    for codes, conditions, after, drawn in walk(subject.phrase):
        heads = zip(subject.names, given(subject.net.representation, drawn), strict=True)
        earlier = {drawn_name(f): codes for f, codes in heads if codes.size}
        feeds = {STEP: codes, CONDITIONS: conditions, NEXT_CONDITIONS: after, **earlier, **state}
        feeds |= {spec.stood.name: spec.zeros() for spec in read}
        made = dict(zip(names, subject.whole.run(names, feeds), strict=True))
        before = {name: torch.from_numpy(one) for name, one in state.items()}
        after = {name: torch.from_numpy(made[name + NEXT]) for name in state}
        state = {name: one.numpy() for name, one in followed(subject.net, before, after).items()}
        if read:
            # What the heads read of the state is known only now.
            feeds |= {spec.stood.name: state[spec.name] for spec in read}
            made = dict(zip(names, subject.whole.run(names, feeds), strict=True))
        rows.append([made[logits_name(factor)] for factor in subject.names])
    return stacked(subject, rows)


def by_stage(subject: Subject) -> Logits:
    """The same as the stage does it: a session for the trunk and one for each head."""
    return stacked(subject, [row for row, _ in stage_steps(subject)])


def by_torch_model(subject: Subject) -> Logits:
    """The same as the stage would do it if PyTorch ran the network."""
    model = TorchModel(subject.net)
    return stacked(subject, [row for row, _ in stage_steps(subject, model=model)])


def stage_steps(subject: Subject, state=None, start=0, model: StepModel | None = None):
    """Every head's logits after each step from `start` on, and the state after it."""
    model = model or subject.model
    state = model.initial_state() if state is None else state
    for codes, conditions, after, drawn in list(walk(subject.phrase))[start:]:
        context, (state,) = model.advance(codes, conditions, [state])
        heads = enumerate(given(model.representation, drawn))
        yield [model.logits(k, context, after, earlier, (state,)) for k, earlier in heads], state


def walk(phrase: Phrase) -> Iterator[tuple[np.ndarray, ...]]:
    """Each step with its conditions, then those and the factors of the one that follows it."""
    for index in range(len(phrase.drawn)):
        at, after = slice(index, index + 1), slice(index + 1, index + 2)
        yield phrase.codes[at], phrase.conditions[at], phrase.conditions[after], phrase.drawn[at]


def stacked(subject: Subject, rows: list[list[np.ndarray]]) -> Logits:
    return {factor: np.vstack([row[k] for row in rows]) for k, factor in enumerate(subject.names)}


def assert_near(found: Logits, expected: Logits) -> None:
    assert found.keys() == expected.keys()
    for factor, logits in expected.items():
        assert found[factor].shape == logits.shape
        assert distance(found[factor], logits) < NEAR, factor


@pytest.mark.parametrize("runtime", [by_torch_steps, by_graph, by_stage, by_torch_model])
def test_every_runtime_agrees_with_the_whole_sequence(subject, runtime):
    assert_near(runtime(subject), subject.expected)


def test_every_head_reads_its_context_and_the_factors_before_it(subject):
    codes, conditions, after, drawn = next(walk(subject.phrase))
    written = subject.net.representation
    context, states = subject.model.advance(codes, conditions, [subject.model.initial_state()])
    for k, (column, earlier) in enumerate(zip(written.factors, given(written, drawn), strict=True)):
        logits = subject.model.logits(k, context, after, earlier, states)
        assert logits.shape == (1, *column.shape, column.classes)
        assert logits.dtype == np.float32
        other = subject.model.logits(k, context + 1, after, earlier, states)
        assert distance(logits, other) > NEAR
        for place in range(earlier.shape[1]):
            changed = earlier.copy()
            changed[0, place] = changed[0, place] + 1 if changed[0, place] < 1 else 0
            other = subject.model.logits(k, context, after, changed, states)
            own = place - written.drawn(k)
            if own >= 0:
                # One of its own, that those after it are drawn by.
                assert distance(logits[:, : own + 1], other[:, : own + 1]) < NEAR
                logits, other = logits[:, own + 1 :], other[:, own + 1 :]
            assert not other.size or distance(logits, other) > NEAR, (column.name, place)
            logits = subject.model.logits(k, context, after, earlier, states)


@pytest.mark.parametrize("cut", [0, 1, 7, 15])
def test_it_goes_on_from_a_kept_state_as_if_nothing_had_been_played_between(subject, cut):
    steps = list(stage_steps(subject))
    kept = steps[cut][1]
    list(stage_steps(subject, kept))
    again = [row for row, _ in stage_steps(subject, kept, cut + 1)]
    for row, (expected, _) in zip(again, steps[cut + 1 :], strict=True):
        for found, wanted in zip(row, expected, strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_a_kept_state_is_never_written_again(subject):
    steps = list(stage_steps(subject))
    kept = steps[3][1]
    before = {name: tensor.copy() for name, tensor in kept.whole().items()}
    list(stage_steps(subject, kept))
    for name, tensor in kept.whole().items():
        np.testing.assert_array_equal(tensor, before[name])
    for tensor in kept.tensors.values():
        with pytest.raises(ValueError, match="read-only"):
            tensor[...] = 0


def test_it_never_sees_its_future(subject):
    written = subject.net.representation
    # The heads are given the factors before them, so only the first one, given none, is looked at;
    # of codes that are drawn jointly the first.
    first = written.names[0]
    given_none = slice(0, 1 if written.factors[0].joint else None)
    for moment in (0, 9, len(subject.phrase.drawn) - 1):
        changed = Phrase(written)
        changed.codes[moment] = (changed.codes[moment] + 1) % limits(written.inputs)
        found = reference(subject.net, changed)
        difference = np.abs(found[first] - subject.expected[first])[:, given_none]
        moved = difference.reshape(len(difference), -1).max(-1) > 1e-6
        assert not moved[:moment].any()
        assert moved[moment]


def test_it_is_moved_by_every_input(subject):
    codes, conditions, *_ = next(walk(subject.phrase))
    written = subject.net.representation
    start = [subject.model.initial_state()]
    context, _ = subject.model.advance(codes, conditions, start)
    for place, most in enumerate(limits(written.inputs)):
        changed = codes.copy()
        changed[0, place] = (changed[0, place] + most // 2) % most
        assert np.abs(subject.model.advance(changed, conditions, start)[0] - context).max() > 1e-6
    for place, most in enumerate(limits(written.conditions)):
        changed = conditions.copy()
        changed[0, place] = (changed[0, place] + most // 2) % most
        assert np.abs(subject.model.advance(codes, changed, start)[0] - context).max() > 1e-6


def test_the_state_is_as_it_was_declared(subject):
    declared = subject.net.state_specs()
    trunk = subject.model.spec.entry(ADVANCE)
    assert trunk.state == declared
    codes, conditions, *_ = next(walk(subject.phrase))
    start = subject.model.initial_state()
    _, (after,) = subject.model.advance(codes, conditions, [start])
    for tensors in (subject.net.initial_state(), start.whole(), after.whole()):
        assert set(tensors) == {spec.name for spec in declared}
        for spec in declared:
            assert tuple(tensors[spec.name].shape) == spec.fed.shape
            assert str(np.asarray(tensors[spec.name]).dtype) == spec.dtype


@pytest.mark.parametrize(
    ("name", "written", "runtime"),
    [
        *((name, "performance", how) for name in (*NETS, ATTENTION) for how in ("fp32", "int8")),
        (ATTENTION, "performance", "torch"),
        ("lstm", TOY, "fp32"),
    ],
)
def test_each_of_several_voices_hears_what_it_would_alone(name, written, runtime):
    representation = encoder(written, pieces(written), None, "here").representation
    net = small(name, representation)
    model: StepModel = TorchModel(net)
    if runtime != "torch":
        about = About(name="small", net=name, licence="CC0-1.0")
        model = opened(graph_of(net, runtime), describe(net, about, runtime))
    rng = np.random.default_rng(2)
    alone, together = ([model.initial_state() for _ in range(3)] for _ in range(2))
    for _ in range(20):
        codes, conditions, drawn = (
            rng.integers(0, limits(columns), (3, width(columns)))
            for columns in (
                representation.inputs,
                representation.conditions,
                representation.factors,
            )
        )
        contexts, together = model.advance(codes, conditions, together)
        rows = [slice(at, at + 1) for at in range(3)]
        for at, row in enumerate(rows):
            context, (alone[at],) = model.advance(codes[row], conditions[row], [alone[at]])
            np.testing.assert_array_equal(contexts[row], context)
        for factor, earlier in enumerate(given(representation, drawn)):
            both = model.logits(factor, contexts, conditions, earlier, together)
            for row, state in zip(rows, together, strict=True):
                one = model.logits(factor, contexts[row], conditions[row], earlier[row], (state,))
                np.testing.assert_array_equal(both[row], one)
    for one, other in zip(alone, together, strict=True):
        for state, tensor in one.whole().items():
            np.testing.assert_array_equal(tensor, other.whole()[state])


def test_the_golden_pair_replays(subject):
    replayed = replay(subject.model, subject.model.document)
    assert replayed.agrees
    assert replayed.difference < NEAR


def test_every_network_has_a_small_configuration_here():
    assert set(SMALL) == set(NETS)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all artifacts: what copies is compiled once."""
    return tmp_path_factory.mktemp("cache")


def test_an_artifact_opens_from_its_file(subject, tmp_path, cache, monkeypatch):
    if subject.net.representation.name == TOY:
        pytest.skip("the process that tries files knows no toys")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    path: Path = tmp_path / "model.onnx"
    write_artifact(subject.net, graph_of(subject.net, "fp32"), subject.model.document, path)
    first, again = opening.opened(path).model, opening.opened(path).model
    for model in (first, again):
        found = stacked(subject, [row for row, _ in stage_steps(subject, model=model)])
        assert_near(found, subject.expected)

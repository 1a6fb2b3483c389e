"""What copies, compiled, is what its graph says: the same state, and the same logits but for how they are rounded."""

from collections.abc import Iterator
from functools import cache

import msgspec
import numpy as np
import pytest
import torch

from export.artifact import About, describe, graph_of, in_memory
from live.engine import beforehand
from live.machine import code
from live.runtime import opening
from live.runtime.copying.code import functions
from live.runtime.copying.model import CopyingModel
from live.runtime.golden import distance, replay
from live.runtime.kinds import notes
from live.runtime.prepared import Prepared
from live.runtime.steps import OnnxModel
from models.contract.copied import INDEX, NOW, ROWS
from models.contract.copied import LETTERS as LETTERS_RULE
from models.contract.errors import ArtifactError
from models.contract.matching import LAGS
from models.contract.representation import Representation
from models.contract.representations import abc
from models.contract.representations.performance import PERFORMANCE
from models.contract.state import State
from models.contract.stepping import StepModel
from models.nets.table import NETS
from tests.contract.test_streams import ATTENTION, small
from tests.copying import copying_artifact
from tests.parts import parts
from tests.tokens import tokens

NEAR = 1e-4
"""How far log-probabilities may be apart: what is summed in another order."""
ROUNDED = 2e-3
"""The same of numbers of the state, which are not."""
LETTERS = abc.of({abc.CHARACTERS: list("ABCDEFGabcdefg|:2 ")}, "here")
TOKENS = tokens()
PARTS = "parts"
WRITTEN = {**{one.name: one for one in (PERFORMANCE, LETTERS, TOKENS)}, PARTS: parts()}


@cache
def prepared(
    name: str = "lstm",
    precision: str = "fp32",
    copy: int = 40,
    representation: str = PERFORMANCE.name,
) -> Prepared:
    written = WRITTEN[representation]
    net = small(name, written, int(written is PERFORMANCE), copy)
    about = About(name="small", net=name, licence="CC0-1.0")
    return in_memory(graph_of(net, precision), describe(net, about, precision))


@pytest.fixture(
    scope="module",
    params=[
        *((name, precision, 40) for name in (*NETS, ATTENTION) for precision in ("fp32", "int8")),
        ("lstm", "fp32", 3),
        ("lstm", "int8", 1024),
        ("lstm", "fp32", 40, LETTERS.name),
        ("lstm", "int8", 200, LETTERS.name),
        ("lstm", "fp32", 40, TOKENS.name),
        ("wavenet", "int8", 200, TOKENS.name),
        ("lstm", "fp32", 40, PARTS),
    ],
    ids=str,
)
def both(request: pytest.FixtureRequest) -> tuple[OnnxModel, CopyingModel]:
    """A model whose graph does all, and the same with what copies compiled."""
    found = prepared(*request.param)
    compiled = notes.opened(found)
    assert isinstance(compiled, CopyingModel)
    return OnnxModel(found), compiled


Step = tuple[np.ndarray, np.ndarray, np.ndarray]


def music(seed: int, written: Representation = PERFORMANCE) -> Iterator[Step]:
    """Steps that repeat themselves, of any representation."""
    return letters_again(seed) if written.name == LETTERS.name else notes_again(seed, written)


def letters_again(seed: int) -> Iterator[Step]:
    """Letters that repeat themselves, with others between, at random places in bars."""
    rng = np.random.default_rng(seed)
    fed, given = LETTERS.inputs[0].classes, [c.classes for c in LETTERS.conditions]
    phrase = rng.integers(0, fed - 1, 12)
    while True:
        for letter in phrase:
            code = rng.integers(0, fed) if rng.random() < 0.05 else letter
            yield np.array([[code]]), rng.integers(0, given)[None], np.array([[min(code, fed - 2)]])


def notes_again(seed: int, written: Representation = PERFORMANCE) -> Iterator[Step]:
    """Steps that repeat themselves, some moved, with chords, rests, edges of what codes may hold, and metres."""
    rng = np.random.default_rng(seed)
    columns, factors = written.inputs, written.factors
    pitch = len(factors) - (2 if written.name == TOKENS.name else 3)
    phrase = rng.integers(0, [c.classes for c in columns], (12, len(columns)))
    phrase[:, 0], phrase[:, 1] = rng.choice([0, 0, 3, 6, 12, 40], 12), rng.integers(55, 75, 12)
    tick = 0
    while True:
        moved = int(rng.choice([0, 0, 2, 5]))
        for step in phrase:
            codes = step.copy()
            codes[1] = min(codes[1] + moved, factors[pitch].classes - 1)
            if rng.random() < 0.05:
                codes = rng.integers(0, [c.classes for c in columns])
            tick += int(codes[0])
            place = [tick // 24 % 4, tick % 24, rng.choice([8, 8, 8, 6, 0, 16])]
            drawn = rng.integers(0, [c.classes for c in factors])
            drawn[0], drawn[pitch] = rng.choice([0, 6, 12]), codes[1]
            yield codes[None], np.array([place]), drawn[None]


def said(model: StepModel, context: np.ndarray, step: Step, state: State) -> list[np.ndarray]:
    _, conditions, drawn = step
    heads = range(drawn.shape[1])
    return [model.logits(k, context, conditions, drawn[:, :k], (state,)) for k in heads]


def assert_alike(here: State, there: State) -> None:
    mine, theirs = here.whole(), there.whole()
    assert mine.keys() == theirs.keys()
    for name, tensor in mine.items():
        assert tensor.shape == theirs[name].shape
        assert tensor.dtype == theirs[name].dtype
        if tensor.dtype == np.int64:
            np.testing.assert_array_equal(tensor, theirs[name], name)
        else:
            np.testing.assert_allclose(tensor, theirs[name], ROUNDED, ROUNDED, err_msg=name)


def test_from_nothing_until_its_log_is_full_it_says_what_its_graph_says(both):
    graph, compiled = both
    steps = music(1, compiled.representation)
    mine, theirs = compiled.initial_state(), graph.initial_state()
    log, copied = mine.logs[ROWS].spec.log, 0
    count = min(2 * log, log + 60) + 40
    for number in range(count):
        step = next(steps)
        context, (mine,) = compiled.advance(*step[:2], [mine])
        other, (theirs,) = graph.advance(*step[:2], [theirs])
        if number < 40 or number > count - 40:
            assert_alike(mine, theirs)
            here, there = said(compiled, context, step, mine), said(graph, other, step, theirs)
            assert max(distance(*each) for each in zip(here, there, strict=True)) < NEAR
        copied += int(mine.tensors[INDEX].max()) >= 4 * 2 * LAGS
    assert copied > 8 or log < 12


def test_it_goes_on_from_any_moment_as_if_nothing_had_been_played_between(both):
    _, compiled = both
    steps = music(2, compiled.representation)
    line = [next(steps) for _ in range(60)]
    kept, told = [compiled.initial_state()], []
    for step in line:
        context, (after,) = compiled.advance(*step[:2], [kept[-1]])
        told.append(said(compiled, context, step, after))
        kept.append(after)
    whole = {name: tensor.copy() for name, tensor in kept[20].whole().items()}
    # Back by little, and by more than windows know, and forward again from there.
    for back in (58, 59, 20, 0, 40):
        state = kept[back]
        for step, expected in list(zip(line, told, strict=True))[back : back + 9]:
            context, (state,) = compiled.advance(*step[:2], [state])
            for own, before in zip(said(compiled, context, step, state), expected, strict=True):
                np.testing.assert_array_equal(own, before)
    for name, tensor in kept[20].whole().items():
        np.testing.assert_array_equal(tensor, whole[name])
    for tensor in kept[20].tensors.values():
        with pytest.raises(ValueError, match="read-only"):
            tensor[...] = 0


def test_each_of_many_voices_hears_what_it_would_alone(both):
    _, compiled = both
    voices = 6
    every = [music(voice, compiled.representation) for voice in range(voices)]
    lines = [[next(steps) for _ in range(30)] for steps in every]
    together = [compiled.initial_state() for _ in range(voices)]
    heard = []
    for moment in zip(*lines, strict=True):
        codes, conditions, drawn = (np.concatenate(rows) for rows in zip(*moment, strict=True))
        contexts, together = compiled.advance(codes, conditions, together)
        heads = range(drawn.shape[1])
        heard.append(
            [compiled.logits(k, contexts, conditions, drawn[:, :k], together) for k in heads]
        )
    for voice, line in enumerate(lines):
        state = compiled.initial_state()
        for step, both_said in zip(line, heard, strict=True):
            context, (state,) = compiled.advance(*step[:2], [state])
            for own, every in zip(said(compiled, context, step, state), both_said, strict=True):
                np.testing.assert_array_equal(own[0], every[voice])


def test_what_the_one_has_kept_the_other_goes_on_from(both):
    graph, compiled = both
    steps = music(3, compiled.representation)
    mine, theirs = compiled.initial_state(), graph.initial_state()
    for _ in range(50):
        step = next(steps)
        _, (mine,) = compiled.advance(*step[:2], [mine])
        _, (theirs,) = graph.advance(*step[:2], [theirs])
    mine, theirs = theirs, mine
    for _ in range(10):
        step = next(steps)
        context, (mine,) = compiled.advance(*step[:2], [mine])
        other, (theirs,) = graph.advance(*step[:2], [theirs])
        here, there = said(compiled, context, step, mine), said(graph, other, step, theirs)
        assert max(distance(*each) for each in zip(here, there, strict=True)) < NEAR


def test_the_golden_pair_replays(both):
    for model in both:
        replayed = replay(model, model.document)
        assert replayed.agrees


def test_a_graph_with_a_rule_that_is_not_known_plays_whole():
    found = prepared()
    copied = msgspec.structs.replace(found.document.copied, rule="matches-9")
    document = msgspec.structs.replace(found.document, copied=copied)
    assert type(notes.opened(msgspec.structs.replace(found, document=document))) is OnnxModel
    assert notes.parts(document) == document.stream.entries


def test_where_it_cannot_be_compiled_the_graph_plays(monkeypatch):
    monkeypatch.setattr(notes, "functions", lambda: None)
    assert type(notes.opened(prepared())) is OnnxModel


def test_whoever_tries_an_artifact_has_it_compiled_for_those_who_play(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = copying_artifact(tmp_path / "a.onnx")
    assert not beforehand.is_ready(path)
    beforehand.make_ready(path)
    assert beforehand.is_ready(path)
    assert type(opening.opened(path).model) is CopyingModel


def test_a_kernel_that_cannot_be_compiled_is_no_error(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(code.sys, "executable", "/bin/false")
    assert functions.__wrapped__() is None


@pytest.mark.parametrize(
    "change",
    [
        {"width": 25},
        {"head": 0},
        {"heads": {}},
        {"weights": {}},
        {"rule": LETTERS_RULE},
    ],
)
def test_a_document_that_says_what_cannot_be_is_refused(change):
    found = prepared()
    copied = msgspec.structs.replace(found.document.copied, **change)
    document = msgspec.structs.replace(found.document, copied=copied)
    with pytest.raises(ArtifactError, match="export the model again"):
        notes.check(document, "a.onnx")


def test_a_graph_without_weights_that_the_document_names_is_refused():
    net = small("lstm", PERFORMANCE, 1, 7)
    graph = graph_of(net, "fp32")
    document = describe(net, About(name="small", net="lstm", licence="CC0-1.0"), "fp32")
    in_memory(graph, document)
    for part in ("attend", "score_moved", "sentinel_pitch"):
        weights = {**document.copied.weights, part: document.copied.weights["next_time"]}
        copied = msgspec.structs.replace(document.copied, weights=weights)
        with pytest.raises(ArtifactError, match="weights called"):
            in_memory(graph, msgspec.structs.replace(document, copied=copied))


def test_what_computes_no_numbers_is_refused():
    net = small("lstm", PERFORMANCE, 1, 7)
    document = describe(net, About(name="small", net="lstm", licence="CC0-1.0"), "fp32")
    for weights in (net.copying.familiar.weight, net.copying.attend.weight):
        torch.nn.init.constant_(weights, 1e30)
    found = in_memory(graph_of(net, "fp32"), document)
    for opened in (OnnxModel, notes.opened):
        with pytest.raises(ArtifactError, match="not a number"):
            opened(found)


def test_codes_beyond_all_tables_reach_no_other_memory(both):
    """Whoever calls it never gives such; what comes of them is nobody's music, but it comes."""
    _, compiled = both
    copier = compiled._copier
    state = compiled.initial_state()
    far = np.full_like(copier._codes, 1 << 40)
    for codes in (far, -far):
        copier.follow(codes, codes[0, 0] + 0 * copier._given, state)
        context, made = copier.attend(np.zeros((1, copier._heard.shape[1]), np.float32))
        assert np.isfinite(context).all()
        assert np.isfinite(made[NOW]).all()

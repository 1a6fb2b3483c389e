"""Every network: what it computes over a sequence, it computes step by step, and never ahead."""

import hashlib

import pytest
import torch

from models.contract.errors import ExtempoError
from models.contract.representation import Column, Representation, limits
from models.contract.representations.performance import PERFORMANCE
from models.nets.notes import NotesNet
from models.nets.table import NETS, build
from tests.models.toy import STRUCK, TONES, TOY

TINY = {
    "lstm": {"hidden": 16, "layers": 2, "embed": 8, "head": 12, "memory": 1},
    "wavenet": {
        "channels": 8,
        "stacks": 2,
        "depth": 3,
        "width": 16,
        "embed": 8,
        "head": 12,
        "memory": 1,
    },
}
LENGTH = 24


WRITTEN = {each.name: each for each in (PERFORMANCE, TOY)}


@pytest.fixture(params=sorted(NETS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=sorted(WRITTEN))
def net(request: pytest.FixtureRequest, name: str) -> NotesNet:
    torch.manual_seed(3)
    memory = int(request.param == PERFORMANCE.name)
    return build(name, {**TINY[name], "memory": memory}, WRITTEN[request.param]).eval()


def random_music(
    batch: int = 2, length: int = LENGTH, written: Representation = PERFORMANCE
) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(5)
    both = [
        torch.stack([torch.randint(0, int(most), (batch, length)) for most in limits(columns)], -1)
        for columns in (written.inputs, written.conditions)
    ]
    return both[0], both[1]


def steps(net: NotesNet, events: torch.Tensor, places: torch.Tensor, state=None, first: int = 0):
    state = net.initial_state(len(events)) if state is None else state
    contexts = []
    for index in range(first, events.shape[1]):
        context, state = net.step(events[:, index], places[:, index], state)
        contexts.append(context)
    return torch.stack(contexts, 1), state


def test_forward_is_a_chain_of_steps_on_every_heads_logits(net: NotesNet) -> None:
    events, places = random_music(written=net.representation)
    with torch.inference_mode():
        whole = net.logits(events, places)
        stepped, _ = steps(net, events, places)
        for index in range(LENGTH - 1):
            codes = events[:, index + 1, net.representation.targets().tolist()]
            for k, column in enumerate(net.representation.factors):
                drawn = codes[:, : net.representation.told(k)]
                logits = net.head(k, stepped[:, index], places[:, index + 1], drawn)
                assert logits.shape == (2, *column.shape, column.classes)
                expected = whole[column.name][:, index]
                torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("residual", "skip"), [(0, 1), (1, 0), (0, 0)])
def test_a_wavenet_without_residual_or_skip_is_another_network_that_steps_as_well(
    residual: int, skip: int
) -> None:
    torch.manual_seed(3)
    whole = build("wavenet", TINY["wavenet"], PERFORMANCE).eval()
    torch.manual_seed(3)
    config = {**TINY["wavenet"], "residual": residual, "skip": skip}
    net = build("wavenet", config, PERFORMANCE).eval()
    events, places = random_music()
    with torch.inference_mode():
        forward, (stepped, _) = net(events, places), steps(net, events, places)
        torch.testing.assert_close(forward, stepped, atol=1e-5, rtol=1e-5)
        assert not torch.allclose(forward, whole(events, places), atol=1e-3)


def test_a_kept_state_goes_on_as_if_nothing_was_cut(net: NotesNet) -> None:
    events, places = random_music(written=net.representation)
    with torch.inference_mode():
        whole, _ = steps(net, events, places)
        for cut in (1, 7, LENGTH - 1):
            _, kept = steps(net, events[:, :cut], places[:, :cut])
            before = {name: tensor.clone() for name, tensor in kept.items()}
            rest, _ = steps(net, events, places, kept, cut)
            torch.testing.assert_close(rest, whole[:, cut:], atol=0, rtol=0)
            assert all(torch.equal(kept[name], before[name]) for name in kept)


def test_nothing_is_known_of_the_future(net: NotesNet) -> None:
    events, places = random_music(written=net.representation)
    changed = events.clone()
    changed[:, 10] = (changed[:, 10] + 1) % torch.from_numpy(limits(net.representation.inputs))
    with torch.inference_mode():
        difference = (net(changed, places) - net(events, places)).abs().amax((0, 2))
    assert difference[:10].max() == 0
    assert difference[10] > 0
    assert difference[11:].max() > 0


def test_the_state_is_what_the_specs_say(net: NotesNet) -> None:
    state = net.initial_state()
    assert {spec.name: spec.shape for spec in net.state_specs()} == {
        name: tuple(tensor.shape) for name, tensor in state.items()
    }
    events, places = random_music(batch=1, length=1, written=net.representation)
    _, after = net.step(events[:, 0], places[:, 0], state)
    assert {name: tensor.shape for name, tensor in after.items()} == {
        name: tensor.shape for name, tensor in state.items()
    }


def test_a_sequence_does_not_depend_on_its_neighbours_in_the_batch(net: NotesNet) -> None:
    events, places = random_music(batch=3, written=net.representation)
    with torch.inference_mode():
        alone = net(events[1:2], places[1:2])
        torch.testing.assert_close(net(events, places)[1:2], alone, atol=1e-5, rtol=1e-5)


def test_every_code_of_a_row_reaches_its_own_embedding() -> None:
    net = build("lstm", TINY["lstm"] | {"memory": 0}, TOY).eval()
    start = torch.from_numpy(TOY.start_codes())[None]
    conditions = torch.zeros(1, 1, dtype=torch.int64)
    seen = []
    with torch.inference_mode():
        for tone in range(TONES):
            codes = start.clone()
            codes[0, TOY.place_of("tones") + tone] = STRUCK
            seen.append(net.step(codes, conditions, net.initial_state())[0])
    assert torch.cdist(torch.cat(seen), torch.cat(seen)).add(torch.eye(TONES)).min() > 1e-4


def test_first_weights_are_those_that_a_seed_always_gave(name: str) -> None:
    # What was trained by a recipe and a seed comes out as it did.
    config = {"lstm": {"hidden": 16, "embed": 8}, "wavenet": {"channels": 8, "depth": 3}}[name]
    torch.manual_seed(3)
    kept = hashlib.sha256()
    for key, tensor in build(name, {**config, "memory": 1}, PERFORMANCE).state_dict().items():
        kept.update(key.encode() + tensor.numpy().tobytes())
    assert (
        kept.hexdigest()[:16] == {"lstm": "1fbb03478f60f7a3", "wavenet": "108ba40a4ad76966"}[name]
    )


def test_unknown_names_are_refused_in_one_sentence() -> None:
    with pytest.raises(ExtempoError, match=r"no network called 'gru'.*lstm"):
        build("gru", {}, PERFORMANCE)
    with pytest.raises(ExtempoError, match="has no setting 'hiden'"):
        build("lstm", {"hiden": 3}, PERFORMANCE)


@pytest.mark.parametrize("called", ["keys", "training", "values", "_buffers"])
def test_a_factor_may_be_called_as_torch_calls_something(name: str, called: str) -> None:
    column = Column(called, 3)
    written = Representation(
        "other", (column,), (column,), (Column("beat", 2),), (0,), {called: [3]}
    )
    net = build(name, {**TINY[name], "memory": 0}, written)
    state, zero = net.initial_state(), torch.zeros(1, 1, dtype=torch.int64)
    context, _ = net.step(zero, zero, state)
    assert net.head(0, context, zero, zero[:, :0]).shape == (1, 3)


def test_a_memory_without_pitches_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(ExtempoError, match=r"'toy' has no pitch in numbers.*set memory = 0"):
        build(name, TINY[name], TOY)

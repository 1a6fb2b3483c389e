"""Every network: what it computes over a sequence, it computes step by step, and never ahead."""

import pytest
import torch

from models.contract.errors import ExtempoError
from models.contract.performance import BEATS, FACTORS, INPUT_CLASSES, METRES, TICKS
from models.nets import NETS, build
from models.nets.events import EventNet, factor_logits

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


@pytest.fixture(params=sorted(NETS))
def net(request: pytest.FixtureRequest) -> EventNet:
    torch.manual_seed(3)
    return build(request.param, TINY[request.param]).eval()


def random_music(batch: int = 2, length: int = LENGTH) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(5)
    columns = [torch.randint(0, n, (batch, length)) for n in INPUT_CLASSES.values()]
    places = [torch.randint(0, n, (batch, length)) for n in (BEATS, TICKS, METRES)]
    return torch.stack(columns, -1), torch.stack(places, -1)


def steps(net: EventNet, events: torch.Tensor, places: torch.Tensor, state=None, first: int = 0):
    state = net.initial_state(len(events)) if state is None else state
    contexts = []
    for index in range(first, events.shape[1]):
        context, state = net.step(events[:, index], places[:, index], state)
        contexts.append(context)
    return torch.stack(contexts, 1), state


def test_forward_is_a_chain_of_steps_on_every_heads_logits(net: EventNet) -> None:
    events, places = random_music()
    with torch.inference_mode():
        whole = factor_logits(net, net(events, places)[:, :-1], events[:, 1:], places[:, 1:])
        stepped, _ = steps(net, events, places)
        for index in range(LENGTH - 1):
            for k, factor in enumerate(FACTORS):
                drawn = events[:, index + 1, :k]
                logits = net.head(factor, stepped[:, index], places[:, index + 1], drawn)
                torch.testing.assert_close(logits, whole[factor][:, index], atol=1e-5, rtol=1e-5)


def test_a_kept_state_goes_on_as_if_nothing_was_cut(net: EventNet) -> None:
    events, places = random_music()
    with torch.inference_mode():
        whole, _ = steps(net, events, places)
        for cut in (1, 7, LENGTH - 1):
            _, kept = steps(net, events[:, :cut], places[:, :cut])
            before = {name: tensor.clone() for name, tensor in kept.items()}
            rest, _ = steps(net, events, places, kept, cut)
            torch.testing.assert_close(rest, whole[:, cut:], atol=0, rtol=0)
            assert all(torch.equal(kept[name], before[name]) for name in kept)


def test_nothing_is_known_of_the_future(net: EventNet) -> None:
    events, places = random_music()
    changed = events.clone()
    changed[:, 10] = (changed[:, 10] + 1) % torch.tensor(list(INPUT_CLASSES.values()))
    with torch.inference_mode():
        difference = (net(changed, places) - net(events, places)).abs().amax((0, 2))
    assert difference[:10].max() == 0
    assert difference[10] > 0
    assert difference[11:].max() > 0


def test_the_state_is_what_the_specs_say(net: EventNet) -> None:
    state = net.initial_state()
    assert {spec.name: spec.shape for spec in net.state_specs()} == {
        name: tuple(tensor.shape) for name, tensor in state.items()
    }
    events, places = random_music(batch=1, length=1)
    _, after = net.step(events[:, 0], places[:, 0], state)
    assert {name: tensor.shape for name, tensor in after.items()} == {
        name: tensor.shape for name, tensor in state.items()
    }


def test_a_sequence_does_not_depend_on_its_neighbours_in_the_batch(net: EventNet) -> None:
    events, places = random_music(batch=3)
    with torch.inference_mode():
        alone = net(events[1:2], places[1:2])
        torch.testing.assert_close(net(events, places)[1:2], alone, atol=1e-5, rtol=1e-5)


def test_unknown_names_are_refused_in_one_sentence() -> None:
    with pytest.raises(ExtempoError, match=r"no network called 'gru'.*lstm"):
        build("gru", {})
    with pytest.raises(ExtempoError, match="has no setting 'hiden'"):
        build("lstm", {"hiden": 3})

"""Networks of audio: one sample after another gives what a whole sound gives, and no future is heard."""

import numpy as np
import pytest
import torch

from models.contract.errors import ExtempoError
from models.contract.samples import CLASSES, FEATURES, excitation, weight_shapes
from models.contract.stream import ADVANCE
from models.nets.audio import AudioNet
from models.nets.table import AUDIO_NETS, build_audio

SMALL = {"residual": 8, "skip": 12, "stacks": 2, "depth": 3, "hop": 4, "condition": 6}
FRAMES = 12


@pytest.fixture(scope="module", params=AUDIO_NETS)
def net(request: pytest.FixtureRequest) -> AudioNet:
    torch.manual_seed(1)
    return build_audio(request.param, SMALL).eval()


@pytest.fixture(scope="module")
def heard(net: AudioNet) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(2)
    codes = rng.integers(CLASSES, size=(2, FRAMES * net.config.hop))
    keys = rng.random((2, FRAMES, FEATURES), np.float32)
    return torch.from_numpy(codes), torch.from_numpy(keys)


def excited_by(net: AudioNet, keys: torch.Tensor) -> torch.Tensor:
    rows = excitation(keys.flatten(0, 1).numpy(), net.config.hop, net.config.rate)
    return torch.from_numpy(rows).unflatten(0, (len(keys), -1))


@torch.no_grad()
def test_steps_give_what_the_whole_gives(
    net: AudioNet, heard: tuple[torch.Tensor, torch.Tensor]
) -> None:
    codes, keys = heard
    excited = excited_by(net, keys)
    whole = net(codes, keys, excited)
    state, stepped = net.initial_state(2), []
    for t in range(codes.shape[1]):
        gates = net.condition(keys[:, t // net.config.hop])
        logits, state = net.step(codes[:, t], gates, excited[:, t], state)
        stepped.append(logits)
    torch.testing.assert_close(torch.stack(stepped, 1), whole, atol=1e-5, rtol=1e-5)
    late = net(codes, keys, excited, since=20)
    torch.testing.assert_close(late, whole[:, 20:], atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_a_sample_is_heard_later_only_and_as_long_as_the_net_reaches(
    net: AudioNet, heard: tuple[torch.Tensor, torch.Tensor]
) -> None:
    codes, keys = heard
    moved = codes.clone()
    moved[:, 10] = (moved[:, 10] + 99) % CLASSES
    excited = excited_by(net, keys)
    differs = (net(codes, keys, excited) != net(moved, keys, excited)).any(-1).any(0)
    assert differs.nonzero().flatten().min() == 10
    assert differs.nonzero().flatten().max() == 10 + net.reach


@torch.no_grad()
def test_keys_shape_their_frame_and_none_before(
    net: AudioNet, heard: tuple[torch.Tensor, torch.Tensor]
) -> None:
    codes, keys = heard
    moved = keys.clone()
    moved[:, 5] = 1.0 - moved[:, 5]
    before, after = (net(codes, each, excited_by(net, each)) for each in (keys, moved))
    differs = (before != after).any(-1).any(0)
    assert differs.nonzero().flatten().min() == 5 * net.config.hop


def test_the_state_is_what_the_stream_says(net: AudioNet) -> None:
    advance = next(entry for entry in net.stream().entries if entry.name == ADVANCE)
    state = net.initial_state()
    assert {name: tuple(tensor.shape) for name, tensor in state.items()} == {
        spec.name: spec.shape for spec in advance.state
    }


def test_the_weights_are_what_the_contract_says() -> None:
    weights = build_audio("audio-wavenet", SMALL).named_weights()
    assert {name: tuple(tensor.shape) for name, tensor in weights.items()} == dict(
        weight_shapes(8, 12, 6, 6)
    )


def test_a_fresh_network_expects_nothing_much(
    net: AudioNet, heard: tuple[torch.Tensor, torch.Tensor]
) -> None:
    with torch.no_grad():
        logits = net(*heard, excited_by(net, heard[1]))
    assert logits.isfinite().all()
    nats = -torch.log_softmax(logits, -1).mean()
    assert abs(float(nats) - np.log(CLASSES)) < 0.5


def test_an_unknown_network_or_setting_is_named() -> None:
    with pytest.raises(ExtempoError, match="no network called 'wavegan'"):
        build_audio("wavegan", {})
    with pytest.raises(ExtempoError, match="no setting 'stages'"):
        build_audio("audio-wavenet", {"stages": 2})

"""Training on a device: what can be shown without a GPU, and with one where there is one."""

import ast
import json
import math
import zipfile
from pathlib import Path

import msgspec
import pytest
import torch
from click.testing import CliRunner
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from export.train_cli import command
from models.contract.errors import ExtempoError
from models.contract.representations.performance import PERFORMANCE
from models.contract.samples import CHANNELS, FEATURES
from models.nets.table import AUDIO_NETS, NETS, build, build_audio
from models.train import device
from models.train import run as running
from models.train.checkpoint import load_checkpoint, load_to_resume
from models.train.descent import Descent
from models.train.loop import LOG, train
from models.train.recipe import Recipe, SoundRecipe
from models.train.run import BEST, LAST, Run
from models.train.task import NotesTask
from tests.models.scores import random_score
from tests.models.sounds import tone, write
from tests.models.test_audio_nets import SMALL
from tests.models.test_nets import TINY as SIZES
from tests.models.test_nets import random_music

MODELS = Path(__file__).parents[2] / "models"
META = torch.device("meta")
GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no GPU here")
TINY = Recipe(
    name="tiny",
    title="Tiny",
    net="lstm",
    config={"hidden": 16, "layers": 2, "embed": 16, "head": 16, "memory": 1, "dropout": 0.1},
    corpora={"mine": 1.0},
    batch=4,
    length=16,
    rate=0.01,
    warmup=10,
    steps=40,
    measure_steps=20,
    measure_windows=4,
    average=0.9,
)
SOUND = SoundRecipe(
    name="tiny-sound",
    title="Tiny sound",
    kind="audio",
    net="audio-wavenet",
    config={"residual": 8, "skip": 8, "stacks": 1, "depth": 4, "condition": 4, "rate": 8_000},
    corpora={"sounds": 1.0},
    batch=2,
    seconds=0.1,
    rate=0.01,
    warmup=5,
    steps=40,
    measure_steps=20,
    measure_windows=4,
)
RECIPES = pytest.mark.parametrize("recipe", [TINY, SOUND], ids=lambda recipe: recipe.name)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for seed in range(20):
        random_score(folder / "mine" / f"{seed}.mid", seed)
    for number in range(2):
        write(folder / "sounds" / f"{number}.wav", tone(4.0, 8_000, 300.0 + 100 * number), 8_000)
        random_score(folder / "sounds" / f"{number}.mid", number)
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def half(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a GPU without bfloat16 does."""
    monkeypatch.setattr(device, "arithmetic", lambda _: torch.float16)


class Places(TorchDispatchMode):
    """Notes on which devices tensors are made."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        self.seen |= {x.device.type for x in tree_leaves(made) if isinstance(x, torch.Tensor)}
        return made


def named_in(source: str) -> set[str]:
    """Return which devices are named, by a word or by a method that moves to one."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value.partition(":")[0])
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
    return names & {"cpu", "cuda", "numpy"}


def test_no_network_and_nothing_that_trains_names_a_device() -> None:
    assert named_in('a.cpu(); b = "cuda:0"') == {"cpu", "cuda"}
    for path in (MODELS / "nets").glob("*.py"):
        assert not named_in(path.read_text("utf-8")), path
    knows = {"device.py", "checkpoint.py"}
    for path in (MODELS / "train").glob("*.py"):
        if path.name not in knows:
            assert not named_in(path.read_text("utf-8")) & {"cpu", "cuda"}, path


@pytest.mark.parametrize("name", NETS)
def test_a_network_of_events_makes_no_tensor_elsewhere(name: str) -> None:
    net = build(name, SIZES[name], PERFORMANCE).to(META)
    events, places = (each.to(META) for each in random_music())
    with Places() as places_of:
        net.nats(events, places).sum().backward()
        _, after = net.advance(events[:, 0], places[:, 0], net.initial_state(2))
        net.logits(events, places)
    assert places_of.seen == {"meta"}
    assert set(after) == {spec.name for spec in net.state_specs()}


@pytest.mark.parametrize("name", AUDIO_NETS)
def test_a_network_of_audio_makes_no_tensor_elsewhere(name: str) -> None:
    net = build_audio(name, SMALL).to(META)
    hop = net.config.hop
    codes = torch.zeros(2, 3 * hop, dtype=torch.int64, device=META)
    keys = torch.zeros(2, 3, FEATURES, device=META)
    excited = torch.zeros(2, 3 * hop, CHANNELS, device=META)
    with Places() as places:
        net(codes, keys, excited).sum().backward()
        net.step(codes[:, 0], net.condition(keys[:, 0]), excited[:, 0], net.initial_state(2))
    assert places.seen == {"meta"}


def test_a_tensor_that_is_made_elsewhere_is_found() -> None:
    with Places() as places:
        torch.zeros(2, device=META) + 1.0
        torch.zeros(2)
    assert places.seen == {"meta", "cpu"}


@RECIPES
def test_a_step_of_training_happens_where_it_was_told(
    recipe: Recipe, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the device that has no numbers, so that what would need one is left out."""
    monkeypatch.setattr(
        device, "fast", lambda where, enabled=True: torch.autocast("cpu", enabled=False)
    )
    monkeypatch.setattr(running, "fast", device.fast)
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda *_: 1.0)
    run = Run(recipe, data, tmp_path / "out", tmp_path / "cache", META)
    losses = run.task.losses
    monkeypatch.setattr(run.task, "losses", lambda number: (losses(number)[0], {}))
    for _ in range(2):
        run.step()
    kept = run.descent.state()["optimiser"]["state"]
    moments = [state[name] for state in kept.values() for name in ("exp_avg", "exp_avg_sq")]
    weights = [*run.checkpoint().weights.values(), *run.net.buffers()]
    assert {tensor.device.type for tensor in (*moments, *weights)} == {"meta"}


@pytest.mark.usefixtures("no_gpu")
def test_auto_is_the_processor_where_there_is_no_gpu() -> None:
    assert device.chosen("auto") == device.chosen("cpu") == torch.device("cpu")
    assert device.said(device.chosen("auto")) == "the processor"


def test_auto_is_a_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    assert device.chosen("auto") == device.chosen("cuda") == torch.device("cuda", 0)
    assert device.chosen("cpu") == torch.device("cpu")


def test_of_several_processes_each_has_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = [0]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: taken[-1])
    for rank in ("0", "1"):
        monkeypatch.setenv("LOCAL_RANK", rank)
        assert device.chosen("auto") == torch.device("cuda", int(rank))
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(ExtempoError, match=r"more processes than there are GPUs here \(2\)"):
        device.chosen("cuda")


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize(
    ("build_of_torch", "advice"), [(None, "make dev EXTRA=gpu"), ("13.0", "nvidia-smi")]
)
def test_a_gpu_that_is_not_there_is_told_in_a_sentence(
    build_of_torch: str | None,
    advice: str,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.version, "cuda", build_of_torch)
    words = ["improviser-small", "--data", str(data), "--corpus", "mine", "--device", "cuda"]
    done = CliRunner().invoke(command, [*words, "--out", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: PyTorch sees no NVIDIA GPU here")
    assert advice in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_arithmetic_is_what_the_device_has(monkeypatch: pytest.MonkeyPatch) -> None:
    assert device.arithmetic(torch.device("cpu")) is torch.bfloat16
    for has, kind in ((True, torch.bfloat16), (False, torch.float16)):
        monkeypatch.setattr(
            torch.cuda, "is_bf16_supported", lambda including_emulation, has=has: has
        )
        assert device.arithmetic(torch.device("cuda")) is kind
    assert device.fast(torch.device("cuda"), enabled=False).device == "cuda"


def test_a_gpu_without_room_is_told_in_a_sentence(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_task: NotesTask, _number: int) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    monkeypatch.setattr(NotesTask, "losses", full)
    with pytest.raises(ExtempoError, match="too little memory free for this: make the batch"):
        train(TINY, data, tmp_path / "out", device="cpu")


@pytest.mark.usefixtures("half")
def test_in_float16_it_learns_and_goes_on_at_the_scale_that_it_had(
    data: Path, tmp_path: Path
) -> None:
    # A recurrent network has no float16 on a processor.
    config = {"channels": 8, "stacks": 1, "depth": 3, "width": 16, "embed": 8, "head": 12}
    recipe = msgspec.structs.replace(TINY, net="wavenet", config=config)
    out = tmp_path / "out"
    train(recipe, data, out, device="cpu")
    lines = [json.loads(line) for line in (out / LOG).read_text().splitlines()]
    nats = [line["train"]["all"] for line in lines if "train" in line]
    assert nats[-1] < nats[0] - 1
    kept = load_to_resume(out / LAST)[1]["scaler"]
    assert kept["scale"] > 1
    again = Run(recipe, data, out, tmp_path / "cache", torch.device("cpu"))
    again.restore()
    assert again.descent.state()["scaler"] == kept


@pytest.mark.usefixtures("half")
def test_a_gradient_that_overflows_float16_is_left_out_and_scaled_by_less() -> None:
    net = build("lstm", SIZES["lstm"], PERFORMANCE)
    descent = Descent(net, TINY)
    weight = next(net.parameters())
    before, scale = weight.detach().clone(), descent.state()["scaler"]["scale"]
    # Too much at the first scale, and not at half of it.
    assert descent.step((weight * (1.2 * torch.finfo(torch.float32).max / scale)).sum() * 1.0, 0.01)
    assert torch.equal(weight, before)
    assert descent.state()["scaler"]["scale"] == scale / 2
    assert descent.step(weight.sum(), 0.01)
    assert not torch.equal(weight, before)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_a_loss_that_is_no_number_changes_no_weights(
    kind: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "arithmetic", lambda _: kind)
    net = build("lstm", SIZES["lstm"], PERFORMANCE)
    before = [weights.detach().clone() for weights in net.parameters()]
    assert not Descent(net, TINY).step(next(net.parameters()).sum() * math.nan, 0.01)
    assert all(map(torch.equal, before, net.parameters()))


def as_if_of_a_gpu(path: Path) -> None:
    """Write into a checkpoint that all its tensors lay on a GPU."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            if name.endswith("data.pkl"):
                here, there = (len(w).to_bytes(4, "little") + w for w in (b"cpu", b"cuda:0"))
                assert here in content
                content = content.replace(here, there)
            archive.writestr(name, content)


@pytest.mark.usefixtures("no_gpu")
def test_what_a_gpu_has_learned_is_gone_on_with_on_the_processor(
    data: Path, tmp_path: Path
) -> None:
    ends = []
    torch.set_num_threads(1)
    for there in (False, True):
        out = tmp_path / str(there)
        train(TINY, data, out, device="cpu")
        if there:
            as_if_of_a_gpu(out / LAST)
            with pytest.raises(RuntimeError, match="CUDA"):
                torch.load(out / LAST, weights_only=True)
        train(msgspec.structs.replace(TINY, steps=50), data, out, resume=True, device="cpu")
        ends.append(load_checkpoint(out / LAST).weights)
    for name, tensor in ends[0].items():
        torch.testing.assert_close(ends[1][name], tensor, atol=0, rtol=0)


def test_dice_of_another_device_are_left_alone() -> None:
    here = torch.device("cpu")
    state = device.random_state(here)
    assert set(state) == {"random"}
    first = torch.rand(3)
    device.restore_random(here, {**state, "random_cuda": torch.zeros(16, dtype=torch.uint8)})
    assert torch.equal(torch.rand(3), first)


@GPU
@RECIPES
@pytest.mark.parametrize(("first", "then"), [("cuda", "cpu"), ("cpu", "cuda"), ("cuda", "cuda")])
def test_a_run_goes_on_on_any_device(
    recipe: Recipe, first: str, then: str, data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    before = train(recipe, data, out, device=first)
    assert ("random_cuda" in load_to_resume(out / LAST)[1]) == (first == "cuda")
    longer = msgspec.structs.replace(recipe, steps=80)
    after = train(longer, data, out, resume=True, device=then)
    assert after.step == 80
    assert after.best < before.best + 0.05
    assert {tensor.device.type for tensor in load_checkpoint(out / BEST).weights.values()} == {
        "cpu"
    }


@GPU
@RECIPES
def test_a_gpu_measures_what_the_processor_measures(
    recipe: Recipe, data: Path, tmp_path: Path
) -> None:
    found = [
        Run(recipe, data, tmp_path / "out", tmp_path / "cache", device.chosen(name)).task.measure()
        for name in ("cpu", "cuda")
    ]
    assert found[0] == pytest.approx(found[1], rel=0.02)


@GPU
def test_dice_of_a_gpu_are_thrown_again() -> None:
    where = device.chosen("cuda")
    state = device.random_state(where)
    first = torch.rand(3, device=where)
    device.restore_random(where, state)
    assert torch.equal(torch.rand(3, device=where), first)

"""A network of sound on its way from PyTorch to the stage."""

import json

import numpy as np
import onnx
import pytest
import torch
from click.testing import CliRunner
from msgspec.structs import replace
from onnx import numpy_helper

from export.artifact import About, describe, graph_of, in_memory, write_artifact
from export.cli import command
from export.sound.golden import ROWS, SAMPLES, phrase_of, sound_reference
from export.sound.graph import sound_graph
from export.sound.steps import SoundSteps
from live.runtime import opening
from live.runtime.golden import replay
from live.runtime.library import describe as introduced
from live.runtime.sound.wavenet import WaveNet
from models.contract.document import Corpus
from models.contract.errors import ExtempoError
from models.contract.samples import NAME, SILENCE
from models.contract.sizes import NET, Sizes
from models.nets.table import build_audio
from models.train.checkpoint import Checkpoint, Progress, save_checkpoint
from tests.tiny_sound import tiny_weights

CONFIG = {
    "residual": 6,
    "skip": 8,
    "stacks": 2,
    "depth": 3,
    "hop": 40,
    "condition": 4,
    "keys": 1,
    "rate": 8000,
}
ABOUT = About(name="small", net=NET, licence="CC0-1.0")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(4)
    return build_audio(NET, CONFIG).eval()


@pytest.fixture(scope="module")
def document(net):
    return describe(net, ABOUT, "fp32")


@pytest.fixture(scope="module")
def graph(net):
    return graph_of(net, "fp32")


def test_the_phrase_begins_in_silence_and_has_chords(net):
    phrase = phrase_of(net)
    first = phrase.struck[0][0]
    assert (phrase.codes[:first] == SILENCE).all()
    assert first % net.config.hop
    assert len({pitch for at, pitch, velocity in phrase.struck if velocity and at < SAMPLES}) > 5
    assert 0 in {velocity for _, _, velocity in phrase.struck}
    assert len(np.unique(phrase.codes)) > 100
    assert len(phrase.codes) >= net.config.rate
    assert phrase.codes.min() > 0
    assert phrase.codes.max() < 255


def test_what_agrees_is_written_and_says_what_it_is(net, graph, document, tmp_path):
    path = tmp_path / "small.onnx"
    assert write_artifact(net, graph, document, path) < 1e-4
    found = introduced(path)
    assert (found.name, found.kind, found.net, found.sample_rate) == ("small", "audio", NET, 8000)
    assert found.parameters == sum(p.numel() for p in net.parameters())
    assert found.pair.outputs["logits"].tensor.shape == (ROWS, 1, 256)
    assert [file.name for file in tmp_path.glob("*.onnx*")] == ["small.onnx"]


def test_the_golden_pair_replays_on_every_runtime(net, graph, document):
    prepared = in_memory(graph, document)
    for model in (SoundSteps(prepared), WaveNet.of_prepared(prepared)):
        replayed = replay(model, document)
        assert replayed.agrees
        assert replayed.difference < 1e-4


def test_the_golden_pair_tells_one_network_from_another(net, document):
    torch.manual_seed(5)
    other = in_memory(graph_of(build_audio(NET, CONFIG), "fp32"), document)
    assert not replay(WaveNet.of_prepared(other), document).agrees


def test_the_graph_has_few_operators_for_a_sample(net, graph):
    layers = CONFIG["stacks"] * CONFIG["depth"]
    assert len(graph.graph.node) <= 14 * layers + 14
    assert {tensor.name for tensor in graph.graph.initializer} > set(net.named_weights())


@pytest.mark.parametrize("name", ["past_3", "keys_in_bias", "second"])
def test_what_does_not_agree_with_pytorch_is_not_written(net, graph, document, name, tmp_path):
    wrong = onnx.ModelProto()
    wrong.CopyFrom(graph)
    weight = next(tensor for tensor in wrong.graph.initializer if tensor.name == name)
    values = numpy_helper.to_array(weight).copy()
    values.flat[::3] += np.float32(0.2)
    weight.CopyFrom(numpy_helper.from_array(values, weight.name))
    path = tmp_path / "small.onnx"
    path.write_text("the old one")
    with pytest.raises(ExtempoError, match=r"was not written: .* differ by"):
        write_artifact(net, wrong, document, path)
    assert path.read_text() == "the old one"


def test_a_graph_that_forgets_the_past_is_not_written(net, document, tmp_path):
    """The compiled kernel reads the weights alone and is right; ONNX Runtime is not."""
    wrong = graph_of(net, "fp32")
    node = next(one for one in wrong.graph.node if one.op_type == "Tanh")
    node.op_type = "Relu"
    with pytest.raises(ExtempoError, match=r"was not written: .* differ by"):
        write_artifact(net, wrong, document, tmp_path / "small.onnx")


def test_what_the_stage_would_refuse_is_not_written(net, graph, document, tmp_path):
    lying = replace(document, sample_rate=44_100)
    with pytest.raises(ExtempoError, match="plays 44100 samples a second"):
        write_artifact(net, graph, lying, tmp_path / "small.onnx")
    assert not (tmp_path / "small.onnx").exists()


def test_weights_of_another_shape_are_a_mistake_of_the_caller():
    sizes = Sizes(**CONFIG)
    weights = {**tiny_weights(sizes), "first": np.zeros((3, 3), np.float32)}
    with pytest.raises(ValueError, match=r"first has the shape \(3, 3\), not \(8, 8\)"):
        sound_graph(weights, sizes)


def test_it_says_what_pytorch_says_without_keys(tmp_path):
    torch.manual_seed(6)
    deaf = build_audio(NET, {**CONFIG, "keys": 0}).eval()
    document = describe(deaf, ABOUT, "fp32")
    assert not document.pair.inputs["keys"].array().any()
    assert write_artifact(deaf, graph_of(deaf, "fp32"), document, tmp_path / "x.onnx") < 1e-4
    rows = document.pair.outputs["logits"].tensor.array()[:, 0]
    expected = sound_reference(deaf, phrase_of(deaf))[SAMPLES - ROWS : SAMPLES]
    np.testing.assert_allclose(rows, expected, atol=1e-5)


@pytest.fixture
def checkpoint(net, tmp_path):
    path = tmp_path / "best.pt"
    corpora = [Corpus("piano", "CC0 1.0", "somebody", "somewhere", 12)]
    recipe = {"name": "small-piano", "corpora": {"piano": 1.0}}
    weights = dict(net.state_dict())
    save_checkpoint(
        path, Checkpoint(NET, CONFIG, NAME, {}, weights, recipe, Progress(), corpora, [])
    )
    return path


def test_the_command_writes_what_the_checkpoint_says(checkpoint, tmp_path):
    path, measures = tmp_path / "piano.onnx", tmp_path / "measures.json"
    measures.write_text(json.dumps([{"name": "notes found", "value": 0.5, "unit": "share"}]))
    said = ["--set", "top_p=0.9", "--measures", str(measures)]
    told = CliRunner().invoke(command, [str(checkpoint), "-o", str(path), *said])
    assert told.exit_code == 0, told.output
    document = opening.opened(path).model.document
    assert document.name == "small-piano"
    assert document.corpora[0].licence == "CC0 1.0"
    assert document.knobs == {"top_p": 0.9}
    assert document.measures[0].name == "notes found"
    assert "agrees with PyTorch" in told.stdout


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (["--int8"], "with weights of 32 bits only: leave out --int8"),
        (["--set", "density=2"], "density"),
        (["--measures", "/no/such.json"], "cannot be read as measures"),
    ],
)
def test_the_command_refuses_in_one_sentence(checkpoint, tmp_path, option, sentence):
    path = tmp_path / "x.onnx"
    told = CliRunner().invoke(command, [str(checkpoint), "-o", str(path), *option])
    assert told.exit_code == 1
    assert sentence in told.stderr
    assert not path.exists()

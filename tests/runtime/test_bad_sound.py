"""Artifacts of sound that lie or must not run: each is really made, and refused in one clear sentence."""

import re

import numpy as np
import onnx
import pytest
from msgspec.structs import replace
from onnx import TensorProto, helper, numpy_helper

from live.runtime import opening
from live.runtime.golden import replay
from live.runtime.prepare import examine, prepare
from live.runtime.sound.wavenet import WaveNet
from models.contract.document import Document
from models.contract.errors import ArtifactError
from models.contract.sizes import Sizes
from tests.runtime.spoil import edit_document, edit_graph, edit_text, refused


def resized(document: Document, **sizes: float) -> Document:
    """The document of a network with other sizes, its stream as they would have it."""
    config = {**document.config, **sizes}
    found = Sizes.of(config, "resized")
    stream = found.stream if found.stacks * found.depth < 5000 else document.stream
    return replace(document, config=config, stream=stream, sample_rate=found.rate)


def rewritten(model: onnx.ModelProto, name: str, change) -> None:
    tensor = next(one for one in model.graph.initializer if one.name == name)
    values = change(numpy_helper.to_array(tensor).copy())
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def test_the_file_that_is_changed_here_plays(sound):
    opening.opened(sound)


def test_a_voice_of_notes_does_not_play_a_network_of_sound(sound):
    with pytest.raises(ArtifactError, match=r"tiny-sound.onnx is a model of audio where one of ev"):
        opening.opened(sound, "events")


def test_a_voice_of_sound_does_not_play_a_network_of_notes(artifact):
    with pytest.raises(ArtifactError, match=r"tiny.onnx is a model of events where one of audio"):
        opening.opened(artifact, "audio")


@pytest.mark.parametrize(
    ("field", "value"), [("net", "audio-lstm"), ("representation", "spectrum")]
)
def test_another_way_to_make_sound(sound, field, value):
    said = edit_document(sound, lambda document: replace(document, **{field: value}))
    assert f"{value!r}" in said
    assert "this extempo knows 'audio-wavenet'" in said


def test_weights_of_8_bits(sound):
    said = edit_document(sound, lambda document: replace(document, precision="int8"))
    assert "plays sound from weights of 32 bits" in said


def test_a_size_that_is_missing(sound):
    def forget(document: Document) -> Document:
        return replace(document, config={"residual": 8, "rate": 16000})

    assert "does not say how large its network is" in edit_document(sound, forget)


@pytest.mark.parametrize(
    ("size", "value"),
    [
        ("residual", 0),
        ("residual", 1_000_000_000),
        ("skip", -1),
        ("skip", 1 << 40),
        ("stacks", 0),
        ("depth", 60),
        ("hop", 0),
        ("hop", 5_000),
        ("condition", 1 << 20),
        ("keys", 2),
        ("rate", 4_000),
        ("rate", 384_000),
    ],
)
def test_absurd_sizes(sound, size, value):
    said = edit_text(sound, lambda text: _with_size(text, size, value))
    assert f"has {value} as {size!r}, which has to be" in said


def _with_size(text: str, size: str, value: float) -> str:
    start = text.index(f'"{size}":', text.index('"config"'))
    end = min(text.index(mark, start) for mark in ",}")
    return f'{text[:start]}"{size}":{value}{text[end:]}'


def test_a_size_that_is_no_whole_number(sound):
    said = edit_text(sound, lambda text: _with_size(text, "residual", 8.5))
    assert "does not say how large its network is" in said


def test_more_layers_than_can_be_played(sound):
    said = edit_document(sound, lambda document: resized(document, stacks=64))
    assert "has 256 layers, more than the 128" in said


def test_a_state_too_large_to_play(sound):
    said = edit_document(sound, lambda document: resized(document, depth=16, residual=256))
    assert "too large to play live" in said


def test_two_rates(sound):
    said = edit_document(sound, lambda document: replace(document, sample_rate=44_100))
    assert "plays 44100 samples a second, and that its network was trained with 16000" in said


def test_a_stream_that_is_not_that_of_its_sizes(sound):
    def lie(document: Document) -> Document:
        return replace(document, stream=resized(document, residual=4).stream)

    assert "other inputs and outputs" in edit_document(sound, lie)


def test_sizes_that_are_not_those_of_the_graph(sound):
    said = edit_document(sound, lambda document: resized(document, residual=4))
    assert "but the graph has float32" in said


def test_no_golden_pair(sound):
    said = edit_document(sound, lambda document: replace(document, pair=None))
    assert "no golden pair" in said


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["embed", "now_2", "keys_out_bias", "second"])
def test_weights_that_are_not_numbers(sound, name, value):
    def poison(model: onnx.ModelProto) -> None:
        rewritten(
            model,
            name,
            lambda values: (
                np.append(values.ravel()[:-1], value).reshape(values.shape).astype(np.float32)
            ),
        )

    assert f"weights that are not numbers (in {name!r})" in edit_graph(sound, poison)


def test_a_weight_under_another_name(sound):
    """The graph would still run, but the compiled kernel reads by name."""

    def rename(model: onnx.ModelProto) -> None:
        for tensor in model.graph.initializer:
            if tensor.name == "out_1":
                tensor.name = "inner_1"
        for node in model.graph.node:
            node.input[:] = ["inner_1" if name == "out_1" else name for name in node.input]

    assert "should hold float32 [8, 24] weights called 'out_1' and has nothing" in edit_graph(
        sound, rename
    )


def test_a_weight_that_lies_on_its_side(sound):
    def turn(model: onnx.ModelProto) -> None:
        rewritten(model, "out_1", lambda values: np.ascontiguousarray(values.T))
        node = next(one for one in model.graph.node if "out_1" in one.input)
        node.attribute.append(helper.make_attribute("transB", 1))

    said = edit_graph(sound, turn)
    assert "should hold float32 [8, 24] weights called 'out_1' and has float32 [24, 8]" in said


def test_a_weight_that_claims_to_be_larger_than_it_is(sound):
    def inflate(model: onnx.ModelProto) -> None:
        next(one for one in model.graph.initializer if one.name == "embed").dims[0] = 1 << 40

    assert "not what it holds" in edit_graph(sound, inflate)


def test_weights_in_another_file(sound):
    def point_elsewhere(model: onnx.ModelProto) -> None:
        tensor = next(one for one in model.graph.initializer if one.name == "embed")
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="../../etc/passwd")

    assert "in another file, which is not read" in edit_graph(sound, point_elsewhere)


def test_a_state_that_never_comes_out(sound):
    def drop(model: onnx.ModelProto) -> None:
        kept = [output for output in model.graph.output if output.name != "taps_2_next"]
        del model.graph.output[:]
        model.graph.output.extend(kept)

    said = edit_graph(sound, drop)
    assert "'taps_2_next'" in said
    assert "the graph has nothing" in said


def test_a_sample_that_also_reads_the_keys(sound):
    def smuggle(model: onnx.ModelProto) -> None:
        node = next(one for one in model.graph.node if "logits" in one.output)
        node.output[0] = "plain"
        model.graph.node.append(helper.make_node("ReduceSum", ["keys"], ["loud"], keepdims=1))
        model.graph.node.append(helper.make_node("Add", ["plain", "loud"], ["logits"]))

    assert "entry 'advance' that also reads 'keys'" in edit_graph(sound, smuggle)


def test_a_loop(sound):
    def add_loop(model: onnx.ModelProto) -> None:
        model.graph.node.append(helper.make_node("Loop", ["", ""], []))

    assert "the operator 'Loop'" in edit_graph(sound, add_loop)


def test_weights_so_large_that_nothing_is_a_number(sound):
    def inflate(model: onnx.ModelProto) -> None:
        for tensor in model.graph.initializer:
            if tensor.data_type == TensorProto.FLOAT:
                rewritten(model, tensor.name, lambda values: np.full_like(values, 3e38))

    assert "computes what is not a number" in edit_graph(sound, inflate)


@pytest.mark.parametrize("share", [0.3, 0.99])
def test_a_truncated_file(sound, share):
    data = sound.read_bytes()
    sound.write_bytes(data[: int(len(data) * share)])
    assert "export the model again" in refused(sound)


def test_random_damage_is_refused_or_harmless(sound):
    rng = np.random.default_rng(1)
    whole, refusals = sound.read_bytes(), []
    for _ in range(60):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), 3):
            data[at] = rng.integers(256)
        try:
            examine(bytes(data), sound)
        except ArtifactError as error:
            refusals.append(str(error))
    assert len(refusals) > 5
    assert all(re.fullmatch(r"[^\n]+\.", sentence) for sentence in refusals)


def test_the_second_time_the_cache_is_used_and_plays_the_same(sound):
    first, second = prepare(sound), prepare(sound)
    assert all(isinstance(graph, str) for graph in first.graphs.values())
    assert all(isinstance(graph, str) for graph in second.graphs.values())
    assert second.document == first.document
    for prepared in (first, second):
        assert replay(WaveNet.of_prepared(prepared), prepared.document).agrees

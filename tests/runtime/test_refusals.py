"""Files that must not be played: each is really made, and refused with one clear sentence."""

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from live.runtime import prepare as preparing
from live.runtime.events import EventModel
from live.runtime.prepare import prepare
from models.contract.document import KEY, Document, dump, load
from models.contract.errors import ArtifactError
from models.contract.stream import TensorSpec
from tests.tiny import tiny_artifact


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def artifact(tmp_path) -> Path:
    return tiny_artifact(tmp_path / "tiny.onnx")


def refused(path: Path) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(ArtifactError) as error:
        EventModel.open(path)
    sentence = str(error.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def edit_graph(path: Path, change: Callable[[onnx.ModelProto], None]) -> str:
    """Change the graph, keep the document, and return why the file is refused."""
    model = onnx.load(path)
    change(model)
    path.write_bytes(model.SerializeToString())
    return refused(path)


def edit_document(path: Path, change: Callable[[Document], Document]) -> str:
    """Change what the file says of itself, keep the graph, and return why it is refused."""

    def rewrite(model: onnx.ModelProto) -> None:
        document, _ = load(model.metadata_props[0].value, "tiny")
        model.metadata_props[0].value = dump(change(document))

    return edit_graph(path, rewrite)


def edit_text(path: Path, change: Callable[[str], str]) -> str:
    """The same with the document's JSON."""

    def rewrite(model: onnx.ModelProto) -> None:
        model.metadata_props[0].value = change(model.metadata_props[0].value)

    return edit_graph(path, rewrite)


def replace(document: Document, **changes: object) -> Document:
    return msgspec.structs.replace(document, **changes)


def weight(model: onnx.ModelProto, values: np.ndarray) -> onnx.TensorProto:
    """The first weight with these numbers' type and at least two dimensions."""
    return next(
        tensor
        for tensor in model.graph.initializer
        if numpy_helper.to_array(tensor).dtype == values.dtype and len(tensor.dims) > 1
    )


def test_the_file_that_is_changed_here_plays(artifact):
    EventModel.open(artifact)


def test_a_file_that_is_not_there(tmp_path):
    assert "there is no file" in refused(tmp_path / "nothing.onnx")


def test_a_folder(tmp_path):
    assert "there is no file" in refused(tmp_path)


def test_an_empty_file(tmp_path):
    path = tmp_path / "empty.onnx"
    path.write_bytes(b"")
    assert "is not an ONNX file" in refused(path)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.99, 0.9999])
def test_a_truncated_file(artifact, share):
    data = artifact.read_bytes()
    artifact.write_bytes(data[: int(len(data) * share)])
    assert "export the model again" in refused(artifact)


@pytest.mark.parametrize(
    "content",
    [
        b"C major, 120 beats a minute\n" * 40,
        b"\x89PNG\r\n\x1a\n" + bytes(2000),
        b"PK\x03\x04" + bytes(range(256)) * 8,
        b"MThd\x00\x00\x00\x06\x00\x01\x00\x02\x01\xe0MTrk" + bytes(300),
        bytes(5000),
    ],
    ids=["text", "picture", "archive", "midi", "zeros"],
)
def test_another_kind_of_file_renamed(tmp_path, content):
    path = tmp_path / "renamed.onnx"
    path.write_bytes(content)
    assert "is not an ONNX file" in refused(path)


def test_an_absurdly_large_file_is_not_even_read(tmp_path):
    path = tmp_path / "huge.onnx"
    with path.open("wb") as file:
        file.truncate(preparing.MAX_BYTES + (1 << 20))
    assert "513 MB, more than the 512 MB" in refused(path)


def test_another_program_s_model(artifact):
    def forget(model: onnx.ModelProto) -> None:
        del model.metadata_props[:]

    assert "not one that introduces itself" in edit_graph(artifact, forget)


def test_a_newer_format(artifact):
    said = edit_document(artifact, lambda document: replace(document, format=99))
    assert "format 99, newer than this extempo reads" in said


def test_a_newer_minor_format_plays_and_says_what_is_ignored(artifact):
    model = onnx.load(artifact)
    text = model.metadata_props[0].value.replace('"minor":0', '"minor":7,"colour":"blue"')
    model.metadata_props[0].value = text
    artifact.write_bytes(model.SerializeToString())
    for _ in range(2):
        prepared = prepare(artifact)
        assert "newer extempo" in prepared.ignored
    EventModel(prepared)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-40],
        lambda text: "[]",
        lambda text: text.replace('"net":"lstm"', '"net":7'),
        lambda text: text.replace('"events"', '"dances"'),
    ],
    ids=["cut off", "a list", "a number for a name", "an unknown kind"],
)
def test_a_broken_document(artifact, change):
    assert "broken description" in edit_text(artifact, change)


def test_a_model_of_sound(artifact):
    said = edit_document(artifact, lambda document: replace(document, kind="audio"))
    assert "plays models of events" in said


def test_another_vocabulary(artifact):
    def longer(document: Document) -> Document:
        return replace(document, vocabulary={**document.vocabulary, "duration": [1, 2, 3]})

    assert "another vocabulary of 'duration'" in edit_document(artifact, longer)


def test_it_lies_about_the_size_of_a_state(artifact):
    def lie(document: Document) -> Document:
        trunk, *heads = document.stream.entries
        state = tuple(TensorSpec(spec.name, spec.dtype, (1, 1, 99)) for spec in trunk.state)
        entries = (msgspec.structs.replace(trunk, state=state), *heads)
        return replace(document, stream=msgspec.structs.replace(document.stream, entries=entries))

    assert "float32 [1, 1, 99] as 'c'" in edit_document(artifact, lie)


def test_an_absurd_state(artifact):
    def lie(document: Document) -> Document:
        trunk, *heads = document.stream.entries
        state = (TensorSpec("h", "float32", (1 << 20, 1 << 20)),)
        entries = (msgspec.structs.replace(trunk, state=state), *heads)
        return replace(document, stream=msgspec.structs.replace(document.stream, entries=entries))

    assert "too large to play live" in edit_document(artifact, lie)


def test_a_document_without_one_of_its_heads(artifact):
    def lie(document: Document) -> Document:
        entries = document.stream.entries[:-1]
        return replace(document, stream=msgspec.structs.replace(document.stream, entries=entries))

    assert "other inputs and outputs" in edit_document(artifact, lie)


def test_a_golden_pair_out_of_the_vocabulary(artifact):
    def lie(document: Document) -> Document:
        golden = msgspec.structs.replace(document.golden, events=[[999, 60, 16, 11, 0]] * 2)
        return replace(document, golden=golden)

    assert "golden pair that cannot be replayed" in edit_document(artifact, lie)


def test_a_state_that_never_comes_out(artifact):
    def drop(model: onnx.ModelProto) -> None:
        kept = [output for output in model.graph.output if output.name != "c_next"]
        del model.graph.output[:]
        model.graph.output.extend(kept)

    said = edit_graph(artifact, drop)
    assert "'c_next'" in said
    assert "the graph has nothing" in said


def test_another_shape_than_declared(artifact):
    def widen(model: onnx.ModelProto) -> None:
        drawn = next(i for i in model.graph.input if i.name == "drawn_pitch")
        drawn.type.tensor_type.shape.dim[1].dim_value = 2

    assert "export the model again" in edit_graph(artifact, widen)


def test_an_open_shape(artifact):
    def loosen(model: onnx.ModelProto) -> None:
        event = next(i for i in model.graph.input if i.name == "event")
        event.type.tensor_type.shape.dim[0].dim_param = "batch"

    assert "export the model again" in edit_graph(artifact, loosen)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_numbers(artifact, value):
    def poison(model: onnx.ModelProto) -> None:
        tensor = weight(model, np.zeros(1, np.float32))
        values = numpy_helper.to_array(tensor).copy()
        values.flat[3] = value
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))

    assert "weights that are not numbers" in edit_graph(artifact, poison)


def test_a_weight_that_claims_to_be_larger_than_it_is(artifact):
    def inflate(model: onnx.ModelProto) -> None:
        weight(model, np.zeros(1, np.float32)).dims[0] = 1 << 40

    assert "not what it holds" in edit_graph(artifact, inflate)


def test_weights_in_another_file(artifact):
    def point_elsewhere(model: onnx.ModelProto) -> None:
        tensor = weight(model, np.zeros(1, np.float32))
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="../../etc/passwd")

    assert "in another file, which is not read" in edit_graph(artifact, point_elsewhere)


def test_an_endless_loop(artifact):
    def add_loop(model: onnx.ModelProto) -> None:
        body = helper.make_graph(
            [helper.make_node("Identity", ["go"], ["again"])],
            "forever",
            [
                helper.make_tensor_value_info("i", TensorProto.INT64, []),
                helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            ],
            [helper.make_tensor_value_info("again", TensorProto.BOOL, [])],
        )
        model.graph.node.append(helper.make_node("Loop", ["", ""], [], body=body))

    assert "the operator 'Loop'" in edit_graph(artifact, add_loop)


def test_an_operator_of_somebody_s_own(artifact):
    def add_custom(model: onnx.ModelProto) -> None:
        model.opset_import.append(helper.make_opsetid("ai.onnx.contrib", 1))
        model.graph.node.append(
            helper.make_node("PyOp", ["event"], ["x"], domain="ai.onnx.contrib", code="import os")
        )

    assert "the operator 'ai.onnx.contrib.PyOp'" in edit_graph(artifact, add_custom)


def test_a_function(artifact):
    def add_function(model: onnx.ModelProto) -> None:
        node = helper.make_node("Relu", ["x"], ["y"])
        function = helper.make_function(
            "f", "Add", ["x"], ["y"], [node], [helper.make_opsetid("", 18)]
        )
        model.functions.append(function)

    assert "holds functions" in edit_graph(artifact, add_function)


def test_a_small_file_that_asks_for_terabytes(artifact):
    """A product of two vectors of a million: 4 TB from 8 MB."""

    def add_bomb(model: onnx.ModelProto) -> None:
        for name, shape in (("tall", (1 << 20, 1)), ("wide", (1, 1 << 20))):
            tensor = numpy_helper.from_array(np.zeros(shape, np.float32), name)
            model.graph.initializer.append(tensor)
        model.graph.node.append(helper.make_node("MatMul", ["tall", "wide"], ["boom"]))

    assert "would make a tensor of the shape [1048576, 1048576]" in edit_graph(artifact, add_bomb)


def test_a_reshape_that_hides_its_size(artifact):
    def hide(model: onnx.ModelProto) -> None:
        flat = numpy_helper.from_array(np.array([5]), "flat")
        model.graph.initializer.append(flat)
        model.graph.node.append(helper.make_node("Reshape", ["event", "flat"], ["shape"]))
        model.graph.node.append(helper.make_node("Reshape", ["h", "shape"], ["hidden"]))

    assert "does not tell the size" in edit_graph(artifact, hide)


def test_more_operators_than_can_be_stepped(artifact):
    def pile_up(model: onnx.ModelProto) -> None:
        last = "h"
        for number in range(6000):
            model.graph.node.append(helper.make_node("Neg", [last], [f"n{number}"]))
            last = f"n{number}"

    assert "operators, more than 5000" in edit_graph(artifact, pile_up)


def test_a_head_that_also_reads_the_event(artifact):
    def smuggle(model: onnx.ModelProto) -> None:
        node = next(n for n in model.graph.node if "time_logits" in n.output)
        node.output[0] = "plain"
        first = numpy_helper.from_array(np.array([[0]], np.int64), "zero")
        model.graph.initializer.append(first)
        model.graph.node.extend(
            [
                helper.make_node("Gather", ["event", "zero"], ["some"], axis=1),
                helper.make_node("Reshape", ["some", "one_one"], ["code"]),
                helper.make_node("Cast", ["code"], ["number"], to=TensorProto.FLOAT),
                helper.make_node("Add", ["plain", "number"], ["time_logits"]),
            ]
        )
        model.graph.initializer.append(numpy_helper.from_array(np.array([1, 1]), "one_one"))

    assert "entry 'time' that also reads 'event'" in edit_graph(artifact, smuggle)


def test_operators_from_the_future(artifact):
    def ahead(model: onnx.ModelProto) -> None:
        model.opset_import[0].version = 99

    assert "operators of version 99" in edit_graph(artifact, ahead)


def test_a_form_from_the_future(artifact):
    def ahead(model: onnx.ModelProto) -> None:
        model.ir_version = 99

    assert "newer than this extempo reads" in edit_graph(artifact, ahead)


def test_two_documents(artifact):
    def twice(model: onnx.ModelProto) -> None:
        model.metadata_props.add(key=KEY, value="{}")

    assert "not one that introduces itself" in edit_graph(artifact, twice)


def test_random_damage_is_refused_or_harmless(artifact):
    """A flipped byte may land in a weight; whatever it does, there is a sentence or a model."""
    rng = np.random.default_rng(1)
    whole = artifact.read_bytes()
    refusals = []
    for _ in range(150):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), 3):
            data[at] = rng.integers(256)
        artifact.write_bytes(bytes(data))
        try:
            preparing.examine(bytes(data), artifact)
        except ArtifactError as error:
            refusals.append(str(error))
    assert len(refusals) > 10
    assert all(re.fullmatch(r"[^\n]+\.", sentence) for sentence in refusals)

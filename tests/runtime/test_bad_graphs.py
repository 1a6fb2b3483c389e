"""Graphs that must not run: each is really made, and refused in one clear sentence."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.runtime.spoil import edit_graph, weight


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


@pytest.mark.parametrize("rows", [1, 2000])
def test_two_weights_of_one_name(artifact, rows):
    def add(model: onnx.ModelProto) -> None:
        name = max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data)).name
        other = numpy_helper.from_array(np.zeros((rows, 1), np.float32), name)
        model.graph.initializer.append(other)

    assert "two weights of one name" in edit_graph(artifact, add)


@pytest.mark.parametrize("rows", [1, 2000])
def test_a_weight_and_what_an_operator_makes_have_one_name(artifact, rows):
    def add(model: onnx.ModelProto) -> None:
        made = model.graph.node[0].output[0]
        other = numpy_helper.from_array(np.zeros((rows, 1), np.float32), made)
        model.graph.initializer.append(other)

    assert "export the model again" in edit_graph(artifact, add)


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


def test_a_lookup_beyond_its_table(artifact):
    """Only the highest codes go astray: the first event that has one would stop the music."""

    def shift(model: onnx.ModelProto) -> None:
        offsets = next(t for t in model.graph.initializer if t.data_type == TensorProto.INT64)
        values = numpy_helper.to_array(offsets) + 1
        offsets.CopyFrom(numpy_helper.from_array(values, offsets.name))

    assert "cannot be run here" in edit_graph(artifact, shift)


def test_weights_so_large_that_nothing_is_a_number(artifact):
    def inflate(model: onnx.ModelProto) -> None:
        for tensor in model.graph.initializer:
            if tensor.data_type == TensorProto.FLOAT:
                values = np.full(tuple(tensor.dims), 3e38, np.float32)
                tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))

    assert "computes what is not a number" in edit_graph(artifact, inflate)

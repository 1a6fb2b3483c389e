"""A stranger's file is tried by a process of its own: whatever it does there is one sentence here, soon."""

import hashlib
import subprocess
import sys
import time

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from live.machine import realtime
from live.runtime import opening, prepare, trial
from live.runtime.steps import OnnxModel
from live.runtime.timing import SLOWEST, least, refusal
from models.contract.errors import ArtifactError
from tests.runtime.spoil import edit_graph

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="memory is limited elsewhere")
SIDE = 5792
"""So many rows squared are just fewer numbers than the largest tensor that is let in."""


def enlarged(path, makes, result="big", side=SIDE):
    """Tie what these operators make to the context of a model, so that all of it has to be computed."""
    model = onnx.load(path)
    graph = model.graph
    [maker] = [index for index, node in enumerate(graph.node) if "context" in node.output]
    graph.node[maker].output[list(graph.node[maker].output).index("context")] = "thin"
    for name, shape in (("column", (side, 1)), ("row", (1, side))):
        graph.initializer.append(numpy_helper.from_array(np.full(shape, 1e-4, np.float32), name))
    graph.initializer.append(numpy_helper.from_array(np.zeros(1, np.float32), "nought"))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend(
        [
            *nodes[: maker + 1],
            *makes,
            helper.make_node("ReduceMax", [result], ["most"], keepdims=0),
            helper.make_node("Mul", ["most", "nought"], ["nothing"]),
            helper.make_node("Add", ["thin", "nothing"], ["context"]),
            *nodes[maker + 1 :],
        ]
    )
    path.write_bytes(model.SerializeToString())
    return path


def moving():
    """A column that depends on the event, so that nothing is computed beforehand."""
    return [
        helper.make_node("Cast", ["event"], ["played"], to=onnx.TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["played"], ["highest"], keepdims=0),
        helper.make_node("Add", ["column", "highest"], ["moved"]),
    ]


def refused(path):
    begun = time.monotonic()
    with pytest.raises(ArtifactError) as error:
        prepare.prepare(path)
    assert time.monotonic() - begun < 60.0
    sentence = str(error.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_a_file_that_was_tried_is_not_tried_again(artifact, monkeypatch):
    prepare.prepare(artifact)
    monkeypatch.setattr(prepare, "_slow", {})
    monkeypatch.setattr(subprocess, "run", None)
    opening.opened(artifact)


def test_what_ships_is_not_tried(monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)
    prepare.prepare(prepare.SHIPPED / "improviser.onnx")


def test_another_runtime_tries_it_again(artifact, monkeypatch):
    prepare.prepare(artifact)
    monkeypatch.setattr(prepare, "_slow", {})
    monkeypatch.setattr(prepare, "_here", lambda: "another machine")
    assert prepare.find(artifact) is None


def test_three_matrices_are_more_than_a_step_may_make(artifact):
    makes = [helper.make_node("MatMul", ["column", "row"], ["one"])]
    makes += [
        helper.make_node("MatMul", [name, "one"], [made])
        for name, made in (("one", "two"), ("two", "big"))
    ]
    assert "numbers in a step, more than" in refused(enlarged(artifact, makes))


def test_one_that_takes_too_long_is_too_large(artifact):
    makes = [
        *moving(),
        helper.make_node("MatMul", ["moved", "row"], ["one"]),
        helper.make_node("MatMul", ["one", "one"], ["big"]),
    ]
    path = enlarged(artifact, makes, side=1448)
    found = prepare.prepare(path)
    assert "is too large to play on this machine: an event takes" in found.slow
    assert "too large" in refusal("it", SLOWEST * 2)
    assert refusal("it", least(OnnxModel(found))) != ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux refuses memory")
def test_it_may_not_take_memory_without_end(artifact):
    """A file where a third of the memory that it needs is granted; nothing of it is kept."""
    makes = [*moving(), helper.make_node("MatMul", ["moved", "row"], ["big"])]
    path = enlarged(artifact, makes)
    held, said = tried(path, "it.MEMORY = 150 << 20")
    assert said.startswith(f'{{"error":"{path}')
    assert held < 175 << 20
    assert not prepare._place(hashlib.sha256(path.read_bytes()).hexdigest()).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what was held")
def test_it_takes_the_size_of_a_file_four_times(artifact):
    """One matrix of 16 MB that every event looks into, beside the file without it."""
    small, _ = tried(artifact)
    table = np.full((1 << 18, 16), 1e-9, np.float32)
    model = onnx.load(artifact)
    model.graph.initializer.append(numpy_helper.from_array(table, "table"))
    model.graph.initializer.append(numpy_helper.from_array(np.array([[0]]), "first"))
    path = artifact.with_name("large.onnx")
    path.write_bytes(model.SerializeToString())
    rows = [
        helper.make_node("Gather", ["table", "first"], ["found"]),
        helper.make_node("ReduceMax", ["found"], ["big"], keepdims=0),
    ]
    enlarged(path, rows, side=2)
    large, said = tried(path)
    assert said == '{"error":"","slow":""}'
    assert large - small < 5 * table.nbytes
    # So a file of the largest size is tried in less than 500 MB.
    assert small + 4.6 * prepare.MAX_BYTES < 500_000_000


def tried(path, before=""):
    """Try a file in a process; return the most bytes of memory that it held, and what it said."""
    code = (
        f"import sys; from live.runtime import trial_program as it; {before}\n"
        "it.main(sys.argv[1]); print(*[line for line in open('/proc/self/status') if 'VmHWM' in line])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, check=False, timeout=60, text=True
    )
    assert ended.stdout, ended.stderr
    said, told = ended.stdout.strip().splitlines()[-2:]
    return int(told.split()[1]) << 10, said


def test_what_an_operator_of_the_runtimes_own_claims_is_not_believed(artifact):
    makes = [
        *moving(),
        helper.make_node(
            "DynamicQuantizeMatMul", ["moved", "eights", "scale"], ["big"], domain="com.microsoft"
        ),
    ]

    def lie(model):
        graph = model.graph
        graph.initializer.append(numpy_helper.from_array(np.ones((1, SIDE), np.int8), "eights"))
        graph.initializer.append(numpy_helper.from_array(np.ones(1, np.float32), "scale"))
        graph.value_info.append(
            helper.make_tensor_value_info("big", onnx.TensorProto.FLOAT, (1, 1))
        )
        if "com.microsoft" not in [opset.domain for opset in model.opset_import]:
            model.opset_import.append(helper.make_opsetid("com.microsoft", 1))

    assert f"makes [1, 1], and it makes [{SIDE}, {SIDE}]" in edit_graph(
        enlarged(artifact, makes), lie
    )


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("import os; os.abort()", "brings down what tries to play it"),
        ("import os; os.kill(os.getpid(), 9)", "brings down what tries to play it"),
        ("raise MemoryError", "brings down what tries to play it"),
        ("print('{}')", ""),
    ],
)
def test_however_it_ends_it_is_one_sentence(artifact, monkeypatch, does, said):
    run = subprocess.run
    monkeypatch.setattr(
        trial.subprocess, "run", lambda _, **how: run([sys.executable, "-c", does], **how)
    )
    if said:
        with pytest.raises(ArtifactError, match=f"^{artifact}.*{said}.*\\.$"):
            trial.passes(artifact)
    else:
        assert trial.passes(artifact) == ""


def test_one_that_never_ends_is_ended(artifact, monkeypatch):
    code = "from live.machine import realtime; realtime.confine(1 << 30, 0.1)\nwhile True: pass"
    run = subprocess.run
    monkeypatch.setattr(
        trial.subprocess, "run", lambda _, **how: run([sys.executable, "-c", code], **how)
    )
    with pytest.raises(ArtifactError, match="takes far too long"):
        trial.passes(artifact)
    assert not realtime.overran(0)
    monkeypatch.setattr(trial, "PATIENCE", 0.5)
    monkeypatch.setattr(
        trial.subprocess, "run",
        lambda _, **how: run([sys.executable, "-c", "import time; time.sleep(60)"], **how),
    )  # fmt: skip
    with pytest.raises(ArtifactError, match="takes far too long"):
        trial.passes(artifact)

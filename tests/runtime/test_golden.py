"""One golden pair for every kind of model: written in one way, checked in one way, replayed in one way."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from msgspec.structs import replace

from live.runtime.golden import difference, replay
from live.runtime.library import SHIPPED, describe
from models.contract.document import KEY, MINOR, Document, dump, load
from models.contract.errors import ArtifactError
from models.contract.pair import Inputs, Output, Pair, Tensor, is_whole
from models.contract.stream import Entry, StreamSpec, TensorSpec
from tests.runtime.spoil import edit_document, edit_text, opened_here

FROZEN = Path(__file__).parents[1] / "frozen" / "artifacts"


@pytest.fixture(params=["artifact", "sound"])
def any_kind(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(
    "values",
    [
        np.array([[0, 255], [7, 9]]),
        np.array([-1, 300]),
        np.array([1 << 40]),
        np.zeros((1, 0), np.int64),
        np.array([0.5, -2.25], np.float32),
        np.eye(30, dtype=np.float32),
        np.zeros((40, 3, 2), np.float32),
    ],
)
def test_a_tensor_comes_back_as_it_was(values: np.ndarray) -> None:
    kept = Tensor.of(values)
    found = kept.array()
    np.testing.assert_array_equal(found, values)
    assert found.dtype == values.dtype
    assert len(kept.data) + len(kept.at or b"") <= values.nbytes


def test_what_is_mostly_zeros_is_small() -> None:
    values = np.zeros((1000, 352), np.float32)
    values[::9, 5] = 1.5
    kept = Tensor.of(values)
    assert len(kept.data) + len(kept.at or b"") < 1000
    np.testing.assert_array_equal(kept.array(), values)


@pytest.mark.parametrize(
    "tensor",
    [
        Tensor("float32", (2,), b"\0" * 4),
        Tensor("float32", (2,), b"\0" * 7),
        Tensor("float32", (-1, -2), b"\0" * 8),
        Tensor("uint8", (1 << 40,), b"\0"),
        Tensor("uint8", (4,), b"\1", b"\4\0\0\0"),
        Tensor("uint8", (4,), b"\1", b"\xff\xff\xff\xff"),
        Tensor("uint8", (4,), b"\1", b""),
        Tensor("uint8", (4,), b"\1", b"\0"),
    ],
)
def test_a_tensor_that_lies_about_its_size(tensor: Tensor) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        tensor.array()


def test_values_are_compared_as_they_are_and_logits_as_probabilities() -> None:
    class Off:
        def said(self, inputs):
            return {"one": np.ones((5, 1, 3), np.float32), "two": np.full((1, 4), 9.0)}

    def of(three: np.ndarray, four: np.ndarray) -> Pair:
        outputs = {"one": Output(Tensor.of(three), "values"), "two": Output(Tensor.of(four))}
        return Pair({}, outputs, {})

    assert difference(Off(), of(np.ones((2, 1, 3)), np.zeros((1, 4)))) == 0.0
    assert difference(Off(), of(np.full((2, 1, 3), 1.5), np.zeros((1, 4)))) == 0.5
    assert difference(Off(), of(np.ones((2, 1, 3)), np.eye(1, 4))) > 0.5


def test_a_model_that_gives_less_than_its_pair_compares_is_told_apart_from_a_broken_file() -> None:
    class Mute:
        def said(self, inputs):
            return {}

    with pytest.raises(ArtifactError, match="compares 'one', and what plays it here gives none"):
        difference(Mute(), Pair({}, {"one": Output(Tensor.of(np.ones(3)))}, {}))


def test_a_stream_without_state_that_gives_values_needs_no_code_of_its_own() -> None:
    """As a generator of clips has it: its latent goes in, samples come out, nothing is kept."""
    latent = TensorSpec("latent", "float32", (1, 8))
    clip = TensorSpec("clip", "float32", (1, 400))
    stream = StreamSpec((Entry("advance", (latent,), (clip,)),), block=400)
    outputs = {"clip": Output(Tensor.of(np.ones((2, 1, 400), np.float32)), "values")}
    pair = Pair({"latent": Tensor.of(np.ones((3, 1, 8), np.float32))}, outputs, {"fp32": 1e-4})
    assert is_whole(pair, stream, Inputs({}))
    assert not is_whole(replace(pair, outputs={}), stream, Inputs({}))
    long = {"clip": Output(Tensor.of(np.ones((4, 1, 400), np.float32)), "values")}
    assert not is_whole(replace(pair, outputs=long), stream, Inputs({}))


def test_it_replays_and_tells_another_model_from_this_one(any_kind: Path) -> None:
    model = opened_here(any_kind)
    replayed = replay(model, model.document)
    assert replayed.agrees
    for name, output in model.document.pair.outputs.items():
        values = output.tensor.array()
        values[..., 0] += 9.0
        other = {**model.document.pair.outputs, name: Output(Tensor.of(values))}
        pair = replace(model.document.pair, outputs=other)
        assert not replay(model, replace(model.document, pair=pair)).agrees


def _without(pair: Pair, name: str) -> Pair:
    return replace(pair, inputs={k: v for k, v in pair.inputs.items() if k != name})


def _with(pair: Pair, name: str, values: np.ndarray) -> Pair:
    return replace(pair, inputs=pair.inputs | {name: Tensor.of(values)})


def _first(pair: Pair) -> str:
    return min(pair.inputs)


LIES = {
    "nothing in": lambda pair: replace(pair, inputs={}),
    "nothing out": lambda pair: replace(pair, outputs={}),
    "an input is missing": lambda pair: _without(pair, _first(pair)),
    "an input too many": lambda pair: _with(pair, "x", np.zeros((1, 1))),
    "no step": lambda pair: _with(pair, _first(pair), np.zeros((0, 1, 5), np.int64)),
    "another shape": lambda pair: _with(pair, _first(pair), np.zeros((2, 3, 3), np.int64)),
    "another type": lambda pair: _with(pair, _first(pair), np.full((1, 1), 0.5)),
    "cut off": lambda pair: replace(
        pair, inputs={k: replace(v, data=v.data[:-1]) for k, v in pair.inputs.items()}
    ),
    "more than anybody holds": lambda pair: replace(
        pair, inputs={k: Tensor("uint8", (1 << 40,), b"", b"") for k in pair.inputs}
    ),
    "no tolerance": lambda pair: replace(pair, tolerance={"fp32": 0.0}),
    "any tolerance": lambda pair: replace(pair, tolerance={"fp32": float("inf")}),
    "no number": lambda pair: replace(
        pair,
        outputs={
            k: replace(v, tensor=Tensor.of(v.tensor.array() * np.nan))
            for k, v in pair.outputs.items()
        },
    ),
    "nothing is compared": lambda pair: replace(
        pair, outputs={k: replace(v, least=1.0) for k, v in pair.outputs.items()}
    ),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_pair_that_cannot_be_replayed(any_kind: Path, lie) -> None:
    said = edit_document(any_kind, lambda document: replace(document, pair=lie(document.pair)))
    assert "golden pair that cannot be replayed" in said or "broken description" in said


@pytest.mark.parametrize(
    ("kind", "name", "code"),
    [("artifact", "event", 999), ("artifact", "drawn_pitch", 1 << 20), ("artifact", "onset", -1),
     ("sound", "sample", 256), ("sound", "keys", 1e9)],
)  # fmt: skip
def test_a_code_that_no_table_has(
    request: pytest.FixtureRequest, kind: str, name: str, code: float
) -> None:
    def lie(document: Document) -> Document:
        values = document.pair.inputs[name].array()
        values.flat[-1] = code
        return replace(document, pair=_with(document.pair, name, values))

    said = edit_document(request.getfixturevalue(kind), lie)
    assert "golden pair that cannot be replayed" in said


def test_no_pair(any_kind: Path) -> None:
    said = edit_document(any_kind, lambda document: replace(document, pair=None))
    assert "carries no golden pair" in said


OLDER = [SHIPPED / "piano-wavenet.onnx", *sorted(FROZEN.glob("*.onnx"))]


@pytest.mark.parametrize("path", OLDER, ids=lambda path: path.stem)
def test_what_older_documents_hold_is_the_same_pair(path: Path) -> None:
    text = _text(path)
    older = json.loads(text)
    assert older["minor"] < MINOR
    assert "pair" not in older
    document, ignored = load(text, path.name)
    assert ignored == ""
    assert load(dump(document), path.name)[0] == document
    model = opened_here(path)
    replayed = replay(model, document)
    assert replayed.agrees


def _text(path: Path) -> str:
    (text,) = (one.value for one in onnx.load(path).metadata_props if one.key == KEY)
    return text


def test_what_an_older_document_holds_goes_in_as_it_did() -> None:
    older = json.loads(_text(FROZEN / "notes-a.onnx"))["golden"]
    pair = describe(FROZEN / "notes-a.onnx").pair
    assert pair.inputs["event"].array()[:, 0].tolist() == older["events"]
    assert pair.inputs["place"].array()[:, 0].tolist() == older["places"]
    assert pair.inputs["onset"].array()[0].tolist() == older["onset"]
    assert pair.inputs["drawn_duration"].array()[0].tolist() == older["drawn"]
    assert pair.tolerance == older["tolerance"]
    sound = json.loads(_text(FROZEN / "sound.onnx"))["sound_golden"]
    pair = describe(FROZEN / "sound.onnx").pair
    assert pair.inputs["sample"].array()[:, 0].tolist() == sound["samples"]
    keys = pair.inputs["keys"].array()[:, 0, :88]
    assert keys.max() == 1.0
    assert set(keys.any(0).nonzero()[0] + 21) <= {pitch for _, pitch, _ in sound["struck"]}
    logits = pair.outputs["logits"].tensor.array()[:, 0]
    np.testing.assert_allclose(logits, sound["logits"], rtol=1e-6)


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ('"samples":[', '"samples":[999,'),
        ('"logits":[', '"logits":[[1.0],'),
        ('"hop":', '"hop":-'),
    ],
)
def test_an_older_pair_that_lies(tmp_path: Path, part: str, other: str) -> None:
    path = tmp_path / "older.onnx"
    path.write_bytes((FROZEN / "sound.onnx").read_bytes())
    said = edit_text(path, lambda text: text.replace(part, other, 1))
    assert "golden pair" in said or "has -" in said

"""Artifacts that lie about themselves: each is really made, and refused in one clear sentence."""

import onnx
import pytest
from msgspec.structs import replace

from live.runtime.prepare import prepare
from live.runtime.steps import OnnxModel
from models.contract.document import KEY, MINOR, Document
from models.contract.stream import TensorSpec
from tests.runtime.spoil import edit_document, edit_graph, edit_text, with_entries


def test_another_program_s_model(artifact):
    def forget(model: onnx.ModelProto) -> None:
        del model.metadata_props[:]

    assert "not one that introduces itself" in edit_graph(artifact, forget)


def test_a_newer_format(artifact):
    said = edit_document(artifact, lambda document: replace(document, format=99))
    assert "format 99, newer than this extempo reads" in said


def test_a_newer_minor_format_plays_and_says_what_is_ignored(artifact):
    model = onnx.load(artifact)
    text = model.metadata_props[0].value
    newer = f'"minor":{MINOR + 1},"colour":"blue"'
    text = text.replace(f'"minor":{MINOR}', newer)
    model.metadata_props[0].value = text
    artifact.write_bytes(model.SerializeToString())
    for _ in range(2):
        prepared = prepare(artifact)
        assert "newer extempo" in prepared.ignored
    OnnxModel(prepared)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-40],
        lambda text: "[]",
        lambda text: text.replace('"net":"lstm"', '"net":7'),
    ],
    ids=["cut off", "a list", "a number for a name"],
)
def test_a_broken_document(artifact, change):
    assert "broken description" in edit_text(artifact, change)


def test_a_kind_that_nothing_plays_yet(artifact):
    said = edit_text(artifact, lambda text: text.replace('"events"', '"frames"'))
    assert "plays models of events and of audio" in said


def test_another_vocabulary(artifact):
    def longer(document: Document) -> Document:
        return replace(document, vocabulary={**document.vocabulary, "duration": [1, 2, 3]})

    assert "another vocabulary of 'duration'" in edit_document(artifact, longer)


def test_it_lies_about_the_size_of_a_state(artifact):
    def lie(document: Document) -> Document:
        trunk, *heads = document.stream.entries
        state = tuple(TensorSpec(spec.name, spec.dtype, (1, 1, 99)) for spec in trunk.state)
        return with_entries(document, replace(trunk, state=state), *heads)

    assert "float32 [1, 1, 99] as 'c'" in edit_document(artifact, lie)


def test_an_absurd_state(artifact):
    def lie(document: Document) -> Document:
        trunk, *heads = document.stream.entries
        state = (TensorSpec("h", "float32", (1 << 20, 1 << 20)),)
        return with_entries(document, replace(trunk, state=state), *heads)

    assert "too large to play live" in edit_document(artifact, lie)


@pytest.mark.parametrize(
    ("log", "shape", "so"),
    [
        (4, (1, 1, 16), "float32 [1, 4, 16] as 'h'"),
        (4, (1, 2, 16), "gives more than one row"),
        (4, (16,), "gives more than one row"),
        (-1, (1, 1, 16), "without a size"),
        (1 << 22, (1, 1, 16), "too large to play live"),
    ],
)
def test_a_state_that_would_be_a_log(artifact, log, shape, so):
    def lie(document: Document) -> Document:
        trunk, *heads = document.stream.entries
        state = (TensorSpec("h", "float32", shape, log), *trunk.state[1:])
        return with_entries(document, replace(trunk, state=state), *heads)

    assert so in edit_document(artifact, lie)


def test_a_document_without_one_of_its_heads(artifact):
    def lie(document: Document) -> Document:
        return with_entries(document, *document.stream.entries[:-1])

    assert "other inputs and outputs" in edit_document(artifact, lie)


def test_two_documents(artifact):
    def twice(model: onnx.ModelProto) -> None:
        model.metadata_props.add(key=KEY, value="{}")

    assert "not one that introduces itself" in edit_graph(artifact, twice)


@pytest.mark.parametrize("name", ["", " ", "a" * 256, "a\nb", "\x1b[31mred"])
def test_a_name_that_cannot_be_shown(artifact, name):
    assert "has no name" in edit_document(artifact, lambda document: replace(document, name=name))

"""Tables of artifacts (tokens, instruments) that do not fit their network: each is refused in one sentence."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import onnx
import pytest

from live.runtime import golden
from live.runtime.kinds.table import reader
from live.runtime.prepare import examine
from models.contract.document import KEY
from models.contract.errors import LONGEST, ArtifactError
from tests.parts import PROGRAMS, parts_artifact
from tests.tokens import TABLE, tokens_artifact

Change = Mapping[str, Any]
HALF: Final = len(TABLE) // 2
TOKENS: Final[tuple[Change, ...]] = (
    {"tokens": TABLE[:HALF]},
    {"tokens": [*TABLE, "C0.C8"]},
    {"tokens": []},
    {"tokens": None},
    {"tokens": ["C4"] * len(TABLE)},
    {"tokens": [*TABLE[:-1], "E4.C4"]},
    {"tokens": [*TABLE[:-1], ""]},
    {"tokens": [*TABLE[:-1], 60]},
    {"tokens": [*TABLE[:-1], "H4"]},
    {"tokens": [*TABLE[:-1], "\u001b[31m"]},
    {"tokens": [*TABLE[:-1], "C4." * 10_000]},
    {"tokens": [f"x{number}" for number in range(100_000)]},
    {"time": None},
    {"duration": None},
    {"time": None, "duration": None},
    {"time": [0, 1]},
    {"others": ["farthest"]},
    {"others": []},
    {"keys": ["C"]},
    {"keys": [1]},
    {"parts": PROGRAMS},
)
PARTS: Final[tuple[Change, ...]] = (
    {"parts": PROGRAMS[:2]},
    {"parts": [*PROGRAMS, 5]},
    {"parts": []},
    {"parts": None},
    {"parts": [0, 0, 128]},
    {"parts": [0, 42, 129]},
    {"parts": [0, 42, -1]},
    {"parts": [0, 42, 2**62]},
    {"parts": ["piano", "cello", "drums"]},
    {"parts": list(range(16))},
    {"tokens": TABLE},
    {"keys": ["all"]},
)


@pytest.mark.parametrize(("make", "changes"), [(tokens_artifact, TOKENS), (parts_artifact, PARTS)])
def test_a_table_that_does_not_fit_its_network_is_refused(
    make: Callable[[Path], Path], changes: tuple[Change, ...], tmp_path: Path
) -> None:
    path = make(tmp_path / "it.onnx")
    model = onnx.ModelProto.FromString(path.read_bytes())
    (entry,) = (entry for entry in model.metadata_props if entry.key == KEY)
    said = msgspec.json.decode(entry.value)
    for change in ({}, *changes):
        table = {**said["vocabulary"], **change}
        told = {name: values for name, values in table.items() if values is not None}
        entry.value = msgspec.json.encode({**said, "vocabulary": told}).decode()
        try:
            prepared = examine(model.SerializeToString(), path)
            golden.replay(reader(prepared.document.kind).opened(prepared), prepared.document)
        except ArtifactError as error:
            text = str(error)
            assert change, text
            assert text.isprintable(), change
            assert len(text) <= LONGEST + 20, change
            assert "it.onnx" in text, change
        else:
            assert not change, change

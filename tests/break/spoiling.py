"""Ways to spoil bytes, text and artifacts, at a fixed seed."""

import copy
import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import onnx

from models.contract.document import KEY

WHOLE = (0, 1, -1, 255, 2**16, 2**25, 2**31, 2**32, 2**63 - 1, -(2**63), 2**40)
LEAVES: tuple[Any, ...] = (
    *WHOLE, 1e308, -0.0, 1e-320, "", "x" * 10**5, "\x00", "[red]", "\x1b[31m", None, [], {}, True,
)  # fmt: skip
NUMBERS = (
    "NaN", "1e999", "-1", "99999999999999999999", "1e308", "4294967296", "null", "true", '"x"', "[]",
    "{}", "0.5", "-9223372036854775808", "100000000", "0x" + "f" * 5000, "9" * 5000,
)  # fmt: skip
WORDS = ('""', '"' + "y" * 10**5 + '"', '"\\u0000"', '"/etc/passwd"', "[1]", "3", "[" * 20_000)


def spoil_bytes(data: bytes, rng: random.Random) -> bytes:
    """Flip, insert, remove or cut off."""
    spoilt = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(spoilt)) if spoilt else 0
        match rng.randrange(5):
            case 0 if spoilt:
                spoilt[at] ^= 1 << rng.randrange(8)
            case 1:
                spoilt[at:at] = rng.randbytes(rng.choice((1, 4, 50)))
            case 2:
                del spoilt[at : at + rng.choice((1, 4, 1000))]
            case 3:
                spoilt[at : at + 4] = b"\xff\xff\xff\xff"
            case _:
                del spoilt[at:]
    return bytes(spoilt)


def spoil_text(data: bytes, rng: random.Random) -> bytes:
    """Put other numbers and words in, and lines in another order."""
    text = data.decode()
    for _ in range(rng.choice((1, 1, 2, 4))):
        lines = text.split("\n")
        kind = rng.randrange(5)
        if kind < 3:
            pattern, others = (r"-?\d+\.?\d*", NUMBERS) if kind < 2 else (r'"[^"\n]*"', WORDS)
            if found := list(re.finditer(pattern, text)):
                one = rng.choice(found)
                text = text[: one.start()] + rng.choice(others) + text[one.end() :]
            continue
        if kind == 3:
            lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines))
        else:
            del lines[rng.randrange(len(lines))]
        text = "\n".join(lines)
    return text.encode()


def spoil_artifact(data: bytes, rng: random.Random) -> bytes:
    """Spoil the bytes, the document, the graph or the weights of an artifact."""
    return rng.choice((spoil_bytes, _document, _document, _nested, _graph, _sizes))(data, rng)


def _document(data: bytes, rng: random.Random) -> bytes:
    def spoil(text: str) -> str:
        said = json.loads(text)
        path = rng.choice(list(_places(said)))
        inside = said
        for step in path[:-1]:
            inside = inside[step]
        if rng.random() < 0.3:
            del inside[path[-1]]
        else:
            inside[path[-1]] = copy.deepcopy(rng.choice(LEAVES))
        if rng.random() < 0.2:
            said["knobs"] = {
                rng.choice(("nope", "temperature", "x" * 10**5)): rng.choice((1e308, -1, 5))
            }
        return json.dumps(said)

    return _with_text(data, spoil)


def _nested(data: bytes, rng: random.Random) -> bytes:
    return _with_text(
        data,
        lambda text: rng.choice(
            (
                "[" * 100_000,
                '{"format":1,"a":' + '{"a":' * 100_000,
                "",
                "null",
                text[: len(text) // 2],
            )
        ),
    )


def _graph(data: bytes, rng: random.Random) -> bytes:
    model = onnx.ModelProto.FromString(data)
    node = rng.choice(model.graph.node)
    match rng.randrange(4):
        case 0:
            node.op_type = rng.choice(("Loop", "Expand", "Range", "", "GRU", "x" * 10**5, "Gather"))
        case 1 if node.input:
            node.input[rng.randrange(len(node.input))] = rng.choice(("", "zzz", node.output[0]))
        case 2:
            attribute = node.attribute.add()
            attribute.name = rng.choice(("axis", "hidden_size", "to", "perm"))
            attribute.type, attribute.i = onnx.AttributeProto.INT, rng.choice(WHOLE)
        case _:
            model.graph.node.remove(node)
    return bytes(model.SerializeToString())


def _sizes(data: bytes, rng: random.Random) -> bytes:
    model = onnx.ModelProto.FromString(data)
    tensor = rng.choice(model.graph.initializer)
    match rng.randrange(3):
        case 0:
            tensor.dims[:] = rng.choice(([2**62, 4], [2**31, 2**31], [0], [-1, -1], [1] * 10_000))
        case 1:
            tensor.raw_data = np.full(len(tensor.raw_data) // 4, np.nan, "<f4").tobytes()
        case _:
            tensor.data_location = onnx.TensorProto.EXTERNAL
            where = tensor.external_data.add()
            where.key, where.value = "location", "/dev/zero"
    return bytes(model.SerializeToString())


def _with_text(data: bytes, change: Callable[[str], str]) -> bytes:
    model = onnx.ModelProto.FromString(data)
    for entry in model.metadata_props:
        if entry.key == KEY:
            entry.value = change(entry.value)
    return bytes(model.SerializeToString())


def _places(said: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = said.items() if isinstance(said, dict) else enumerate(said[:4])
    for key, value in inside:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from _places(value, (*path, key))

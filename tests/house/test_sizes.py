"""A file has one idea, and a function is read from top to bottom: neither grows beyond what can be."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parents[2]
LINES: Final = 300
"""Of a file."""
BODY: Final = 40
"""Of a function, from its first statement after the docstring on."""


def bodies(source: str) -> Iterator[tuple[str, int]]:
    """Yield the functions, each with the lines of its body."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[ast.get_docstring(node) is not None :] or node.body
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - first[0].lineno + 1


def sources() -> Iterator[tuple[str, str]]:
    for package in ("live", "models", "export"):
        for path in sorted((ROOT / package).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")


def test_no_file_is_longer_than_300_lines() -> None:
    lengths = {name: source.count("\n") for name, source in sources()}
    assert len(lengths) > 250
    assert {name: length for name, length in lengths.items() if length > LINES} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    long = {
        (name, function): length
        for name, source in sources()
        for function, length in bodies(source)
        if length > BODY
    }
    assert long == {}, "let parts of these be functions with names of their own"


def test_a_long_function_would_be_found() -> None:
    lines = "\n".join(["    x = 1"] * (BODY + 1))
    assert (
        dict(bodies(f'def f(\n    a,\n):\n    """Do it.\n\n    More.\n    """\n{lines}'))["f"] == 41
    )

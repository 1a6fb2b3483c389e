"""Imports are at the top of a file, and go round in no circle; what has to wait until it is needed is listed here."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES: Final = ("live", "models", "export")

NATIVE: Final = frozenset(
    (
        *("jack", "rtmidi", "miniaudio", "soundfile", "tinysoundfont", "soxr", "numba", "llvmlite"),
        *("torch", "matplotlib", "onnx", "onnxruntime", "platformdirs", "mido", "rich", "music21"),
        "tensorboard",
    )
)
"""Libraries that a machine may lack, or that are slow to load: any function may import them."""

OURS: Final = {
    ("live.cli", "live.cli.group.extempo"),
    ("live.cli.play", "live.cli.asked"),
    ("live.cli.play", "live.cli.playing"),
    ("live.cli.render", "live.ports.audio.mixer.limited"),
    ("live.ports.process", "live.ports.audio.stage.SoundStage"),
    ("live.record.recorder", "live.record.heard"),
    ("live.record.recorder", "live.record.replay"),
    ("live.record.recorder", "live.record.take"),
    ("live.runtime.library", "live.runtime.artifact.introduce"),
    ("live.runtime.prepare", "live.runtime.artifact.dissect"),
    ("live.runtime.prepare", "live.runtime.artifact.introduce"),
    ("live.runtime.sound.compiled.wavenet.program", "live.runtime.sound.compiled.compiling"),
    ("live.runtime.sound.compiled.wavenet.program", "live.runtime.sound.compiled.wavenet.kernel"),
    ("live.runtime.sound.wavenet", "live.runtime.sound.compiled.compiling"),
    ("live.screen.console", "live.screen.terminal.Screen"),
}
"""Who imports what of ours inside a function, since it brings such a library along or slows down --help; a comment
above the import says which. Rows may go, and none may come."""

NAMED: Final = {
    "live.cli.group",
    "live.daemon.processes",
    "live.machine.building",
    "live.machine.compiling",
    "live.runtime.kinds.table",
    "live.runtime.sound.table",
}
"""Modules that import what a text names: the tables of commands, of kinds of models and of networks of sound, the
target of a process, kernels, libraries without types."""

Found = tuple[str, int]
"""What is imported, and in which line."""


def inner(source: str) -> Iterator[Found]:
    """Yield the imports inside functions."""
    functions = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, functions):
            for node in ast.walk(function):
                if isinstance(node, ast.Import):
                    yield from ((alias.name, node.lineno) for alias in node.names)
                elif isinstance(node, ast.ImportFrom):
                    whole = "." * node.level + (node.module or "")
                    yield from ((f"{whole}.{alias.name}", node.lineno) for alias in node.names)


def by_name(source: str) -> bool:
    """Return whether modules are imported by a text that names them."""
    names = {"import_module", "__import__"}
    return any(
        (isinstance(node, ast.Name) and node.id in names)
        or (isinstance(node, ast.Attribute) and node.attr in names)
        or (isinstance(node, ast.alias) and node.name in names)
        for node in ast.walk(ast.parse(source))
    )


def sources() -> Iterator[tuple[str, str]]:
    """Yield the modules of the house, each with its source."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(part for part in parts if part != "__init__"), path.read_text("utf-8")


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return modules that import each other in a circle, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_what_is_imported_inside_a_function_is_native_optional_or_listed() -> None:
    found = {
        (module, name)
        for module, source in sources()
        for name, _ in inner(source)
        if name.partition(".")[0] not in NATIVE
    }
    assert found - OURS == set(), "move these imports to the top of their files"
    assert OURS - found == set(), "take these rows out: nothing needs them any more"


def test_a_comment_says_why_what_is_ours_is_imported_inside_a_function() -> None:
    for module, source in sources():
        lines = source.splitlines()
        for name, number in inner(source):
            if name.partition(".")[0] in PACKAGES:
                assert lines[number - 2].lstrip().startswith("#"), f"{module}:{number}: why here?"


def test_nobody_else_imports_by_name() -> None:
    assert {module for module, source in sources() if by_name(source)} == NAMED


def test_no_module_imports_itself_through_others() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    assert len(graph.modules) > 250
    assert (
        circle({one: graph.find_modules_directly_imported_by(one) for one in graph.modules}) == []
    )


@pytest.mark.parametrize(
    "written",
    [
        "def f():\n    import live.cli.play",
        "async def f():\n    if True:\n        from live.cli import play",
        "class A:\n    def f(self):\n        def g():\n            from live.cli import play",
    ],
)
def test_such_an_import_would_be_found(written: str) -> None:
    assert {name for name, _ in inner(written)} == {"live.cli.play"}


def test_an_import_at_the_top_is_none() -> None:
    assert not list(inner("if True:\n    import fcntl\nclass A:\n    import json"))


def test_such_a_circle_would_be_found() -> None:
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == {"a", "b", "c"}
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_an_import_by_name_would_be_found() -> None:
    assert by_name("import importlib\nimportlib.import_module('live')")
    assert by_name("from importlib import import_module as fetch\nfetch('live')")
    assert by_name("__import__('live')")
    assert not by_name("import importlib.metadata")

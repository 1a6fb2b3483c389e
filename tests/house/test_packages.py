"""The house: whose packages these are, what they may import, and that all they need is pinned."""

import ast
import importlib
import importlib.metadata
import itertools
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("name", ["live", "export", "models"])
def test_the_package_is_ours(name: str) -> None:
    module = importlib.import_module(name)
    assert Path(str(module.__file__)).parent == ROOT / name
    assert set(importlib.metadata.packages_distributions()[name]) == {"extempo"}


def test_models_stays_empty() -> None:
    assert (ROOT / "models" / "__init__.py").read_text().strip() == ""


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(str(node.module))
    return names


def test_the_contract_needs_numpy_and_msgspec_only() -> None:
    allowed = sys.stdlib_module_names | {"numpy", "msgspec"}
    for path in (ROOT / "models" / "contract").rglob("*.py"):
        foreign = {
            name
            for name in imported(path)
            if name.split(".")[0] not in allowed and not name.startswith("models.contract")
        }
        assert not foreign, f"{path.name} imports {foreign}"


def test_every_dependency_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    assert all(len(pin) == 2 for pin in pins)
    pinned = {name.lower().replace("_", "-") for name, _ in pins}
    extras = PROJECT["optional-dependencies"].values()
    wanted = [*PROJECT["dependencies"], *itertools.chain.from_iterable(extras)]
    for requirement in wanted:
        name = re.match(r"[\w.-]+", requirement)
        assert name is not None
        assert name[0].lower().replace("_", "-") in pinned


def test_never_uploaded() -> None:
    assert "Private :: Do Not Upload" in PROJECT["classifiers"]

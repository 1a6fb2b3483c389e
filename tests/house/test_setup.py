"""Setting up: what a newcomer is told when this machine's Python will not do."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the set-up is a shell script")


def set_up(tmp_path: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Run the set-up with a Python that answers as the given shell lines say."""
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{python}\n")
    fake.chmod(0o755)
    return subprocess.run(
        [ROOT / "scripts" / "setup", tmp_path / "env", "stage"],
        env={**os.environ, "PYTHON": str(fake)},
        capture_output=True,
        text=True,
        timeout=20,
    )


def test_an_old_python_gets_one_sentence(tmp_path: Path) -> None:
    done = set_up(tmp_path, "exit 1")
    assert done.returncode != 0
    assert done.stderr.startswith("extempo needs Python 3.11 or newer")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "env").exists()


def test_a_python_without_ensurepip_names_the_package(tmp_path: Path) -> None:
    done = set_up(
        tmp_path, 'case "$*" in *ensurepip*) exit 1;; *print*) echo 3.11;; *) exit 0;; esac'
    )
    assert done.returncode != 0
    assert "sudo apt install python3.11-venv" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("dev", "--index-url https://download.pytorch.org/whl/cpu torch==2."),
        ("dev-gpu", "-c constraints.txt torch===2."),
    ],
)
def test_training_gets_the_build_of_torch_that_was_asked_for(
    tmp_path: Path, kind: str, asked: str
) -> None:
    said = torch_set_up(tmp_path, kind, "exit $((n < 2))")
    assert said.returncode == 0, said.stderr
    calls = (tmp_path / "calls").read_text()
    assert asked in calls
    assert "-e .[train,dev]" in calls


def test_a_system_without_a_build_for_gpus_is_told_what_to_do(tmp_path: Path) -> None:
    said = torch_set_up(tmp_path, "dev-gpu", "exit 1")
    assert said.returncode != 0
    assert said.stderr.count("\n") == 1
    assert "make dev, without EXTRA=gpu" in said.stderr


def torch_set_up(tmp_path: Path, kind: str, python: str) -> subprocess.CompletedProcess[str]:
    """Set up training with a pip that notes what it is asked for, and a Python that answers so.

    n: how often pip was called before.
    """
    tools, calls = tmp_path / "env" / "bin", tmp_path / "calls"
    tools.mkdir(parents=True)
    # What is not among the local wheels comes from an index.
    pip = f'echo "$*" >>{calls}\ncase "$*" in *--no-index*) exit 1;; esac'
    look = f"n=$(wc -l <{calls})\n{python}"
    for name, text in (("pip", pip), ("python", look)):
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    return subprocess.run(
        [ROOT / "scripts" / "setup", tmp_path / "env", kind],
        capture_output=True,
        text=True,
        timeout=20,
    )


@pytest.mark.parametrize(
    ("said", "offline"), [("no such package", False), ("NewConnectionError: Errno -3", True)]
)
def test_a_package_that_cannot_be_had_stops_the_set_up(
    tmp_path: Path, said: str, offline: bool
) -> None:
    (tmp_path / "env" / "bin").mkdir(parents=True)
    for name in ("python", "pip"):
        tool = tmp_path / "env" / "bin" / name
        tool.write_text(f"#!/bin/sh\n[ $1 = --version ] && exit 0\necho {said}\nexit 1\n")
        tool.chmod(0o755)
    done = set_up(tmp_path, "exit 0")
    assert done.returncode != 0
    assert said in done.stderr
    assert ("does not reach the network" in done.stderr) == offline
    assert "setup.log" in done.stderr
    assert not (tmp_path / "env" / ".stamp").exists()

"""The stage starts on a machine that has no sound library, no MIDI system and no torch."""

import subprocess
import sys

import pytest

HIDDEN = """
import ctypes, ctypes.util, sys

class Hide:
    names = {"torch", "jack", "rtmidi", "_rtmidi", "miniaudio", "_miniaudio", "tinysoundfont",
             "sounddevice", "_sounddevice"}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r} (hidden)", name=name)
        return None

sys.meta_path.insert(0, Hide())
ctypes.util.find_library = lambda name: None
load = ctypes.CDLL

class NoSound(load):
    def __init__(self, name, *args, **kwargs):
        if name and any(part in str(name) for part in ("jack", "portaudio", "asound", "rtmidi")):
            raise OSError(f"{name}: cannot open shared object file (hidden)")
        super().__init__(name, *args, **kwargs)

ctypes.CDLL = NoSound
"""


def run_hidden(code: str) -> str:
    # Some modules are compiled as they are imported, which takes long where others work too.
    done = subprocess.run(
        [sys.executable, "-c", HIDDEN + code], capture_output=True, text=True, timeout=160
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_of_the_stage_imports() -> None:
    names = run_hidden(
        "import importlib, pkgutil, live\n"
        "for module in pkgutil.walk_packages(live.__path__, 'live.'):\n"
        "    if not module.name.endswith('__main__'):\n"
        "        importlib.import_module(module.name); print(module.name)\n"
    ).split()
    assert "live.cli" in names


def test_the_command_starts_without_torch_or_training() -> None:
    loaded = run_hidden(
        "import live.cli\n"
        "print([n for n in sys.modules if n.startswith(('torch', 'models.train', 'models.nets', "
        "'matplotlib', 'export'))])"
    )
    assert loaded.strip() == "[]"


@pytest.mark.parametrize("module", ["live.daemon.run", "live.engine.process", "live.ports.process"])
def test_a_process_starts_without_what_only_some_runs_need(module: str) -> None:
    loaded = run_hidden(
        f"import {module}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    )
    slow = {"llvmlite", "numba", "onnx", "onnxruntime", "soxr", "soundfile", "mido", "rich"}
    assert not slow & set(loaded.split())

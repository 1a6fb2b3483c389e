"""The compiled mix, loaded: what `kernel.py` was made into, without numba.

Importing this loads it from the cache, or has it compiled by another process first, which takes seconds:
before anything plays. It lives as long as the process. Raises PortError where it cannot be compiled.
"""

import ctypes
import hashlib
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import llvmlite.binding as llvm
import msgspec
from platformdirs import user_cache_path

from live.ipc import soundring
from live.machine import caches, memory
from live.ports.audio.clock import address_of
from live.ports.native import PortError

_KEPT: Final = 4
"""How many versions of the compiled mix stay in the cache."""
_PATIENCE: Final = 120.0
"""Seconds that a busy machine may take to compile it."""
_LONG, _REAL = ctypes.c_int64, ctypes.c_double

Objects = dict[str, tuple[str, bytes]]
"""Each entry's symbol and its object file, by its name."""


def _file() -> Path:
    """Return where the code is kept: another one for each processor and each change of any source."""
    sources = sorted((*Path(__file__).parent.glob("*.py"), Path(soundring.__file__)))
    features = llvm.get_host_cpu_features().flatten()
    said = (version("numba"), version("llvmlite"), llvm.get_process_triple())
    digest = hashlib.sha256(repr((said, llvm.get_host_cpu_name(), features)).encode())
    for source in sources:
        digest.update(source.read_bytes())
    return user_cache_path("extempo", appauthor=False) / "mix" / digest.hexdigest()[:32]


def _build() -> bytes:
    command = [sys.executable, "-m", "live.ports.audio.building"]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=_PATIENCE)
    except (OSError, subprocess.SubprocessError) as error:
        raise PortError("What mixes sound could not be compiled: run `make play` again.") from error
    return done.stdout


def _found() -> bytes:
    file = _file()
    try:
        return caches.kept(file)
    except (OSError, ValueError):
        code = _build()
    # Else it is compiled at each start, which `extempo doctor` tells.
    with suppress(OSError):
        caches.keep(file, code, _KEPT)
    return code


def _load() -> tuple[Any, dict[str, int]]:
    """Return what owns the code, and the address of each entry."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        opt=3, reloc="default", codemodel="jitdefault"
    )
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    objects = msgspec.msgpack.decode(_found(), type=Objects)
    _bind_numba()
    for _, code in objects.values():
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    addresses = {
        name: int(engine.get_function_address(symbol)) for name, (symbol, _) in objects.items()
    }
    # LLVM itself is done with.
    memory.shed("llvmlite")
    return engine, addresses


_OF_NUMBA: Final = (
    *("NRT_Free", "NRT_MemInfo_call_dtor", "numba_do_raise", "numba_gil_ensure"),
    *("numba_gil_release", "numba_runtime_build_excinfo_struct", "numba_unpickle"),
)
"""What numba's code calls to raise an error or to free an array, and the mix does neither."""


def _bind_numba() -> None:
    """Let the code be linked without numba: what it never calls ends the process."""
    ends = address_of(ctypes.pythonapi.Py_FatalError)
    for name in _OF_NUMBA:
        # Where numba is loaded its own stand.
        if llvm.address_of_symbol(name) is None:
            llvm.add_symbol(name, ends)


_engine, _addresses = _load()

jack_process: Final = _addresses["jack_process"]
device_process: Final = _addresses["device_process"]
microphone_process: Final = _addresses["microphone_process"]

clock: Final = ctypes.CFUNCTYPE(_REAL, _LONG)(_addresses["clock"])
limit: Final = ctypes.CFUNCTYPE(None, *[_LONG] * 4)(_addresses["limit"])
mix: Final = ctypes.CFUNCTYPE(None, *[_LONG] * 5, _REAL)(_addresses["mix"])
take_over: Final = ctypes.CFUNCTYPE(None, _LONG, _LONG)(_addresses["take_over"])

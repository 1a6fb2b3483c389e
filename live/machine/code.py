"""Compiled kernels, loaded: what a module of numba's was made into, without numba.

A kernel lies in the user's cache, or another process compiles it first, which takes seconds. It lives as long as the
process.
"""

import ctypes
import hashlib
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec
from platformdirs import user_cache_path

from live.machine import caches, memory

_KEPT: Final = 4
"""How many versions of a compiled kernel stay in the cache."""
_PATIENCE: Final = 120.0
"""Seconds that a busy machine may take to compile it."""
_engines: list[Any] = []
"""What owns the code."""

Objects = dict[str, tuple[str, bytes]]
"""Each entry's symbol and its object file, by its name."""


class CodeError(Exception):
    """A kernel cannot be compiled here."""


def load(module: str, folder: str, sources: Iterable[Path]) -> Mapping[str, int]:
    """Return the address of each entry of a kernel, by its name. Raises CodeError.

    module: see `live.machine.building`. folder: of the cache. sources: all files that the code depends on, but those
    beside this one.
    """
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        opt=3, reloc="default", codemodel="jitdefault"
    )
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    objects = msgspec.msgpack.decode(_found(module, _file(folder, sources)), type=Objects)
    _bind()
    for _, code in objects.values():
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    addresses = {
        name: int(engine.get_function_address(symbol)) for name, (symbol, _) in objects.items()
    }
    # LLVM itself is done with.
    memory.shed("llvmlite")
    return addresses


def is_kept(folder: str, sources: Iterable[Path]) -> bool:
    """Return whether a kernel lies in the cache; see `load`."""
    return _file(folder, sources).is_file()


def address_of(function: Any) -> int:
    """Return where a C function begins."""
    return int(ctypes.cast(function, ctypes.c_void_p).value or 0)


def _file(folder: str, sources: Iterable[Path]) -> Path:
    """Return where the code is kept: another one for each processor and each change of any source."""
    import llvmlite.binding as llvm

    features = llvm.get_host_cpu_features().flatten()
    said = (version("numba"), version("llvmlite"), llvm.get_process_triple())
    digest = hashlib.sha256(repr((said, llvm.get_host_cpu_name(), features)).encode())
    ours = (Path(__file__).with_name(name) for name in ("building.py", "compiling.py"))
    for source in sorted((*sources, *ours)):
        digest.update(source.read_bytes())
    return user_cache_path("extempo", appauthor=False) / folder / digest.hexdigest()[:32]


def _found(module: str, file: Path) -> bytes:
    try:
        return caches.kept(file)
    except (OSError, ValueError):
        code = _build(module)
    # Else it is compiled at each start, which `extempo doctor` tells.
    with suppress(OSError):
        caches.keep(file, code, _KEPT)
    return code


def _build(module: str) -> bytes:
    command = [sys.executable, "-m", "live.machine.building", module]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=_PATIENCE)
    except (OSError, subprocess.SubprocessError) as error:
        raise CodeError(str(error)) from error
    return done.stdout


_OF_NUMBA: Final = (
    *("NRT_Free", "NRT_MemInfo_call_dtor", "numba_do_raise", "numba_gil_ensure"),
    *("numba_gil_release", "numba_runtime_build_excinfo_struct", "numba_unpickle"),
)
"""What numba's code calls to raise an error or to free an array, and kernels do neither."""

_OF_C: Final = {"memset": ctypes.memset, "memcpy": ctypes.memmove, "memmove": ctypes.memmove}
"""What LLVM makes of loops."""


def _bind() -> None:
    """Let the code be linked without numba: what it never calls ends the process."""
    import llvmlite.binding as llvm

    for name, function in _OF_C.items():
        # LLVM itself does not find all of them.
        llvm.add_symbol(name, address_of(function))
    ends = address_of(ctypes.pythonapi.Py_FatalError)
    for name in _OF_NUMBA:
        # Where numba is loaded its own stand.
        if llvm.address_of_symbol(name) is None:
            llvm.add_symbol(name, ends)

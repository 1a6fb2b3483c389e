"""Turn a network's program into functions of this processor, and keep them on disk for next time.

LLVM works without Python's lock, so that music in the same process goes on meanwhile.
"""

import ctypes
import hashlib
import logging
import platform
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Final, Protocol

import llvmlite
import llvmlite.binding as llvm
from platformdirs import user_cache_path

from live.machine import caches
from live.runtime.sound.compiled.layout import Target
from models.contract import samples

Function = Callable[..., None]
_KEPT: Final = 16
"""How many compiled networks stay in the cache."""
_log = logging.getLogger(__name__)
_lock = Lock()
_engines: list[Any] = []
"""What owns the compiled code: it lives as long as the process."""


class Program(Protocol):
    """The code of one network for one processor.

    shape: all that the code is specialised to, whose `repr` says it whole. functions: those that are called
    from outside, by name, with the ctypes of their arguments; they give nothing back.
    """

    target: Target
    shape: object
    functions: Mapping[str, tuple[type[Any], ...]]

    def write(self) -> str:
        """Return the code as LLVM's text."""


class Compiled:
    """The functions of a program, by name, for any thread; a call does not hold Python's lock.

    cached: whether they came from the disk.
    """

    def __init__(self, program: Program, code: bytes, cached: bool) -> None:
        self.cached = cached
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine(this_machine()))
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        _engines.append(engine)
        self.functions: Mapping[str, Function] = {
            name: ctypes.CFUNCTYPE(None, *takes)(engine.get_function_address(name))
            for name, takes in program.functions.items()
        }


def compiled(program: Program) -> Compiled:
    """Return the code for a program: compiled now, or found on the disk."""
    with _lock:
        return _compiled(program)


def is_compiled(program: Program) -> bool:
    """Return whether the code for a program lies on the disk."""
    return _file(program).is_file()


def _file(program: Program) -> Path:
    return user_cache_path("extempo", appauthor=False) / "kernels" / f"{_digest(program)}.o"


def _compiled(program: Program) -> Compiled:
    file = _file(program)
    try:
        return Compiled(program, caches.kept(file), cached=True)
    except (OSError, ValueError, RuntimeError):
        code = compile_(program)
    try:
        caches.keep(file, code, _KEPT)
    except OSError as error:
        _log.info("no cache for compiled networks at %s: %s", file.parent, error)
    return Compiled(program, code, cached=False)


def compile_(program: Program) -> bytes:
    """Return a program's machine code as an object file; takes about a second."""
    machine = _machine(program.target)
    module = llvm.parse_assembly(program.write())
    module.triple = llvm.get_process_triple()
    module.data_layout = str(machine.target_data)
    options = llvm.create_pipeline_tuning_options(2)
    # It is written in vectors and unrolled as it shall be.
    options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    code: bytes = machine.emit_object(module)
    return code


@cache
def this_machine() -> Target:
    """Return the processor that this runs on."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features()
    arm = platform.machine().lower() in ("arm64", "aarch64")
    wide, medium = bool(features.get("avx512f")), bool(features.get("avx2"))
    return Target(
        name=llvm.get_host_cpu_name(),
        features=features.flatten(),
        lanes=16 if wide else 8 if medium else 4,
        registers=32 if wide or arm else 16,
    )


def _machine(target: Target) -> Any:
    triple = llvm.get_process_triple()
    return llvm.Target.from_triple(triple).create_target_machine(
        cpu=target.name, features=target.features, opt=3, reloc="default", codemodel="jitdefault"
    )


def makers() -> list[Path]:
    """Return the files that the code depends on."""
    return [*sorted(Path(__file__).parent.rglob("*.py")), Path(samples.__file__)]


@cache
def _makers() -> str:
    """Return a digest of the files beside and below this one; those that write the code are among them."""
    digest = hashlib.sha256()
    for file in makers():
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _digest(program: Program) -> str:
    said = (
        _makers(),
        llvmlite.__version__,
        llvm.llvm_version_info,
        llvm.get_process_triple(),
        program.target,
        program.shape,
    )
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]

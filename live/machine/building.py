"""Writes a compiled kernel to standard output, in a process of its own: whoever plays is spared the compiler.

Run as `python -m live.machine.building MODULE`; the module has `ENTRIES`, what it offers by name.
"""

import importlib
import sys
from typing import Any

import msgspec

from live.machine import realtime


def build(module: str) -> bytes:
    """Return each entry's symbol and its object file, by its name, as msgpack."""
    entries: dict[str, Any] = importlib.import_module(module).ENTRIES
    return msgspec.msgpack.encode(
        {
            name: (entry._wrapper_name, _machine_code(entry._library))
            for name, entry in entries.items()
        }
    )


def _machine_code(library: Any) -> bytes:
    code: bytes = library._codegen._tm.emit_object(library._final_module)
    return code


if __name__ == "__main__":
    realtime.leave()
    sys.stdout.buffer.write(build(sys.argv[1]))

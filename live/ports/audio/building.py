"""Writes the compiled mix to standard output, in a process of its own: whoever plays is spared the compiler.

Run as `python -m live.ports.audio.building`.
"""

import sys
from typing import Any

import msgspec

from live.ports.audio.kernel import ENTRIES


def build() -> bytes:
    """Return each entry's symbol and its object file, by its name, as msgpack."""
    return msgspec.msgpack.encode(
        {
            name: (entry._wrapper_name, _machine_code(entry._library))
            for name, entry in ENTRIES.items()
        }
    )


def _machine_code(library: Any) -> bytes:
    code: bytes = library._codegen._tm.emit_object(library._final_module)
    return code


if __name__ == "__main__":
    sys.stdout.buffer.write(build())

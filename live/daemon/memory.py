"""What a run keeps of what its voices know: where, and for an engine that takes a dead one's place."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from live.ipc.config import ControlOptions, MemoryOptions
from live.ports import names


@contextmanager
def held(options: ControlOptions, client: str) -> Iterator[MemoryOptions | None]:
    """Give where this run keeps what its voices know; None where it does not. client: its name.

    Of runs that play at once each has a folder of its own, and the next one of its name has it again.
    """
    if options.memory is None:
        yield None
        return
    folder, takes = (Path(os.path.abspath(path)) for path in (options.memory, options.takes))
    with names.held(client, folder / "runs") as name:
        run = f"{datetime.now():%Y%m%d%H%M%S}-{secrets.token_hex(4)}"
        yield MemoryOptions(folder / name, takes, run)

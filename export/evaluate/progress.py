"""What whoever waits for an evaluation reads: which part is at work, how far it is, and how long it took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


@contextmanager
def shown(console: Console, name: str) -> Iterator[Callable[[float], None]]:
    """Give what is told which share of a part is done; in a pipe only its end is told."""
    began = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(name, total=1.0)
        yield lambda done: progress.update(task, completed=done)
    console.print(f"{name}: {time.monotonic() - began:.0f} s", highlight=False)

"""What a surface is: a way for somebody to ask the engine for something, and to be told the news."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from live.control.control import Control
from live.ipc.config import ControlOptions
from live.ipc.news import FromEngine, FromPortsToControl

News = FromEngine | FromPortsToControl


class Surface(Protocol):
    """Asks through `Control.ask`, and never touches a model.

    Threads: built, started and closed on main; tell() from the one that reads the engine's ring. A
    surface is a subclass, and leaves as it is here what it does not do.
    """

    @property
    def place(self) -> tuple[str, str] | None:
        """What the first lines of a run say of it: its name, and where it is reached."""
        return None

    def start(self) -> None:
        """Begin to listen."""

    def tell(self, news: News) -> None:
        """Take what the engine or the ports said, after `Control.hear` has."""

    def close(self) -> None:
        """Stop listening, and free everything."""


class Setting(NamedTuple):
    """What a surface is made with.

    refused: told now and then, on any thread, of what somebody sent that cannot be done; who sent it
    is told every time. failed: told on its thread when that failed and goes on.
    """

    control: Control
    options: ControlOptions
    refused: Callable[[str], None]
    failed: Callable[[str], None]

"""The protocol of the mix's drivers."""

from typing import Protocol


class Driver(Protocol):
    """Asks the mix for frames in time, on a thread of its own, from start() to stop().

    name: what the player calls it. system: the sound system that it plays through. words: where
    the sound goes, and troubles: a sentence for each thing that was asked for and is not so; both are
    known once it has started.
    """

    name: str
    system: str
    rate: int
    period: int
    words: str
    troubles: list[str]
    xruns: int

    def start(self) -> None:
        """Drive the mix, which nobody else does any more. Raises PortError."""

    @property
    def alive(self) -> bool:
        """Whether it still runs."""

    def stop(self) -> None:
        """Stop, and free everything. A server or device that hangs cannot hold us up."""

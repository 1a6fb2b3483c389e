"""The protocol of outputs of notes."""

from typing import Protocol

from models.midi.messages import Message


class Output(Protocol):
    """A place where notes go."""

    aside: bool
    """Whether it is the built-in synth, which also gets what is for it alone."""

    def send(self, at: float, message: Message) -> None:
        """Send a MIDI message, whose time has come or comes within this cycle. Never waits."""

    def close(self) -> None:
        """Free what it holds; what sounds has been ended before."""

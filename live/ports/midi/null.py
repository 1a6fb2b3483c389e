"""An output without an instrument: notes are only counted and shown."""

from models.midi.messages import Message


class NullOutput:
    """Takes every note and does nothing with it."""

    aside = False

    def send(self, at: float, message: Message) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

"""No output: notes are only counted and shown."""


class NullOutput:
    """Takes every note and does nothing with it."""

    aside = False

    def send(self, at: float, data: bytes) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

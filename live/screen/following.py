"""Whether the clock follows the player's beat, told when that changes."""

from live.ipc.news import Confidence


class Following:
    """Remembers what was told. Threads: one."""

    def __init__(self) -> None:
        self._told = False

    def news(self, message: Confidence) -> str:
        """Return what the player should read of it; often nothing."""
        if message.follows == self._told:
            return ""
        self._told = message.follows
        if message.follows:
            return f"The clock follows your beat, {message.tempo:.0f} quarters a minute."
        return f"Your beat is not clear: the clock stays at {message.tempo:.0f} quarters a minute."

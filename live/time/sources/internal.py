"""The internal clock: its tempo is a knob; buttons start it, hold it and set its bars."""

from live.time.sources.source import Clock, ClockSource, Pulse, Reading


class Internal(ClockSource):
    """Keeps the tempo it was last given; a turn of the knob or a button acts at once."""

    hears = frozenset(("tempo", "start", "stop", "downbeat"))

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: Reading | None = None

    def hear(self, pulse: Pulse) -> None:
        """Take a turn of the tempo, or a button."""
        at, tempo, running = pulse.at, pulse.tempo, self._clock.timeline.running
        match pulse.kind:
            case "tempo":
                self._told = Reading(at, tempo=tempo, knob=tempo)
            case "start" if not running:
                self._told = Reading(at, tempo=tempo, running=True, downbeat=True)
            case "downbeat":
                self._told = Reading(at, tempo=tempo, downbeat=True)
            case "stop":
                self._told = Reading(at, running=False)

    def read(self, now: float) -> Reading | None:
        """Return what knob and buttons have changed since."""
        told, self._told = self._told, None
        return told

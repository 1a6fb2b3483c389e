"""What the player plays, in the journal: for the take, where no voice of notes writes it down itself."""

from live.engine.notes import operations as op
from live.engine.stage import Stage
from live.ipc import acts
from live.ipc.wire import Lifted, Pedal, Played, Who
from models.contract.grid import TICKS
from models.midi.hands import Hands
from models.midi.messages import NoteOn


class Writing:
    """Keeps the player's notes in the lines of a voice of sound, or in the player's own. Threads: the engine's only."""

    def __init__(self, stage: Stage, whose: Who) -> None:
        self._stage = stage
        self._whose: Who = whose
        self._hands = Hands()

    def take(self, played: Played | Pedal | Lifted, now: float) -> None:
        """Write down what begins and ends with what the player does. A held clock has no notes."""
        exact = self._stage.timeline.beat_of(played.at) * TICKS
        message = played.message
        ended = self._hands.take(message)
        if not self._stage.timeline.running:
            return
        self._end(ended, round(exact), now)
        if isinstance(message, NoteOn):
            tick, pitch, velocity = round(exact), message.pitch, message.velocity
            did = acts.Play(tick=tick, pitch=pitch, velocity=velocity, lost=exact - tick)
            self._stage.journal(self._whose, now, did)

    def let_go(self, now: float) -> None:
        """Write down that the player is not heard any more."""
        self._end(self._hands.clear(), self._stage.timeline.tick_at(now), now)

    def _end(self, pitches: list[int], tick: int, now: float) -> None:
        for pitch in pitches:
            self._stage.journal(self._whose, now, op.Lift(tick=tick, pitch=pitch))

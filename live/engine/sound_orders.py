"""What a voice of sound is asked to do, each at its time; taken at the border of a frame."""

from dataclasses import dataclass

from live.engine import operations as op
from live.engine.sound_keys import Note
from live.engine.sound_memory import Instrument
from live.runtime.sound import Snapshot, SoundModel


@dataclass(frozen=True, slots=True)
class GoBack:
    """Go on from the state in which a time was heard."""

    to: float


@dataclass(frozen=True, slots=True)
class TakeUp:
    """Go on from a state that another stream of the network has come to, if it still plays."""

    model: SoundModel
    state: Snapshot


@dataclass(frozen=True, slots=True)
class Change:
    """Go on with another network."""

    instrument: Instrument


@dataclass(frozen=True, slots=True)
class Rest:
    """Fall silent and make nothing, or go on from where it was."""

    on: bool


Order = Note | op.Turn | op.Keep | op.Return | op.Forget | GoBack | TakeUp | Change | Rest

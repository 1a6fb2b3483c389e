"""Where artifacts put the knobs of the voices that play them, and which ones move as another takes over."""

from collections.abc import Mapping
from typing import Final

from live.declared.knob import Kind, Value
from live.declared.knobs import SCOPES, defaults
from live.runtime.opening import Opened
from models.midi.messages import DRUMS

USUAL: Final[Mapping[str, Mapping[str, Value]]] = {"drums": {"channel": DRUMS, "spread": 127.0}}
"""What music of a representation is played with unless its artifact says otherwise: drums on theirs, as people hit."""


class Settling:
    """The knobs of one voice, as its artifacts want them: what they ask for, else the default.

    Threads: the engine's only.
    """

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._put: Mapping[str, Value] = {}

    def begin(self, artifact: Opened, knobs: Mapping[str, Value]) -> dict[str, Value]:
        """Return how all knobs stand as a voice begins; `knobs` are those that the player chose."""
        self._put = self._wanted(artifact)
        return {**self._put, **knobs}

    def take_over(self, artifact: Opened, knobs: Mapping[str, Value]) -> dict[str, Value]:
        """Return which knobs go where, as an artifact takes over a voice whose knobs are `knobs`.

        Those that still stand where the last artifact put them go where this one wants them.
        """
        before, after = self._put, self._wanted(artifact)
        self._put = after
        return {
            knob: value
            for knob, value in after.items()
            if value != before[knob] and knobs[knob] == before[knob]
        }

    def _wanted(self, artifact: Opened) -> dict[str, Value]:
        usual = USUAL.get(artifact.document.representation, {})
        return {**defaults(SCOPES[self._kind]), **usual, **artifact.knobs}

"""What a player is told where a voice of notes does not do what it is asked, or cannot."""

from collections.abc import Mapping
from typing import Final

from live.declared.knob import Value
from live.declared.knobs import NoteKnobs
from live.engine.notes import masks
from live.engine.notes.declining import Asker, Declining
from live.engine.notes.decoders.table import decoder
from live.engine.notes.guard import OFF
from live.engine.notes.history import History
from live.engine.routing import Heard
from live.engine.stage import Stage
from live.ipc.news import Trouble
from live.ipc.wire import Played
from models.contract.stepping import StepModel

CHORD: Final = 32
"""Moments among which a chord that somebody played is looked for."""


class Warnings:
    """Of one voice, each said once. Threads: the engine's only."""

    def __init__(self, number: int, stage: Stage) -> None:
        self._number, self._stage = number, stage
        self._declining = Declining(number, stage)
        self._told: set[str] = set()
        self._refused = False

    def begun(self, model: StepModel) -> None:
        """Say of the artifact that plays from now on why it lacks its index."""
        if model.index.lacks:
            self._once("index", model.index.lacks)

    def turned(
        self,
        turned: Mapping[str, Value],
        knobs: NoteKnobs,
        model: StepModel,
        name: str,
        asker: Asker = None,
    ) -> None:
        """Say of knobs that were turned what they do not do, and if they leave nothing to play.

        knobs: as they stand now. name: the artifact's.
        """
        self._refused = False
        self._declining.tell(turned, model.representation, asker)
        index = model.index
        if "novelty" in turned and knobs.novelty != OFF and not (index.digest or index.lacks):
            self._once(
                "index",
                f"{name} has no index of what it has learned from, so that novelty does nothing: make one with"
                " extempo index, and load it again.",
            )
        if turned.keys() & {"motif", "mode"} and knobs.mode == "solo" and knobs.motif != "off":
            self._once(
                "motif",
                f"Voice {self._number} plays solo and answers nobody, so that motif does nothing: turn mode to "
                "continue or respond.",
            )
        if not masks.pitches(knobs).any():
            why = "its scale leaves no pitch from low to high; widen them"
            if knobs.low > knobs.high:
                why = f"low ({knobs.low}) is above high ({knobs.high}); move one past the other"
            self._tell("empty", f"Voice {self._number} rests: {why}.")
        elif not decoder(model.representation).can_play(knobs):
            self._tell(
                "empty",
                f"Voice {self._number} rests: none of the notes and chords that {name} knows has only pitches that "
                "low, high and scale allow, and no more than polyphony; widen them.",
            )

    def heard(self, heard: Heard, history: History, model: StepModel, name: str) -> None:
        """Say, as a key comes up, if what was played with it is not what a step says. name: the artifact's."""
        match heard.what:
            case Played(pitch=pitch, velocity=0):
                chord = _struck_with(pitch, history)
            case _:
                return
        if chord and not decoder(model.representation).says(chord):
            self._once(
                "nearest",
                f"Voice {self._number} hears some of what is played as the nearest note or chord that {name} knows.",
            )

    def drawn(self, refused: bool, knobs: NoteKnobs) -> None:
        """Say that the guard leaves no pitch, when it begins to. refused: whether it does now."""
        if refused and not self._refused:
            self._tell(
                "novelty",
                f"Voice {self._number} rests: every pitch that its knobs allow completes a run of {knobs.novelty} "
                "intervals that it has learned; widen low, high or scale, or turn novelty.",
            )
        self._refused = refused

    def _once(self, code: str, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._tell(code, text)

    def _tell(self, code: str, text: str) -> None:
        self._stage.news(Trouble(code=code, text=text))


def _struck_with(pitch: int, history: History) -> frozenset[int]:
    """Return the pitches that somebody struck with the last one of this pitch; none where it is long ago."""
    heard = [one.note for one in history.recent(CHORD) if one.note and not one.own]
    onset = next((note.onset for note in reversed(heard) if note.pitch == pitch), None)
    return frozenset(note.pitch for note in heard if note.onset == onset)

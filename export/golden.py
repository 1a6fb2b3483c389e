"""The golden pair: a phrase as it goes into the network, and what the network says comes next."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from models.contract.document import Golden
from models.contract.performance import FACTORS, TICKS, Note, encode, place, start_event
from models.nets.events import EventNet, factor_logits

TOLERANCE: Final = {"fp32": 1e-3, "int8": 0.5}
"""By precision, the largest difference of log-probabilities that still counts as equal."""

METRE: Final = 8
SIXTEENTH: Final = TICKS // 4

_BARS: Final = ((60, 64, 67, 72, 76), (60, 62, 69, 74, 77))
"""The chords of the first two bars of Bach's prelude in C, BWV 846."""


class Phrase:
    """Real events and their places, and the one after them, which the heads are asked for.

    events: int64 (n, 5). places: int64 (n, 3).
    following (5,) and onset (3,): of the event after the last.
    """

    def __init__(self) -> None:
        notes = sorted(_prelude())
        codes = np.vstack((start_event(), encode(notes)))
        onsets = (0, *(note.onset for note in notes))
        places = np.array([place(onset, 0, METRE) for onset in onsets], np.int64)
        self.events, self.following = codes[:-1], codes[-1]
        self.places, self.onset = places[:-1], places[-1]


def _prelude() -> list[Note]:
    """Two bars, their held bass notes in octaves, and the downbeat after them."""
    notes = []
    for bar, (low, second, *upper) in enumerate(_BARS):
        for half in range(2):
            start = (bar * 16 + half * 8) * SIXTEENTH
            notes.append(Note(start, low - 12, 66, 8 * SIXTEENTH))
            notes.append(Note(start, low, 70, 8 * SIXTEENTH))
            notes.append(Note(start + SIXTEENTH, second, 62, 7 * SIXTEENTH))
            for step, pitch in enumerate(upper * 2):
                notes.append(Note(start + (2 + step) * SIXTEENTH, pitch, 58 + 4 * step, SIXTEENTH))
    notes[-1] = Note(notes[-1].onset, notes[-1].pitch, notes[-1].velocity, 0)
    notes.append(Note(32 * SIXTEENTH, 59, 72, 8 * SIXTEENTH))
    return notes


def reference(net: EventNet, phrase: Phrase) -> dict[str, NDArray[np.float32]]:
    """Return PyTorch's logits after every event of the phrase, (n, classes) by factor."""
    following = np.vstack((phrase.events[1:], phrase.following))
    onsets = np.vstack((phrase.places[1:], phrase.onset))
    batch = (
        torch.from_numpy(codes)[None] for codes in (phrase.events, phrase.places, following, onsets)
    )
    events, places, after, when = batch
    with torch.no_grad():
        logits = factor_logits(net.eval(), net(events, places), after, when)
    return {factor: values[0].numpy() for factor, values in logits.items()}


def golden(net: EventNet, precision: str) -> Golden:
    """Return the golden pair of a network, its tolerance being that of the precision."""
    phrase = Phrase()
    logits = reference(net, phrase)
    return Golden(
        events=phrase.events.tolist(),
        places=phrase.places.tolist(),
        onset=phrase.onset.tolist(),
        drawn=phrase.following[: len(FACTORS) - 1].tolist(),
        logits={factor: logits[factor][-1].tolist() for factor in FACTORS},
        tolerance={precision: TOLERANCE[precision]},
    )

"""The knob line leans the top line to steps, where the note before is over, and changes nothing at 0."""

import numpy as np

from models.measures.excerpt import Excerpt
from models.measures.musicality import steps
from tests.engine.test_voice import a_voice, play


def _notes(**knobs):
    return play(a_voice(form=0.0, polyphony=1, **knobs), 300)


def _steps(notes):
    rows = [(note.onset, note.pitch, 64, note.duration) for note in notes]
    return steps(Excerpt(np.array(rows)))


def test_the_more_it_leans_the_more_steps_there_are():
    found = [_steps(_notes(line=line)) for line in (0.0, 1.0, 3.0)]
    assert found[0] + 0.03 < found[1] < found[2] - 0.1


def test_masks_win():
    pitches = {note.pitch for note in _notes(line=3.0, scale="major", key="D", low=50, high=70)}
    assert {pitch % 12 for pitch in pitches} <= {2, 4, 6, 7, 9, 11, 1}
    assert min(pitches) >= 50
    assert max(pitches) <= 70

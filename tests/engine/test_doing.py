"""What is asked of voices of notes alone is done."""

from typing import get_args

from live.engine.notes.doing import DOES
from live.ipc import acts


def test_every_act_of_notes_has_one_who_does_it():
    assert set(get_args(acts.OfNotes) or (acts.OfNotes,)) == DOES.keys()

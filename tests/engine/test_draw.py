"""Codes side by side are drawn at once, each on its own, under the knobs and what is forced."""

from types import SimpleNamespace

import numpy as np
import pytest

from live.declared.knobs import NoteKnobs, turned
from live.engine.notes.draw import Draw
from live.time.clock import Bars
from tests.models.toy import STRUCK, TONES, TOY

FACTOR = TOY.names.index("tones")
ANY = np.ones(2, np.bool_)
BEAT = np.zeros(1, np.int64)


class Chords:
    """Says the same of every tone but the last two, which are silent and struck."""

    representation = TOY

    def logits(self, factor, context, conditions, drawn, states):
        assert (factor, conditions.shape, drawn.tolist()) == (FACTOR, (1, 1), [[3]])
        logits = np.zeros((1, TONES, 2), np.float32)
        logits[0, -2:] = [[30, 0], [0, 30]]
        return logits


def _codes(number, mask=ANY, bias=0.0, forced=None, **knobs):
    last = SimpleNamespace(knowledge=lambda: (None, None), number=number)
    settled = turned(NoteKnobs(), {"seed": 7, "top_p": 1.0, "min_p": 0.0} | knobs)
    draw = Draw(Chords(), settled, forced or {}, 1, Bars(), last)
    return draw.codes(FACTOR, BEAT, [3], mask, bias)


def test_a_step_draws_the_same_chord_again_and_another_step_another():
    assert _codes(5).shape == (TONES,)
    assert _codes(5).tolist() == _codes(5).tolist()
    many = np.array([_codes(number) for number in range(400)])
    assert len({tuple(codes) for codes in many}) > 300
    assert (many[:, -2:] == [0, 1]).all()
    # No tone goes by another.
    assert np.abs(np.corrcoef(many[:, :-2].T) - np.eye(TONES - 2)).max() < 0.25


def test_knobs_masks_and_biases_say_what_may_be_drawn():
    mask = np.ones((TONES, 2), np.bool_)
    mask[3, STRUCK] = mask[-1, STRUCK] = False
    many = np.array([_codes(number, mask) for number in range(100)])
    assert not many[:, [3, -1]].any()
    assert _codes(1, bias=np.array([0.0, 100.0]))[:-2].all()
    assert _codes(1, temperature=0.0)[:-1].tolist() == [0] * (TONES - 1)


@pytest.mark.parametrize("code", [0, 1, 2])
def test_what_is_forced_is_taken_where_it_may_be(code):
    mask = np.ones((TONES, 2), np.bool_)
    mask[3, STRUCK] = False
    found = _codes(5, mask, forced={"tones": code})
    free = _codes(5, mask)
    expected = free if code > 1 else np.where(mask[:, code], code, free)
    assert found.tolist() == expected.tolist()

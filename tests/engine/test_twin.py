"""A recall goes on as a performance did that was never left: what followed the save follows the recall."""

import pytest

from live.engine.offline import Rendering
from live.ipc import acts
from live.ipc.commands import Command
from live.record import replay
from tests.engine.numeric import opener
from tests.engine.test_offline import BEAT, key, perform

BAR = 4 * BEAT


def _from(done: Rendering, begin: float, seconds: float) -> list[tuple[int, int, int, int]]:
    """Return the notes of a while: tick since its beginning, pitch, velocity, length in ticks."""
    return [
        (round((one.at - begin) / BEAT * 24), one.pitch, one.velocity, round((one.end * BEAT - one.at) / BEAT * 24))
        for one in done.notes
        # A note on the very tick of the save had begun.
        if begin + BEAT / 48 < one.at <= begin + seconds
    ]  # fmt: skip


@pytest.mark.parametrize("at", [2.0, 2.013, 2.24, 2.5, 2.71, 3.1, 3.333, 3.99])
@pytest.mark.parametrize(
    "knobs", [{}, {"polyphony": 2}, {"density": 0.25, "temperature_time": 1.6}]
)
def test_a_recall_is_a_twin_of_what_followed_the_save(at, knobs):
    save = (at, Command(acts.Save(slot="a"), voice=1))
    recall = (at + 3 * BAR, Command(acts.Recall(slot="a"), voice=1))
    alone = perform(60, asked=[save], seed=6, **knobs)
    back = perform(60, asked=[save, recall], seed=6, **knobs)
    followed = _from(alone, at, 8.0)
    assert len(followed) > 4
    assert _from(back, at + 3 * BAR, 8.0) == followed
    assert replay.replay(replay.parse(back.lines), opener) == len(back.notes)


def test_a_recall_under_another_knob_obeys_the_knob():
    asked = [
        (2.0, Command(acts.Save(slot="a"), voice=1)),
        (5.0, Command(acts.SetKnob(knob="scale", value="pentatonic"), voice=1)),
        (6.0, Command(acts.Recall(slot="a"), voice=1)),
    ]
    done = perform(32, asked=asked, seed=5)
    after = [one.pitch % 12 for one in done.notes if one.at > 6.0]
    assert after
    assert set(after) <= {0, 2, 4, 7, 9}


def test_a_recall_does_not_speak_when_it_is_the_players_turn():
    asked = [
        (2.0, Command(acts.Save(slot="a"), voice=1)),
        (3.0, Command(acts.SetKnob(knob="mode", value="respond"), voice=1)),
        (6.0, Command(acts.Recall(slot="a"), voice=1)),
        (6.1, Command(acts.SetKnob(knob="temperature", value=0.9), voice=1)),
    ]
    done = perform(32, asked=asked, seed=5)
    assert not [one for one in done.notes if one.at > 3.2]


def test_a_recall_after_a_rest_that_has_no_class_of_its_own():
    asked = [(1.0, Command(acts.SetKnob(knob="mode", value="respond"), voice=1)),
             (31.0, Command(acts.Save(slot="a"), voice=1)),
             (40.0, Command(acts.Recall(slot="a"), voice=1))]  # fmt: skip
    done = perform(120, key(60, 41.0, 41.3), asked=asked, silence=0.5)
    assert [one for one in done.notes if one.at > 41.5]
    assert replay.replay(replay.parse(done.lines), opener) == len(done.notes)


def test_a_rewind_plays_again_what_followed():
    alone = perform(60, seed=5)
    back = perform(60, asked=[(8.0, Command(acts.Rewind(beats=8), voice=1))], seed=5)
    assert _from(back, 8.0, 3.0) == _from(alone, 4.0, 3.0)

"""What waits is forgotten at a panic, slots are bounded and confirmed, and a key may be written as a flat."""

import pytest

from live.engine.reports import SLOTS
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import KnobSet, Recalled, Saved, Trouble
from tests.engine.test_offline import perform

ASKER = ("127.0.0.1", 9000)


def _turn(at, value):
    return Command(acts.SetKnob(knob="temperature", value=value), voice=1, at=at)


def test_panic_forgets_what_waits_for_its_time():
    asked = [(1.0, _turn(2.0, 0.5)), (1.0, _turn(4.0, 0.7)), (3.0, Command(acts.Panic()))]
    asked.append((5.0, _turn(6.0, 0.9)))
    done = perform(16, asked=asked)
    turned = [one.value for one in done.news if isinstance(one, KnobSet) and one.voice == 1]
    assert 0.5 in turned
    assert 0.9 in turned
    assert 0.7 not in turned


def test_panic_forgets_what_waits_for_a_bar():
    when = Command(acts.SetKnob(knob="when", value="bar"), voice=1)
    asked = [(0.5, when), (2.2, _turn(0.0, 0.5)), (2.6, Command(acts.Panic()))]
    done = perform(16, asked=asked)
    turned = [one for one in done.news if isinstance(one, KnobSet) and one.knob == "temperature"]
    assert 0.5 not in [one.value for one in turned]


def test_save_and_recall_are_confirmed():
    asked = [
        (1.0, Command(acts.Save(slot="verse"), voice=1, asker=ASKER)),
        (2.0, Command(acts.Recall(slot="verse"), voice=1, asker=ASKER)),
        (3.0, Command(acts.Recall(slot="coda"), voice=1, asker=ASKER)),
    ]
    news = perform(8, asked=asked).news
    assert [one for one in news if isinstance(one, Saved | Recalled)] == [
        Saved(voice=1, slot="verse", asker=ASKER),
        Recalled(voice=1, slot="verse", asker=ASKER),
    ]
    (trouble,) = (one for one in news if isinstance(one, Trouble))
    assert trouble.asker == ASKER


def test_slots_are_bounded_and_one_that_is_there_can_be_saved_again():
    asked = [
        (1.0 + number / 100, Command(acts.Save(slot=f"slot {number}"), voice=1, asker=ASKER))
        for number in range(SLOTS + 3)
    ]
    asked.append((3.0, Command(acts.Save(slot="slot 0"), voice=1)))
    news = perform(8, asked=asked).news
    assert len([one for one in news if isinstance(one, Saved)]) == SLOTS + 1
    refused = [one for one in news if isinstance(one, Trouble)]
    assert len(refused) == 3
    assert refused[0].text == f"Voice 1 keeps {SLOTS} slots already: save into one of them again."


@pytest.mark.parametrize(("flat", "sharp"), [("Bb", "A#"), ("Cb", "B"), ("E#", "F")])
def test_a_flat_plays_as_its_sharp_and_is_told_as_it_was_said(flat, sharp):
    asked = [(0.2, Command(acts.SetKnob(knob="key", value=flat), voice=1))]
    flats, sharps = (perform(16, asked=asked, key=key, scale="major") for key in (flat, sharp))
    played = [(one.at, one.pitch) for one in flats.notes]
    assert played == [(one.at, one.pitch) for one in sharps.notes]
    assert flat in [one.value for one in flats.news if isinstance(one, KnobSet)]

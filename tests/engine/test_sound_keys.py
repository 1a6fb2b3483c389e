import numpy as np
import pytest

from live.ipc import acts
from live.ipc.wire import LetGo, Pedal, Segment
from models.contract.samples import HEARD, KEYS, LOWEST
from tests.engine.tone import CLOCK, FRAME, ToneModel, down, note, played, rows, voice


def test_a_note_goes_down_and_up_in_the_first_frames_that_are_heard_at_its_times():
    one = voice()
    one.ask(0.0, CLOCK)
    one.ask(0.0, note(at=0.5021, end=2.0))
    first, last = down(rows(one))
    assert 0.5021 <= first < 0.5021 + FRAME
    assert 1.0 - FRAME <= last < 1.0


def test_a_note_at_the_very_time_of_a_frame_is_in_that_frame():
    one = voice()
    one.ask(0.0, CLOCK)
    one.ask(0.0, note(at=100 * FRAME, end=1.0))
    assert down(rows(one))[0] == pytest.approx(100 * FRAME)


def test_a_strike_fades_as_it_did_in_training():
    one = voice()
    one.ask(0.0, CLOCK)
    one.ask(0.0, note(at=0.0, end=2.0, velocity=127))
    shown = rows(one)[:, [KEYS + 39, 2 * KEYS + 39]]
    frames = round(0.03 / FRAME), round(0.5 / FRAME)
    assert shown[0] == pytest.approx(1.0)
    assert shown[frames[0], 0] == pytest.approx(0.5, abs=0.05)
    assert shown[frames[1], 1] == pytest.approx(0.5, abs=0.01)


def test_a_change_of_tempo_moves_the_end_of_what_sounds():
    one = voice()
    one.ask(0.0, CLOCK)
    one.ask(0.0, note(at=0.0, end=2.0))
    one.ask(0.5, Segment(beat=1.0, at=0.5, tempo=60.0))
    assert down(rows(one))[1] == pytest.approx(1.5, abs=2 * FRAME)


def test_a_held_clock_holds_the_end_until_it_is_let_go():
    one = voice()
    one.ask(0.0, CLOCK)
    one.ask(0.0, note(at=0.0, end=1.0))
    one.ask(0.25, Segment(beat=0.5, at=0.25, tempo=0.0))
    one.ask(1.5, LetGo(who="all"))
    assert down(rows(one))[1] == pytest.approx(1.5, abs=2 * FRAME)


def test_who_is_let_go_of_does_not_begin_any_more():
    one = voice()
    one.ask(0.0, CLOCK)
    one.ask(0.0, note(at=1.0, end=3.0))
    one.ask(0.5, LetGo(who=1))
    assert not rows(one)[:, :KEYS].any()


def test_the_pedal_holds_what_the_player_struck_and_not_what_others_did():
    one = voice()
    one.ask(0.0, CLOCK)
    one.ask(0.0, note(at=0.0, end=1.0, pitch=72))
    one.ask(0.1, played(0.1))
    one.ask(0.2, Pedal(down=True, at=0.2))
    one.ask(0.3, played(0.3, velocity=0))
    one.ask(1.2, Pedal(down=False, at=1.2))
    shown = rows(one)
    assert down(shown)[1] == pytest.approx(1.2, abs=2 * FRAME)
    assert down(shown, 72)[1] == pytest.approx(0.5, abs=2 * FRAME)


def test_frozen_keys_stay_as_they_are_and_thawed_ones_are_as_they_would_be():
    one = voice()
    one.ask(0.0, CLOCK)
    one.ask(0.0, note(at=0.0, end=1.0))
    one.ask(0.0, note(at=0.6, end=8.0, pitch=67))
    one.ask(0.4, acts.SetKnob(knob="freeze", value=1))
    one.ask(1.2, acts.SetKnob(knob="freeze", value=0))
    shown = rows(one)
    frozen = shown[round(0.41 / FRAME) : round(1.19 / FRAME)]
    assert frozen[0, 60 - LOWEST] == 1
    assert (frozen[:, :HEARD] == frozen[0, :HEARD]).all()
    ages = frozen[:, HEARD + 60 - LOWEST]
    assert (np.diff(ages) == 1).all()
    thawed = shown[round(1.3 / FRAME)]
    assert thawed[[60 - LOWEST, 67 - LOWEST]].tolist() == [0, 1]


def test_a_network_that_was_trained_without_keys_is_shown_none():
    one = voice(ToneModel(plays_keys=False))
    one.ask(0.0, played(0.0))
    assert not rows(one).any()


def test_time_goes_on_for_notes_that_nobody_hears():
    one = voice()
    one.idle(0.0)
    one.ask(0.0, CLOCK)
    one.ask(0.0, note(at=0.2, end=1.0))
    one.ask(0.0, note(at=0.2, end=8.0, pitch=64))
    one.idle(0.3)
    one.idle(1.0)
    one.render(4, 1.0)
    last = one.instrument.stream.rows[-1]
    assert last[[60 - LOWEST, 64 - LOWEST]].tolist() == [0, 1]

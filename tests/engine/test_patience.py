"""Who never falls silent is answered all the same, after so many bars, and then listened to again."""

import pytest

from live.ipc import acts
from live.ipc.commands import Command
from live.record import replay
from tests.engine.numeric import opener
from tests.engine.test_offline import BEAT, key, perform

BAR = 4 * BEAT


def endless(seconds, gap=0.25):
    count = round(seconds / gap)
    return [m for n in range(count) for m in key(60 + n % 7, 1 + n * gap, 1 + (n + 0.9) * gap)]


@pytest.mark.parametrize("patience", [1, 4])
def test_an_endless_player_is_answered_from_a_bar_line_on_and_again(patience):
    done = perform(80, endless(36), mode="respond", patience=patience, bars=2, seed=3)
    # The first note falls on beat 2, so the count is full within a bar.
    begin = (patience + 1) * BAR
    answer = [one.at for one in done.notes if one.at < begin + 2.5 * BAR]
    assert begin <= answer[0] < begin + 1.1 * BEAT
    assert len(answer) > 3
    assert answer[-1] < begin + 2 * BAR + BEAT
    # Then it listens: so long nothing is played, and then it answers again.
    rest = [one.at for one in done.notes if one.at >= begin + 2.5 * BAR]
    assert rest[0] >= begin + 2 * BAR + patience * BAR
    assert replay.replay(replay.parse(done.lines), opener) == len(done.notes)


def test_no_patience_is_for_ever():
    assert not perform(56, endless(36), mode="respond", patience=0).notes


def test_an_answer_to_silence_still_yields_to_the_player():
    played = key(60, 1.0, 1.4) + key(64, 4.2, 4.4)
    done = perform(24, played, mode="respond", silence=0.5, bars=4)
    assert any(abs(at - 4.2) < 0.01 for at in done.let_go)


def test_patience_waits_while_the_clock_is_held():
    asked = [(3.0, Command(acts.Stop())), (9.0, Command(acts.Start()))]
    done = perform(60, endless(28), asked, mode="respond", patience=4, seed=3)
    assert done.notes
    assert min(one.at for one in done.notes) > 9.0

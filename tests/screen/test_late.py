"""Blocks of sound that came too late are told when there are more of them, and not too often."""

import pytest

from live.ipc.news import Sounding
from live.screen.late import AGAIN, Late


def says(late: Late, count: int, now: float, voice: int = 2, share: float = 0.5) -> str:
    return late.news(Sounding(voice=voice, share=share, late=count, depth=0.1), now)


def test_nothing_is_told_of_none() -> None:
    assert says(Late(), 0, 5.0) == ""


def test_the_first_are_told_at_once_and_new_ones_once_a_while() -> None:
    late = Late()
    assert says(late, 3, 5.0).startswith("Voice 2: 3 blocks of")
    assert says(late, 4, 5.5) == ""
    assert says(late, 4, 5.0 + AGAIN).startswith("Voice 2: 1 block of")
    assert says(late, 6, 5.5 + AGAIN) == ""
    assert says(late, 6, 5.5 + AGAIN, voice=1).startswith("Voice 1: 6 blocks of")
    assert says(late, 6, 5.0 + 2 * AGAIN).startswith("Voice 2: 2 blocks of")
    assert says(late, 6, 6.0 + 3 * AGAIN) == ""


def test_a_voice_that_was_started_again_counts_anew() -> None:
    late = Late()
    says(late, 30, 5.0)
    assert says(late, 0, 6.0) == ""
    assert says(late, 2, 5.0 + AGAIN).startswith("Voice 2: 2 blocks of")


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.13, "something else held this machine up"), (0.9, "takes 90% of real time")],
)
def test_its_cause_is_told_the_first_time_and_later(share: float, said: str) -> None:
    late = Late()
    assert said in says(late, 1, 5.0, share=share)
    assert said in says(late, 2, 5.0 + AGAIN, share=share)

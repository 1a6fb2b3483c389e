"""What stood at the same place some bars ago is known, letter for letter."""

import pytest

from models.abc.echo import LAGS, STREAK, echoes
from models.abc.place import Places
from models.abc.reader import feed
from models.abc.state import State
from models.contract.representations.abc import of

HEAD = "M:2/4\nL:1/8\nK:Ador\n"


def after(text: str) -> State:
    state = State()
    for letter in HEAD + text:
        state, _ = feed(state, letter)
    return state


def ago(text: str, bars: int) -> str:
    """Return the letter that stood so many bars ago where the next one comes."""
    return echoes(after(text))[LAGS.index(bars)]


def test_the_letter_of_the_same_place_is_known() -> None:
    assert ago("ABcd|", 1) == "A"
    assert ago("ABcd|e", 1) == "B"
    assert ago("A2cd|e", 1) == "2"
    assert ago("A2cd|e2", 1) == "c"
    assert ago("ABcd|ABcd|efga|", 2) == "A"
    assert ago("ABcd|efga|gfed|", 4) == ""
    assert ago("ABcd|efga|gfed|cBAG|", 4) == "A"


def test_what_comes_elsewhere_in_the_bar_is_not_taken_for_it() -> None:
    assert ago("A4|e2f", 1) == ""
    assert ago("AB c d|e f", 1) == "c"
    assert ago("AB\nc d |ef", 1) == "c"


def test_bars_are_counted_without_upbeats_and_second_endings() -> None:
    assert ago("A|BcdB|A|", 1) == "B"
    assert ago("|:cdef|1gfed:|2gfga||", 2) == "c"
    assert ago("|:cdef|[1gfed:|[2gfga||", 2) == "c"


def test_a_repeat_that_is_played_out_is_no_bar_of_the_text() -> None:
    assert ago("|:ABcd|efga:|gfed|", 2) == "e"
    assert ago("|:ABcd|efga:|gfed|cBAG|", 4) == "A"


@pytest.mark.parametrize(
    ("text", "count"), [("ABcd|ABcd|", 5), ("ABcd|ABce|", 1), ("ABcd|AB\ncd |", 5)]
)
def test_letters_in_a_row_that_were_as_before_are_counted(text: str, count: int) -> None:
    assert after(text).agreed[0] == count


def test_a_row_that_goes_on_is_counted_up_to_its_most() -> None:
    assert after("ABcd|" * 9).agreed[0] == STREAK


def test_a_tune_says_its_tonic_until_its_key_changes() -> None:
    assert after("A").tonic == 6
    assert after("A|[K:Bb]c").tonic == 7


def test_whatever_a_state_says_its_conditions_are_codes() -> None:
    representation = of({"characters": list("ABcd|")}, "a test")
    wild = State(tonic=99, bars=-5, agreed=(-1, 99, 3, 0), at=-7, past=(((0, "?"),),), body=True)
    for state in (wild, after("ABcd|A"), State()):
        codes = Places({letter: code for code, letter in enumerate("ABcd|")}).of(state)
        limits = [column.classes for column in representation.conditions]
        assert len(codes) == len(limits)
        assert all(0 <= code < limit for code, limit in zip(codes, limits, strict=True))

"""What masks a network's letters: whatever it draws of those that are left is ABC."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.abc.legal import legal
from models.abc.reader import feed
from models.abc.state import State
from models.abc.tunes import check, cleaned, decoded, parts

FILE = Path(__file__).with_name("tunes.abc").read_bytes()
WIDER = ("V:", "K:D ^g", "Z2", "(3:2:4", "{=e}f2", "B4|y(")
"""What is read, and not drawn."""
TUNES = [cleaned(part) for part in parts(decoded(FILE)) if not any(wide in part for wide in WIDER)]
HEAD = "M:6/8\nL:1/8\nK:G\n"


def after(text: str) -> State:
    state = State()
    for letter in text:
        state, _ = feed(state, letter)
    return state


@pytest.mark.parametrize("tune", TUNES)
def test_what_people_write_is_legal(tune: str) -> None:
    state = State()
    for place, letter in enumerate(tune):
        assert letter in legal(state), tune[: place + 1]
        state, _ = feed(state, letter)


@pytest.mark.parametrize(
    ("text", "may", "may_not"),
    [
        ("", "M", "LKA\n"),
        ("M:6/8\nL:1/8\n", "K", "ML"),
        ("M:6/8\nL:1/8\nK:F", "#bm\n", "A"),
        (HEAD, "Gg^[({z|", "\n:->2/,'])}"),
        (HEAD + "A", "2/,>-|:Bz \n", "']}"),
        (HEAD + "a", "'", ",]"),
        (HEAD + "^", "^AGa", "=_2 |\n"),
        (HEAD + "A2/", "/24", "0"),
        (HEAD + "A>", "B>)", "|<-\n"),
        (HEAD + "A>>", "B", ">"),
        (HEAD + "[Ac", "]e2", "|\n }"),
        (HEAD + "{B", "}c", "|\n ]-"),
        (HEAD + "{B}", "c(", "|\n{-"),
        (HEAD + "(3", "Abz", "\n4"),
        (HEAD + "A3:", "|:", "AB \n"),
        (HEAD + "A3|", "B:]|1", "-"),
        (HEAD + "|:A3|\n", "B", "\n"),
        (HEAD + "|:A3:|\n", "B\n", ""),
        (HEAD + '"', "AG", '"|'),
        (HEAD + '"Am', '"7', "|\n"),
    ],
)
def test_letters_that_may_come(text: str, may: str, may_not: str) -> None:
    letters = legal(after(text))
    assert set(may) <= letters
    assert not letters & set(may_not)


def test_no_letter_comes_after_the_end() -> None:
    assert legal(after(HEAD + "A3|\n\n")) == frozenset()


@given(st.integers(0, 1 << 30))
def test_whatever_is_drawn_is_a_tune_that_ends(seed: int) -> None:
    draw, state, text = Random(seed), State(), ""
    while not state.ended:
        letters = legal(state)
        assert letters, text
        ends = "\n" in letters and (state.fresh and state.body and not state.token)
        long = len(text) > 200 and "\n" in letters
        letter = "\n" if long or (ends and draw.random() < 0.5) else draw.choice(sorted(letters))
        state, _ = feed(state, letter)
        text += letter
        if len(text) > 1000:
            # It need not end by chance.
            return
    clean = cleaned(text)
    assert clean == text
    assert check(text)

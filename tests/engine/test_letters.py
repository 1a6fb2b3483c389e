"""Which letters a tune may go on with: what people write, and nothing that leaves its bars unfilled or out of key."""

from dataclasses import replace

import pytest

from live.declared.knobs import NoteKnobs
from live.declared.metre import Metre
from live.engine.notes import masks
from live.engine.notes.decoders.abc import pitches
from live.engine.notes.decoders.abc.cursor import Tune
from live.engine.notes.decoders.abc.masks import legal
from live.engine.notes.decoders.abc.now import IDLE, Now
from live.time.clock import Bars
from models.abc.reader import feed
from models.abc.state import State
from tests.engine.tunes import LETTERS

JIG = (
    "M:6/8\nL:1/8\nK:G\n"
    "|:GAB d2B|{d}c>BA G3|(GAB) dBG|.A.A.A [AF]2D|\n"
    "GAB d2e-|edB (3ABA G|c/B/A/ G/F/E/ D3|1 G3 G2z:|2 G3 G3||\n"
    "|:g2e dBd|e2f gfe|d2B cBA|B2 G A3|\n"
    "G2B d^cd|e2^f g_BA|GFE D2F|G3 G3:|\n\n"
)
HEAD = "M:6/8\nL:1/8\nK:G\n"


def now(text: str, knobs: NoteKnobs | None = None, idle: int = 0) -> Now:
    """Return what a letter depends on after a text that begins on the first bar line."""
    state, quiet = State(), 0
    for letter in text:
        state, sounds = feed(state, letter)
        quiet = max(quiet, *(one.onset + one.length for one in sounds)) if sounds else quiet
    cursor = replace(Tune(0), state=state, idle=idle, quiet=quiet)
    knobs = knobs or NoteKnobs()
    allowed = pitches.written(masks.pitches(knobs).tobytes(), 0)
    return Now(cursor, Bars(Metre(6, 8)), allowed, knobs.polyphony, -1, frozenset(LETTERS), allowed)


def test_a_tune_as_people_write_it_may_be_drawn() -> None:
    for place in range(len(HEAD), len(JIG)):
        assert JIG[place] in legal(now(JIG[:place])), JIG[: place + 1]


@pytest.mark.parametrize(
    ("begun", "may", "may_not"),
    [
        ("", "Gg^[({z:", "->2/,')}"),
        ("A", "2/,>-Bz \n", "']}|8"),
        ("a", "'", ",]"),
        ("^", "AGa", "=_2 |\n^"),
        ("A>", "B", "|<-\n2)"),
        ("[Ac", "]e", "|\n }2"),
        ("{B", "}c", "|\n ]-"),
        ("(3", "Abz", "\n4"),
        ("A6", "|\n", "ABz"),
        ("A4", "AB(", "6|:"),
        ("A6:|\n", "B|", ":]1"),
        ('"A', 'm"', "#|7"),
        ('"Am', '"', "|\n"),
    ],
)
def test_letters_that_may_come(begun: str, may: str, may_not: str) -> None:
    letters = legal(now(f"{HEAD}A6|{begun}"))
    assert set(may) <= letters
    assert not letters & set(may_not)


def test_an_upbeat_ends_on_a_bar_line_of_its_own() -> None:
    assert "|" in legal(now(HEAD + "A"))
    assert "|" not in legal(now(HEAD + "A3A2"))


def test_nobody_rests_for_longer_than_a_bar() -> None:
    assert "z" in legal(now(HEAD + "A6|"))
    assert "z" not in legal(now(HEAD + "A6|z6|"))


def test_pitches_are_those_of_the_knobs() -> None:
    knobs = NoteKnobs(key="G", scale="pentatonic", low=67, high=79)
    letters = legal(now(HEAD + "A6|", knobs))
    assert letters & set("ABCDEFGabcdefg") == set("GABdeg")
    assert {"[", "{"} & legal(now(HEAD + "A", NoteKnobs(polyphony=1))) == {"{"}


def test_who_has_written_for_long_without_a_note_writes_one() -> None:
    letters = legal(now(HEAD + "A6|B ", idle=IDLE))
    assert letters <= set("ABCDEFGabcdefg^_=z")
    assert letters
    # What was begun before may be ended.
    for begun in ("[", "[1", "|"):
        assert legal(now(f"{HEAD}A6|A6|{begun}", idle=IDLE))


def test_a_tune_ends_after_eight_bars_at_least_and_after_a_repeat_is_closed() -> None:
    bar = "A6|\n"
    assert "\n" not in legal(now(HEAD + 7 * bar))
    assert "\n" in legal(now(HEAD + 8 * bar))
    assert "\n" not in legal(now(f"{HEAD}|:{8 * bar}"))
    assert legal(now(HEAD + 64 * bar)) == {"\n"}

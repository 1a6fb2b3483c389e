"""Files of ABC to tunes that a network reads, and what is left out with its reason."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.abc.reader import read
from models.abc.state import BEAT
from models.abc.tunes import LONGEST, Broken, cleaned, decoded, found, parts

FILE = Path(__file__).with_name("tunes.abc").read_bytes()
HEAD = "M:6/8\nL:1/8\nK:G\n"


def test_a_file_is_split_into_its_tunes() -> None:
    tunes, left_out = found(b"a letter about tunes\n\n" + FILE)
    assert len(tunes) == 13
    assert left_out == ()
    assert tunes[0].name == "a jig with pickups and two repeated parts"


@pytest.mark.parametrize("tune", list(parts(decoded(FILE))))
def test_a_clean_tune_sounds_as_before(tune: str) -> None:
    assert read(cleaned(tune)) == read(tune)
    assert cleaned(cleaned(tune)) == cleaned(tune)


def test_fields_come_in_one_order_and_all_three() -> None:
    text = "T:x\nL: 1/8 % unit\nR:jig\nM: 6/8\nK: E Minor % key\nw:la\nE3 G3|\n"
    assert cleaned(text) == "M:6/8\nL:1/8\nK:Em\nE3 G3|\n\n"
    assert cleaned("K:D\nA2|") == "M:none\nL:1/8\nK:D\nA2|\n\n"
    assert cleaned("M:as you like\nL:x\nK:D\nA2|") == "M:none\nL:1/8\nK:D\nA2|\n\n"
    assert cleaned("M:2/4\nK:Dmix ^g\nA2|") == "M:2/4\nL:1/16\nK:Dmix^g\nA2|\n\n"


@pytest.mark.parametrize(
    ("body", "clean"),
    [
        ("!trill!A2  ~B v+x+c  % more", "A2 B c"),
        ('"Am"A "^slow"B "_x"c', '"Am"A B c'),
        ("A2 B!\nc2!d|\\\ny3e", "A2 B\nc2d|\ne"),
        ("A [Q:1/4=9]B [K:E minor]c [M:9/8]d", "A B [K:Em]c [M:9/8]d"),
        ("A3 [|]:|\n| B3 |]|]", "A3 :|\nB3 |]"),
        ("|:A:|:B:||:c||1d:|[2e||", "|:A::B::c||1d:|[2e||"),
        ("~[Ace] H[Ac]", "[Ace] [Ac]"),
        ("(A.B) {c}d-d (3efg a>b", "(A.B) {c}d-d (3efg a>b"),
    ],
)
def test_what_nobody_hears_goes(body: str, clean: str) -> None:
    assert cleaned(HEAD + body) == f"{HEAD}{clean}\n\n"
    assert read(HEAD + body) == read(HEAD + clean)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("X:1\nT:x\nM:C\nABc", "it has no key (K:)"),
        (HEAD, "it has no notes"),
        (HEAD + "z4|", "it has no notes"),
        (HEAD + "|:ABc|", "a repeat begins in it (|:) and does not end"),
        (HEAD + "|:ABc|1d|", "a repeat begins in it (|:) and does not end"),
        (HEAD + "ABc&def|", "voices are laid over each other in it (&), which is not read"),
        (HEAD + "ABcd" * LONGEST, f"it never ends: it has more than {LONGEST} letters"),
    ],
)
def test_a_broken_tune_says_why(text: str, why: str) -> None:
    with pytest.raises(Broken) as raised:
        cleaned(text)
    assert str(raised.value) == why
    assert found(text.encode()).tunes == ()


@pytest.mark.parametrize(
    ("text", "beats"),
    [
        ("M:7/8\nL:1/8\nK:G\nGAB cd ef|g3 d2 B2|", 7),
        ("M:C\nL:1/1\nK:G\nG|A/|", 6),
        ("M:3/4\nL:1/4\nK:G\nGAB|", 3),
    ],
)
def test_unusual_tunes_are_tunes(text: str, beats: int) -> None:
    last = read(cleaned(text))[-1]
    assert last.onset + last.length == beats * BEAT


def test_each_that_is_left_out_has_a_line() -> None:
    tunes, left_out = found(b"X:1\nT:good\nK:C\nCDE|\n\nX:2\nT:bad\nK:C\n\nX:3\nC\n")
    assert [one.name for one in tunes] == ["good"]
    assert left_out == (("bad", "it has no notes"), ("tune 3", "it has no key (K:)"))


def test_who_wrote_a_tune_down_is_known_where_it_says_so() -> None:
    tunes, _ = found(b"X:1\nZ:by A. Fiddler\nK:C\nCDE|\n\nX:2\nK:C\nCDE|\n")
    assert [(one.number, one.transcriber) for one in tunes] == [(1, "by A. Fiddler"), (2, "")]


def test_files_that_are_none() -> None:
    assert found(b"") == ((), ())
    assert found(bytes(range(256)) * 9).tunes == ()
    assert found(b"no tune here\n\nnor here").tunes == ()


def test_bytes_that_are_not_utf_8_and_other_line_ends() -> None:
    tunes, _ = found("X:1\r\nT:Föhn\r\nK:C\r\nCDE|\r\n\r\nX:2\r\nK:D\r\nA|\r\n".encode("latin-1"))
    assert [one.text for one in tunes] == [
        "M:none\nL:1/8\nK:C\nCDE|\n\n",
        "M:none\nL:1/8\nK:D\nA|\n\n",
    ]
    assert tunes[0].name == "Föhn"
    assert found(b"\xef\xbb\xbfX:1\nK:C\nC|\n").tunes


@given(st.binary(max_size=200))
def test_nothing_that_a_file_holds_raises(written: bytes) -> None:
    found(b"X:1\nK:C\n" + written)


@given(st.text("|:[]123()<>{}-.,'^_=/!\"%KLM \nABCabcz~+H", max_size=60))
def test_cleaning_again_changes_nothing(body: str) -> None:
    try:
        clean = cleaned(HEAD + body)
    except Broken:
        return
    assert cleaned(clean) == clean

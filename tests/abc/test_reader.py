"""ABC is read letter by letter: whatever is written, at once, and within bounds."""

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.abc.reader import feed, finish, read
from models.abc.state import BEAT, LONGEST, PASSES, SECTION, State

HEAD = "M:4/4\nL:1/4\nK:C\n"
LETTERS = st.text("|:[]123()<>{}-.,'^_=/!\"%KLMVX \nABCabcz~&+", max_size=80)


def pitches(text: str) -> list[int]:
    return [pitch for one in read(HEAD + text) for pitch in one.pitches]


def lengths(text: str) -> list[float]:
    return [one.length / BEAT for one in read(HEAD + text)]


def test_a_note_sounds_when_the_letters_have_decided_it() -> None:
    state, told = State(), []
    for letter in HEAD + "C2D":
        state, sounds = feed(state, letter)
        told.append([one.pitches for one in sounds])
    assert told[-1] == []
    state, sounds = feed(state, "E")
    assert [(one.pitches, one.length / BEAT) for one in sounds] == [((60,), 2)]


def test_a_repeat_is_told_as_soon_as_its_end_is_read() -> None:
    state = State()
    for letter in HEAD + "|:CD:|":
        state, _ = feed(state, letter)
    _, sounds = feed(state, "E")
    assert [one.onset / BEAT for one in sounds] == [1, 2, 3]


def test_what_an_older_state_knows_does_not_change() -> None:
    state = State()
    for letter in HEAD + "|:^C D":
        state, _ = feed(state, letter)
    kept = msgspec.json.encode(state)
    feed(feed(state, ":")[0], "|")
    assert msgspec.json.encode(state) == kept
    assert msgspec.json.decode(kept, type=State) == state


@pytest.mark.parametrize(
    ("text", "played"),
    [
        ("|:C|1D:|2E|]", "CDCE"),
        ("|:C|1,3D:|2E|]F", "CDCEF"),
        ("|:C|1,3D:|2,4E:|F", "CDCECDCEF"),
        ("|:C|1D:|2E:|3F|G", "CDCECFG"),
        ("|:C|1D:|2E:|\n[3F|G", "CDCECFG"),
        ("|:C|1D:|2E:|F:|G", "CDCEFFG"),
        ("|:C|1D:|2E::F:|G", "CDCEFFG"),
        ("C||D:|E|]F:|", "CDDEFF"),
        ("|:C||D:|E", "CDCDE"),
        ("C:|:D:|:|:|E", "CCDDE"),
        ("C::D:|", "CCDD"),
        ("|:C:||:D:|", "CCDD"),
        ("C|:D", "CD"),
        ("CD[|]:|E", "CDCDE"),
        ("CD[|] :|E", "CDCDE"),
        ("C||D|] :|E", "CDDE"),
        ("|:C|1D:|2E||F:|G", "CDCEFFG"),
        ("|:C|1D:|2E:|:|G", "CDCEG"),
        ("C:|D||1E:|2F|", "CCDEDF"),
    ],
)
def test_repeats(text: str, played: str) -> None:
    assert pitches(text) == pitches(" ".join(played))


def test_voices_begin_together_and_go_on_where_they_were() -> None:
    sounds = read(HEAD + "V:1\nCD|\nV:2\nE2|\nV:1\nE|\n")
    assert sorted((one.onset / BEAT, one.voice) for one in sounds) == [
        (0, 0),
        (0, 1),
        (1, 0),
        (2, 0),
    ]


def test_grace_notes_take_their_time_from_the_note_that_has_it() -> None:
    assert lengths("{ef}C") == [0.25, 0.25, 0.5]
    assert lengths("{efga}C") == [1]


def test_an_empty_line_ends_a_tune() -> None:
    assert pitches("C\n \nD") == [60]
    assert pitches("C\nX:2\nD") == [60]


@pytest.mark.parametrize(
    "text",
    [
        "C9999999999",
        "C/////////////////////////////////////////////",
        "C/9999999999",
        "Z99999999",
        "C99999-" * 50,
        "(9:9:9" + "C" * 9 + "(99:99:99C",
        'M:999/999\n"C"C99999-C99999|' * 9,
        "L:99999/1\nC99",
        "M:999/1\nZ999",
        "K:" + "^c" * 9999 + "\nC",
        "V:1\nC\nV:2\nD\n" + "".join(f"V:{n}\nC\n" for n in range(99)),
    ],
)
def test_nothing_lasts_for_ever(text: str) -> None:
    sounds = read(HEAD + text)
    assert all(0 < one.length <= LONGEST for one in sounds)


def largest(text: str) -> tuple[int, int, int]:
    """Return the most bytes of a state, the most sounds that a letter told, and all of them."""
    state, size, most, total = State(), 0, 0, 0
    for number, letter in enumerate(HEAD + text):
        state, sounds = feed(state, letter)
        most, total = max(most, len(sounds)), total + len(sounds)
        if number % 500 == 0:
            size = max(size, len(msgspec.msgpack.encode(state)))
    return size, most, total


def test_a_section_that_is_too_long_is_not_played_again() -> None:
    size, most, total = largest("|:" + "C" * (2 * SECTION) + ":|:D:|E")
    assert size < 1 << 20
    assert most < 4
    assert total == 2 * SECTION + 2


def test_endings_without_end_are_bounded() -> None:
    text = "|:" + "C" * 100 + "".join(f"|{n % 9 + 1}D:" for n in range(300))
    size, most, total = largest(text)
    assert size < 1 << 16
    assert most <= PASSES * 110
    assert total < 60_000


@pytest.mark.parametrize(
    "letter", ["!", '"', "[", "{", "%", "K:", "|", ":", "C,", "[K:", "{c", "[c"]
)
def test_a_token_that_does_not_end_is_bounded(letter: str) -> None:
    size, most, _ = largest(letter * 3000)
    assert size < 1 << 18
    assert most < 100


@given(st.text(max_size=100))
@example("X:1\nK:\n[|]")
def test_nothing_that_is_written_raises(text: str) -> None:
    read(text)
    read(HEAD + text)


@given(st.binary(max_size=100))
def test_no_bytes_raise(written: bytes) -> None:
    read(HEAD + written.decode("utf-8", "replace"))
    read(HEAD + written.decode("latin-1"))


@given(LETTERS, st.integers(0, 80))
def test_a_state_written_down_and_found_again_reads_on_the_same(text: str, at: int) -> None:
    state, sounds = State(), []
    for number, letter in enumerate(HEAD + text):
        if number == at:
            state = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=State)
        state, more = feed(state, letter)
        sounds += more
    assert sounds + list(finish(state)[1]) == read(HEAD + text)


@given(LETTERS)
def test_time_goes_on(text: str) -> None:
    state = State()
    for letter in HEAD + text:
        before = state.at
        state, sounds = feed(state, letter)
        assert state.voice or state.others or state.at >= before - LONGEST
        assert all(one.length > 0 and one.onset >= 0 for one in sounds)

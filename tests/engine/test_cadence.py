"""A section of a tune leans to the tonic where its eight bars end."""

from itertools import pairwise

import pytest

from live.engine.notes import operations as op
from live.engine.notes.decoders.abc.cadence import homing
from live.ipc import acts
from models.abc.reader import feed
from models.abc.state import WHOLE, State
from tests.engine.happening import play
from tests.engine.test_tunes import begun
from tests.engine.tunes import LETTERS, open_tunes, tune_artifact

BAR = "GABc d2d2|"
JIG = "GAB cde|"


def read_up_to(text: str) -> State:
    state = State()
    for letter in text:
        state, _ = feed(state, letter)
    return state


def home(tune: str, key: str = "G", metre: str = "4/4") -> str:
    text = f"M:{metre}\nL:1/8\nK:{key}\n{tune}"
    eighths = {"4/4": 8, "6/8": 6}[metre]
    return "".join(sorted(homing(read_up_to(text), WHOLE * eighths // 8)))


@pytest.mark.parametrize(
    ("tune", "letters"),
    [
        # The eighth bar, from its middle on: also where the note before may still go on.
        (BAR * 7 + "GABc", "Gg"),
        (BAR * 7 + "GABc ", "Gg"),
        (BAR * 7 + "GABc d2", "Gg"),
        (BAR * 7 + "GAB", ""),
        (BAR * 6 + "GABc ", ""),
        (BAR * 8 + "GABc ", ""),
        # Each section counts for itself, and after its upbeat.
        (BAR * 8 + BAR * 7 + "GABc ", "Gg"),
        ("|:" + BAR * 4 + BAR * 3 + "GABc d2d2:|" + BAR * 3 + "GABc ", ""),
        ("|:" + BAR * 7 + "GABc d2d2:|" + BAR * 7 + "GABc ", "Gg"),
        ("|:D2|" + BAR * 7 + "GABc ", "Gg"),
        # Where a sign stands already, or notes are in brackets, it is not the tonic that is begun.
        (BAR * 7 + "GABc ^", ""),
        (BAR * 7 + "GABc [", ""),
        (BAR * 7 + "GABc {", ""),
    ],
)
def test_the_last_notes_of_eight_bars_go_home(tune, letters):
    assert home(tune) == letters


def test_home_is_the_tonic_of_the_key():
    assert home(BAR * 7 + "GABc ", key="Ador") == "Aa"
    assert home(BAR * 7 + "GABc ", key="Bb") == "Bb"
    assert home(JIG * 7 + "GAB ", key="D", metre="6/8") == "Dd"
    assert home(BAR * 7 + "GABc ", key="none") == ""


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    return open_tunes(tune_artifact(tmp_path_factory.mktemp("tunes") / "noise.onnx"))


def share_at_home(opened, cadence: float) -> float:
    """The share of letters that are the tonic, of notes which follow seven bars and a half that are heard."""
    drawn = []
    for seed in range(12):
        voice = begun(opened, key="G", scale="major", cadence=cadence, seed=seed)
        for number, pitch in enumerate((69, 71, 72, 74, 76) * 6):
            voice.do(acts.Play(tick=24 * number, pitch=pitch, velocity=80))
            voice.do(op.Lift(tick=24 * number + 23, pitch=pitch))
        play(voice, 4)
        for one, after in pairwise(voice.history.moments):
            letter = LETTERS[after.codes[0]] if after.own and after.fed else ""
            if letter in tuple("ABCDEFGabcdefg") and (home := homing(one.cursor.state, WHOLE)):
                drawn.append(letter in home)
    assert len(drawn) > 12
    return sum(drawn) / len(drawn)


def test_the_knob_says_how_far(opened):
    shares = [share_at_home(opened, cadence) for cadence in (0.0, 2.0, 6.0)]
    assert shares[0] < 0.4 < shares[1] < shares[2]
    assert shares[2] > 0.85

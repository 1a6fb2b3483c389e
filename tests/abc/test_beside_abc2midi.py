"""What extempo reads in ABC is what abc2midi plays."""

import shutil
from pathlib import Path

import pytest

from scripts.beside_abc2midi import agreeing, compared, opened, ours, split, theirs

TUNES = split(Path(__file__).with_name("tunes.abc").read_text())

pytestmark = pytest.mark.skipif(
    shutil.which("abc2midi") is None, reason="abc2midi is not installed (package abcmidi)"
)


@pytest.mark.parametrize("tune", TUNES, ids=lambda tune: tune.split("\n")[1])
def test_a_tune_sounds_the_same(tune: str) -> None:
    mine, other = ours(tune), theirs(tune)
    assert other
    assert agreeing(mine, other) == len(mine) == len(other), (mine, other)


def test_what_it_does_otherwise_is_named() -> None:
    key = "M:C\nL:1/8\nK:C\n"
    tunes = {
        "repeats": key + "C2 D2 E4||F2 G2 A4:|",
        "staccato": key + ".C>D E4|",
        "grace": key + "C2 D2 E4{FG}|A8|",
    }
    assert all(theirs(tune) for tune in tunes.values())
    shares = compared(list(tunes.values()))
    assert shares.reasons == dict.fromkeys(tunes, 1)
    assert not shares.others


def test_a_missing_sign_is_written() -> None:
    tune = opened("K:C\nCDEF||GABc:|cBAG|1 F4:|2 E4|]FFFF:|")
    assert tune == "K:C\nCDEF|||:GABc:||:cBAG|1 F4:|2 E4|]|:FFFF:|"

"""A tune that somebody else begins is written in the key of what is heard."""

import pytest

from live.engine.notes import operations as op
from live.engine.notes.fitting import better
from live.ipc import acts
from models.abc.keys import signature
from models.abc.reader import read
from tests.engine.test_tunes import begun, text_of
from tests.engine.tunes import LETTERS, open_tunes, tune_artifact


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    return open_tunes(tune_artifact(tmp_path_factory.mktemp("tunes") / "noise.onnx"))


@pytest.mark.parametrize(
    ("played", "stands", "key"),
    [
        ((7, 8, 10, 3, 5, 7, 3), "G", "Eb"),
        ((6, 9, 2, 1, 2, 4, 6, 2), "G", "D"),
        ((9, 0, 4, 9, 11, 0, 9, 8, 9), "G", "Am"),
        ((2, 7, 10, 9, 7, 6, 7), "G", "Gm"),
        ((7, 11, 2, 7, 9, 11, 6, 7), "G", ""),
        ((7, 8), "G", ""),
        ((), "G", ""),
        (tuple(range(12)), "G", ""),
    ],
)
def test_the_key_that_fits_clearly_better_is_found(played, stands, key):
    assert better(played, signature(stands)) == key


def played_to(voice, pitches):
    for number, pitch in enumerate(pitches):
        voice.do(acts.Play(tick=24 * number, pitch=pitch, velocity=80))
        voice.do(op.Lift(tick=24 * number + 22, pitch=pitch))


def test_a_phrase_in_e_flat_is_written_in_e_flat(opened):
    assert set("[K:Eb]") <= set(LETTERS)
    phrase = [67, 68, 70, 75, 72, 70, 68, 67, 65, 63]
    voice = begun(opened)
    played_to(voice, phrase)
    assert voice.history.last.cursor.state.signature == signature("Eb")
    assert [one.pitches[0] for one in read(text_of(voice))] == phrase


def test_what_the_knobs_ask_for_stands(opened):
    voice = begun(opened, key="D", scale="major")
    played_to(voice, [67, 68, 70, 75, 72, 70, 68, 67, 65, 63])
    assert voice.history.last.cursor.state.signature == signature("D")

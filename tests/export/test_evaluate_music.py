"""What an artifact answers, goes on with and copies, beside people; on excerpts that are known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from export.evaluate import answers, continuations
from export.evaluate.copies import copying
from export.evaluate.dialogue import Heard, Pace, played_back
from export.evaluate.excerpts import Music, metre_of, rendered
from export.evaluate.report import Row, Table
from export.evaluate.subject import Asked, judged
from export.heard import played_in
from models.contract.grid import TICKS
from models.measures.excerpt import Excerpt, of_score
from tests.models.scores import random_score
from tests.tiny import tiny_artifact


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Music]:
    folder = tmp_path_factory.mktemp("data")
    for number in range(30):
        random_score(folder / "mine" / f"{number}.mid", number, beats=48)
    artifact = tiny_artifact(folder / "tiny.onnx")
    asked = Asked(folder, ("mine",), "valid", 2, 8)
    return lambda: Music(judged(str(artifact), asked))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Not of all: what listens for the beat would be compiled each time.
    where = "models.corpus.sources.platformdirs.user_cache_dir"
    monkeypatch.setattr(where, lambda _: str(tmp_path / "cache"))


def told(_share: float) -> None:
    return


def row(table: Table, name: str) -> Row:
    return next(row for row in table.rows if row.name == name)


def test_an_artifact_answers_on_the_clock_of_the_phrase(made: Callable[[], Music]) -> None:
    music = made()
    table = answers.listening(music, told)
    assert table.played == 2 * table.people
    assert row(table, "enters on the player's beat").people.mean == 1.0
    assert 0 <= row(table, "motif").model.low <= row(table, "motif").model.high <= 1
    assert row(table, "longest run of what it goes on from").model is not None
    phrase, after = next(answers._phrases(music.whole_people))
    one, other = (answers._answer(music, phrase, 1, Pace()).music for _ in range(2))
    np.testing.assert_array_equal(one.notes, other.notes)
    assert phrase.bar == after.bar == 4 * TICKS


def test_an_echo_takes_up_all_of_its_phrase(
    made: Callable[[], Music], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "_answer", lambda _made, phrase, _seed, _pace: Heard(phrase, True))
    monkeypatch.setattr(continuations, "_went_on", lambda _made, halves, _number: halves.played)
    table = answers.listening(made(), told)
    for name in ("key", "motif"):
        assert row(table, name).model.middle == 1.0, name
    assert row(table, "rhythm").model.middle == 0.5, "they all have the same"
    assert row(table, "texture beside its phrase's").model.values == [1.0] * table.played
    own = row(table, "longest run of its phrase")
    assert own.model.low > own.people.high
    went_on = row(table, "longest run of what it goes on from")
    assert went_on.model.low > went_on.people.high


def test_entries_are_told_apart_by_whether_the_clock_was_sure(made: Callable[[], Music]) -> None:
    """A phrase with a bass on its beats is followed at another tempo; one note is not enough to be sure."""
    music = made()
    notes = [[12 * n, 62 + n % 5, 80, 10] for n in range(32)]
    notes += [[24 * n, 43 + n % 2, 90, 20] for n in range(16)]
    sure, unsure = Excerpt(np.array(sorted(notes))), Excerpt(np.array(notes[:1]))
    knobs = {"mode": "respond", "bars": 2, "seed": 3}
    heard = [played_back(music, one, knobs, 32.0, Pace(1.15, 0.2)) for one in (sure, unsure)]
    assert [one.sure for one in heard] == [True, False]
    off, on = np.array([[13, 60, 80, 24]]), np.array([[24, 60, 80, 24]])
    turns = [
        answers.Turn(sure, sure, [], Heard(Excerpt(np.array(begun)), sure=told))
        for begun, told in ((on, True), (on, True), (off, False), (on, False))
    ]
    rows = {one.name.partition("told")[2]: one for one in answers._untold(turns)}
    assert [rows[name].model.mean for name in ("", ", sure", ", not sure")] == [0.75, 1.0, 0.5]
    assert rows[", sure"].people.mean == 1.0
    none = {one.name: one.model for one in answers._untold(turns[:2])}
    assert none["enters on a beat that nobody told, not sure"] is None


def test_what_is_played_back_is_in_the_players_time(made: Callable[[], Music]) -> None:
    """With a clock that stands by itself, an answer's ticks are the phrase's where that is played slower and later."""
    music = made()
    notes = [[24 * n, 60 + n % 5, 80, 24] for n in range(16)]
    phrase = Excerpt(np.array(notes))
    knobs = {"mode": "continue", "seed": 3}
    paces = (Pace(), Pace(2.0, 0.6))
    own, slow = (played_back(music, phrase, knobs, 24.0, pace).music for pace in paces)
    assert own.notes[0, 0] % 6 == 0
    assert len(own.notes) > 8
    rendering = rendered(music.judged, knobs, 24.0, metre_of(phrase), played_in(phrase.notes))
    begins = sorted(round(one.at * 40) for one in rendering.notes)
    shift = begins[0] - own.notes[0, 0]
    assert shift % 96 == 0, "bars of the player"
    assert (own.notes[:, 0] + shift).tolist() == begins
    assert slow.end > 0
    assert set(np.diff(np.unique(slow.notes[:, 0])) % 3) == {0}, "half of six ticks of the clock"


def test_a_phrase_is_played_in_as_a_player_would() -> None:
    notes = np.array([[0, 60, 80, 48], [24, 60, 80, 24], [24, 67, 80, 0]])
    keys = [(round(key.at / 0.6 * TICKS), key.pitch, key.velocity > 0) for key in played_in(notes)]
    assert keys == [
        (0, 60, True), (24, 60, False), (24, 60, True), (24, 67, True), (48, 60, False), (48, 67, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("beats", "pulse", "said"), [(4.0, 24, "4/4"), (3.0, 24, "3/4"), (3.0, 36, "6/8"), (3.5, 12, "7/8")]
)  # fmt: skip
def test_the_clock_gets_the_metre_of_a_phrase(beats: float, pulse: int, said: str) -> None:
    assert metre_of(Excerpt(np.zeros((0, 4)), beats, pulse)) == {"metre": said}


def test_what_is_copied_is_found_and_named(made: Callable[[], Music]) -> None:
    music = made()
    learned, missing = music.judged.all_learned()
    assert not missing
    stolen = of_score(learned[3])
    moved = Excerpt(stolen.notes + np.array([0, 2, 0, 0]), name="the thief")
    own = Excerpt([[12 * n, 60 + n * n % 11, 80, 12] for n in range(60)], name="honest")
    music._played = [own, moved]
    table = copying(music, told)
    longest = row(table, "longest copied run").model.values
    assert longest[1] == len(stolen.intervals) > 50
    assert longest[0] < 8
    assert row(table, "longest copied run, with rhythm").model.values[1] == longest[1]
    assert row(table, "nearest piece").model.values[1] == 1.0
    assert row(table, "32-runs that are known").model.values == [0.0, 1.0]
    assert f"({moved.name}), stands in {learned[3].name}" in table.said
    assert max(row(table, "longest copied run").people.values) < longest[1]

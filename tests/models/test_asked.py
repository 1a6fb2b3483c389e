"""What a network is asked for beside its place: how many bars are left, and how dense the music is."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from export.golden import Phrase, reference
from models.contract.asked import ASKED, BARS_LEFT, DENSITY, asked_code, asked_vocabulary
from models.contract.errors import ArtifactError, ExtempoError
from models.contract.grid import TICKS
from models.contract.representation import Representation, width
from models.contract.representations.performance import NAME, PERFORMANCE, of
from models.corpus.encoders.performance import PerformanceEncoder
from models.corpus.encoders.table import encoder
from models.corpus.phrases import Barred, asked, phrase_ends
from models.corpus.pieces import Score
from models.corpus.windows import Weighed, measuring_batches, training_batch
from models.nets.table import build
from models.train.checkpoint import load_checkpoint
from models.train.loop import LOG, train
from models.train.recipe import Recipe, read_recipe
from models.train.run import BEST, LAST
from tests.models.scores import random_score

BAR = 4 * TICKS
TINY = Recipe(
    name="tiny",
    title="Tiny",
    net="lstm",
    config={"hidden": 16, "layers": 1, "embed": 16, "head": 16, "copy": 8, "dropout": 0.1},
    corpora={"mine": 1.0},
    batch=4,
    length=32,
    rate=0.01,
    warmup=5,
    steps=12,
    measure_steps=6,
    measure_windows=4,
    average=0.5,
)
TOLD = msgspec.structs.replace(TINY, asked=list(ASKED))


def told() -> Representation:
    return of({**PERFORMANCE.vocabulary, **asked_vocabulary(ASKED)}, "here")


def song(upbeat: bool = False) -> Score:
    """Three phrases of four bars, each of eighths that end in a half note; below them, eighths throughout."""
    notes = []
    early = TICKS // 2 if upbeat else 0
    for phrase in range(3):
        start = BAR + phrase * 4 * BAR
        if upbeat:
            notes.append((start - early, 71, 64, early))
        onsets = range(start, start + 3 * BAR + 2 * TICKS, TICKS // 2)
        notes += [(at, 72 + at % 5, 64, TICKS // 2) for at in onsets]
        last = start + 3 * BAR + 2 * TICKS
        notes.append((last, 72, 64, 2 * TICKS - early))
        notes += [(at, 48, 64, TICKS // 2) for at in range(start, start + 4 * BAR, TICKS // 2)]
    return Score.piano("song", np.array(sorted(notes), np.int32), np.array([[0, 8]], np.int32))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for seed in range(12):
        random_score(folder / "mine" / f"{seed}.mid", seed)
    return folder


@pytest.fixture(scope="module")
def untold(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose network is asked nothing."""
    out = tmp_path_factory.mktemp("untold")
    train(TINY, data, out, cache=out / "cache", device="cpu")
    return out


def valid(out: Path) -> list[dict[str, float]]:
    lines = map(json.loads, (out / LOG).read_text().splitlines())
    return [line["valid"] for line in lines if "valid" in line]


def test_a_phrase_ends_where_the_melody_rests_and_the_last_with_the_piece() -> None:
    assert phrase_ends(song()).tolist() == [5 * BAR, 9 * BAR, 13 * BAR]
    early = TICKS // 2
    ends = phrase_ends(song(upbeat=True)).tolist()
    assert ends == [5 * BAR - early, 9 * BAR - early, 13 * BAR]


def test_bars_left_count_the_bar_that_is_played_and_the_last_one() -> None:
    ticks = np.array([BAR, 2 * BAR - 1, 2 * BAR, 4 * BAR, 5 * BAR - 6, 5 * BAR, 13 * BAR])
    found = asked(ticks, song())[BARS_LEFT].tolist()
    # A tick early is in the bar to come, where its place is too; nothing is left when all is over.
    assert found == [asked_code(BARS_LEFT, left) for left in (4, 3, 3, 1, 1, 4)] + [0]


def test_density_is_that_of_the_bar_and_the_next_whatever_was_played_of_it() -> None:
    score = song()
    ticks = np.arange(BAR, 12 * BAR, 7)
    found = asked(ticks, score)[DENSITY]
    bars = Barred(score.bars)
    onsets = np.unique(score.notes[:, 0])
    for tick, code in zip((ticks + 3).tolist(), found.tolist(), strict=True):
        start = tick // BAR * BAR
        assert bars.starts(np.array([tick])) == start
        count = ((onsets >= start) & (onsets < start + 2 * BAR)).sum()
        assert code == asked_code(DENSITY, count / 2)


def test_bars_are_numbered_over_a_change_of_metre() -> None:
    bars = Barred(np.array([[0, 6], [144, 8], [340, 0]], np.int32))
    ticks = np.array([-1, 0, 71, 72, 144, 239, 240, 336, 340, 436])
    assert bars.numbers(ticks).tolist() == [-1, 0, 0, 1, 2, 2, 3, 4, 5, 6]


def test_a_window_is_the_same_whatever_is_asked() -> None:
    before, after = (
        PerformanceEncoder(each).window(song(), 9, 64, np.random.default_rng(5), varied=True)
        for each in (PERFORMANCE, told())
    )
    assert np.array_equal(before.codes, after.codes)
    assert np.array_equal(before.conditions, after.conditions[:, :3])


def test_what_is_asked_is_told_in_some_windows_from_the_beginning_or_from_somewhere_on() -> None:
    weighed = Weighed.of(PerformanceEncoder(told()), {"mine": (1.0, [song(), song(upbeat=True)])})
    batch, again = (training_batch(weighed, 64, 48, seed=1, number=3) for _ in range(2))
    assert np.array_equal(batch.conditions, again.conditions)
    known = batch.conditions[..., 3:] > 0
    for column in range(2):
        wholly, somewhere = known[:, 1, column].mean(), known[:, -4:, column].any(1).mean()
        assert 0.1 < wholly < somewhere < 0.75
    # Each by itself.
    assert (known[:, 1, 0] & ~known[:, 1, 1]).any()
    assert (known[:, 1, 1] & ~known[:, 1, 0]).any()


def test_a_network_is_measured_with_nothing_asked() -> None:
    writes = PerformanceEncoder(told())
    batches = list(measuring_batches(writes, [song()], 4, 64, 1))
    assert all((batch.conditions[..., 3:] == 0).all() for batch in batches)
    assert any((batch.conditions[..., :3] > 0).any() for batch in batches)


def test_weights_that_were_asked_nothing_go_on_as_they_were(
    data: Path, untold: Path, tmp_path: Path
) -> None:
    for out in ("one", "two"):
        train(TOLD, data, tmp_path / out, start_from=untold / BEST, cache=tmp_path, device="cpu")
    one, two = (load_checkpoint(tmp_path / out / LAST) for out in ("one", "two"))
    assert valid(tmp_path / "one")[0] == pytest.approx(min(valid(untold), key=_all), abs=1e-6)
    assert set(one.vocabulary) == {*PERFORMANCE.vocabulary, *ASKED}
    assert all(torch.equal(one.weights[name], two.weights[name]) for name in one.weights)
    learned = [name for name in one.weights if "place.tables.3" in name or "time.place" in name]
    assert any(one.weights[name].abs().max() > 0 for name in learned)
    # And on from there, whether it is asked for again or not.
    train(TINY, data, tmp_path / "on", start_from=tmp_path / "one" / BEST, cache=tmp_path)
    assert set(load_checkpoint(tmp_path / "on" / LAST).vocabulary) == set(one.vocabulary)


def _all(figures: dict[str, float]) -> float:
    return figures["all"]


def test_a_run_is_not_resumed_with_other_questions(
    data: Path, untold: Path, tmp_path: Path
) -> None:
    with pytest.raises(ExtempoError, match="another network"):
        train(TOLD, data, untold, resume=True, cache=tmp_path)


def test_first_weights_play_the_same_whatever_is_asked() -> None:
    torch.manual_seed(1)
    net, phrase = build("lstm", {**TINY.config}, told()), Phrase(told())
    assert (phrase.conditions[:, 3:] > 0).any()
    before = reference(net, phrase)
    phrase.conditions[:, 3:] = 0
    for name, logits in reference(net, phrase).items():
        np.testing.assert_array_equal(logits, before[name])


def test_the_head_that_decides_when_reads_what_is_asked_and_no_place() -> None:
    written = told()
    assert [column.name for column in written.read_by(0)] == [BARS_LEFT, DENSITY]
    assert written.read_by(1) == written.conditions
    assert not PERFORMANCE.read_by(0)
    net = build("lstm", {**TINY.config}, written).eval()
    head = net.heads["time"]
    for table in head.place.tables:
        torch.nn.init.normal_(table.weight)
    rows = torch.zeros(3, width(written.conditions), dtype=torch.int64)
    rows[1, :3] = torch.tensor([2, 12, 6])
    rows[2, 3] = 2
    context = torch.randn(1, 16).expand(3, -1)
    none, placed, wanted = head(context, rows, rows[:, :0])[0]
    assert torch.equal(none, placed)
    assert not torch.equal(none, wanted)


def test_what_is_asked_stands_in_the_vocabulary() -> None:
    assert of(PERFORMANCE.vocabulary, "here") is PERFORMANCE
    one = of({**PERFORMANCE.vocabulary, **asked_vocabulary([DENSITY])}, "here")
    assert [column.name for column in one.asked] == [DENSITY]
    with pytest.raises(ArtifactError, match="bars left"):
        of({**PERFORMANCE.vocabulary, BARS_LEFT: [1, 2]}, "here")


def test_what_a_way_of_writing_cannot_tell_is_refused() -> None:
    with pytest.raises(ExtempoError, match=r"'tempo'.*choose from bars left, density"):
        encoder(NAME, [], None, "mine.toml", ["tempo"])
    with pytest.raises(ExtempoError, match="'abc' does not tell 'density': leave it out"):
        encoder("abc", [], None, "mine.toml", [DENSITY])


def test_the_recipe_that_copies_is_asked() -> None:
    assert read_recipe("improviser").asked == list(ASKED)

"""Copying: what came after the same thing before is known to come again, moved or not."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from models.contract.errors import ExtempoError
from models.contract.matching import INTERVAL, LAGS, OTHER_BARS
from models.contract.representations import abc
from models.contract.representations.performance import PERFORMANCE, START
from models.contract.representations.tokens import order, table_of
from models.nets.copying import Copying
from models.nets.matches import Matches
from models.nets.notes import NotesNet
from models.nets.table import NETS, build
from models.train.descent import Descent
from models.train.recipe import Recipe
from tests.models.toy import TOY
from tests.tokens import TABLE, tokens

CONFIG = {"hidden": 32, "layers": 1, "embed": 16, "head": 32, "memory": 0, "dropout": 0.0}
METRE = 8
"""Four quarters, in eighths."""
PHRASE = 20


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """More threads wait for each other where the machine has other things to do."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def music(pitches: np.ndarray, times: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Codes and conditions of lines that begin with the start, (B, n)."""
    count, length = pitches.shape
    codes = np.zeros((count, length + 1, 5), np.int64)
    codes[:, 0] = PERFORMANCE.start
    codes[:, 1:, 0], codes[:, 1:, 1] = times, pitches
    codes[:, 1:, 2:4] = 16, 11
    ticks = codes[..., 0].cumsum(1)
    conditions = np.stack((ticks // 24 % 4, ticks % 24, np.full_like(ticks, METRE)), -1)
    return torch.from_numpy(codes), torch.from_numpy(conditions)


def repeated(rng: np.random.Generator, moved: bool, count: int = 8) -> tuple[torch.Tensor, ...]:
    """Random lines whose second half is their first again, as it was or moved."""
    pitches = rng.integers(50, 70, (count, PHRASE))
    times = rng.choice([6, 12, 24], (count, PHRASE))
    up = rng.integers(1, 8, (count, 1)) if moved else np.zeros((count, 1), np.int64)
    return music(np.hstack((pitches, pitches + up)), np.hstack((times, times)))


def noisy(copy: int = 64, net: str = "lstm") -> NotesNet:
    """A network that copies as if it had learned to."""
    torch.manual_seed(2)
    sizes = CONFIG if net == "lstm" else {"channels": 8, "depth": 3, "width": 16, "head": 12}
    made = build(net, {**sizes, "copy": copy}, PERFORMANCE).eval()
    assert made.copying is not None
    for name, weights in made.copying.named_parameters():
        torch.nn.init.normal_(weights, std=0.3)
        if name.startswith("tables"):
            weights.data += 2.0
    return made


LETTERS = abc.of({abc.CHARACTERS: list("ABCDEFGabcdefg|:2 ")}, "here")


def tunes(rng: np.random.Generator, count: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    """Random letters whose second half is the first again, after the start; codes and conditions."""
    half = rng.integers(0, LETTERS.factors[0].classes, (count, PHRASE))
    codes = np.pad(np.hstack((half, half)), ((0, 0), (1, 0)), constant_values=LETTERS.start[0])
    conditions = np.zeros((*codes.shape, len(LETTERS.conditions)), np.int64)
    return torch.from_numpy(codes[..., None]), torch.from_numpy(conditions)


def learned(moved: bool) -> NotesNet:
    """A small network after a short training on such lines."""
    torch.manual_seed(1)
    net = build("lstm", {**CONFIG, "copy": 64}, PERFORMANCE)
    rates = {"copying": 5e-3, "copying.tables": 0.1}
    descent = Descent(net, Recipe(name="", title="", net="lstm", corpora={}, rates=rates))
    rng = np.random.default_rng(1)
    for _ in range(120):
        codes, conditions = repeated(rng, moved)
        descent.step(net.nats(codes, conditions)[..., :2].mean(), 3e-3)
    return net.eval()


@pytest.mark.parametrize("moved", [False, True])
def test_what_is_repeated_is_copied_after_a_short_training(moved: bool) -> None:
    net = learned(moved)
    codes, conditions = repeated(np.random.default_rng(99), moved)
    with torch.inference_mode():
        likely = torch.exp(-net.nats(codes, conditions))[:, PHRASE + 4 :, :2]
        before = torch.exp(-net.nats(codes, conditions))[:, :PHRASE, 1]
    assert likely.mean((0, 1)).min() > 0.9
    assert before.mean() < 0.2


@pytest.mark.parametrize("name", sorted(NETS))
@pytest.mark.parametrize("copy", [9, 64])
def test_training_is_told_of_what_is_played(name: str, copy: int) -> None:
    net = noisy(copy, name)
    codes, conditions = repeated(np.random.default_rng(3), moved=True)
    with torch.inference_mode():
        nats, logits = net.nats(codes, conditions), net.logits(codes, conditions)
    for factor, column in enumerate(PERFORMANCE.factors):
        wanted = codes[:, 1:, factor]
        said = -logits[column.name].log_softmax(-1).gather(-1, wanted[..., None])[..., 0]
        torch.testing.assert_close(nats[..., factor], said, atol=1e-4, rtol=1e-4)


def test_all_that_copies_learns() -> None:
    net = noisy()
    assert net.copying is not None
    net.nats(*repeated(np.random.default_rng(3), moved=True)).sum().backward()
    for name, weights in net.copying.named_parameters():
        assert weights.grad is not None, name
        assert weights.grad.abs().max() > 0, name


def test_letters_that_come_again_are_copied_after_a_short_training() -> None:
    torch.manual_seed(1)
    net = build("lstm", {**CONFIG, "copy": 64}, LETTERS)
    rates = {"copying": 5e-3, "copying.tables": 0.1}
    descent = Descent(net, Recipe(name="", title="", net="lstm", corpora={}, rates=rates))
    rng = np.random.default_rng(1)
    for _ in range(80):
        descent.step(net.nats(*tunes(rng)).mean(), 3e-3)
    assert net.copying is not None
    codes, conditions = tunes(np.random.default_rng(99))
    with torch.inference_mode():
        nats, logits = (
            net.eval().nats(codes, conditions),
            net.logits(codes, conditions)["character"],
        )
    likely = torch.exp(-nats[..., 0])
    assert likely[:, PHRASE + 4 :].mean() > 0.9
    assert likely[:, :PHRASE].mean() < 0.2
    said = -logits.log_softmax(-1).gather(-1, codes[:, 1:])
    torch.testing.assert_close(nats, said, atol=1e-4, rtol=1e-4)
    for name, weights in net.copying.named_parameters():
        assert weights.grad is not None, name


def test_letters_match_where_they_are_the_same() -> None:
    matches = Matches(LETTERS)
    codes = torch.tensor([[*LETTERS.start, *(0, 1, 2, 3, 9, 1, 2, 3, 4)]])[..., None]
    rows, now = matches.follow(codes)
    columns = [column[:, None] for column in rows.unbind(-1)]
    lengths = matches.lengthened(columns, rows)[0].tril(-1) // (2 * LAGS)
    assert [int(lengths[step, step - 4]) for step in (6, 7, 8, 9)] == [1, 2, 3, 0]
    assert lengths.sum() == 1 + 2 + 3
    assert matches.lag(now, columns, now[..., 0]).max() == 0


def test_steps_further_back_than_the_log_are_not_copied() -> None:
    codes, conditions = repeated(np.random.default_rng(3), moved=False)
    other = codes.clone()
    other[:, 1:3, 1] += 1
    for copy, apart in ((PHRASE - 3, False), (2 * PHRASE, True)):
        copying = noisy(copy).copying
        assert isinstance(copying, Copying)
        indices = [copying.index(each, conditions)[:, -1] for each in (codes, other)]
        assert torch.equal(*indices) is not apart


def test_matches_count_equal_intervals_and_near_gaps() -> None:
    matches = Matches(PERFORMANCE)
    pitches = np.array([[60, 62, 64, 65, 70, 67, 69, 71, 72]])
    times = np.array([[24, 24, 24, 24, 7, 24, 26, 22, 27]])
    rows, _ = matches.follow(music(pitches, times)[0])
    columns = [column[:, None] for column in rows.unbind(-1)]
    lengths = matches.lengthened(columns, rows)[0].tril(-1) // (2 * LAGS)
    # The second line is the first, moved and a little uneven; its last two intervals are others.
    assert [int(lengths[step, step - 5]) for step in (7, 8, 9)] == [1, 2, 0]
    assert lengths[8].sum() == 2 + 1
    assert START not in rows[..., 2]


def test_chords_match_in_another_key_where_their_table_is_in_its_order() -> None:
    line = [(60,), (60, 64, 67), (62,), (60, 64), (67,), (59, 63, 66)]
    wanted = line + [tuple(pitch + 5 for pitch in chord) for chord in line]
    names = sorted(TABLE, key=lambda one: order(table_of({"tokens": [one]}).pitches[0]))
    written = tokens(table=names)
    table = table_of(written.vocabulary)
    codes = [list(written.start), *[[12, table.code(chord), 3] for chord in wanted]]
    matches = Matches(written)
    rows, now = matches.follow(torch.tensor([codes]))
    columns = [column[:, None] for column in rows.unbind(-1)]
    lengths = matches.lengthened(columns, rows)[0].tril(-1) // (2 * LAGS)
    back = len(line)
    assert [int(lengths[step, step - back]) for step in range(8, 13)] == [1, 2, 3, 4, 5]
    # What came after the chord before, moved: what comes next now.
    for step in range(7, 12):
        moved = rows[0, step + 1 - back, INTERVAL] + now[0, step, 2] - 2 * len(table.pitches)
        assert int(moved) == table.code(wanted[step])


@pytest.mark.parametrize(
    ("ticks", "lag"),
    [(96, 1), (97, 1), (99, 0), (192, 2), (384, 4), (1536, 6), (480, OTHER_BARS), (48, 8), (50, 8)],
)
def test_lags_are_bars_and_beats(ticks: int, lag: int) -> None:
    matches = Matches(PERFORMANCE)
    rows, _ = matches.follow(music(np.full((1, 4), 60), np.array([[24, 0, 24, 24]]))[0])
    columns = [column[:, None] for column in rows.unbind(-1)]
    at = rows.new_tensor([[[48 + ticks, 0, 0]]])
    found = matches.lag(at, columns, at[..., 0] * 0 + METRE)[0, 0]
    assert found[3] == lag
    assert found[2] == 0  # another note of its chord
    assert lag < LAGS


def test_what_does_not_say_what_repeats_is_refused_in_one_sentence() -> None:
    with pytest.raises(ExtempoError, match=r"'toy' does not say what .* set copy = 0"):
        build("lstm", {**CONFIG, "copy": 8}, TOY)

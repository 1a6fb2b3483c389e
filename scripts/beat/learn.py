#!/usr/bin/env python3
"""Learn where in a beat people begin notes: live/time/sources/player/beat.npz.

.venv-dev/bin/python scripts/beat/learn.py --data data

What is read: the training pieces of groove (but for three drummers, who are the test), piano_scores, lieder_cc0 and
abc_pd (without what Norbeck transcribed). What confidence is made of is fitted on the validation pieces; of drums,
where those are by the drummers that are learned from, on each drummer by what was learned from the others. Five
minutes.
"""

import argparse
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pieces import KINDS, Piece, own_beat, phrases, pieces, touch
from trials import DOUBTFUL, HINTS, trials

from live.time.sources.player import code, layout, marks
from live.time.sources.player.bank import Bank
from live.time.sources.player.stepping import kind_of
from live.time.sources.player.tables import FILE, Tables, made

Floats = NDArray[np.float64]

GRIDS: Final = {"pitches": 12, "drums": 24}
"""Positions in a beat that are told apart: drummers' are finer."""
DRIFTS: Final = {"pitches": 0.012**2, "drums": 0.007**2}
"""How a tempo wanders in a second, as a share of it, squared: drummers play to a click. Chosen on valid."""
SPAN: Final = 4
"""Beats beyond which steps are one."""
ROWS: Final = 60_000
"""Onsets of all kinds from which marks are learned."""
ENOUGH: Final = 10
"""Pieces of a drummer on whom confidence is fitted, by tables that have not heard them."""
TOLD: Final = 8
"""Numbers that confidence goes by."""
_WEIGHT: Final = 20_000
"""Onsets that the counts stand for, beside what is added to them."""


def learned(found: Sequence[Piece], drums: bool) -> dict[str, Floats]:
    """Return the tables of one kind of metre."""
    grid = GRIDS["drums" if drums else "pitches"]
    step, often, off = _counts(found, drums, grid)
    base = often / often.sum() + 0.002
    steps = np.arange(SPAN * grid + 1)
    usual = base[(np.arange(grid)[:, None] + steps) % grid] * 0.9 ** (steps * 12 / grid / 3)
    usual[:, 0] = 1e-6
    usual /= usual.sum(1, keepdims=True)
    step *= _WEIGHT / step.sum()
    alone = step.sum(1) + 30 * usual
    alone /= alone.sum(1, keepdims=True)
    step += 60 * alone[:, None]
    step /= step.sum(2, keepdims=True)
    step[:, 0] = alone
    late = np.array([np.mean(one) if len(one) > 50 else 0.0 for one in off])
    spread = np.array([np.var(one) if len(one) > 50 else 0.0 for one in off])
    mark = _marks(found, drums, grid)
    shares = base / base.sum()
    return {
        "step": np.log(step),
        "often": np.log(shares),
        "late": late,
        "spread": spread,
        "mark": mark,
    }


def _counts(
    found: Sequence[Piece], drums: bool, grid: int
) -> tuple[Floats, Floats, list[list[float]]]:
    step = np.zeros((grid, layout.CLASSES, SPAN * grid + 1))
    often, off = np.zeros(grid), [[] for _ in range(grid)]
    total = Counter[str]()
    for piece in found:
        total[piece.kind] += len(piece.onsets)
    for piece in found:
        weight, last, kind = 1 / total[piece.kind], None, 0
        own = own_beat([one.at for one in piece.onsets]) if piece.tempo else 0.0
        for one in piece.onsets:
            place = round((one.at - own) * grid)
            often[place % grid] += weight
            if piece.tempo:
                off[place % grid].append(one.at - own - place / grid)
            if last is not None and place > last:
                step[last % grid, kind, min(place - last, SPAN * grid)] += weight
                kind = kind_of(place - last, grid)
            last = place
    return step, often, off


def _marks(found: Sequence[Piece], drums: bool, grid: int) -> Floats:
    """Return what each mark tells of each place: the weights of a logistic regression, (marks, places)."""
    rng, rows, places, kinds = random.Random(7), [], [], []
    total = Counter[str]()
    for piece in found:
        total[piece.kind] += len(piece.onsets)
    for piece in found:
        share = min(1.0, ROWS / len(total) / total[piece.kind])
        count = max(24, round(share * len(piece.onsets)))
        first = rng.randrange(max(1, len(piece.onsets) - count))
        own, past = own_beat([one.at for one in piece.onsets]) if piece.tempo else 0.0, None
        for one in piece.onsets[first : first + count]:
            heard = one if piece.tempo else one.moved(one.at, touch(one, rng))
            past, named = marks.marked(past, heard, drums)
            row = np.zeros(marks.OF_DRUMS if drums else marks.OF_PITCHES, np.float32)
            row[named] = 1
            rows.append(row)
            places.append(round((one.at - own) * grid) % grid)
            kinds.append(piece.kind)
    each = Counter(kinds)
    weights = np.array([len(kinds) / len(each) / each[kind] for kind in kinds])
    return _regression(np.array(rows), np.array(places), weights, grid)


def _regression(
    rows: NDArray[np.float32], places: NDArray[np.int64], weights: Floats, grid: int
) -> Floats:
    base = np.log(np.bincount(places, weights, grid) + 20) - np.log(len(places) + 20 * grid)
    right = np.eye(grid, dtype=np.float32)[places]
    found, speed, size = (np.zeros((rows.shape[1], grid)) for _ in range(3))
    for turn in range(1, 151):
        chances = base + rows @ found
        chances = np.exp(chances - chances.max(1, keepdims=True))
        chances /= chances.sum(1, keepdims=True)
        slope = (rows.T @ ((chances - right) * weights[:, None]) + 2 * found) / weights.sum()
        speed = 0.9 * speed + 0.1 * slope
        size = 0.99 * size + 0.01 * slope**2
        rate = 0.08 if turn < 90 else 0.024
        found -= rate * speed / (1 - 0.9**turn) / (np.sqrt(size / (1 - 0.99**turn)) + 1e-8)
    return found


def joined(kinds: Iterable[dict[str, Floats]]) -> dict[str, NDArray[Any]]:
    """Return the tables of several kinds of metre as one: their places one after the other."""
    kinds = list(kinds)
    whole = {
        name: np.concatenate([one[name] for one in kinds]) for name in kinds[0] if name != "mark"
    }
    whole["mark"] = np.concatenate([one["mark"] for one in kinds], 1)
    lengths = [len(one["often"]) for one in kinds]
    firsts = np.cumsum([0, *lengths[:-1]])
    whole["start"], whole["length"] = np.repeat(firsts, lengths), np.repeat(lengths, lengths)
    return whole


def unheard(drums: Sequence[Piece]) -> Iterator[tuple[Tables, list[Piece]]]:
    """Yield the pieces of each drummer who has enough of them, and tables learned from all the others."""
    for drummer, count in sorted(Counter(piece.by for piece in drums).items()):
        if count >= ENOUGH:
            others = [piece for piece in drums if piece.by != drummer]
            tables = joined([learned(others, True)])
            theirs = [piece for piece in drums if piece.by == drummer]
            yield made(GRIDS["drums"], DRIFTS["drums"], tables, np.zeros(TOLD)), theirs


def confidence(heard: Iterable[tuple[Tables, Sequence[Piece]]], drums: bool, each: int) -> Floats:
    """Return how what is believed becomes the chance that it is right: a logistic regression.

    heard: tables, and pieces of which they have learned nothing.
    """
    compiled = code.load()
    assert compiled is not None
    rng, rows, right = random.Random(17), [], []
    for tables, found in heard:
        bank = Bank(compiled, tables, drums)
        some = [one for piece in found for one in phrases([piece], each, 16, rng)]
        for hint in {**HINTS, **DOUBTFUL}:
            for one in trials(bank, some, hint, (2, 4, 8, 16)):
                if one.evidence is not None:
                    rows.append(one.evidence)
                    right.append(abs(one.off) < 0.06)
    x, y = np.array(rows), np.array(right, float)
    weights = np.zeros(x.shape[1])
    for _ in range(30):
        chances = 1 / (1 + np.exp(-x @ weights))
        curve = (x * (chances * (1 - chances))[:, None]).T @ x + 1e-3 * np.eye(x.shape[1])
        weights += np.linalg.solve(curve, x.T @ (y - chances))
    print(f"confidence: {len(y)} guesses, {y.mean():.2f} right, {weights.round(2)}")
    return weights


def main() -> None:
    """Learn, and write the file."""
    said = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    said.add_argument("--data", type=Path, default=Path("data"))
    said.add_argument("--most", type=int, default=1000, help="pieces of a kind that are read")
    said.add_argument("-o", type=Path, default=FILE)
    asked = said.parse_args()
    train = pieces("train", asked.data, asked.most, random.Random(1))
    valid = pieces("valid", asked.data, 120, random.Random(2))
    print({kind: len(found) for kind, found in train.items()})
    pitched = [piece for kind in KINDS if kind != "drums" for piece in train[kind]]
    simple = [piece for piece in pitched if not piece.compound]
    compound = [piece for piece in pitched if piece.compound]
    of = {
        "pitches": joined([learned(simple, False), learned(compound, False)]),
        "drums": joined([learned(train["drums"], True)]),
    }
    kept: dict[str, NDArray[Any]] = {}
    for kind, tables in of.items():
        drums = kind == "drums"
        if drums:
            tables["sure"] = confidence(unheard(train[kind]), drums, 4)
        else:
            first = made(GRIDS[kind], DRIFTS[kind], tables, np.zeros(TOLD))
            heard = [piece for one in KINDS if one != "drums" for piece in valid[one]]
            tables["sure"] = confidence([(first, heard)], drums, 2)
        tables["grid"], tables["drift"] = np.array(GRIDS[kind]), np.array(DRIFTS[kind])
        whole = ("start", "length", "grid", "drift")
        kept |= {
            f"{kind}_{name}": table if name in whole else table.astype(np.float32)
            for name, table in tables.items()
        }
    np.savez_compressed(asked.o, **kept)
    print(f"{asked.o}: {asked.o.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()

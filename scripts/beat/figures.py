#!/usr/bin/env python3
"""How well the player's beat is found, as a table: of pieces that nothing was learned from.

.venv-dev/bin/python scripts/beat/figures.py --data data
.venv-dev/bin/python scripts/beat/figures.py --data data --jump
.venv-dev/bin/python scripts/beat/figures.py --data data --threshold

T: the tempo is right within 5 %. 2x: it is half or double. .06, .1: the next beat is right to so much of it. R: tempo
right, and the beat to .1. surest: of the two thirds in which the bank is surest, how many are right to .06; sure: the
confidence above which nine in ten are, and what share of the phrases that is. follows: the share of phrases in which
the clock does (confidence at its threshold or above); well: how many of those are right to .06.

--threshold chooses those thresholds: of the validation pieces, and of drummers that are learned from, each of whom is
heard by what was learned from the others.
"""

import argparse
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from learn import unheard
from numpy.typing import NDArray
from others import OTHERS
from pieces import KINDS, Phrase, drummed, phrases, pieces, played
from trials import DOUBTFUL, HINTS, Trial, guesses, trials

from live.time.sources.player import code
from live.time.sources.player.bank import Bank
from live.time.sources.player.follow import SURE
from live.time.sources.player.onset import Onset
from live.time.sources.player.tables import tables

BEATS = (4, 8, 16)
EACH = {"drums": 3, "piano": 3, "song": 4, "tune": 2}
"""Phrases of a piece: about the same number of each kind."""
Some = Mapping[str, Sequence[Phrase]]
"""Phrases by kind."""


def row(found: Sequence[Trial]) -> str:
    """Return the figures of trials."""
    ratio = np.array([one.ratio for one in found])
    off = np.abs(np.nan_to_num([one.off for one in found], nan=1.0))
    sure = np.array([one.sure for one in found])
    near = [np.abs(np.log(ratio / times)) < 0.05 for times in (1, 2, 0.5)]
    right = off < 0.06
    _, share = surest(found)
    followed = sure >= np.array([SURE[one.kind == "drums"] for one in found])
    figures = [
        near[0].mean(), (near[1] | near[2]).mean(), right.mean(), (off < 0.1).mean(),
        (near[0] & (off < 0.1)).mean(), share[2 * len(share) // 3],
    ]  # fmt: skip
    told = " | ".join(f"{one:.2f}" for one in figures)
    least, enough = threshold(found)
    well = right[followed].mean() if followed.any() else math.nan
    return f"{told} | {least:.2f}: {enough:.2f} | {followed.mean():.2f} | {well:.2f}"


def surest(found: Sequence[Trial]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return confidences from the highest down, and how many of so many, the surest ones, are right to .06."""
    sure = np.array([one.sure for one in found])
    right = np.array([abs(one.off) < 0.06 for one in found])
    order = np.argsort(-sure)
    return sure[order], right[order].cumsum() / np.arange(1, len(order) + 1)


def threshold(found: Sequence[Trial]) -> tuple[float, float]:
    """Return the least confidence above which nine in ten are right to .06, and the share of trials that is."""
    sure, share = surest(found)
    enough = np.nonzero(share >= 0.9)[0]
    return (float(sure[enough[-1]]), (enough[-1] + 1) / len(share)) if len(enough) else (1.0, 0.0)


Heard = tuple[Bank, Sequence[Phrase]]
"""Phrases of pieces of which a bank has learned nothing."""


def chosen(whose: str, heard: Sequence[Heard]) -> None:
    """Print a threshold: for nine in ten whatever is known, the highest of all hints'."""
    least: list[float] = []
    for hint in {**HINTS, **DOUBTFUL}:
        got = [one for bank, some in heard for one in trials(bank, some, hint, BEATS)]
        found, share = threshold(got)
        print(f"{whose}: {hint}: {found:.3f}, {share:.2f} of {len(got)} guesses")
        least.append(found)
    print(f"{whose}: {max(least):.3f}")


def drummers(compiled: code.Code, data: Path) -> Iterator[Heard]:
    """Yield phrases of each drummer that is learned from, and a bank that has learned from the others alone."""
    rng = random.Random(1)
    for found, theirs in unheard(list(drummed("train", data / "groove", 1000, rng))):
        judged = replace(found, sure=tables("drums").sure)
        yield Bank(compiled, judged, True), list(phrases(theirs, 2, 16, rng))


def jumped(phrase: Phrase, by: float, rng: random.Random) -> tuple[list[Onset], object]:
    """Return a phrase as `played` does, whose tempo changes by a factor after eight beats."""
    onsets, times = played(phrase, 26, rng)
    change = times(math.floor(phrase.begins) + 8) - 0.02

    def moved(at: float) -> float:
        return at if at < change else change + (at - change) / by

    return [one.moved(moved(one.at)) for one in onsets], lambda beat: moved(times(beat))


def keep(file: Path, some: dict[str, list[Phrase]]) -> None:
    """Write phrases of eight beats, and what is true of them, as arrays."""
    onsets, phrases_kept = [], []
    for kind in KINDS:
        for phrase in some[kind][::6]:
            rng = random.Random(phrase.seed)
            heard, times = played(phrase, 8, rng)
            first = math.floor(phrase.begins)
            beat = times(first + 8)
            asked = times(first + 8 - rng.uniform(0.1, 0.6))
            heard = [one for one in heard if one.at <= asked]
            if len(heard) < 6:
                continue
            spacing = times(first + 8.5) - times(first + 7.5)
            tempo = phrase.tempo * math.exp(rng.gauss(0, 0.03))
            known = times(first) + rng.gauss(0, 0.06) * 60 / phrase.tempo
            phrases_kept.append((KINDS.index(kind), asked, beat, spacing, tempo, known, len(heard)))
            onsets += [tuple(one) for one in heard]
    whole = {"onsets": np.array(onsets), "phrases": np.array(phrases_kept)}
    np.savez_compressed(file, **whole)
    print(f"{file}: {len(phrases_kept)} phrases, {file.stat().st_size / 1024:.0f} KB")


def after_jumps(banks: Mapping[str, Bank], some: Some, costs: list[float]) -> None:
    """Print the rows of phrases whose tempo jumps."""
    for name, by in (("15 % faster", 1.15), ("15 % slower", 1 / 1.15)):
        after: list[Trial] = []
        for kind in KINDS:
            for phrase in some[kind]:
                own = random.Random(phrase.seed)
                onsets, times = jumped(phrase, by, own)
                known = HINTS["the tempo"](phrase, own, times)
                after += guesses(banks[kind], phrase, onsets, times, known, (12, 16), own, costs)
        for beats in (12, 16):
            print(f"| {name} | {beats - 8} | {row([one for one in after if one.beats == beats])} |")


def by_hints(banks: Mapping[str, Bank], some: Some, costs: list[float]) -> None:
    """Print the rows of other methods, and of the bank by what it is told before."""
    for name, other in OTHERS.items():
        for beats in BEATS[1:2]:
            all_of = [
                one for kind in KINDS for one in trials(other, some[kind], "nothing", (beats,))
            ]
            print(f"| {name} | {beats} | {row(all_of)} |", flush=True)
    for hint in {**HINTS, **DOUBTFUL}:
        got = {kind: list(trials(banks[kind], some[kind], hint, BEATS, costs)) for kind in KINDS}
        for beats in BEATS:
            every = [one for kind in KINDS for one in got[kind] if one.beats == beats]
            print(f"| {hint} | {beats} | {row(every)} |", flush=True)
        for kind in KINDS:
            print(f"| {hint}: {kind} | 8 | {row([one for one in got[kind] if one.beats == 8])} |")


def asked() -> argparse.Namespace:
    """Return what the command line asks for."""
    said = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    said.add_argument("--data", type=Path, default=Path("data"))
    said.add_argument("--split", default="test")
    said.add_argument("--seed", type=int, default=2026)
    said.add_argument("--keep", type=Path, help="write a few phrases for the tests to this file")
    said.add_argument("--threshold", action="store_true", help="choose where the clock follows")
    said.add_argument("--jump", action="store_true", help="after the tempo has jumped by 15 %%")
    return said.parse_args()


def phrases_for(what: argparse.Namespace) -> dict[str, list[Phrase]]:
    """Return the phrases that are asked for, by kind; thresholds are chosen of many, of valid."""
    rng = random.Random(what.seed)
    split, count, times = ("valid", 120, 4) if what.threshold else (what.split, 60, 1)
    found = pieces(split, what.data, count, rng)
    beats = 26 if what.jump else 16
    return {kind: list(phrases(found[kind], times * EACH[kind], beats, rng)) for kind in KINDS}


def main() -> None:
    """Print the table."""
    what = asked()
    some = phrases_for(what)
    if what.keep:
        keep(what.keep, some)
        return
    compiled = code.load()
    assert compiled is not None
    banks = {
        kind: Bank(compiled, tables("drums" if kind == "drums" else "pitches"), kind == "drums")
        for kind in KINDS
    }
    print(", ".join(f"{len(some[kind])} phrases of {kind}" for kind in KINDS))
    if what.threshold:
        chosen("drums", list(drummers(compiled, what.data)))
        chosen("pitches", [(banks[kind], some[kind]) for kind in KINDS[1:]])
        return
    print("| hints | beats | T | 2x | .06 | .1 | R | surest | sure | follows | well |")
    print("|---" * 11 + "|")
    costs: list[float] = []
    if what.jump:
        after_jumps(banks, some, costs)
        return
    by_hints(banks, some, costs)
    print(f"us an onset: {1e6 * np.median(costs):.0f}, p99 {1e6 * np.quantile(costs, 0.99):.0f}")


if __name__ == "__main__":
    main()

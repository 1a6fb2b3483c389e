#!/usr/bin/env python3
"""Counts how answers begin, sound and end: phrases of people are played to a model in mode respond, by the clock.

.venv-dev/bin/python scripts/answers.py MODEL --data data --corpus piano_scores
.venv-dev/bin/python scripts/answers.py MODEL --data data --set entry=now --set closing=0 --set texture=0
.venv-dev/bin/python scripts/answers.py MODEL --data data --line    only the top line of each phrase
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean, median
from typing import Final, NamedTuple

import numpy as np

from live.declared.knobs import NOTE_KNOBS
from live.engine.notes.fitting import heard_key
from live.engine.offline import render
from live.ipc.config import EngineOptions
from live.ipc.wire import CommittedNote, Played
from live.runtime.opening import opened
from models.contract.grid import TICKS
from models.corpus import sources
from models.corpus.phrases import Barred
from models.corpus.pieces import Score

TEMPO: Final = 92.0
BARS: Final = 4
"""Bars of a phrase at most."""
FEWEST: Final = 8
"""Notes of a phrase at least."""
ON: Final = 0.06
"""Beats by which a note may be off its beat."""


class Phrase(NamedTuple):
    """Notes (n, 4) from a bar line on, ticks from there, and the eighths of a bar."""

    notes: np.ndarray
    metre: int


def phrases(pieces: list[Score], count: int, line: bool, seed: int) -> Iterator[Phrase]:
    """Yield phrases, each from another piece: so many bars that begin anywhere, and end on a bar line or before it."""
    rng = np.random.default_rng(seed)
    for number in rng.permutation(len(pieces)):
        if not count:
            return
        piece = pieces[number]
        if len(piece.bars) != 1 or piece.bars[0, 1] not in (4, 6, 8):
            continue
        metre, bars = int(piece.bars[0, 1]), Barred(piece.bars)
        starts = bars.starts(piece.notes[:, 0].astype(np.int64))
        begin = int(rng.choice(np.unique(starts)))
        length = metre * TICKS // 2
        inside = (piece.notes[:, 0] >= begin) & (piece.notes[:, 0] < begin + BARS * length)
        notes = piece.notes[inside].astype(np.int64)
        notes[:, 0] -= begin
        if line:
            tops = {onset: row for row, (onset, *_) in enumerate(notes.tolist())}
            notes = notes[sorted(tops.values())]
            until = np.append(notes[1:, 0], notes[-1, 0] + notes[-1, 3])
            notes[:, 3] = np.minimum(notes[:, 3], until - notes[:, 0])
        if len(notes) >= FEWEST and len(np.unique(notes[:, 1])) >= 4:
            count -= 1
            yield Phrase(notes, metre)


def played(phrase: Phrase, start: int) -> list[Played]:
    """Return keys as they go down and come up."""
    found = []
    for onset, pitch, velocity, duration in phrase.notes.tolist():
        for tick, loud in ((onset, velocity), (onset + max(duration - 1, 1), 0)):
            at = (start + tick) / TICKS * 60 / TEMPO
            found.append(Played(pitch=pitch, velocity=loud, at=at))
    return sorted(found, key=lambda one: (one.at, one.velocity > 0))


def figures(phrase: Phrase, notes: list[CommittedNote], last: float) -> dict[str, float]:
    """Return what is counted of one answer. last: when the phrase's last note began, in beats."""
    strong = 2.0 if phrase.metre == 8 else phrase.metre / 2
    chords: dict[float, list[CommittedNote]] = {}
    for one in notes:
        chords.setdefault(round(one.at * TEMPO / 60, 4), []).append(one)
    onsets = sorted(chords)
    ending = chords[onsets[-1]]
    longest = max(one.end - onsets[-1] for one in ending)
    bass = min(one.pitch for one in ending)
    key = heard_key(tuple((pitch, length) for _, pitch, _, length in phrase.notes.tolist()))
    third = 3 if key and key.minor else 4
    tonic = {(key.tonic + one) % 12 for one in (0, third, 7)} if key else set()
    dominant = {(key.tonic + one) % 12 for one in (7, 11, 2)} if key else set()
    classes = {one.pitch % 12 for one in ending}
    gaps = np.diff(onsets)
    return {
        "beats from the phrase's last note to the answer": onsets[0] - last,
        "enters within .06 of a beat": abs(onsets[0] - round(onsets[0])) <= ON,
        "last onset on a beat": abs(onsets[-1] - round(onsets[-1])) <= ON,
        "last onset on a strong beat": abs(onsets[-1] - round(onsets[-1] / strong) * strong) <= ON,
        "last note of half a beat or more": longest >= 0.5 - ON,
        "on a beat, half a beat or more": abs(onsets[-1] - round(onsets[-1])) <= ON
        and longest >= 0.5 - ON,
        "last note of a beat or more": longest >= 1 - ON,
        "tonic in the bass at the end": float(key is not None and bass % 12 == key.tonic),
        "ends on tonic or dominant chord": float(
            bool(key) and (classes <= tonic or classes <= dominant)
        ),
        "notes an onset": len(notes) / len(onsets),
        "largest chord": max(map(len, chords.values())),
        "onsets a beat": len(gaps) / (onsets[-1] - onsets[0]) if len(onsets) > 1 else 0.0,
        "velocity less the phrase's": fmean(one.velocity for one in notes)
        - float(phrase.notes[:, 2].mean()),
        "octaves longer than the phrase's notes": float(
            np.log2([max(one.end - one.at * TEMPO / 60, 1 / TICKS) for one in notes]).mean()
            - np.log2(np.maximum(phrase.notes[:, 3], 1) / TICKS).mean()
        ),
        "onsets": len(onsets),
    }


def answered(
    model: str, phrase: Phrase, knobs: dict[str, float | int | str], clock: str
) -> list[CommittedNote]:
    """Return the notes of the answer to a phrase that begins in the second bar."""
    length = phrase.metre / 2
    metre = {4: "2/4", 6: "3/4", 8: "4/4"}[phrase.metre]
    options = EngineOptions(
        model,
        knobs={"mode": "respond", "patience": 0, **knobs},
        transport={"tempo": TEMPO, "metre": metre},
        beats=length * (BARS + 12),
        source=clock,
    )
    done = render(options, opened, played(phrase, int(length * TICKS)))
    return done.notes


def _number(text: str) -> float | str:
    return float(text) if text.replace(".", "").replace("-", "").isdigit() else text


def main() -> None:
    """Count, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--corpus", default="piano_scores")
    parser.add_argument("--split", default="test", choices=("valid", "test"))
    parser.add_argument("--phrases", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--line", action="store_true")
    parser.add_argument("--clock", default="internal", help="what leads the clock, such as auto")
    parser.add_argument("--set", action="append", default=[], metavar="KNOB=VALUE")
    options = parser.parse_args()
    knobs = dict(one.split("=", 1) for one in options.set)
    said = {name: NOTE_KNOBS[name].check(_number(value)) for name, value in knobs.items()}
    pieces = sources.read(options.data / options.corpus, (options.split,))[options.split]
    rows, silent = [], Counter[str]()
    for phrase in phrases(pieces, options.phrases, options.line, 7):
        last = float(phrase.notes[:, 0].max()) / TICKS + phrase.metre / 2
        for seed in range(1, options.seeds + 1):
            notes = answered(options.model, phrase, {**said, "seed": seed}, options.clock)
            if notes:
                rows.append(figures(phrase, notes, last))
            else:
                silent["no answer"] += 1
    for name in rows[0]:
        values = [float(row[name]) for row in rows]
        print(f"{name:52} mean {fmean(values):6.2f}   median {median(values):6.2f}")
    print(f"{len(rows)} answers, {sum(silent.values())} phrases without one")


if __name__ == "__main__":
    main()

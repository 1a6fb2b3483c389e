"""Excerpts to be judged: what an artifact plays by itself, and people's pieces, both of a kind and a length."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.random import default_rng

from export.evaluate.subject import Judged
from export.heard import pieces_of
from live.declared.knob import Value
from live.declared.knobs import ClockKnobs
from live.declared.metre import metre
from live.engine.offline import Rendering, render
from live.ipc.config import EngineOptions
from live.ipc.wire import FromPorts
from live.record.heard import notes_heard
from live.record.replay import Journal, parse
from models.abc.tunes import found
from models.contract.errors import ExtempoError
from models.contract.grid import TICKS
from models.corpus.perform import perform
from models.corpus.pieces import Longs, Piece, Score
from models.corpus.readers.abc import TunePiece
from models.measures.excerpt import Excerpt, of_score, of_tune
from models.train.evaluate import SEED

SHORTEST: Final = 8
"""Bars of a piece by people that is taken."""
FEWEST: Final = 8
"""Notes of music that can be judged."""
UNTUNED: Final = 1000
"""Added to seeds on the test split, so that none of them has tuned anything."""


def _of_score(piece: Piece, number: int) -> Excerpt:
    """Return a score as if someone played it, as networks learn it."""
    score = piece.score
    notes = perform(score.notes.astype(np.int64), score.bars, default_rng((SEED, number)))
    return of_score(Score.piano(score.name, notes.astype(np.int32), score.bars))


OF: Final[Mapping[str, Callable[[Any, int], Excerpt]]] = {
    "midi": _of_score,
    "abc": lambda piece, _: of_tune(piece),
}
"""By the kind of file that pieces are read from: a piece, and its number, as an excerpt."""


def by_people(pieces: Iterable[Any], kind: str) -> list[Excerpt]:
    """Return people's pieces; what is shorter than `SHORTEST` bars is left out.

    kind: of their files. Raises ExtempoError where there are fewer than two.
    """
    whole = [OF[kind](piece, number) for number, piece in enumerate(pieces)]
    long = [one for one in whole if one.end >= SHORTEST * one.bar and len(one.notes) >= FEWEST]
    if len(long) < 2:
        raise ExtempoError(
            f"fewer than two pieces by people have {SHORTEST} bars: name other music with --corpus."
        )
    return long


class Music:
    """The excerpts of both sides, made when they are first asked for."""

    def __init__(self, judged: Judged) -> None:
        self.judged = judged
        self._played: list[Excerpt] | None = None

    def played(self, shown: Callable[[float], None]) -> list[Excerpt]:
        """Return what the artifact plays from nothing, every seed so many bars, all knobs as they are by themselves.

        Text is cut into its pieces, the last of which is left out where there are others, for it is not finished.
        Raises ExtempoError where it plays too little.
        """
        if self._played is None:
            self._played = self._solos(shown)
        return self._played

    @property
    def made(self) -> list[Excerpt]:
        """Return what was played so far; none where nobody has asked."""
        return self._played or []

    @cached_property
    def whole_people(self) -> list[Excerpt]:
        """Return people's pieces as long as they are."""
        judged = self.judged
        return by_people(judged.pieces, judged.writes.reads[0])

    @cached_property
    def people(self) -> list[Excerpt]:
        """Return people's pieces, cut to the length of a solo where those are not whole pieces either."""
        bars = self.judged.asked.bars
        whole = self.whole_people
        return whole if self.whole else [one.cut(0, bars) for one in whole]

    def seed(self, number: int) -> int:
        """Return a seed of the split: those of test have tuned nothing."""
        return number + 1 + UNTUNED * (self.judged.asked.split == "test")

    @cached_property
    def whole(self) -> bool:
        """Return whether what is played is cut into whole pieces, as text is."""
        writes = self.judged.writes
        return bool(writes.text([list(writes.golden().codes[1:, writes.representation.targets()])]))

    def _solos(self, shown: Callable[[float], None]) -> list[Excerpt]:
        judged, asked = self.judged, self.judged.asked
        played: list[Excerpt] = []
        for number in range(asked.seeds):
            seed = self.seed(number)
            journal = parse(rendered(judged, {"seed": seed}, asked.bars * _BAR).lines)
            text = judged.writes.text(list(pieces_of(journal, judged.opened)))
            name = f"seed {seed}"
            played += _tunes(text, name) if text else [_solo(journal, name)]
            shown((number + 1) / asked.seeds)
        heard = [one for one in played if len(one.notes) >= FEWEST]
        if len(heard) < 2:
            raise ExtempoError(
                f"{judged.opened.name} plays fewer than {FEWEST} notes in nearly all of its solos: give it more "
                f"--bars or --seeds, or train it longer."
            )
        return heard


_BAR: Final = metre(ClockKnobs().metre).length / TICKS
"""Beats of a bar where nobody has said it."""


def rendered(
    judged: Judged,
    knobs: Mapping[str, Value],
    beats: float,
    transport: Mapping[str, Value] | None = None,
    played: Sequence[FromPorts] = (),
) -> Rendering:
    """Have an artifact play offline for so many beats, and hear what is played.

    knobs: those that must stand so, whatever was asked.
    """
    opened = judged.opened
    turned = {**judged.asked.knobs, **knobs}
    options = EngineOptions(opened.path, turned, transport or {}, beats=beats)
    return render(options, lambda _: opened, played)


def metre_of(one: Excerpt) -> dict[str, Value]:
    """Return the metre of an excerpt as the clock's knobs say it."""
    eighths = round(2 * one.beats)
    in_quarters = one.pulse == TICKS and eighths % 2 == 0
    return {"metre": f"{eighths // 2}/4" if in_quarters else f"{eighths}/8"}


def excerpt_of(notes: Longs, beats: float = _BAR, pulse: int = TICKS, name: str = "") -> Excerpt:
    """Return notes (n, 4) from the bar on in which the first begins."""
    bar = round(beats * TICKS)
    first = int(notes[:, 0].min()) // bar * bar if len(notes) else 0
    return Excerpt(notes - np.array((first, 0, 0, 0)), beats, pulse, name)


def _solo(journal: Journal, name: str) -> Excerpt:
    rows = [
        (round(one.start * TICKS), one.pitch, one.velocity, round((one.end - one.start) * TICKS))
        for one in notes_heard(journal)
    ]
    return excerpt_of(np.array(rows, np.int64).reshape(-1, 4), name=name)


def _tunes(text: str, name: str) -> list[Excerpt]:
    tunes = found(text.encode(), FEWEST).tunes
    finished = [one for one in tunes if one.number < text.count("X:")] or tunes
    return [of_tune(TunePiece(f"{name}, {one.name}", one.text)) for one in finished]

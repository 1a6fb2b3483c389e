"""What a folder of music holds, as tables."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from export.evaluate.tables import Titled
from models.train.survey import Share, Survey

SHOWN: Final = 12
"""Rows of a table at most."""
NAMED: Final = 4
"""Pieces of a family that are named."""


def tables(found: Survey) -> Iterator[Titled]:
    """Yield the tables that have something to say."""
    yield Titled(f"What {found.name} holds", ("", ""), list(_whole(found)))
    for title, head, shares in (
        ("On which instruments", "instrument", found.instruments),
        ("In which metres", "metre", found.metres),
        ("In which keys", "key", found.keys),
    ):
        if shares:
            yield _shares(title, head, shares, len(found.notes))
    if found.families:
        yield _families(found)
    if found.leaks:
        rows = [(one.split, one.piece, one.version) for one in found.leaks]
        title = f"Measured, and yet learned from in another version: {len(rows)}"
        yield Titled(title, ("split", "piece", "its version in train"), _cut(rows))
    if found.left:
        yield Titled("What was left out", ("why",), [(one,) for one in found.left])


def _whole(found: Survey) -> Iterator[tuple[str, str]]:
    notes, seconds = found.notes, found.seconds
    yield "files", ", ".join(f"{count:,} of {kind}" for kind, count in found.kinds.items())
    yield "pieces", f"{len(notes):,}"
    if not len(notes):
        return
    yield "hours", f"{seconds.sum() / 3600:,.2f}"
    yield "notes", f"{notes.sum():,.0f}"
    if found.unisons.any():
        share = found.unisons.sum() / notes.sum()
        yield "unisons", f"{share:.1%} of the notes are one with another part's on one piano"
    low, middle, high = np.quantile(notes, (0.1, 0.5, 0.9))
    yield "notes of a piece", f"{middle:,.0f} (10 % {low:,.0f}, 90 % {high:,.0f})"
    yield "the longest piece", f"{found.share:.1%} of all notes: {found.longest}"
    tempi = found.tempi[found.tempi > 0]
    if len(tempi):
        low, middle, high = np.quantile(tempi, (0.1, 0.5, 0.9))
        yield "beats a minute", f"{middle:.0f} (10 % {low:.0f}, 90 % {high:.0f})"
    if unsaid := len(found.tempi) - len(tempi):
        yield "no tempo said", f"{unsaid:,} pieces ({unsaid / len(found.tempi):.1%})"
    versions = sum(map(len, found.families))
    yield (
        "families",
        f"{found.alone + len(found.families):,}; {versions:,} pieces have versions beside them",
    )
    parts = ", ".join(f"{split} {count:,}" for split, count in found.splits.items())
    yield "splits", f"{parts} ({_made(found)})"


def _made(found: Survey) -> str:
    if found.mixed:
        return "made piece by piece: too few are no versions of each other"
    if found.made:
        return "made by families, so that none is in two"
    if not found.leaks:
        return "as they are said; no version of a piece is in train and in another"
    return f"as they are said; {len(found.leaks):,} are versions of pieces in train"


def _shares(title: str, head: str, shares: Sequence[Share], pieces: int) -> Titled:
    notes = max(sum(one.notes for one in shares), 1)
    rows = [
        (one.name, f"{one.pieces:,}", f"{one.pieces / pieces:.1%}", f"{one.notes / notes:.1%}")
        for one in shares
    ]
    return Titled(title, (head, "pieces", "of all", "of all notes"), _cut(rows))


def _families(found: Survey) -> Titled:
    rows = []
    for names in found.families:
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        rows.append((f"{len(names)}", ", ".join(names[:NAMED]) + more))
    title = f"Versions of one another, in whatever key and tempo: {len(rows)} families"
    return Titled(title, ("pieces", "names"), _cut(rows))


def _cut(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    shown = list(rows[:SHOWN])
    if len(rows) > SHOWN:
        shown.append((f"and {len(rows) - SHOWN} more", *("",) * (len(rows[0]) - 1)))
    return shown

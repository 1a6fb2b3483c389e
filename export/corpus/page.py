"""What a folder of music holds, as one HTML page that needs nothing else."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from export.corpus.tables import tables
from export.evaluate.html import document, picture, table_of
from export.evaluate.pictures import OURS, png
from models.train.survey import Share, Survey

BARS: Final = 10
"""Of a picture of shares."""
BINS: Final = 40


def page(found: Survey) -> str:
    """Return the page."""
    return document(f"{found.name}: what it holds", _body(found))


def _body(found: Survey) -> Iterator[str]:
    yield f"<h1>{escape(found.name)}</h1>"
    if len(found.notes):
        told = "How long pieces are, how fast they begin, and the shares of instruments, metres, keys and families."
        yield picture(png(drawing(found)), told)
    yield from map(table_of, tables(found))


def drawing(found: Survey) -> Figure:
    """Draw lengths, tempi, instruments, metres, keys and sizes of families."""
    figure = Figure(figsize=(14, 7.5), layout="constrained")
    axes: Any = figure.subplots(2, 3)
    _lengths(axes[0, 0], found)
    tempi = found.tempi[found.tempi > 0]
    axes[0, 1].hist(tempi, BINS, color=OURS)
    axes[0, 1].set(xlabel="beats a minute at the beginning", ylabel="pieces")
    _shares(axes[0, 2], "instruments, by notes", found.instruments, by_notes=True)
    _shares(axes[1, 0], "metres, by pieces", found.metres)
    _shares(axes[1, 1], "keys, by pieces", found.keys)
    sizes = [1] * found.alone + [len(names) for names in found.families]
    axes[1, 2].hist(sizes, np.arange(0.5, max(sizes, default=1) + 1), color=OURS)
    axes[1, 2].set(xlabel="pieces of a family", ylabel="families", yscale="log")
    # By themselves logarithmic axes are labelled in formulas, which pictures here have none of.
    for axis in (axes[0, 0].xaxis, axes[1, 2].yaxis):
        axis.set_major_formatter("{x:,.0f}")
        axis.set_minor_formatter(NullFormatter())
    return figure


def _lengths(axes: Any, found: Survey) -> None:
    notes = np.maximum(found.notes, 1)
    edges = np.geomspace(notes.min(), max(notes.max(), notes.min() + 1), BINS)
    axes.hist(notes, edges, color=OURS)
    axes.set(xscale="log", xlabel="notes of a piece", ylabel="pieces")


def _shares(axes: Any, title: str, shares: Sequence[Share], *, by_notes: bool = False) -> None:
    counted = sorted(((s.notes if by_notes else s.pieces, s.name) for s in shares), reverse=True)
    shown = counted[:BARS][::-1]
    axes.barh([name for _, name in shown], [count for count, _ in shown], color=OURS)
    axes.set_title(title, fontsize=9, loc="left")
    axes.tick_params(labelsize=8)

"""Pictures of a report, each as a PNG in memory."""

import io
import warnings
from collections.abc import Mapping, Sequence
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from export.evaluate.report import Again, Curve, Likelihood, Row
from models.contract.grid import TICKS
from models.measures.excerpt import Excerpt
from models.measures.similarity import alike, bar_chroma

SHOWN: Final = 3
"""Excerpts of each side."""
BEATS: Final = 64
"""Of a piano roll."""
DPI: Final = 80
OURS, THEIRS = "#1b6ca8", "#8a8f98"
# Names of pieces are no formulas, whatever stands in them.
mpl.rcParams["text.parse_math"] = False


def png(figure: Figure) -> bytes:
    """Return a drawing as a PNG."""
    into = io.BytesIO()
    with warnings.catch_warnings():
        # A letter that the font lacks is a box.
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(into, format="png", dpi=DPI)
    return into.getvalue()


def rolls(sides: Mapping[str, Sequence[Excerpt]]) -> bytes:
    """Draw piano rolls below each other, the side's name before each; the darker a note, the louder."""
    shown = [(side, one) for side, found in sides.items() for one in found[:SHOWN]]
    figure = Figure(figsize=(14, 1.9 * len(shown)), layout="constrained")
    for number, (side, one) in enumerate(shown):
        axes = figure.add_subplot(len(shown), 1, number + 1)
        notes = one.notes[one.notes[:, 0] < BEATS * TICKS]
        axes.hlines(
            notes[:, 1],
            notes[:, 0] / TICKS,
            (notes[:, 0] + notes[:, 3]) / TICKS,
            colors=[(0.05, 0.1, 0.4, 0.25 + 0.75 * v / 127) for v in notes[:, 2]],
            linewidth=2.2,
        )
        axes.set(xlim=(0, BEATS), xticks=np.arange(0, BEATS + 0.1, one.beats))
        axes.set_title(f"{side}: {one.name}", fontsize=9, loc="left")
        axes.tick_params(labelsize=7)
        axes.grid(axis="x", alpha=0.3)
    return png(figure)


def similarities(sides: Mapping[str, Sequence[Excerpt]]) -> bytes:
    """Draw how alike the pitch classes of all bars of an excerpt are, a row of matrices for each side."""
    figure = Figure(figsize=(3.1 * SHOWN, 3.3 * len(sides)), layout="constrained")
    for row, (side, found) in enumerate(sides.items()):
        for column, one in enumerate(found[:SHOWN]):
            axes = figure.add_subplot(len(sides), SHOWN, row * SHOWN + column + 1)
            bars = bar_chroma(one)
            axes.imshow(alike(bars, bars), cmap="magma", vmin=0, vmax=1, origin="lower")
            axes.set_title(f"{side}: {one.name}"[:44], fontsize=8)
            axes.set(xlabel="bars", ylabel="bars")
            axes.tick_params(labelsize=7)
    return png(figure)


def histories(found: Likelihood) -> bytes:
    """Draw nats by how many steps of the past a model is given, for each factor."""
    figure = Figure(figsize=(7, 3.4), layout="constrained")
    axes = figure.add_subplot()
    windows = [one for one in found.histories if one.steps]
    # In a picture of few steps the sum would press all factors to the ground.
    names = [name for name in windows[0].nats if name != "all"]
    for name in names:
        steps, nats = [one.steps for one in windows], [one.nats[name] for one in windows]
        axes.plot(steps, nats, marker="o", label=name)
    axes.set_xscale("log", base=2)
    axes.set_xticks([one.steps for one in windows], [str(one.steps) for one in windows])
    axes.set(xlabel="steps of history", ylabel="nats a step")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return png(figure)


def calibration(found: Again) -> bytes:
    """Draw how often the earlier next code came, by the probability that it got; dots as large as there are many."""
    figure = Figure(figsize=(3.8, 3.4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot((0, 1), (0, 1), color=THEIRS, linestyle=":")
    most = max(one.count for one in found.bins)
    sizes = [12 + 200 * one.count / most for one in found.bins]
    axes.scatter([one.p for one in found.bins], [one.right for one in found.bins], sizes, OURS)
    axes.set(
        xlim=(0, 1), ylim=(0, 1.02), xlabel=f"p of the earlier next {found.factor}", ylabel="comes"
    )
    axes.grid(alpha=0.3)
    return png(figure)


def distributions(rows: Sequence[Row]) -> bytes:
    """Draw every figure's values of both sides: a dot each, and the middle eight tenths."""
    drawn = [row for row in rows if row.model and row.people and row.model.values]
    columns = 4
    lines = -(-len(drawn) // columns)
    # To have so many laid out by themselves takes many seconds.
    high = 1.15 * lines + 0.3
    figure = Figure(figsize=(14, high))
    figure.subplots_adjust(0.04, 0.25 / high, 0.99, 1 - 0.3 / high, wspace=0.2, hspace=0.9)
    jitter = np.random.default_rng(1)
    for number, row in enumerate(drawn):
        axes = figure.add_subplot(lines, columns, number + 1)
        for height, (spread, colour) in enumerate(((row.people, THEIRS), (row.model, OURS))):
            if spread is None:
                continue
            at = height + jitter.uniform(-0.18, 0.18, len(spread.values))
            axes.scatter(spread.values, at, 5, colour, alpha=0.5, linewidths=0)
            axes.hlines(height, spread.low, spread.high, colour, linewidth=2.5)
            axes.plot(spread.middle, height, "|", color="black", markersize=9)
        axes.set_yticks((0, 1), ("people", "it"), fontsize=7)
        axes.set_ylim(-0.5, 1.5)
        axes.set_title(row.name, fontsize=8, loc="left")
        axes.tick_params(labelsize=7)
    return png(figure)


def overlaps(sides: Mapping[str, Sequence[Row]]) -> bytes:
    """Draw how far every figure of each side overlaps with people's, beside people's with people's."""
    judged = [row for rows in sides.values() for row in rows if row.overlap is not None]
    places = {name: -at for at, name in enumerate(dict.fromkeys(row.name for row in judged))}
    figure = Figure(figsize=(9, 1.2 + 0.22 * len(places)), layout="constrained")
    axes = figure.add_subplot()
    among = {row.name: row.among_people for row in judged if row.among_people is not None}
    at = [places[name] for name in among]
    axes.scatter(list(among.values()), at, 70, THEIRS, marker="|")
    for number, (side, rows) in enumerate(sides.items()):
        drawn = [(row.overlap, places[row.name]) for row in rows if row.overlap is not None]
        axes.scatter([x for x, _ in drawn], [y for _, y in drawn], 26, f"C{number}", label=side)
    axes.set_yticks(list(places.values()), list(places), fontsize=7)
    axes.set(xlim=(0, 1.01), ylim=(-len(places), 1), xlabel="overlap with people")
    axes.grid(alpha=0.3)
    figure.legend(fontsize=8, loc="outside upper left", ncols=len(sides))
    return png(figure)


def curves(found: Sequence[Curve], until: float = 0.0) -> bytes:
    """Draw nats over the minutes of a training, or of several; until: a minute that is marked."""
    figure = Figure(figsize=(7, 3.4), layout="constrained")
    axes = figure.add_subplot()
    for number, one in enumerate(found):
        axes.plot(one.minutes, one.nats, color=f"C{number}", marker=".", label=one.name)
    if until:
        axes.axvline(until, color=THEIRS, linestyle=":")
    axes.set(xlabel="minutes of training", ylabel="nats a step on valid")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return png(figure)

#!/usr/bin/env python3
"""Draws a MIDI file that extempo wrote as a piano roll: your phrase in one colour, the answer in another.

.venv-dev/bin/python scripts/piano_roll.py out.mid out.png --bars 8
"""

import argparse
import math
from pathlib import Path
from typing import Final, NamedTuple

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from models.midi import pairing, reading

TITLE: Final = "performer"
"""What extempo calls the track of what was played to it."""

PAPER, SHADE, INK = "#fbfaf7", "#f1efe9", "#6b6862"
COLOURS: Final = {True: "#2b6f9c", False: "#e0673a"}
"""Of the player's notes, and of extempo's."""
NAMES: Final = {True: "you play", False: "extempo answers"}
BLACK_KEYS: Final = (1, 3, 6, 8, 10)
WIDTH, DOTS = 11.0, 150
ROW: Final = 0.105
"""Inches a semitone."""


class Bar(NamedTuple):
    """A note, in beats."""

    begin: float
    end: float
    pitch: int
    velocity: int
    player: bool


def read(path: Path) -> tuple[list[Bar], int]:
    """Return a MIDI file's notes, and the beats in a bar."""
    file = reading.read(path)
    numerator, denominator = file.metre or (4, 4)
    found = [
        Bar(
            note.onset / file.division,
            note.end / file.division,
            note.pitch,
            note.velocity,
            file.tracks[note.track] == TITLE,
        )
        for note in pairing.notes(file)
    ]
    return sorted(found), 4 * numerator // denominator


def draw(notes: list[Bar], metre: int, bars: tuple[int, int], path: Path) -> None:
    """Draw the bars from the first to the last of `bars` (from 1)."""
    first, last = (bars[0] - 1) * metre, bars[1] * metre
    shown = [note for note in notes if note.end > first and note.begin < last]
    low = min(note.pitch for note in shown) - 2
    high = max(note.pitch for note in shown) + 2
    height = (high - low + 1) * ROW
    figure = Figure(figsize=(WIDTH, height + 0.75), facecolor=PAPER)
    box = (0.035, 0.42 / (height + 0.75), 0.955, height / (height + 0.75))
    axes = figure.add_axes(box, facecolor=PAPER, xlim=(first, last), ylim=(low - 0.5, high + 0.5))
    _rule(axes, metre, bars, range(low, high + 1))
    scale = (last - first) / (WIDTH * box[2]) * ROW
    for note in shown:
        _note(axes, note, scale)
    _legend(figure, {note.player for note in shown}, 1 - 0.17 / (height + 0.75))
    figure.savefig(path, dpi=DOTS, facecolor=PAPER)


def _rule(axes: Axes, metre: int, bars: tuple[int, int], pitches: range) -> None:
    """Draw the keys as rows and the beats as columns."""
    for pitch in pitches:
        if pitch % 12 in BLACK_KEYS:
            axes.axhspan(pitch - 0.5, pitch + 0.5, color=SHADE, lw=0, zorder=0)
    first = (bars[0] - 1) * metre
    for beat in range(first, bars[1] * metre + 1):
        on = beat % metre == 0
        axes.axvline(beat, color="#cfcbc2" if on else "#e6e3db", lw=1.1 if on else 0.5, zorder=1)
    octaves = [pitch for pitch in pitches if pitch % 12 == 0]
    axes.set_yticks(octaves, [f"C{pitch // 12 - 1}" for pitch in octaves])
    numbers = range(bars[0], bars[1] + 1)
    axes.set_xticks([(number - 1) * metre for number in numbers], [str(n) for n in numbers])
    axes.tick_params(length=0, colors=INK, labelsize=9, pad=4)
    for label in axes.get_xticklabels():
        label.set_ha("left")
    for spine in axes.spines.values():
        spine.set_visible(False)


def _note(axes: Axes, note: Bar, scale: float) -> None:
    """Draw a note: loud ones in full colour, soft ones paler. scale: a row's height in beats."""
    share = 0.45 + 0.55 * min(note.velocity / 96, 1.0)
    colour = tuple(share * c + (1 - share) for c in to_rgb(COLOURS[note.player]))
    gap = 0.12 * scale
    width = max(note.end - note.begin - gap, 0.5 * scale)
    corner = min(0.32 * scale, width / 2)
    axes.add_patch(
        FancyBboxPatch(
            (note.begin + gap / 2 + corner, note.pitch - 0.38 + 0.32),
            max(width - 2 * corner, 1e-6), 0.76 - 0.64,
            boxstyle=f"round,pad={corner},rounding_size={corner}",
            mutation_aspect=0.32 / corner, facecolor=colour, linewidth=0, zorder=2,
        )
    )  # fmt: skip


def _legend(figure: Figure, who: set[bool], top: float) -> None:
    left = 0.035
    for player in sorted(who, reverse=True):
        label = NAMES[player] if len(who) > 1 else "extempo plays"
        text = figure.text(
            left, top, label, color=COLOURS[player], fontsize=11, weight="bold", va="center"
        )
        left = text.get_window_extent().x1 / figure.bbox.width + 0.02


def main() -> None:
    """Read the command line, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("midi", type=Path)
    parser.add_argument("png", type=Path)
    parser.add_argument("--first", type=int, default=1, help="the first bar to draw")
    parser.add_argument("--bars", type=int, default=0, help="how many; 0 is all")
    asked = parser.parse_args()
    notes, metre = read(asked.midi)
    if not notes:
        parser.error(f"{asked.midi} has no notes")
    last = asked.first + asked.bars - 1 if asked.bars else math.ceil(notes[-1].begin / metre)
    draw(notes, metre, (asked.first, max(last, asked.first)), asked.png)


if __name__ == "__main__":
    main()

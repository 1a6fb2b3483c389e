"""Draws drums of MIDI files below each other: where they are struck, and the harder the larger.

.venv-dev/bin/python scripts/drum_roll.py person.mid played.mid drums.png --bars 4
"""

from pathlib import Path
from typing import Final

import click
import numpy as np
from matplotlib.figure import Figure

from models.contract.grid import FINE, TICKS
from models.contract.representations.drums import KIT, drum_code
from models.corpus.readers.midi import MidiReader

NAMES: Final = (
    *(
        "kick",
        "side stick",
        "snare",
        "rim",
        "hi-hat",
        "low tom",
        "hi-hat, foot",
        "mid tom",
        "hi-hat, open",
    ),
    *("high tom", "crash", "ride", "bell", "splash"),
)
"""Of the drums of the kit."""
INK: Final = "#6b6862"
COLOURS: Final = ("#2b6f9c", "#e0673a")
"""Of the first file, and of the others."""


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.argument("picture", type=click.Path(path_type=Path))
@click.option("--bars", default=4, show_default=True, help="Of four beats.")
@click.option("--first", default=1, show_default=True, help="The first bar.")
def main(files: tuple[Path, ...], picture: Path, bars: int, first: int) -> None:
    """Draw bars of files as PICTURE; lines are sixteenths."""
    figure = Figure(figsize=(11, 2.6 * len(files)), layout="constrained")
    begin, end = 4 * (first - 1), 4 * (first - 1 + bars)
    for number, path in enumerate(files):
        axes = figure.add_subplot(len(files), 1, number + 1)
        for part in (one for piece in MidiReader().read(path).pieces for one in piece.score.parts):
            if not part.drums:
                continue
            at = (part.notes[:, 0] + part.offsets[:, 0] / FINE) / TICKS
            drums = [drum_code(key, KIT) for key in part.notes[:, 1].tolist()]
            axes.scatter(
                at, drums, part.notes[:, 2] * 0.8, COLOURS[min(number, 1)], alpha=0.8, lw=0
            )
        for line in np.arange(begin, end + 0.01, 0.25):
            axes.axvline(
                line, color=INK, lw=1.2 if line % 4 == 0 else 0.5 if line % 1 == 0 else 0.15
            )
        axes.set(xlim=(begin - 0.15, end), yticks=range(len(KIT)), title=path.stem)
        axes.set_yticklabels(NAMES, fontsize=7)
        axes.set_xticks(range(begin, end + 1))
    figure.savefig(picture, dpi=90)


if __name__ == "__main__":
    main()

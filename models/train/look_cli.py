"""The command `look`: what music is like, beside music by people."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import click
import numpy as np
from numpy.random import default_rng
from rich.console import Console
from rich.table import Table

from models.contract.errors import ExtempoError
from models.contract.grid import TICKS
from models.contract.whole import apart
from models.corpus.perform import perform
from models.corpus.pieces import Longs, Score
from models.corpus.readers.midi import MidiReader, read_midi
from models.corpus.sources import load
from models.numbers import Number
from models.train import options
from models.train.look import COPIED, SHARES, Copies, draw_roll, look

_SEED: Final = 1
_LINE: Final = "{:.{d}f}{u} ({:.{d}f} to {:.{d}f})"
console = Console()


@click.command("look")
@click.argument("music", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@options.data
@click.option(
    "--corpus",
    metavar="NAME",
    default="piano_scores",
    show_default=True,
    help="The people's music, a folder below --data.",
)
@click.option("--split", type=click.Choice(["valid", "test"]), default="valid", show_default=True)
@click.option(
    "--notes",
    type=Number(16, whole=True),
    default=400,
    show_default=True,
    help="How many notes are looked at together.",
)
@click.option(
    "--stretches",
    type=Number(1, whole=True),
    default=40,
    show_default=True,
    help="How many stretches of the people's music.",
)
@click.option(
    "--copies", is_flag=True, help="Look for melodies that are in the training pieces, too."
)
@click.option(
    "--picture", type=click.Path(path_type=Path), help="Draw the first few as a piano roll (PNG)."
)
def look_command(
    music: tuple[Path, ...],
    data: Path,
    corpus: str,
    split: Literal["valid", "test"],
    notes: int,
    stretches: int,
    copies: bool,
    picture: Path | None,
) -> None:
    """Look at MUSIC (MIDI files, or folders of them) beside music by people.

    Key, rhythm, density, repetition: the median, and the 10 % and 90 % quantiles.

    \b
    for n in 1 2 3 4; do extempo render --bars 64 --seed $n -o solo/$n.mid; done
    extempo look solo --data data
    """
    logging.basicConfig(level="WARNING", format="%(message)s")
    try:
        files = _files(music)
        apart(picture, files)
        played = _stretches([_whole(read_midi(path)) for path in files], notes)
        people = _by_people(load(data / corpus, split), notes, stretches)
        known = Copies([_whole(p) for p in load(data / corpus, "train")]) if copies else None
        rows = [[_look(stretch, known) for stretch in side] for side in (played, people)]
    except ExtempoError as error:
        raise click.ClickException(str(error)) from error
    console.print(_table(rows[0], rows[1]))
    if picture is not None:
        shown = {f"played {n + 1}": stretch for n, stretch in enumerate(played[:3])}
        shown |= {f"people {n + 1}": stretch for n, stretch in enumerate(people[:2])}
        draw_roll(picture, shown)


def _files(music: Sequence[Path]) -> list[Path]:
    found = []
    for path in music:
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in MidiReader.suffixes)
        found += inside if path.is_dir() else [path]
    if not found:
        raise ExtempoError("there are no MIDI files in what is to be looked at: name some.")
    return found


def _whole(piece: Score) -> Longs:
    return piece.notes.astype(np.int64)


def _stretches(pieces: Sequence[Longs], count: int) -> list[Longs]:
    """Cut pieces into stretches of so many notes; a shorter piece is one of its own."""
    return [
        _from_its_beginning(piece[begin : begin + count])
        for piece in pieces
        for begin in range(0, max(len(piece) - count, 0) + 1, count)
    ]


def _from_its_beginning(notes: Longs) -> Longs:
    """Return notes as if the beat of the first were the first beat."""
    moved: Longs = notes - np.array([notes[0, 0] // TICKS * TICKS, 0, 0, 0])
    return moved


def _by_people(pieces: Sequence[Score], count: int, most: int) -> list[Longs]:
    """Return stretches from all over a split, performed as those that networks learn from."""
    rng = default_rng(_SEED)
    whole = [
        perform(_whole(piece), piece.bars, rng) for piece in pieces if len(piece.notes) >= count
    ]
    found = _stretches(whole, count)
    if not found:
        raise ExtempoError(f"no piece by people has {count} notes: look at fewer with --notes.")
    spread = np.unique(np.linspace(0, len(found) - 1, min(most, len(found))).astype(int))
    return [found[n] for n in spread]


def _look(notes: Longs, known: Copies | None) -> dict[str, float]:
    return look(notes) | ({COPIED: float(known.longest(notes))} if known else {})


def _table(played: list[dict[str, float]], people: list[dict[str, float]]) -> Table:
    table = Table("", f"this music ({len(played)})", f"people ({len(people)})")
    for name in played[0]:
        table.add_row(
            name, *(_said(name, [row[name] for row in side]) for side in (played, people))
        )
    return table


def _said(name: str, values: list[float]) -> str:
    share = name in SHARES
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9)) * (100 if share else 1)
    decimals = 0 if share or high > 20 else 2 if high <= 1 else 1
    return _LINE.format(middle, low, high, d=decimals, u=" %" if share else "")

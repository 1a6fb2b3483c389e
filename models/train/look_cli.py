"""The command `look`: what music is like, beside music by people."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple, cast

import click
import numpy as np
from numpy.random import default_rng
from rich.console import Console
from rich.table import Table

from models.contract.errors import ExtempoError
from models.contract.grid import TICKS
from models.contract.whole import apart
from models.corpus.perform import perform
from models.corpus.pieces import Longs, Piece, Score
from models.corpus.readers.abc import AbcReader, TunePiece
from models.corpus.readers.table import READERS, reader_of, suffixes_of
from models.corpus.sources import load, read
from models.corpus.splits import Split
from models.corpus.taken import left_out, tell_of_pieces
from models.measures.copying import Known
from models.measures.excerpt import Excerpt
from models.numbers import Number
from models.train import options
from models.train.look import COPIED, SHARES, draw_roll, look
from models.train.tunes import MEANS, Tune, look_at_tune
from models.train.tunes import SHARES as TUNES_SHARES

_SEED: Final = 1
_SUFFIXES: Final = suffixes_of(READERS)
_LINE: Final = "{:.{d}f}{u} ({:.{d}f} to {:.{d}f})"
console = Console()
_log = logging.getLogger(__name__)


@click.command("look")
@click.argument("music", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@options.data
@click.option(
    "--corpus",
    metavar="NAME",
    help="The people's music, a folder below --data  [default: piano_scores; of tunes abc_pd].",
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
    help="How many stretches of the people's music; of tunes all.",
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
    corpus: str | None,
    split: Literal["valid", "test"],
    notes: int,
    stretches: int,
    copies: bool,
    picture: Path | None,
) -> None:
    """Look at MUSIC (files of MIDI or MusicXML, tunes in ABC, or folders of them) beside music by people.

    Key, rhythm, density, repetition; of tunes bars, parts and endings: the median, and the 10 % and 90 %
    quantiles, or the mean of what is yes or no.

    \b
    for n in 1 2 3 4; do extempo render --bars 64 --seed $n -o solo/$n.mid; done
    extempo look solo --data data
    extempo render folk-abc --bars 256 -o tunes.abc; extempo look tunes.abc --data data
    """
    logging.basicConfig(level="WARNING", format="%(message)s")
    try:
        files = _files(music)
        apart(picture, files)
        if all(path.suffix.lower() in AbcReader.suffixes for path in files):
            sides = _tunes(files, data / (corpus or "abc_pd"), split, copies)
        else:
            sides = _music(
                files, data / (corpus or "piano_scores"), split, (notes, stretches), copies
            )
    except ExtempoError as error:
        raise click.ClickException(str(error)) from error
    played, people = sides
    console.print(_table(played.figures, people.figures))
    if picture is not None:
        shown = {f"played {n + 1}": stretch for n, stretch in enumerate(played.notes[:3])}
        shown |= {f"people {n + 1}": stretch for n, stretch in enumerate(people.notes[:2])}
        draw_roll(picture, shown)


class _Side(NamedTuple):
    """Music of one side: stretches or tunes, and the figures of each."""

    notes: list[Longs]
    figures: list[dict[str, float]]


def _music(
    files: Sequence[Path], corpus: Path, split: Split, cut: tuple[int, int], copies: bool
) -> tuple[_Side, _Side]:
    """cut: how many notes a stretch has, and how many stretches are of the people's."""
    notes, stretches = cut
    played = _stretches([_whole(piece.score) for piece in _played(files)], notes)
    people = _by_people(load(corpus, split), notes, stretches)
    known = Known([(p.name, _whole(p)) for p in load(corpus, "train")]) if copies else None
    sides = [_Side(side, [_look(one, known) for one in side]) for side in (played, people)]
    return sides[0], sides[1]


def _tunes(files: Sequence[Path], corpus: Path, split: Split, copies: bool) -> tuple[_Side, _Side]:
    played = cast(list[TunePiece], _played(files))
    people = cast(list[TunePiece], read(corpus, (split,), None, ("abc",))[split])
    known = None
    if copies:
        learned = cast(list[TunePiece], read(corpus, ("train",), None, ("abc",))["train"])
        known = Known([(one.name, Tune(one.text).notes) for one in learned])
    sides = []
    for side in (played, people):
        tunes = [tune for one in side if (tune := Tune(one.text)).can_be_counted]
        if not tunes:
            raise ExtempoError("none of these tunes has a metre and notes: look at others.")
        figures = [look_at_tune(tune) | _copied(tune.notes, known) for tune in tunes]
        sides.append(_Side([tune.heard for tune in tunes], figures))
    return sides[0], sides[1]


def _played(files: Sequence[Path]) -> list[Piece]:
    """Return the pieces of files; what is broken is left out and told, unless nothing else is there."""
    pieces: list[Piece] = []
    left: dict[Path, str] = {}
    for path in files:
        try:
            held = reader_of(path).read(path)
        except ExtempoError as error:
            left[path] = str(error)
            continue
        faults = [one.fault for one in held.pieces]
        if all(faults):
            left[path] = f"{path} {faults[0]}: leave it out."
            continue
        pieces.extend(held.pieces)
        tell_of_pieces(path, held.left_out)
    if left and not pieces:
        raise ExtempoError(next(iter(left.values())))
    if left:
        _log.warning("%s", left_out(left))
    return pieces


def _files(music: Sequence[Path]) -> list[Path]:
    found = []
    for path in music:
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in _SUFFIXES)
        found += inside if path.is_dir() else [path]
    if not found:
        raise ExtempoError(f"there is no music in what is to be looked at: name {_read_here()}.")
    for path in found:
        if path.suffix.lower() not in _SUFFIXES:
            raise ExtempoError(f"{path} is not read here: name {_read_here()}.")
    kinds = {path.suffix.lower() in AbcReader.suffixes for path in found}
    if len(kinds) > 1:
        raise ExtempoError("there are scores and tunes in ABC: look at one kind at a time.")
    return found


def _read_here() -> str:
    return "files of " + ", ".join(
        f"{one.kind} ({', '.join(one.suffixes)})" for one in READERS.values()
    )


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


def _look(notes: Longs, known: Known | None) -> dict[str, float]:
    return look(notes) | _copied(notes, known)


def _copied(notes: Longs, known: Known | None) -> dict[str, float]:
    return {COPIED: float(known.longest(Excerpt(notes)).length)} if known else {}


def _table(played: list[dict[str, float]], people: list[dict[str, float]]) -> Table:
    table = Table("", f"this music ({len(played)})", f"people ({len(people)})")
    for name in played[0]:
        table.add_row(
            name, *(_said(name, [row[name] for row in side]) for side in (played, people))
        )
    return table


def _said(name: str, values: list[float]) -> str:
    if name in MEANS:
        return f"{100 * np.mean(values):.0f} %"
    share = name in SHARES or name in TUNES_SHARES
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9)) * (100 if share else 1)
    decimals = 0 if share or high > 20 else 2 if high <= 1 else 1
    return _LINE.format(middle, low, high, d=decimals, u=" %" if share else "")

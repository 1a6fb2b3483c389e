"""The command `sound`: render a corpus of piano from scores."""

from pathlib import Path

import click

from models.contract.errors import ExtempoError
from models.contract.whole import apart
from models.corpus.sound.file import RATES
from models.corpus.sound.render import Rendering, render_corpus
from models.numbers import Number

PIANO = Path(__file__).parents[3] / "live" / "sounds" / "piano.sf2"
"""The piano that ships."""


@click.command("sound")
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--scores",
    type=click.Path(path_type=Path),
    default=Path("data/piano_scores"),
    show_default=True,
    help="Folder of MIDI files to render.",
)
@click.option(
    "--piano",
    type=click.Path(path_type=Path),
    default=PIANO,
    help="SoundFont to play them with [the piano that ships].",
)
@click.option(
    "--minutes",
    type=Number(0, min_open=True),
    default=240.0,
    show_default=True,
    help="To train on.",
)
@click.option(
    "--held-out",
    type=Number(0, min_open=True),
    default=12.0,
    show_default=True,
    help="Minutes of each.",
)
@click.option(
    "--rate",
    type=Number(*RATES, whole=True),
    default=16_000,
    show_default=True,
    help="Samples a second.",
)
@click.option("--seed", type=Number(0, whole=True), default=1, show_default=True)
@click.option("--workers", type=Number(1, 64, whole=True), default=2, show_default=True)
def sound_command(
    out: Path,
    scores: Path,
    piano: Path,
    minutes: float,
    held_out: float,
    rate: int,
    seed: int,
    workers: int,
) -> None:
    """Render a corpus of piano into the folder OUT: sound, and its notes beside it."""
    rendering = Rendering(piano, rate, seed)
    try:
        apart(out, (scores,))
        render_corpus(rendering, scores, out, "valid", held_out, workers=workers)
        render_corpus(rendering, scores, out, "test", held_out, workers=workers)
        render_corpus(rendering, scores, out, "train", minutes, workers=workers)
    except ExtempoError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    sound_command()

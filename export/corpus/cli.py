"""The command `corpus`: what a folder of music holds."""

from pathlib import Path

import click
from rich.console import Console

from export.corpus.page import page
from export.corpus.tables import tables
from export.evaluate.tables import put as show
from models.contract.errors import ExtempoError
from models.contract.whole import apart, put
from models.train.survey import survey

console = Console()


@click.command("corpus")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write it as a page as well, with plots (HTML).",
)
def command(folder: Path, output: Path | None) -> None:
    """Say what FOLDER holds that can be learned from, and what is left out.

    Pieces, hours, notes, instruments, metres, keys, tempi; which pieces are versions of one another, in whatever
    key and tempo, and whether any that is measured is a version of one that is learned from.

    \b
    extempo corpus data/mine
    extempo corpus data/mine -o mine.html
    """
    try:
        apart(output, (folder,))
        found = survey(folder)
        show(console, list(tables(found)))
        if output is not None:
            put(output, page(found).encode())
            console.print(f"As a page: {output}", markup=False, highlight=False)
    except ExtempoError as error:
        raise click.ClickException(str(error)) from error

"""The command `index`: what an artifact that is there has learned from, so that it can be kept from copying it."""

from pathlib import Path

import click
from rich.console import Console

from export import indexing
from live.runtime.library import find
from models.contract.errors import ExtempoError
from models.train import options

console = Console()


@click.command("index")
@click.argument("artifact")
@options.data
@click.option(
    "--corpus",
    multiple=True,
    metavar="NAME",
    help="Of this folder below --data instead of those that it says; may be repeated.",
)
def command(artifact: str, data: Path, corpus: tuple[str, ...]) -> None:
    """Write the index of what ARTIFACT (a path or a name) has learned from, beside it.

    The knob novelty needs it: runs of intervals that stand in there are not continued. The artifact names the index
    by its hash; its weights and all else stay as they are. The index holds hashes of runs, and no music.
    """
    options.tell_of_corpora(console)
    try:
        path = find(artifact)
        made = indexing.attach(path, corpus, data)
    except ExtempoError as error:
        raise click.ClickException(str(error)) from error
    console.print(f"{indexing.place(path)}: {made.told}", markup=False, soft_wrap=True)

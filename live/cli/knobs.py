"""`extempo knobs`: everything that can be steered, from its declaration."""

import click
from rich.console import Console
from rich.table import Table

from live.control import reference
from live.knobs import KNOBS


@click.command()
@click.option("--markdown", "form", flag_value="markdown", help="The OSC reference as Markdown.")
@click.option(
    "--json", "form", flag_value="json", help="The same as JSON, for patches and programs."
)
def knobs(form: str | None) -> None:
    """List the knobs: name, range, default, MIDI controller, and what each does."""
    if form == "markdown":
        click.echo(reference.markdown(), nl=False)
    elif form == "json":
        click.echo(reference.params(), nl=False)
    else:
        Console().print(_table())


def _table() -> Table:
    table = Table(*reference.HEAD, box=None, padding=(0, 2, 0, 0))
    for knob in KNOBS:
        table.add_row(*reference.row(knob))
    return table

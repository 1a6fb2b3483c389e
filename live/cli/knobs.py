"""`extempo knobs`: everything that can be steered, from its declaration."""

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from live.control import reference
from live.declared.knobs import KNOBS


@click.command()
@click.option("--markdown", "form", flag_value="markdown", help="The OSC reference as Markdown.")
@click.option(
    "--json", "form", flag_value="json", help="The same as JSON, for patches and programs."
)
def knobs(form: str | None) -> None:
    """List the knobs: OSC address, range, default, MIDI controller, and what each does.

    N stands for a voice's number. The last word of an address is what --set takes.
    """
    if form == "markdown":
        click.echo(reference.markdown(), nl=False)
    elif form == "json":
        click.echo(reference.params(), nl=False)
    else:
        Console().print(_table())


def _table() -> Table:
    table = Table("OSC address", "what it takes, and what it does", box=None, padding=(0, 2, 0, 0))
    # An address that is cut, or goes on in the next line, cannot be copied.
    table.columns[0].no_wrap = True
    for knob in KNOBS:
        _, whose, values, default, controller, does = reference.row(knob)
        about = f"  {whose}" + (f"; CC {controller}" if controller else "")
        left = Text.assemble(reference.address(knob), "\n", (about, "dim"))
        table.add_row(left, Text.assemble((f"{values}; at first {default}", "dim"), "\n", does))
    return table

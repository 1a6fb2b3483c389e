"""The commands `models` and `check`: what is installed, and does it play on this machine."""

import json
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from rich.console import Console
from rich.table import Table

from live import realtime
from live.runtime.library import describe, find, installed, user_folder
from models.contract.errors import ArtifactError

PRIORITY: Final = 50
"""As the engine has it, so that what else the machine does is not measured."""
BUDGET: Final = 2_000.0
"""Microseconds that a paced event may take, p99."""

_SAID: Final = (
    *("kind", "net", "config", "representation", "precision", "parameters"),
    *("knobs", "licence", "corpora", "figures", "notes"),
)
"""What `--json` tells of the document."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list instead of a table.")
def models(as_json: bool) -> None:
    """List the models that are installed, and what each file says of itself."""
    rows = [_row(path) for path in installed()]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    console = Console()
    for row in rows:
        console.print(_card(row))
    if not rows:
        console.print("No model is installed.")
    console.print(f"Your own models: put .onnx files into {user_folder()}", style="dim")


def _row(path: Path) -> dict[str, Any]:
    row: dict[str, Any] = {"name": path.stem, "path": str(path), "bytes": path.stat().st_size}
    try:
        document = describe(path)
    except ArtifactError as error:
        return row | {"error": str(error)}
    said: dict[str, Any] = msgspec.to_builtins(document)
    return row | {"title": document.name} | {key: said[key] for key in _SAID}


def _card(row: dict[str, Any]) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="dim", min_width=10)
    table.add_column(overflow="fold")
    table.add_row("[bold]" + row["name"], row["path"])
    if "error" in row:
        table.add_row("refused", row["error"])
        return table
    config = ", ".join(f"{key} {value}" for key, value in row["config"].items())
    size = (
        f"{row['parameters'] / 1e6:.1f} M numbers, {row['precision']}, {row['bytes'] / 1e6:.1f} MB"
    )
    table.add_row("network", f"{row['net']} ({config}), {size}")
    table.add_row("licence", row["licence"])
    if row["knobs"]:
        turned = ", ".join(f"{name} {value:g}" for name, value in row["knobs"].items())
        table.add_row("knobs", turned)
    for corpus in row["corpora"]:
        table.add_row(
            "learned", f"{corpus['name']}: {corpus['pieces']} pieces, {corpus['licence']}"
        )
    for split in dict.fromkeys(figure["split"] for figure in row["figures"]):
        of = [figure for figure in row["figures"] if figure["split"] == split]
        said = ", ".join(f"{f['factor']} {f['nats']:.2f} ({f['floor']:.2f})" for f in of)
        table.add_row(split, f"nats an event (Markov chain's): {said}")
    if row["notes"]:
        table.add_row("notes", row["notes"])
    return table


@click.command()
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(file: str, as_json: bool) -> None:
    """Replay the golden pair of FILE (a path or a name) here, and time an event against its budget."""
    try:
        found = _measure(find(file))
    except ArtifactError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        _show(found)
    if not found["golden"]["agrees"]:
        raise click.ClickException(
            f"{file} does not compute what it did where it was made: export it again."
        )


def _measure(path: Path) -> dict[str, Any]:
    from live.runtime.events import EventModel
    from live.runtime.golden import replay
    from live.runtime.timing import event_stepper, time_hot, time_paced

    model = EventModel.open(path)
    replayed = replay(model, model.document)
    refused = realtime.enter(PRIORITY)
    step = event_stepper(model)
    hot, paced = time_hot(step), time_paced(step)
    return {
        "path": str(path),
        "name": model.document.name,
        "precision": model.document.precision,
        "golden": {**msgspec.structs.asdict(replayed), "agrees": replayed.agrees},
        "event_us": {"hot": msgspec.to_builtins(hot), "paced": msgspec.to_builtins(paced)},
        "budget_us": BUDGET,
        "within_budget": paced.p99 <= BUDGET,
        "refused": refused,
    }


def _show(found: dict[str, Any]) -> None:
    console = Console()
    golden = found["golden"]
    console.print(f"[bold]{found['name']}[/] ({found['precision']}), {found['path']}")
    verdict = "agrees" if golden["agrees"] else "[bold red]does not agree[/]"
    console.print(
        f"golden pair: {verdict}, largest difference {golden['difference']:.2g} "
        f"(tolerance {golden['tolerance']:.2g})"
    )
    table = Table("an event, microseconds", "p50", "p99", "max", box=None, padding=(0, 2, 0, 0))
    for kind, said in (("hot", "hot"), ("paced", "20 a second")):
        took = found["event_us"][kind]
        table.add_row(said, *(f"{took[key]:.0f}" for key in ("p50", "p99", "max")))
    console.print(table)
    for sentence in found["refused"]:
        console.print(sentence, style="yellow")
    within = "within" if found["within_budget"] else "[bold red]over[/]"
    console.print(f"{within} the budget of {BUDGET / 1000:.0f} ms (p99 at 20 a second)")

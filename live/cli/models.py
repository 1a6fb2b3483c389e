"""The commands `models` and `check`: what is installed, and does it play on this machine."""

import json
import shlex
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from live.cli.options import PathType
from live.machine import realtime
from live.runtime.golden import replay
from live.runtime.installing import install, remove
from live.runtime.kinds.table import reader
from live.runtime.library import describe, find, installed, user_folder
from live.runtime.opening import Opened, opened
from live.runtime.sessions import running
from models.contract.errors import LONGEST, ArtifactError, ExtempoError, line

PRIORITY: Final = 50
"""As the engine has it, so that what else the machine does is not measured."""

_SAID: Final = (
    *("kind", "net", "config", "representation", "sample_rate", "precision", "parameters"),
    *("knobs", "licence", "author", "corpora", "trainings", "figures", "measures", "notes"),
)
"""What `--json` tells of the document."""
_UNITS: Final = {
    "events": "nats a step (Markov chain's)",
    "audio": "nats (linear predictor's)",
}
"""Of held-out figures, and what they are beside."""
_FIGURES: Final = ("p50", "p99", "max")
_PACES: Final = {
    ("an event", "hot"): "one after the other",
    ("an event", "paced"): "20 a second",
    ("a sample", "hot"): "one after the other",
    ("a sample", "paced"): "in blocks, in real time",
}


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list instead of a table.")
@click.pass_context
def models(context: click.Context, as_json: bool) -> None:
    """List the models that are installed, and what each file says of itself; or install one, or remove it.

    \b
    extempo models
    extempo models install mine.onnx
    extempo models remove mine
    """
    if context.invoked_subcommand is not None:
        return
    rows = [_row(path) for path in installed()]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    console = Console()
    for row in rows:
        console.print(_card(row))
    if not rows:
        console.print("No model is installed.")
    told = f"Your own models (extempo models install FILE): {user_folder()}"
    console.print(told, style="dim", markup=False, soft_wrap=True)


@models.command("install")
@click.argument("file", type=PathType())
@click.option("--name", default="", help="By which it is found  [default: the file's].")
@click.option("--replace", "replaces", is_flag=True, help="In the place of one of that name.")
def install_command(file: Path, name: str, replaces: bool) -> None:
    """Check an artifact, FILE, whole, and copy it into your folder, with its index if it has one.

    Afterwards `extempo play NAME` finds it.
    """
    made = install(file, name, replaces)
    console = Console()
    for sentence in made.notes:
        console.print(sentence, style="yellow", markup=False)
    plays = f"{made.path}: plays here as it did where it was made."
    console.print(plays, markup=False, highlight=False, soft_wrap=True)
    console.print(f"extempo play {shlex.quote(made.path.stem)}", markup=False, highlight=False)


@models.command("remove")
@click.argument("name")
def remove_command(name: str) -> None:
    """Remove the model NAME, and its index, from your folder; what ships stays."""
    path = remove(name)
    Console().print(f"{path} is removed.", markup=False, highlight=False, soft_wrap=True)


def _row(path: Path) -> dict[str, Any]:
    row: dict[str, Any] = {"name": _printed(path.stem), "path": _printed(str(path)), "bytes": 0}
    try:
        document = describe(path)
        row["bytes"] = path.stat().st_size
    except (ExtempoError, OSError) as error:
        return row | {"error": str(error)}
    said: dict[str, Any] = msgspec.to_builtins(document)
    return row | {"title": document.name} | {key: said[key] for key in _SAID}


def _printed(name: str) -> str:
    """Return a file's name as a terminal and a JSON reader can show it, also where it is not UTF-8."""
    return line(name, LONGEST)


def _card(row: dict[str, Any]) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="dim", min_width=10)
    table.add_column(overflow="fold")
    table.add_row("[bold]" + escape(row["name"]), escape(row["path"]))
    if "error" in row:
        table.add_row("refused", escape(row["error"]))
        return table
    config = ", ".join(f"{key} {value}" for key, value in row["config"].items())
    size = (
        f"{row['parameters'] / 1e6:.1f} M numbers, {row['precision']}, {row['bytes'] / 1e6:.1f} MB"
    )
    table.add_row("network", f"{row['net']} ({config}), {size}")
    table.add_row("licence", escape(row["licence"]))
    if row["author"]:
        table.add_row("author", escape(row["author"]))
    if row["knobs"]:
        turned = ", ".join(f"{name} {value:g}" for name, value in row["knobs"].items())
        table.add_row("knobs", turned)
    for corpus in row["corpora"]:
        tier = f", tier {corpus['tier']}" if corpus["tier"] else ""
        said = f"{corpus['name']}: {corpus['pieces']} pieces, {corpus['licence']}{tier}"
        table.add_row("learned", escape(said))
    for training in row["trainings"]:
        table.add_row("trained", escape(_trained(training)))
    for split in dict.fromkeys(figure["split"] for figure in row["figures"]):
        of = [figure for figure in row["figures"] if figure["split"] == split]
        said = ", ".join(f"{f['factor']} {f['nats']:.2f} ({f['floor']:.2f})" for f in of)
        some = f", on {of[0]['windows']} windows" if of[0]["windows"] else ""
        some += f", of {', '.join(of[0]['corpora'])}" if of[0]["corpora"] else ""
        table.add_row(split, escape(f"{_UNITS[row['kind']]}{some}: {said}"))
    for measure in row["measures"]:
        beside = f" ({measure['beside']})" if measure["beside"] else ""
        said = f"{measure['name']}: {measure['value']:.3g} {measure['unit']}{beside}"
        table.add_row("measured", escape(said))
    if row["notes"]:
        table.add_row("notes", escape(row["notes"]))
    return table


def _trained(training: dict[str, Any]) -> str:
    """Return in a few words what a training was."""
    date = f"{training['date']}, " if training["date"] else ""
    who = f", by {training['author']}" if training["author"] else ""
    return (
        f"{date}{training['recipe']} on {', '.join(training['corpora'])}: {training['steps']:,} steps "
        f"of {training['batch']} in {training['minutes']:.3g} min, rate {training['rate']:g}, "
        f"seed {training['seed']}{who}"
    )


@click.command()
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(file: str, as_json: bool) -> None:
    """Replay the golden pair of FILE (a path or a name) here, and time it against its budget.

    Of a model of notes an event is timed, of one of sound a sample. Ends with status 1 if it computes
    something else here than where it was made, or if this machine is too slow for it.
    """
    try:
        found = _measured(opened(find(file)))
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
    if found["too_large"]:
        raise click.ClickException(found["too_large"])


def _measured(artifact: Opened) -> dict[str, Any]:
    """Replay the golden pair, take the engine's priority, and time its steps."""
    with running(str(artifact.path)):
        replayed = replay(artifact.model, artifact.document)
    refused = realtime.enter(PRIORITY)
    pace = reader(artifact.kind).pace(artifact.model, artifact.name)
    return {
        "path": str(artifact.path),
        "name": artifact.name,
        "precision": artifact.document.precision,
        "golden": {**msgspec.structs.asdict(replayed), "agrees": replayed.agrees},
        "refused": refused,
        f"{pace.unit}_us": {
            "hot": msgspec.to_builtins(pace.hot),
            "paced": msgspec.to_builtins(pace.paced),
        },
        "least_us": pace.least,
        "budget_us": pace.budget,
        "within_budget": pace.within,
        "too_large": pace.too_large,
    }


def _show(found: dict[str, Any]) -> None:
    console = Console()
    golden = found["golden"]
    name, path = escape(found["name"]), escape(found["path"])
    console.print(f"[bold]{name}[/] ({found['precision']}), {path}")
    verdict = "agrees" if golden["agrees"] else "[bold red]does not agree[/]"
    console.print(
        f"golden pair: {verdict}, largest difference {golden['difference']:.2g} "
        f"(tolerance {golden['tolerance']:.2g})"
    )
    unit, rows = (
        ("an event", found["event_us"]) if "event_us" in found else ("a sample", found["sample_us"])
    )
    table = Table(f"{unit}, microseconds", *_FIGURES, box=None, padding=(0, 2, 0, 0))
    for pace, took in rows.items():
        table.add_row(_PACES[unit, pace], *(f"{took[key]:.4g}" for key in _FIGURES))
    console.print(table)
    for sentence in found["refused"]:
        console.print(sentence, style="yellow")
    within = "within" if found["within_budget"] else "[bold red]over[/]"
    held = "p99 at 20 a second" if unit == "an event" else f"at best {found['least_us']:.4g}"
    console.print(f"{within} the budget of {found['budget_us']:.4g} microseconds ({held})")

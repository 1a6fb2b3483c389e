"""`extempo bench`: what playing takes on this machine, beside what it may take."""

import json
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.table import Table

from live.bench import suite
from live.bench.rows import Row, Skipped
from live.bench.suite import Report
from live.cli import options

_FIGURES: Final = ("p50", "p99", "max", "n", "budget")


@click.group()
def bench() -> None:
    """Measure this machine as a performance uses it."""


@bench.command()
@click.argument("model", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option(
    "--only", default="", metavar="ROW,...", help=f"These rows only: {', '.join(suite.ORDER)}."
)
@click.option(
    "--seconds",
    type=options.Number(min=0.5, max=100),
    default=suite.SECONDS,
    show_default=True,
    help="How long each row is measured; more make the p99 and the max worth more.",
)
def events(model: str | None, as_json: bool, only: str, seconds: float) -> None:
    """Measure how MODEL, or the one that ships, plays events: about a minute in all.

    A JACK server without hardware is started for it, and notes go nowhere. Close what you do not
    play with first: who else used the machine is shown beside the figures.
    """
    from live.runtime import library

    path = library.find(model or library.DEFAULT)
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    with Console(stderr=True).status("") as status:
        report = suite.run(path, seconds, wanted, lambda name: status.update(f"measuring {name}"))
    if as_json:
        click.echo(json.dumps(report.builtins(), indent=2))
    else:
        _show(report, path)


def _show(report: Report, path: Path) -> None:
    console = Console()
    machine = report.machine
    console.print(f"[bold]{path}[/] on {machine['cores']} cores of {machine['cpu']}")
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    console.print(
        f"{machine['system']} {machine['kernel']}, Python {machine['python']}, {versions}"
    )
    console.print(f"real-time class: {machine['realtime']}")
    for when in ("before", "after"):
        console.print(f"{when}: {_others(machine[when])}")
    table = Table("", "", *_FIGURES, "", box=None, padding=(0, 2, 0, 0))
    for row in report.rows:
        table.add_row(*_cells(row))
    console.print(table)
    for row in report.rows:
        console.print(f"[bold]{row.name}[/] {_words(row)}", highlight=False)


def _others(found: dict[str, Any]) -> str:
    load = ", ".join(str(load) for load in found.get("load_average", []))
    names = [f"{name} {used}" for name, used in found.get("others", {}).items()]
    return f"load {load or 'not known'}; processors that others used: {', '.join(names) or 'none'}"


def _cells(row: Row | Skipped) -> list[str]:
    if isinstance(row, Skipped):
        return [row.name, "", *("" for _ in _FIGURES), "[dim]not measured[/]"]
    budget = " ".join(f"{key} {value:g}" for key, value in (row.budget or {}).items())
    verdict = {True: "[green]within[/]", False: "[bold red]over[/]", None: ""}[row.ok]
    figures = [f"{value:g}" for value in (row.p50, row.p99, row.max, row.n)]
    return [row.name, row.unit, *figures, budget, verdict]


def _words(row: Row | Skipped) -> str:
    if isinstance(row, Skipped):
        return f"not measured: {row.skipped}"
    return row.note + (f"; {row.times:g} times event_paced" if row.times else "")

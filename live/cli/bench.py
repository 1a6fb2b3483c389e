"""`extempo bench`: what playing takes on this machine, beside what it may take."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.table import Table

from live.bench import suite
from live.bench.rows import Row, Skipped
from live.bench.sound import suite as sound_suite
from live.bench.suite import Report, Suite
from live.runtime import library
from models.numbers import Number

Command = Callable[..., None]

_FIGURES: Final = ("p50", "p99", "max", "n", "budget")


@click.group()
def bench() -> None:
    """Measure this machine as a performance uses it."""


def _only(order: tuple[str, ...]) -> Callable[[Command], Command]:
    said = f"These rows only: {', '.join(order)}."
    return click.option("--only", default="", metavar="ROW,...", help=said)


_as_json: Final = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object instead of a table."
)


@bench.command()
@click.argument("model", required=False)
@_as_json
@_only(suite.ORDER)
@click.option(
    "--seconds",
    type=Number(min=0.5, max=100),
    default=suite.SECONDS,
    show_default=True,
    help="How long each row is measured; more make the p99 and the max worth more.",
)
def events(model: str | None, as_json: bool, only: str, seconds: float) -> None:
    """Measure how MODEL, or the one that ships, plays events: about a minute in all.

    A JACK server without hardware is started for it, and notes go nowhere. Close what you do not
    play with first: who else used the machine is shown beside the figures.
    """
    path = library.find(model or library.DEFAULT)
    _measure(suite.NOTES, path, seconds, only, as_json)


@bench.command()
@click.argument("model", required=False)
@_as_json
@_only(sound_suite.ORDER)
@click.option(
    "--seconds",
    type=Number(min=0.5, max=7200),
    default=sound_suite.SECONDS,
    show_default=True,
    help="How long it plays through JACK; other rows take less.",
)
def audio(model: str | None, as_json: bool, only: str, seconds: float) -> None:
    """Measure how networks play sound, sample by sample: about three minutes in all.

    Sizes are layers x residual x skip, with random weights; through JACK it is MODEL that plays, or the
    one that ships. A JACK server without hardware is started for it, and nothing is heard. Close
    what you do not play with first: who else used the machine is shown beside the figures.
    """
    path = library.find(model) if model else sound_suite.shipped()
    _measure(sound_suite.SOUND, path, seconds, only, as_json)


def _measure(measured: Suite, path: Path, seconds: float, only: str, as_json: bool) -> None:
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    with Console(stderr=True).status("") as status:
        report = suite.run(
            measured, path, seconds, wanted, lambda name: status.update(f"measuring {name}")
        )
    if as_json:
        click.echo(json.dumps(report.builtins(), indent=2))
    else:
        _show(report, path, measured.base)


def _show(report: Report, path: Path, base: Callable[[str], str]) -> None:
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
        console.print(f"[bold]{row.name}[/] {_words(row, base(row.name))}", highlight=False)


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


def _words(row: Row | Skipped, base: str) -> str:
    if isinstance(row, Skipped):
        return f"not measured: {row.skipped}"
    said = [row.note]
    if row.real_time is not None:
        said.append(f"{row.rate:g} samples a second, {row.real_time:g} times real time")
    if row.missed is not None:
        said.append(f"{row.missed} too late")
    if row.times is not None:
        said.append(f"{row.times:g} times {base}")
    return "; ".join(one for one in said if one)

"""A report as tables in the terminal."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from export.evaluate.report import Again, Report

WHOLE: Final = "from the beginning"


class Titled(NamedTuple):
    """A table, and the line before it."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def show(console: Console, report: Report) -> None:
    """Print what a report has."""
    for found in likelihood(report):
        table = Table(*found.head)
        for row in found.rows:
            table.add_row(*row)
        console.print(found.title, markup=False, highlight=False)
        console.print(table)


def likelihood(report: Report) -> list[Titled]:
    """Return what a report says of likelihood, as text."""
    found = report.likelihood
    if found is None:
        return []
    where = f"{report.split} of {', '.join(report.corpora)}"
    # Where there is one factor, it is all.
    factors = list(found.streamed)[: 1 if len(found.streamed) == 2 else None]
    head = f"{report.name} on {where}: {found.steps:,} steps of {found.pieces} of {found.of} pieces"
    rows = [
        ("streamed", *_said(found.streamed, factors)),
        ("Markov chain", *_said(found.floor, factors)),
    ]
    tables = [Titled(head, ("nats a step", *factors), rows)]
    if found.histories:
        rows = [
            (f"{one.steps:,}" if one.steps else WHOLE, *_said(one.nats, factors))
            for one in found.histories
        ]
        said = f"By how many steps of the past it is given: {found.events:,} steps amid pieces"
        tables.append(Titled(said, ("history", *factors), rows))
    if found.again:
        tables.append(_again(found.again))
    return tables


def _again(found: Again) -> Titled:
    rows = [
        ("of all steps", f"{100 * found.share:.0f} %"),
        ("what came next then comes again", f"{100 * found.right:.0f} %"),
        ("the p that it gets", f"{found.p:.2f}"),
        ("the same where it comes", f"{found.where_right:.2f}"),
        ("p and what comes are apart by", f"{found.error:.3f}"),
        ("nats", f"{found.nats:.3f}"),
    ]
    title = f"Where the last {found.length} steps have been before ({found.count:,} steps)"
    return Titled(title, ("", found.factor), rows)


def _said(nats: Mapping[str, float], factors: Sequence[str]) -> list[str]:
    return [f"{nats[factor]:.3f}" for factor in factors]

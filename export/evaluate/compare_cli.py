"""The command `compare`: several artifacts, or their reports, in one table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console

from export.evaluate import report as reports
from export.evaluate import tables
from export.evaluate.cli import SECTIONS, asking, evaluated
from export.evaluate.compare import differences, page, told_apart
from export.evaluate.compare import tables as compared
from export.evaluate.curves import learned
from export.evaluate.effort import installed_as, live
from export.evaluate.report import JSON, Report
from export.evaluate.subject import Asked
from live.runtime.library import find
from models.contract.errors import LONGEST, GivenError, line

HTML: Final = (".html", ".htm")
console = Console(stderr=True)


@click.command("compare")
@click.argument("what", nargs=-1, required=True, metavar="A B ...")
@asking
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write the table as a page, such as compared.html.",
)
@click.option(
    "--run",
    "runs",
    metavar="A=FOLDER",
    multiple=True,
    help="The folder of a training, for its curve; once for each  [default: where the artifact lies].",
)
def command(
    what: tuple[str, ...],
    asked: Asked,
    output: Path | None,
    runs: tuple[str, ...],
) -> None:
    """Put reports of extempo evaluate (report.json, or its folder) in one table; artifacts are evaluated first.

    How well each foretells, what training took to come so far and how far it came in the same time, its size, how long
    an event takes here, measured in turns, and what it copies. Then figure by figure, each with how far its
    distribution overlaps with people's.

    \b
    extempo compare notes-lstm.onnx notes-wavenet.onnx --run notes-lstm.onnx=runs/lstm
    extempo compare old/report.json new/report.json -o compared.html
    extempo compare improviser mine.onnx --data data
    """
    if len(what) < 2:
        raise GivenError("there is nothing to compare with: name two artifacts or reports.")
    if output is not None and output.suffix.lower() not in HTML:
        raise GivenError(f"{output}: a page is an .html file, such as compared.html.")
    folders = _folders(runs, what)
    # What can be read at once comes before what takes minutes.
    ready = {one: _ready(one) for one in what}
    curves = {one: learned(folder, Path(one)) for one, folder in folders.items()}
    reports_ = [
        ready[one] or evaluated(one, asked, tuple(SECTIONS), None, folders.get(one)) for one in what
    ]
    found = told_apart(
        [
            msgspec.structs.replace(report, curves=curves[one]) if one in curves else report
            for one, report in zip(what, reports_, strict=True)
        ]
    )
    for sentence in differences(found):
        console.print(line(sentence, LONGEST), style="yellow", markup=False)
    events = live(_files(what, ready, [one.report for one in found]))
    tables.put(Console(), compared(found, events))
    if output is not None:
        reports.put(output, page(found, events).encode())
        console.print(f"{output} shows it.", markup=False, highlight=False)


def _folders(runs: Sequence[str], what: Sequence[str]) -> dict[str, Path]:
    """Return the folders of trainings, by what they are of."""
    found = {}
    for named in runs:
        whose, given, folder = named.partition("=")
        if whose not in what or not given or not folder:
            raise GivenError(
                f"--run {named} names no training: write one of {', '.join(what)}, then = and its folder."
            )
        found[whose] = Path(folder)
    return found


def _files(
    what: Sequence[str], ready: Mapping[str, Report | None], found: Sequence[Report]
) -> list[Path | None]:
    """Return the artifacts: those that were named, and of reports those that are installed, known by their digests."""
    reported = [one.digest for name, one in zip(what, found, strict=True) if ready[name]]
    known = installed_as(reported) if reported else {}
    return [
        known.get(one.digest) if ready[name] else find(name)
        for name, one in zip(what, found, strict=True)
    ]


def _ready(name: str) -> Report | None:
    """Return the report that a name means; None where it means an artifact."""
    path = Path(name)
    if path.is_dir():
        return reports.read(path / JSON)
    return reports.read(path) if path.suffix.lower() == ".json" else None

"""The command `compare`: several artifacts, or their reports, in one table."""

from pathlib import Path
from typing import Final

import click
from rich.console import Console

from export.evaluate import report as reports
from export.evaluate import tables
from export.evaluate.cli import SECTIONS, asking, evaluated
from export.evaluate.compare import differences, page, told_apart
from export.evaluate.compare import tables as compared
from export.evaluate.report import JSON, Report
from export.evaluate.subject import Asked
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
def command(
    what: tuple[str, ...],
    asked: Asked,
    output: Path | None,
) -> None:
    """Put reports of extempo evaluate (report.json, or its folder) in one table; artifacts are evaluated first.

    Beside each value stands how far its distribution overlaps with people's.

    \b
    extempo compare old/report.json new/report.json -o compared.html
    extempo compare improviser mine.onnx --data data
    """
    if len(what) < 2:
        raise GivenError("there is nothing to compare with: name two artifacts or reports.")
    if output is not None and output.suffix.lower() not in HTML:
        raise GivenError(f"{output}: a page is an .html file, such as compared.html.")
    # What can be read at once comes before what takes minutes.
    ready = {one: _ready(one) for one in what}
    found = told_apart([ready[one] or evaluated(one, asked, tuple(SECTIONS), None) for one in what])
    for sentence in differences(found):
        console.print(line(sentence, LONGEST), style="yellow", markup=False)
    tables.put(Console(), compared(found))
    if output is not None:
        reports.put(output, page(found).encode())
        console.print(f"{output} shows it.", markup=False, highlight=False)


def _ready(name: str) -> Report | None:
    """Return the report that a name means; None where it means an artifact."""
    path = Path(name)
    if path.is_dir():
        return reports.read(path / JSON)
    return reports.read(path) if path.suffix.lower() == ".json" else None

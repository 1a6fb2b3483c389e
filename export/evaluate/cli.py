"""The command `evaluate`: one report on an artifact that plays notes, beside music by people."""

import datetime
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final, Literal

import click
import msgspec
import numpy as np
from rich.console import Console

from export.evaluate import blind as blinds
from export.evaluate import report as reports
from export.evaluate import tables
from export.evaluate.answers import listening
from export.evaluate.copies import copying
from export.evaluate.curves import learned
from export.evaluate.excerpts import Music
from export.evaluate.likelihood import likelihood
from export.evaluate.music import music
from export.evaluate.page import HTML, page
from export.evaluate.progress import shown
from export.evaluate.report import Report, Trained
from export.evaluate.subject import Asked, Judged, judged
from live.declared.knob import Value
from live.ipc import config
from models.contract.errors import ExtempoError, GivenError
from models.numbers import Number
from models.train import options

Section = Callable[[Music, Callable[[float], None]], Any]
SECTIONS: Final[dict[str, Section]] = {
    "likelihood": likelihood,
    "music": music,
    "listening": listening,
    "copying": copying,
}
"""By the field of the report that each fills."""

console = Console(stderr=True)


def turned(settings: tuple[str, ...]) -> dict[str, Value]:
    """Return the knobs that are turned. Raises ExtempoError for one that there is not, or that is not a voice's."""
    voice, transport = config.knobs(settings)
    if theirs := sorted({*transport} | ({*voice} & {"seed", "mode"})):
        raise GivenError(f"{theirs[0]} is set by what is judged: leave it out of --set.")
    return voice


def asking(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `asked`: beside what is judged, and how much is played, as options; and its errors a sentence."""

    @wraps(command)
    def run(
        data: Path,
        corpora: tuple[str, ...],
        split: Literal["valid", "test"],
        seeds: int,
        bars: int,
        settings: tuple[str, ...],
        **given: Any,
    ) -> None:
        options.tell_of_corpora(console)
        try:
            command(asked=Asked(data, corpora, split, seeds, bars, turned(settings)), **given)
        except ExtempoError as error:
            raise click.ClickException(str(error)) from error

    for option in reversed(_ASKED):
        run = option(run)
    return run


_ASKED: Final = (
    options.data,
    click.option(
        "--corpus",
        "corpora",
        multiple=True,
        metavar="NAME",
        help="People's music, a folder below --data; may be repeated  [default: what it has learned most from].",
    ),
    click.option(
        "--split", type=click.Choice(["valid", "test"]), default="valid", show_default=True
    ),
    click.option(
        "--seeds",
        type=Number(2, 1000, whole=True),
        default=24,
        show_default=True,
        help="How many solos it plays.",
    ),
    click.option(
        "--bars",
        type=Number(4, 4096, whole=True),
        default=64,
        show_default=True,
        help="Bars of a solo.",
    ),
    click.option(
        "--set",
        "settings",
        metavar="KNOB=VALUE",
        multiple=True,
        help="Turn a knob of what plays; may be repeated  [default: as they are by themselves].",
    ),
)


@click.command("evaluate")
@click.argument("artifact")
@asking
@click.option(
    "--only",
    type=click.Choice(list(SECTIONS)),
    multiple=True,
    help="Only this section; may be repeated.",
)
@click.option(
    "--blind",
    is_flag=True,
    help="Only make a page (blind.html) on which a listener guesses who plays, people or ARTIFACT.",
)
@click.option(
    "--run",
    type=click.Path(path_type=Path),
    help="The folder of its training, for its curves  [default: where the artifact lies].",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="A folder for the report (report.html, report.json).",
)
def command(
    artifact: str,
    asked: Asked,
    only: tuple[str, ...],
    blind: bool,
    run: Path | None,
    output: Path | None,
) -> None:
    """Judge ARTIFACT, a model of notes, beside music by people that it has not learned from.

    How well it foretells their pieces, what it plays by itself, how it answers their phrases, and what it copies.
    It takes some minutes; Ctrl-C leaves what was found so far.

    \b
    extempo evaluate improviser --data data -o report
    extempo evaluate mine.onnx --corpus mine --split test
    extempo evaluate improviser --blind -o report
    """
    if blind:
        _blind(artifact, asked, output)
    else:
        evaluated(artifact, asked, only or tuple(SECTIONS), output, run)


def _blind(artifact: str, asked: Asked, output: Path | None) -> None:
    if output is None:
        raise GivenError("--blind writes a page: say into which folder with -o.")
    rng = np.random.default_rng()
    reports.check(output)
    with shown(console, "excerpts") as told:
        subject = judged(artifact, asked)
        clips = blinds.clips(Music(subject), rng, told)
    text = blinds.page(subject.opened.name, clips, rng)
    reports.put(output / blinds.HTML, text.encode())
    console.print(f"{output / blinds.HTML}: listen, and guess.", markup=False, highlight=False)


def evaluated(
    artifact: str,
    asked: Asked,
    sections: tuple[str, ...],
    output: Path | None,
    run: Path | None = None,
) -> Report:
    """Evaluate an artifact section by section; what is done is in the folder after each.

    Raises ExtempoError, one sentence; click.Abort where it was interrupted, after what was found is shown.
    """
    if output is not None:
        reports.check(output)
    with console.status("reading what people wrote"):
        subject = judged(artifact, asked)
        overlap = subject.overlap()
    made = Music(subject)
    report = _begun(subject, overlap.said(subject.corpora), run)
    for sentence in report.notes:
        console.print(sentence, style="yellow" if overlap.again else "", markup=False)
    try:
        for name in sections:
            report = _with(report, name, made)
            _keep(report, output)
        if len(report.notes) > len(sections):
            raise ExtempoError(report.notes[-1])
        report = msgspec.structs.replace(report, complete=True)
        _keep(report, output)
    except KeyboardInterrupt:
        console.print("Interrupted: what follows was found before.", style="yellow")
        raise click.Abort from None
    finally:
        tables.show(Console(), report)
        if output:
            reports.put(output / HTML, page(report, made).encode())
            console.print(f"{output / HTML} shows it.", markup=False, highlight=False)
    return report


def _keep(report: Report, output: Path | None) -> None:
    """Write a report as it stands into its folder."""
    if output is not None:
        reports.write(report, output)


def _with(report: Report, name: str, made: Music) -> Report:
    """Return a report with one section more; where that cannot be made, with a note of why."""
    began = time.monotonic()
    try:
        with shown(console, name) as told:
            found = {name: SECTIONS[name](made, told)}
    except ExtempoError as error:
        console.print(f"{name}: {error}", style="yellow", markup=False, highlight=False)
        found = {"notes": [*report.notes, f"{name}: {error}"]}
    took = {**report.seconds, name: round(time.monotonic() - began, 1)}
    return msgspec.structs.replace(report, **found, seconds=took)


def _begun(subject: Judged, said: str, run: Path | None) -> Report:
    document = subject.opened.document
    return Report(
        name=document.name,
        digest=subject.opened.digest,
        representation=document.representation,
        precision=document.precision,
        parameters=document.parameters,
        bytes=subject.opened.path.stat().st_size,
        trained=Trained(
            sum(one.steps for one in document.trainings),
            sum(one.minutes for one in document.trainings),
        ),
        made=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        corpora=subject.names,
        split=subject.asked.split,
        seeds=subject.asked.seeds,
        bars=subject.asked.bars,
        knobs=dict(subject.asked.knobs),
        notes=[said],
        curves=learned(run, subject.opened.path),
    )

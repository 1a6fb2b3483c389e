"""The commands `train` and `measure`."""

import logging
from pathlib import Path
from typing import Any, Literal

import click
import msgspec
import torch
from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape
from rich.table import Table

from models.contract import samples
from models.contract.document import Figure
from models.contract.errors import ExtempoError
from models.contract.performance import FACTORS
from models.train import options, sound_figures
from models.train.checkpoint import Checkpoint, compact, load_checkpoint, save_checkpoint
from models.train.figures import draw_losses, figures_of
from models.train.look_cli import look_command
from models.train.loop import BEST, LOG, train
from models.train.recipe import Recipe, read_recipe

console = Console(stderr=True)


@click.command("train")
@click.argument("recipe")
@options.data
@click.option("--out", type=click.Path(path_type=Path), help="Where to write [runs/RECIPE].")
@click.option(
    "--corpus",
    multiple=True,
    metavar="NAME",
    help="Learn from this folder below --data instead of the recipe's; may be repeated.",
)
@click.option(
    "--minutes", type=options.Positive(), help="Minutes to train, instead of the recipe's."
)
@click.option("--steps", type=click.IntRange(1), help="Steps to train, instead of minutes.")
@click.option("--rate", type=options.Positive(), help="Learning rate, instead of the recipe's.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Seed, instead of the recipe's.")
@click.option("--resume", is_flag=True, help="Go on with the run that --out holds.")
@click.option(
    "--from",
    "start_from",
    type=click.Path(path_type=Path),
    help="Begin with the weights of this checkpoint.",
)
@options.threads
def train_command(
    recipe: str,
    data: Path,
    out: Path | None,
    corpus: tuple[str, ...],
    minutes: float | None,
    steps: int | None,
    rate: float | None,
    seed: int | None,
    resume: bool,
    start_from: Path | None,
    threads: int | None,
) -> None:
    """Train RECIPE (a name, or a .toml file) on the corpora below --data."""
    logging.basicConfig(
        level="WARNING",
        format="%(message)s",
        handlers=[RichHandler(console=console, show_time=False, show_path=False)],
    )
    changes: dict[str, Any] = {"minutes": minutes, "steps": steps, "rate": rate, "seed": seed}
    if minutes and not steps:
        # The recipe's steps would count more.
        changes["steps"] = 0
    if corpus:
        changes["corpora"] = dict.fromkeys(corpus, 1.0)
    try:
        chosen = _changed(read_recipe(recipe), changes)
        folder = out or Path("runs") / chosen.name
        if threads:
            torch.set_num_threads(threads)
        names = escape(", ".join(chosen.corpora))
        console.print(f"[bold]{escape(chosen.title)}[/] on {names}, into {escape(str(folder))}")
        progress = train(chosen, data, folder, resume=resume, start_from=start_from, report=_show)
    except ExtempoError as error:
        raise click.ClickException(str(error)) from error
    draw_losses(folder / LOG, folder / "loss.png")
    unit = "a sample" if chosen.kind == "audio" else "an event"
    console.print(f"{progress.best:.3f} nats {unit} on valid: {folder / BEST}")


@click.command("measure")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@options.data
@click.option("--split", type=click.Choice(["valid", "test"]), default="valid", show_default=True)
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="Write the checkpoint with these figures here, in half precision, without what only "
    "training needs.",
)
@options.threads
def measure_command(
    checkpoint: Path,
    data: Path,
    split: Literal["valid", "test"],
    keep: Path | None,
    threads: int | None,
) -> None:
    """Measure CHECKPOINT on a split that it has not seen.

    Nats an event beside a Markov chain's, or bits a sample beside a linear predictor's and what
    the frequencies of the codes alone give.
    """
    if threads:
        torch.set_num_threads(threads)
    try:
        found = load_checkpoint(checkpoint)
        halved = msgspec.structs.replace(found, weights=compact(found.weights))
        if found.representation == samples.NAME:
            measured, table = _measure_sound(halved, data, split)
        else:
            measured, table = _measure_events(halved, data, split)
        if keep is not None:
            save_checkpoint(keep, measured)
    except ExtempoError as error:
        raise click.ClickException(str(error)) from error
    console.print(table)


Split = Literal["valid", "test"]


def _measure_events(found: Checkpoint, data: Path, split: Split) -> tuple[Checkpoint, Table]:
    figures = figures_of(found, data, split)
    table = Table("factor", "model", "Markov chain", title=f"nats an event on {split}")
    for figure in figures:
        table.add_row(figure.factor, f"{figure.nats:.3f}", f"{figure.floor:.3f}")
    return _with_figures(found, figures, split), table


def _measure_sound(found: Checkpoint, data: Path, split: Split) -> tuple[Checkpoint, Table]:
    figures = sound_figures.figures_of(found, data, split)
    table = Table("a sample", "model", "linear predictor", "how often each code comes")
    nats = figures.model, figures.linear, figures.unigram
    table.add_row(f"bits on {split}", *(f"{sound_figures.bits(each):.3f}" for each in nats))
    table.add_row(f"nats on {split}", *(f"{each:.3f}" for each in nats))
    kept = _with_figures(found, [figures.figure], split)
    return kept.with_measures([figures.measure]), table


def _with_figures(found: Checkpoint, figures: list[Figure], split: Split) -> Checkpoint:
    others = [figure for figure in found.figures if figure.split != split]
    return msgspec.structs.replace(found, figures=others + figures)


def _changed(recipe: Recipe, changes: dict[str, Any]) -> Recipe:
    given = {name: value for name, value in changes.items() if value is not None}
    return msgspec.structs.replace(recipe, **given)


def _show(line: dict[str, Any]) -> None:
    """Print one line of the log."""
    figures = line.get("valid") or line.get("train")
    if figures is None:
        console.print(f"{line['parameters']:,} parameters, from step {line['step']}")
        return
    what = "[bold]valid[/]" if "valid" in line else "train"
    factors = "  ".join(f"{k} {figures[k]:.3f}" for k in FACTORS if k in figures)
    where = f"{line['minutes']:7.1f} min  step {line['step']:6d}"
    console.print(f"{where}  {what} {figures['all']:.3f}  {factors}")


@click.group()
def commands() -> None:
    """Train models, and measure them."""


commands.add_command(train_command)
commands.add_command(measure_command)
commands.add_command(look_command)

if __name__ == "__main__":
    commands()

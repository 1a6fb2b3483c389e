"""The command `train`: a recipe becomes a checkpoint, and is heard while it learns."""

from pathlib import Path
from typing import Any, Final

import click
import msgspec
from rich.console import Console
from rich.markup import escape

from export.heard import Stage
from models.contract.errors import ExtempoError
from models.nets.own import OwnNet
from models.numbers import Number
from models.train import options
from models.train.device import AUTO, CHOICES, said
from models.train.device import chosen as device_of
from models.train.evaluate import factors_of
from models.train.figures import draw_losses
from models.train.heard import FOLDER
from models.train.logs import LOG, asked
from models.train.loop import train
from models.train.recipe import Recipe, check, read_recipe
from models.train.run import BEST
from models.train.together import leads

_UNITS: Final = {"events": "a step", "audio": "a sample"}
"""Of what is measured of each kind."""

console = Console(stderr=True)


@click.command("train")
@click.argument("recipe")
@options.net
@options.data
@click.option("--out", type=click.Path(path_type=Path), help="Where to write [runs/RECIPE].")
@click.option(
    "--corpus",
    multiple=True,
    metavar="NAME",
    help="Learn from this folder below --data instead of the recipe's; may be repeated.",
)
@click.option(
    "--minutes", type=Number(0, min_open=True), help="Minutes to train, instead of the recipe's."
)
@click.option("--steps", type=Number(1, whole=True), help="Steps to train, instead of minutes.")
@click.option(
    "--rate", type=Number(0, min_open=True), help="Learning rate, instead of the recipe's."
)
@click.option(
    "--seed", type=Number(0, 2**63 - 1, whole=True), help="Seed, instead of the recipe's."
)
@click.option("--resume", is_flag=True, help="Go on with the run that --out holds.")
@click.option(
    "--from",
    "start_from",
    type=click.Path(path_type=Path),
    help="Begin with the weights of this checkpoint.",
)
@click.option(
    "--device",
    type=click.Choice(CHOICES),
    default=AUTO,
    show_default=True,
    help="Where to train; auto: on a GPU where PyTorch sees one.",
)
@click.option(
    "--heard/--no-heard",
    default=True,
    show_default=True,
    help="Write what it plays at each measurement, which takes some seconds.",
)
@click.option(
    "--log",
    "logs",
    default="",
    metavar="csv,tensorboard",
    callback=lambda _context, _option, named: asked(named) if named else (),
    help="More logs than log.jsonl: log.csv, and a folder that TensorBoard shows.",
)
@options.threads
def command(
    recipe: str,
    own: OwnNet | None,
    data: Path,
    out: Path | None,
    corpus: tuple[str, ...],
    minutes: float | None,
    steps: int | None,
    rate: float | None,
    seed: int | None,
    resume: bool,
    start_from: Path | None,
    device: str,
    heard: bool,
    logs: tuple[str, ...],
    threads: int | None,
) -> None:
    """Train RECIPE (a name, or a .toml file) on the corpora below --data."""
    # Of several processes, the first tells.
    console.quiet = not leads()
    options.tell_of_corpora(console)
    options.use_threads(threads)
    changes: dict[str, Any] = {"minutes": minutes, "steps": steps, "rate": rate, "seed": seed}
    if minutes and not steps:
        # The recipe's steps would count more.
        changes["steps"] = 0
    if own is not None:
        changes["net"] = own.said
    if corpus:
        changes["corpora"] = dict.fromkeys(corpus, 1.0)
    try:
        chosen = _changed(read_recipe(recipe), changes)
        folder = out or Path("runs") / chosen.name
        names = escape(", ".join(chosen.corpora))
        where = said(device_of(device))
        console.print(
            f"[bold]{escape(chosen.title)}[/] on {names}, into {escape(str(folder))}, on {escape(where)}"
        )
        progress = train(
            chosen,
            data,
            folder,
            resume=resume,
            start_from=start_from,
            device=device,
            report=_show,
            player=Stage().play if heard else None,
            own=own,
            logs=logs,
        )
    except ExtempoError as error:
        raise click.ClickException(str(error)) from error
    if not leads():
        return
    draw_losses(folder / LOG, folder / "loss.png")
    best = escape(str(folder / BEST))
    _line(f"{progress.best:.3f} nats {_UNITS[chosen.kind]} on valid: {best}")
    if heard and (folder / FOLDER).is_dir():
        _line(f"What it played at each measurement: {escape(str(folder / FOLDER))}")


def _changed(recipe: Recipe, changes: dict[str, Any]) -> Recipe:
    given = {name: value for name, value in changes.items() if value is not None}
    changed = msgspec.structs.replace(recipe, **given)
    check(changed, recipe.name)
    return changed


def _show(line: dict[str, Any]) -> None:
    """Print one line of the log."""
    figures = line.get("valid") or line.get("train")
    if figures is None:
        console.print(f"{line['parameters']:,} parameters, from step {line['step']}")
        return
    what = "[bold]valid[/]" if "valid" in line else "train"
    factors = "  ".join(f"{k} {figures[k]:.3f}" for k in factors_of(line))
    where = f"{line['minutes']:7.1f} min  step {line['step']:6d}"
    _line(f"{where}  {what} {figures['all']:.3f}  {factors}")


def _line(text: str) -> None:
    """Print it in one piece, for what reads lines; a terminal wraps it itself."""
    console.print(text, soft_wrap=True)

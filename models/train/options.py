"""Options that several commands of training and measuring have."""

import logging
import os
from pathlib import Path
from typing import Final

import click
import torch
from rich.console import Console
from rich.logging import RichHandler

from models.nets.own import load
from models.numbers import Number

data: Final = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("data"),
    show_default=True,
    help="Folder that holds the corpora, one folder each.",
)
threads: Final = click.option(
    "--threads", type=Number(1, whole=True), help="Processor cores to use."
)

net: Final = click.option(
    "--net",
    "own",
    metavar="FILE:CLASS",
    callback=lambda _context, _option, named: None if named is None else load(named),
    help="A network of your own, such as my.py:GruNet; its file is run.",
)


def use_threads(count: int | None) -> None:
    """Compute with so many processor cores; there are no more than the machine has."""
    if count:
        torch.set_num_threads(min(count, os.cpu_count() or count))


def tell_of_corpora(console: Console) -> None:
    """Show what is taken of corpora and what is left out, and all warnings, line by line."""
    logging.basicConfig(
        level="WARNING",
        format="%(message)s",
        handlers=[RichHandler(console=console, show_time=False, show_path=False, show_level=False)],
    )
    for told in ("taken", "encoders"):
        logging.getLogger(f"models.corpus.{told}").setLevel("INFO")

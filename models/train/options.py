"""Options that several commands of training and measuring have."""

from pathlib import Path
from typing import Final

import click

data: Final = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("data"),
    show_default=True,
    help="Folder that holds the corpora, one folder each.",
)

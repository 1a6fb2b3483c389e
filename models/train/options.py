"""Options that several commands of training and measuring have."""

import math
from pathlib import Path
from typing import Any, Final

import click


class Positive(click.FloatRange):
    """A finite number above 0."""

    def __init__(self) -> None:
        super().__init__(0, min_open=True)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is no finite number.", param, ctx)
        return number


data: Final = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("data"),
    show_default=True,
    help="Folder that holds the corpora, one folder each.",
)
threads: Final = click.option("--threads", type=click.IntRange(1), help="Processor cores to use.")

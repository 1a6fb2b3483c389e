"""What a network plays at each measurement, kept in its run's folder: one can hear it learn."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

import torch

from models.contract.border import border
from models.contract.errors import ExtempoError
from models.train.checkpoint import Checkpoint

FOLDER: Final = "heard"
"""Below the run's own."""
DIGITS: Final = 6
"""Of a step at least, in the name of a file."""
Player = Callable[[Checkpoint, Path], None]
"""Plays a checkpoint into files beside a path that has no suffix, each with its own."""

_log = logging.getLogger(__name__)


class Heard:
    """The excerpts of one run. What goes wrong is told in a sentence and ends nothing. Threads: one.

    player: who plays; None: nobody does.
    """

    def __init__(self, out: Path, player: Player | None) -> None:
        self._folder = out / FOLDER
        self._player = player
        self._told = ""

    def cut(self, step: int) -> None:
        """Remove what was played after this step; all of it where a run begins. Raises OSError."""
        for path in self._folder.glob("*.*"):
            if path.stem.isdecimal() and (int(path.stem) > step or not step):
                path.unlink()

    def keep(self, made: Callable[[], Checkpoint]) -> None:
        """Have a checkpoint play; training's own dice stay as they lie. made: returns it."""
        if self._player is None:
            return
        try:
            with border(ExtempoError), torch.random.fork_rng(devices=[]):
                checkpoint = made()
                self._folder.mkdir(parents=True, exist_ok=True)
                self._player(checkpoint, self._folder / f"{checkpoint.progress.step:0{DIGITS}}")
        except ExtempoError as error:
            self._tell(str(error).rstrip("."))

    def _tell(self, why: str) -> None:
        if why != self._told:
            _log.warning("What it plays now is not in %s (%s); it learns on.", self._folder, why)
        self._told = why

"""One training run, step by step: what `loop` drives."""

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import torch
from torch import Tensor, nn

from models.contract.document import Figure
from models.contract.errors import ExtempoError
from models.contract.representation import Vocabulary
from models.nets.own import OwnNet
from models.train.author import author
from models.train.average import Average
from models.train.checkpoint import (
    Checkpoint,
    Progress,
    fill,
    load_checkpoint,
    load_to_resume,
    save_checkpoint,
)
from models.train.descent import Descent
from models.train.device import fast, random_state, restore_random, room
from models.train.evaluate import BESIDE
from models.train.lineage import Before
from models.train.recipe import Recipe
from models.train.sound.task import SoundTask
from models.train.task import NotesTask, Task
from models.train.together import Together

LAST: Final = "last.pt"
BEST: Final = "best.pt"
COPY: Final = "copy"
"""The setting of networks of notes that says how far back they copy."""
TASKS: Final[
    Mapping[str, Callable[[Any, Path, Path | None, Vocabulary | None, OwnNet | None], Task]]
] = {
    "events": NotesTask,
    "audio": SoundTask,
}
"""By a recipe's kind, what is learned."""
_log = logging.getLogger(__name__)


class Run:
    """One training run: the net on its device, its descent and how far they are. One thread uses it.

    known: the vocabulary of weights that it will go on from, see `known_to`. own: the network, where it is none of
    the table's. together: the processes that train it, if there are several; the first alone writes.
    """

    def __init__(
        self,
        recipe: Recipe,
        data: Path,
        out: Path,
        cache: Path | None,
        device: torch.device,
        known: Vocabulary | None = None,
        own: OwnNet | None = None,
        together: Together | None = None,
    ) -> None:
        torch.manual_seed(recipe.seed)
        self.device = device
        self.recipe = recipe
        self.out = out
        self.task = TASKS[recipe.kind](recipe, data, cache, known, own)
        self.own = own
        # First weights are drawn by the same dice, wherever it learns.
        self.net = self.task.net.to(device)
        self.together = self.task.together = together or Together()
        if self.together.rank:
            torch.manual_seed(recipe.seed + self.together.rank)
        self.average = Average(self.net, recipe.average)
        self.descent = Descent(self.net, recipe)
        self.progress = Progress(measured_on=self.task.measured_on)
        self.author = recipe.author or author()
        self.knows_other = False
        """Whether these weights have learned before, and were not measured on this music so far."""
        self._before = Before()
        self._floors: dict[str, float] = {}

    def step(self) -> dict[str, float]:
        """Take one step of gradient descent; return nats by factor, the rate and seconds spent."""
        began = time.monotonic()
        recipe, progress = self.recipe, self.progress
        rate = recipe.rate * schedule(recipe, progress)
        with room(self.device):
            with fast(self.device):
                loss, logged = self.task.losses(progress.step)
            learned = self.descent.step(loss, rate, self.together)
        if not learned:
            raise ExtempoError(
                f"training broke down at step {progress.step} (its gradient is not a number): lower "
                f"the rate, then resume. {self.kept()}"
            )
        self.average.follow(self.net, progress.step)
        told = {name: nats.detach().clone() for name, nats in logged.items()}
        self.together.add(told.values())
        seconds = self.together.told(time.monotonic() - began)
        self.progress = msgspec.structs.replace(
            progress, step=progress.step + 1, minutes=progress.minutes + seconds / 60.0
        )
        figures = {name: float(nats) for name, nats in told.items()}
        return {**figures, **dict(zip(BESIDE, (rate, seconds), strict=True))}

    def measure(self) -> dict[str, float]:
        """Measure on the valid split; keep the weights if they are the best so far."""
        figures = self._measured()
        better = figures["all"] < self.progress.best
        self.progress = msgspec.structs.replace(
            self.progress,
            measured=self.progress.minutes,
            latest=figures["all"],
            best=figures["all"] if better else self.progress.best,
            since_best=0 if better else self.progress.since_best + 1,
        )
        if better and self.together.first:
            save_checkpoint(self.out / BEST, self.checkpoint(self._figures(figures)))
        return figures

    def begin(self) -> dict[str, float]:
        """Measure weights that have learned before; they are the best so far, and kept as such."""
        figures = self._measured()
        self.progress = msgspec.structs.replace(
            self.progress,
            measured=self.progress.minutes,
            began=figures["all"],
            best=figures["all"],
            latest=math.inf,
            since_best=0,
        )
        if self.together.first:
            save_checkpoint(self.out / BEST, self._as_it_began(self._figures(figures)))
        return figures

    def kept(self) -> str:
        """Return one sentence on what can be exported now."""
        if math.isfinite(self.progress.best):
            return (
                f"{self.out / BEST} keeps the best so far, {self.progress.best:.3f} nats on valid."
            )
        return f"Nothing was measured so far, so {self.out} holds nothing to export."

    def _measured(self) -> dict[str, float]:
        with room(self.device), self.average.in_place(self.net):
            figures = self.together.told(self.task.measure() if self.together.first else {})
        if not math.isfinite(figures["all"]):
            raise ExtempoError(
                f"the loss on valid is not a number at step {self.progress.step}, so training ends: "
                f"begin again with a lower rate. {self.kept()}"
            )
        return figures

    def _figures(self, nats: dict[str, float]) -> list[Figure]:
        """Return what an artifact says of a measurement, beside the floors."""
        self._floors = self._floors or self.task.floors()
        corpora = tuple(corpus.name for corpus in self.task.described)
        return [
            Figure("valid", name, nats[name], floor, self.task.windows, corpora)
            for name, floor in self._floors.items()
        ]

    def save(self) -> None:
        """Write all that is needed to go on."""
        if not self.together.first:
            return
        kept = {
            **self.descent.state(),
            **random_state(self.device),
            "latest": _copied(self.net),
        }
        save_checkpoint(self.out / LAST, self.checkpoint(), kept)

    def restore(self) -> None:
        """Go on from the last checkpoint, of whatever device; ExtempoError if there is none, or of another net."""
        checkpoint, kept = load_to_resume(self.out / LAST)
        if (
            not self._alike(checkpoint)
            or checkpoint.vocabulary.keys() != self.task.vocabulary.keys()
        ):
            raise ExtempoError(f"{self.out} holds another network: choose another --out.")
        if self.own is not None and (said := self.own.changed(checkpoint.own)):
            _log.warning("%s", said)
        where = "" if self.own else str(self.out / LAST)
        fill(self.net, checkpoint.weights, where)
        self.average.begin(_copied(self.net))
        fill(self.net, kept["latest"], where)
        self._learned_before(checkpoint)
        self._before = msgspec.structs.replace(self._before, resumed=checkpoint.progress)
        self.descent.restore(kept)
        restore_random(self.device, kept)
        self.progress = checkpoint.progress
        measured_on = self.task.measured_on
        same = checkpoint.progress.measured_on == measured_on
        if not checkpoint.progress.measured_on:
            same = checkpoint.recipe["corpora"].keys() == self.recipe.corpora.keys()
        self.progress = msgspec.structs.replace(self.progress, measured_on=measured_on)
        if not same:
            # What was best on other music says nothing beside figures on this.
            self.progress = msgspec.structs.replace(self.progress, best=math.inf, since_best=0)
            self.knows_other = True

    def start_from(self, path: Path) -> None:
        """Begin with the weights of a trained model; ExtempoError if it is of another net.

        A network that copies, or may be asked for more, may begin with those of one that does not: what is new is
        as it was made.
        """
        checkpoint, _ = load_to_resume(path)
        begun = checkpoint
        if self.recipe.config.get(COPY):
            config = {**checkpoint.config, COPY: self.recipe.config[COPY]}
            begun = msgspec.structs.replace(checkpoint, config=config)
        if not self._alike(begun):
            raise ExtempoError(f"{path} holds another network than the recipe asks for.")
        known = {k: v.float() for k, v in checkpoint.weights.items()}
        fill(self.net, {**self.net.state_dict(), **known}, "" if self.own else str(path))
        self.average.begin(_copied(self.net))
        self._learned_before(checkpoint)
        self.knows_other = True

    def _alike(self, checkpoint: Checkpoint) -> bool:
        """Return whether its weights fit this net, and mean the same."""
        ours = self.recipe.net, self.recipe.config, self.task.representation
        return ours == (checkpoint.net, checkpoint.config, checkpoint.representation)

    def _learned_before(self, checkpoint: Checkpoint) -> None:
        """What these weights have learned from, this run has too, and says so."""
        self._before = Before(checkpoint.corpora, checkpoint.history, checkpoint.heard)

    def checkpoint(self, figures: Sequence[Figure] = ()) -> Checkpoint:
        """Return the net as it is now, averaged if the recipe says so."""
        before, own = self._before, self.task.described
        names = {corpus.name for corpus in own}
        now = self._as_it_began(figures)
        return msgspec.structs.replace(
            now,
            corpora=own + [corpus for corpus in before.corpora if corpus.name not in names],
            trainings=before.and_now(self.recipe, self.progress, self.author),
            heard=sorted({*before.heard, *self.task.heard}),
        )

    def _as_it_began(self, figures: Sequence[Figure]) -> Checkpoint:
        """Return the net as it is now, if it has learned nothing of this run so far."""
        with self.average.in_place(self.net):
            weights = _copied(self.net)
        recipe: dict[str, Any] = msgspec.to_builtins(self.recipe)
        return Checkpoint(
            self.recipe.net,
            self.recipe.config,
            self.task.representation,
            self.task.vocabulary,
            weights,
            recipe,
            self.progress,
            self._before.corpora,
            list(figures),
            trainings=self._before.trainings,
            heard=self._before.heard,
            own=self.own,
        )


def schedule(recipe: Recipe, progress: Progress) -> float:
    """Return the learning rate as a share of the recipe's: a warm-up, then a cosine.

    The warm-up ends after its steps, or after its share of the budget if that is sooner.
    """
    steps = (progress.step + 1) / max(recipe.warmup, 1)
    ahead = (progress.step + 1) / recipe.steps if recipe.steps else spent(recipe, progress)
    warm = min(max(steps, ahead / recipe.warmup_share), 1.0)
    return warm * 0.5 * (1.0 + math.cos(math.pi * spent(recipe, progress)))


def spent(recipe: Recipe, progress: Progress) -> float:
    """Return which share of the budget is spent, 0 to 1."""
    if recipe.steps:
        return min(progress.step / recipe.steps, 1.0)
    return min(progress.minutes / recipe.minutes, 1.0)


def known_to(path: Path, recipe: Recipe) -> Vocabulary | None:
    """Return what codes mean to the weights in a file, if they are to go on as the recipe says."""
    checkpoint = load_checkpoint(path)
    same = checkpoint.representation == recipe.representation
    return checkpoint.vocabulary if same else None


def _copied(net: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in net.state_dict().items()}

"""The training loop: all of it is on this page.

After a kill at any moment `resume` goes on from the last checkpoint, with the same batches, the
same dropout and the same result as if nothing had happened (given a budget in steps).
"""

import json
import logging
import math
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import torch
from torch import Tensor, nn

from models.contract.errors import ExtempoError
from models.train.average import Average
from models.train.checkpoint import Checkpoint, Progress, load_to_resume, save_checkpoint
from models.train.recipe import Recipe, SoundRecipe
from models.train.sound import SoundTask
from models.train.stop import stop_signal
from models.train.task import EventTask, Task

LAST: Final = "last.pt"
BEST: Final = "best.pt"
LOG: Final = "log.jsonl"
LOG_STEPS: Final = 10
SAVE_MINUTES: Final = 1.0
"""Minutes of training that a kill costs at most; early on it costs half of them at most."""

Report = Callable[[dict[str, Any]], None]
"""Called with each line of the log."""

_log = logging.getLogger(__name__)


class Run:
    """One training run: the net, its optimiser and how far they are. One thread uses it."""

    def __init__(self, recipe: Recipe, data: Path, out: Path, cache: Path | None) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.out = out
        self.task = _task(recipe, data, cache)
        self.net = self.task.net
        self.average = Average(self.net, recipe.average)
        self.optimiser = torch.optim.AdamW(
            self.net.parameters(), recipe.rate, weight_decay=recipe.weight_decay, betas=(0.9, 0.98)
        )
        self.described = self.task.described
        self.progress = Progress()

    def step(self) -> dict[str, float]:
        """Take one step of gradient descent; return nats by factor, the rate and seconds spent."""
        began = time.monotonic()
        recipe, progress = self.recipe, self.progress
        rate = recipe.rate * schedule(recipe, progress)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        with torch.autocast("cpu", torch.bfloat16):
            loss, logged = self.task.losses(progress.step)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), recipe.clip)
        if not math.isfinite(float(norm)):
            raise ExtempoError(
                f"training broke down at step {progress.step} (its gradient is not a number): "
                f"lower the rate in the recipe, then resume."
            )
        self.optimiser.step()
        self.average.follow(self.net, progress.step)
        seconds = time.monotonic() - began
        self.progress = msgspec.structs.replace(
            progress, step=progress.step + 1, minutes=progress.minutes + seconds / 60.0
        )
        figures = {name: float(nats.detach()) for name, nats in logged.items()}
        return {**figures, "rate": rate, "seconds": seconds}

    def measure(self) -> dict[str, float]:
        """Measure on the valid split; keep the weights if they are the best so far."""
        with self.average.in_place(self.net):
            figures = self.task.measure()
        better = figures["all"] < self.progress.best
        self.progress = msgspec.structs.replace(
            self.progress,
            measured=self.progress.minutes,
            best=figures["all"] if better else self.progress.best,
            since_best=0 if better else self.progress.since_best + 1,
        )
        if better:
            save_checkpoint(self.out / BEST, self.checkpoint())
        return figures

    def save(self) -> None:
        """Write all that is needed to go on."""
        kept = {
            "optimiser": self.optimiser.state_dict(),
            "random": torch.get_rng_state(),
            "latest": _copied(self.net),
        }
        save_checkpoint(self.out / LAST, self.checkpoint(), kept)

    def restore(self) -> None:
        """Go on from the last checkpoint; ExtempoError if there is none, or of another net."""
        checkpoint, kept = load_to_resume(self.out / LAST)
        if checkpoint.net != self.recipe.net or checkpoint.config != self.recipe.config:
            raise ExtempoError(f"{self.out} holds another network: choose another --out.")
        self.average.begin(checkpoint.weights)
        self.net.load_state_dict(kept["latest"])
        self._learned_before(checkpoint)
        self.optimiser.load_state_dict(kept["optimiser"])
        torch.set_rng_state(kept["random"])
        self.progress = checkpoint.progress
        if checkpoint.recipe["corpora"].keys() != self.recipe.corpora.keys():
            # What was best on the valid split of others says nothing beside figures on this one.
            self.progress = msgspec.structs.replace(self.progress, best=math.inf, since_best=0)

    def start_from(self, path: Path) -> None:
        """Begin with the weights of a trained model; ExtempoError if it is of another net."""
        checkpoint, _ = load_to_resume(path)
        if checkpoint.net != self.recipe.net or checkpoint.config != self.recipe.config:
            raise ExtempoError(f"{path} holds another network than the recipe asks for.")
        self.net.load_state_dict({k: v.float() for k, v in checkpoint.weights.items()})
        self.average.begin(_copied(self.net))
        self._learned_before(checkpoint)

    def _learned_before(self, checkpoint: Checkpoint) -> None:
        """What these weights have learned from, this run has too, and says so."""
        own = {corpus.name for corpus in self.described}
        self.described += [corpus for corpus in checkpoint.corpora if corpus.name not in own]

    def checkpoint(self) -> Checkpoint:
        """Return the net as it is now, averaged if the recipe says so."""
        with self.average.in_place(self.net):
            weights = _copied(self.net)
        recipe: dict[str, Any] = msgspec.to_builtins(self.recipe)
        return Checkpoint(
            self.recipe.net,
            self.recipe.config,
            self.task.representation,
            weights,
            recipe,
            self.progress,
            self.described,
            [],
        )


def train(
    recipe: Recipe,
    data: Path,
    out: Path,
    *,
    resume: bool = False,
    start_from: Path | None = None,
    cache: Path | None = None,
    report: Report = lambda line: None,
) -> Progress:
    """Train a recipe until its budget is spent, it stops improving, or SIGTERM or SIGINT comes.

    Writes into `out`: best.pt (the best on valid), last.pt (to resume) and log.jsonl. Stopped
    before the first measurement, it measures once, so that there is a best.pt; another signal
    meanwhile ends at once. Call it from the main thread if a signal is to end it well.
    Raises ExtempoError if a corpus is missing, if `out` holds a run and `resume` is not given, or
    holds none and it is, and where the figures are not numbers.
    """
    goes_on = _goes_on(out, resume)
    run = Run(recipe, data, out, cache)
    out.mkdir(parents=True, exist_ok=True)
    if goes_on:
        run.restore()
    elif start_from is not None:
        run.start_from(start_from)
    _cut_log(out / LOG, run.progress.step)
    with (out / LOG).open("a", encoding="utf-8") as log:

        def write(line: dict[str, Any]) -> None:
            log.write(json.dumps(line) + "\n")
            log.flush()
            report(line)

        count = sum(weights.numel() for weights in run.net.parameters())
        write({"step": run.progress.step, "parameters": count})
        with stop_signal() as stopped:
            _train(run, stopped, write)
        if run.progress.best == math.inf:
            _log.warning(
                "Not measured so far: measuring once, so that there is a %s to export."
                " Stop it again to do without.",
                BEST,
            )
            _measure(run, write)
    if run.progress.best == math.inf:
        raise ExtempoError(
            f"the loss on valid is not a number, so {out} holds nothing to export: begin again"
            " with a lower rate."
        )
    return run.progress


def schedule(recipe: Recipe, progress: Progress) -> float:
    """Return the learning rate as a share of the recipe's: a warm-up, then a cosine."""
    warm = min((progress.step + 1) / max(recipe.warmup, 1), 1.0)
    return warm * 0.5 * (1.0 + math.cos(math.pi * spent(recipe, progress)))


def spent(recipe: Recipe, progress: Progress) -> float:
    """Return which share of the budget is spent, 0 to 1."""
    if recipe.steps:
        return min(progress.step / recipe.steps, 1.0)
    return min(progress.minutes / recipe.minutes, 1.0)


def _train(run: Run, stopped: threading.Event, write: Report) -> None:
    recipe = run.recipe
    saved = run.progress.minutes
    while spent(recipe, run.progress) < 1.0 and run.progress.since_best < recipe.patience:
        line = run.step()
        now = run.progress
        if now.step % LOG_STEPS == 0:
            write({"step": now.step, "minutes": now.minutes, "train": line})
        due = (
            now.step % recipe.measure_steps == 0
            if recipe.measure_steps
            else now.minutes - now.measured >= recipe.measure_minutes
        )
        if due or spent(recipe, now) >= 1.0:
            _measure(run, write)
            saved = now.minutes
        elif stopped.is_set() or now.minutes - saved >= min(SAVE_MINUTES, saved):
            run.save()
            saved = now.minutes
        if stopped.is_set():
            return


def _measure(run: Run, write: Report) -> None:
    figures = run.measure()
    run.save()
    now = run.progress
    write({"step": now.step, "minutes": now.minutes, "valid": figures})


def _goes_on(out: Path, resume: bool) -> bool:
    """Return whether `out` holds a run to go on with; ExtempoError if that is not what was asked."""
    if (out / LAST).exists():
        if not resume:
            raise ExtempoError(f"{out} holds a run already: add --resume, or choose another --out.")
        return True
    if resume and not (out / LOG).exists():
        raise ExtempoError(
            f"{out} holds no run to go on with: choose another --out, or leave --resume out to"
            " begin one."
        )
    if resume:
        _log.warning("The run in %s was killed before it kept anything: it begins anew.", out)
    return False


def _task(recipe: Recipe, data: Path, cache: Path | None) -> Task:
    if isinstance(recipe, SoundRecipe):
        return SoundTask(recipe, data, cache)
    return EventTask(recipe, data, cache)


def _copied(net: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in net.state_dict().items()}


def _cut_log(path: Path, step: int) -> None:
    """Drop the lines that were written after the checkpoint that is resumed from."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            if json.loads(line)["step"] <= step and step:
                kept.append(line + "\n")
        except json.JSONDecodeError:
            # The line that a kill cut off.
            continue
    path.write_text("".join(kept), encoding="utf-8")

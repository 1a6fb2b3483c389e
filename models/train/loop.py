"""The training loop.

After a kill at any moment `resume` goes on from the last checkpoint, with the same batches, the
same dropout and the same result as if nothing had happened (given a budget in steps). On a GPU
the result is only near that: sums come in any order there, and cuDNN has dice of its own.
"""

import logging
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from models.contract.errors import ExtempoError
from models.contract.whole import apart
from models.nets.own import OwnNet, blamed
from models.train.checkpoint import Progress
from models.train.device import AUTO, backend, chosen
from models.train.heard import Heard, Player
from models.train.logs import LOG, Logs
from models.train.recipe import Recipe
from models.train.run import BEST, LAST, Run, known_to, spent
from models.train.stop import stop_signal
from models.train.together import together

LOG_STEPS: Final = 10
SAVE_MINUTES: Final = 1.0
"""Minutes of training that a kill costs at most; early on it costs half of them at most."""

Report = Callable[[dict[str, Any]], None]
"""Called with each line of the log."""

_log = logging.getLogger(__name__)


def train(
    recipe: Recipe,
    data: Path,
    out: Path,
    *,
    resume: bool = False,
    start_from: Path | None = None,
    cache: Path | None = None,
    device: str = AUTO,
    report: Report = lambda line: None,
    player: Player | None = None,
    own: OwnNet | None = None,
    logs: Sequence[str] = (),
) -> Progress:
    """Train a recipe until its budget is spent, it stops improving, or SIGTERM or SIGINT comes.

    Writes into `out`: best.pt (the best on valid), last.pt (to resume), log.jsonl, and in `heard` what the
    player, if there is one, makes of the weights at each measurement. Weights that have learned before are
    measured at the beginning, and are best.pt until there are better ones.
    Stopped before the first measurement, it measures once, so that there is a best.pt; another
    signal meanwhile ends at once. Call it from the main thread if a signal is to end it well.
    own: the network, where it is none of the table's. logs: others beside log.jsonl, see `models.train.logs`.
    device: one of `device.CHOICES`; what is written can be gone on with on any. Started by torchrun, several
    processes train one network; the first of them writes.
    Raises ExtempoError if a corpus or the device is missing, if `out` holds a run and `resume` is not given, or
    holds none and it is, and where the figures are not numbers.
    """
    where = chosen(device)
    with closing(together(backend(where))) as who:
        goes_on = who.told(who.first and _goes_on(out, resume))
        if goes_on and start_from is not None:
            _log.warning(
                "The run in %s goes on with its own weights; %s is not read.", out, start_from
            )
        begun = out / LAST if goes_on else start_from
        known = known_to(begun, recipe) if begun is not None else None
        run = Run(recipe, data, out, cache, where, known, own, who)
        with _writing(out):
            out.mkdir(parents=True, exist_ok=True)
        with blamed(own, "does not take these weights"):
            if goes_on:
                run.restore()
            elif start_from is not None:
                apart(out / BEST, (start_from,))
                run.start_from(start_from)
        if not who.first:
            _train_all(run, lambda line: None, Heard(out, None))
            return run.progress
        with _writing(out):
            heard = Heard(out, player)
            heard.cut(run.progress.step)
            written = Logs(out, run.progress.step, logs)
        with written:

            def write(line: dict[str, Any]) -> None:
                with _writing(out):
                    written.write(line)
                report(line)

            with blamed(own, "cannot be trained"):
                _train_all(run, write, heard)
        return run.progress


def _train_all(run: Run, write: Report, heard: Heard) -> None:
    count = sum(weights.numel() for weights in run.net.parameters())
    write({"step": run.progress.step, "parameters": count})
    with stop_signal() as stopped:
        if run.knows_other:
            _begin(run, write, heard)
        _train(run, stopped, write, heard)
    if run.progress.latest == math.inf:
        _log.warning(
            "Not measured so far: measuring once, so that there is a %s to export."
            " Stop it again to do without.",
            BEST,
        )
        _measure(run, write, heard)
    now = run.progress
    if math.isfinite(now.began) and now.best >= now.began:
        _log.warning(
            "It ended no better than it began: %.3f nats on valid, %.3f at the beginning. %s holds the"
            " weights that it began with: try a lower rate, or more music.",
            now.latest,
            now.began,
            run.out / BEST,
        )


def _train(run: Run, stopped: threading.Event, write: Report, heard: Heard) -> None:
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
        ends = run.together.told(stopped.is_set())
        if due or spent(recipe, now) >= 1.0:
            _measure(run, write, heard)
            saved = now.minutes
        elif ends or now.minutes - saved >= min(SAVE_MINUTES, saved):
            run.save()
            saved = now.minutes
        if ends:
            return


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """Turn what the system has against writing into a sentence."""
    try:
        yield
    except OSError as error:
        raise ExtempoError(
            f"{out} cannot be written ({error.strerror or error}): make room there, or choose "
            f"another --out."
        ) from error


def _begin(run: Run, write: Report, heard: Heard) -> None:
    figures = run.begin()
    now = run.progress
    write({"step": now.step, "minutes": now.minutes, "valid": figures})
    heard.keep(run.checkpoint)


def _measure(run: Run, write: Report, heard: Heard) -> None:
    figures = run.measure()
    run.save()
    now = run.progress
    write({"step": now.step, "minutes": now.minutes, "valid": figures})
    heard.keep(run.checkpoint)


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

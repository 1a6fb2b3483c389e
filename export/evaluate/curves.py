"""The curves of an artifact's training, where its run's log is given or lies beside it."""

import json
from pathlib import Path
from typing import Any

from export.evaluate.report import Curve
from models.contract import files
from models.contract.errors import ExtempoError, GivenError
from models.train.evaluate import factors_of
from models.train.logs import LOG

MOST = 64 << 20
"""Bytes of a log that is read."""


def learned(run: Path | None, artifact: Path) -> list[Curve]:
    """Return nats on valid over the minutes, by factor and in all; none where nobody names a run and none is there.

    Raises GivenError, one sentence, for a run without a log, or a log that is none.
    """
    log = (run or artifact.parent) / LOG
    if run is None and not log.is_file():
        return []
    try:
        lines = [json.loads(line) for line in files.read(log, MOST).splitlines()]
        valid = [line for line in lines if "valid" in line]
        return _curves(lines, valid)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GivenError(
            f"{log} is no log of a training ({error}): name the folder that extempo train made with --run."
        ) from error
    except ExtempoError as error:
        raise GivenError(f"{error} Name the folder that extempo train made with --run.") from error


def _curves(lines: list[Any], valid: list[Any]) -> list[Curve]:
    factors = dict.fromkeys(name for line in lines for name in factors_of(line))
    names = (*factors, "all") if len(factors) > 1 else tuple(factors)
    minutes = [float(line["minutes"]) for line in valid]
    steps = [int(line["step"]) for line in valid]
    return [
        Curve(name, minutes, [float(line["valid"][name]) for line in valid], steps)
        for name in names
        if valid
    ]

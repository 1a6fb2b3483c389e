"""The logs of a run: log.jsonl always, and for other programs a table and TensorBoard's."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol

from models.contract.errors import GivenError
from models.contract.nearest import meant
from models.train.evaluate import BESIDE, factors_of

LOG: Final = "log.jsonl"
TABLE: Final = "log.csv"
BOARD: Final = "tensorboard"
"""The folder below the run's own that TensorBoard is given."""
_OURS: Final = ".extempo"
"""The end of the names of what is written there."""
SPLITS: Final = ("train", "valid")
Line = Mapping[str, Any]


class Log(Protocol):
    """One more log of a run. One thread uses it."""

    def write(self, line: Line) -> None:
        """Add a line of log.jsonl; raises OSError."""

    def close(self) -> None:
        """End it."""


class Table:
    """log.csv: a row a line, with what was measured on which split; its columns are those of the first row."""

    def __init__(self, out: Path) -> None:
        self._file = (out / TABLE).open("w", encoding="utf-8", newline="")
        self._rows: csv.DictWriter[str] | None = None

    def write(self, line: Line) -> None:
        """Add a row, if it has figures."""
        for split in filter(line.__contains__, SPLITS):
            if self._rows is None:
                names = ["step", "minutes", "split", "all", *factors_of(line), *BESIDE]
                self._rows = csv.DictWriter(
                    self._file, names, extrasaction="ignore", lineterminator="\n"
                )
                self._rows.writeheader()
            where = {"step": line["step"], "minutes": line["minutes"], "split": split}
            self._rows.writerow({**line[split], **where})
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Board:
    """The folder that TensorBoard shows: nats by split and factor, the rate, and how long a step took, by steps."""

    def __init__(self, out: Path) -> None:
        # Brings its library along, which only who asks for it needs to have.
        from torch.utils.tensorboard import SummaryWriter

        # What a run wrote before it was gone on with would be shown twice; others' files stay.
        for path in (out / BOARD).glob(f"*{_OURS}"):
            path.unlink()
        make: Callable[..., Any] = SummaryWriter
        self._writer = make(str(out / BOARD), filename_suffix=_OURS)

    def write(self, line: Line) -> None:
        """Add a line's figures."""
        for split in filter(line.__contains__, SPLITS):
            for name, value in line[split].items():
                self._writer.add_scalar(f"{split}/{name}", value, line["step"])
            self._writer.flush()

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


LOGS: Final[Mapping[str, Callable[[Path], Log]]] = {"csv": Table, "tensorboard": Board}
"""By the name that asks for it."""


def asked(names: str) -> tuple[str, ...]:
    """Return the logs that a list such as csv,tensorboard names. Raises GivenError for one that cannot be had."""
    found = tuple(dict.fromkeys(name.strip() for name in names.split(",")))
    for name in found:
        if name not in LOGS:
            raise GivenError(
                f"there is no log {name!r}: {' and '.join(LOGS)} are, beside {LOG}.{meant(name, LOGS)}"
            )
    if "tensorboard" in found:
        try:
            import tensorboard  # noqa: F401
        except ModuleNotFoundError as error:
            raise GivenError(
                f"TensorBoard's log needs the extra `log` ({error.name} is not installed): {sys.executable} -m pip"
                " install -c constraints.txt -e '.[log]' where extempo's Makefile is; csv needs nothing."
            ) from error
    return found


class Logs:
    """All logs of a run, from a step on: what was written after it is gone from each. One thread uses it.

    Raises OSError, also where it is written to.
    """

    def __init__(self, out: Path, step: int, names: Sequence[str] = ()) -> None:
        before = _cut(out / LOG, step)
        self._others: list[Log] = []
        with ExitStack() as begun:
            self._file = begun.enter_context((out / LOG).open("a", encoding="utf-8"))
            for name in names:
                self._others.append(LOGS[name](out))
                begun.callback(self._others[-1].close)
            for line in before:
                self._write(line)
            self._closing = begun.pop_all()

    def __enter__(self) -> "Logs":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.close()

    def write(self, line: Line) -> None:
        """Add a line to each."""
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        self._write(line)

    def _write(self, line: Line) -> None:
        for log in self._others:
            log.write(line)


def _cut(path: Path, step: int) -> Iterable[Line]:
    """Drop the lines that were written after the checkpoint that is resumed from; return the others."""
    if not path.exists():
        return []
    kept = []
    for text in path.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except json.JSONDecodeError:
            # The line that a kill cut off.
            continue
        if line["step"] <= step and step:
            kept.append(line)
    path.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
    return kept

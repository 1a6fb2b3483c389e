"""What was taken of a corpus and what was left out, by reason, in one line."""

import logging
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

NAMED: Final = 3
"""How many of the files left out for one reason are named."""
NOTES: Final = (".mid", ".midi")
"""Of files that lie beside a sound and hold its notes."""
_USES: Final = {"train": "to learn from", "valid": "to measure with", "test": "kept for the end"}

_FAULT: Final = re.compile(r"(cannot be (?:read as \w+|read|used)): (.*)")
"""What is behind the colon says why, and no cure."""

Left = Mapping[Path, str]
"""Files that were left out, each with the sentence that says why."""

_log = logging.getLogger(__name__)


def tell(folder: Path, taken: Mapping[str, int], left: Left) -> None:
    """Log how many files of each split were taken, and what was left out: a warning if anything was."""
    said = ", ".join(f"{count} {_USES[split]} ({split})" for split, count in taken.items())
    line = f"{folder.name}: {said}"
    if left:
        _log.warning("%s; %s", line, left_out(left))
    else:
        _log.info("%s", line)


def tell_of_pieces(folder: Path, left: Iterable[tuple[str, str]]) -> None:
    """Log what else was left out, such as pieces of files: a warning for each reason. left: names, and why."""
    for said in _grouped(left):
        _log.warning("%s: left out %s", folder.name, said)


def tell_in_short(name: str, said: str) -> None:
    """Log what music a corpus is, in a line."""
    _log.info("%s: %s", Path(name).name, said)


def tell_of_versions(folder: Path, pieces: int) -> None:
    """Log that the pieces of a folder are too much alike to be measured on others than are learned from."""
    _log.warning(
        "%s: its %d pieces are versions of the same music, so that what is measured is no new music: put other "
        "pieces beside them",
        folder.name,
        pieces,
    )


def left_out(left: Left) -> str:
    """Return in a few words how many files were left out, why, and which."""
    return f"left out {len(left)}: {'; '.join(by_reason(left))}"


def by_reason(left: Left, pieces: Iterable[tuple[str, str]] = ()) -> list[str]:
    """Return for each reason how many files were left out, and which; and so what else was, by name."""
    files = ((path.name, _reason(path, sentence)) for path, sentence in sorted(left.items()))
    return [*_grouped(files), *_grouped(pieces)]


def _grouped(left: Iterable[tuple[str, str]]) -> list[str]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, reason in left:
        groups.setdefault(_alike(reason), []).append((reason, name))
    return [_group(members) for members in groups.values()]


def _group(members: list[tuple[str, str]]) -> str:
    reasons = dict.fromkeys(reason for reason, _ in members)
    # What differs between them, such as a length, is told of one that is alone.
    reason = next(iter(reasons)) if len(reasons) == 1 else _alike(members[0][0])
    names = ", ".join(name for _, name in members[:NAMED])
    more = f" and {len(members) - NAMED} more" if len(members) > NAMED else ""
    return f"{len(members)} x {reason} ({names}{more})"


def _reason(path: Path, sentence: str) -> str:
    """Return why a file was left out: its sentence without its path, and without the cure."""
    beside = next((n for n in map(path.with_suffix, NOTES) if str(n) in sentence), path)
    said = sentence.replace(str(beside), "", 1).partition(";")[0].strip(" .")
    if said == "There is no file":
        said = "is not there"
    fault = _FAULT.fullmatch(said)
    reason = f"{fault[1]} ({fault[2]})" if fault else said.rpartition(": ")[0] or said
    return reason if beside == path else f"its notes {reason}"


def _alike(reason: str) -> str:
    """Return what reasons of one kind have in common."""
    return re.sub(r"\d+(\.\d+)?", "...", re.sub(r" \(.*\)", "", reason))

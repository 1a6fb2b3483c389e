"""Files that somebody names: a pipe or a device may never end, and what is too large is something else."""

from pathlib import Path


def refusal(path: Path, most: int) -> str | None:
    """Return why a path is not read, one sentence: it is no file, or has more than `most` bytes.

    None where it may be read, or is not there, which reading says. Any thread may call it.
    """
    if not path.exists():
        return None
    if not path.is_file():
        return f"{path} is not a file: name one that was saved on a disk."
    size = path.stat().st_size
    if size > most:
        return f"{path} has {size >> 20} MB, more than the {most >> 20} MB that are read."
    return None

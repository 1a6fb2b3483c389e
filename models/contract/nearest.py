"""The nearest name to a misspelt one, for the error that says it does not exist."""

import difflib
from collections.abc import Iterable
from typing import Final

LONGEST: Final = 40
"""Letters of a name that are looked at: whoever sends it may send a page."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the one of the known names that was most likely meant, None where none is near. Any thread may call it."""
    names = {one.casefold(): one for one in known}
    found = difflib.get_close_matches(name[:LONGEST].casefold(), names, n=1)
    return names[found[0]] if found else None


def meant(name: str, known: Iterable[str]) -> str:
    """Return the question that goes into a sentence, with a space before it; empty where no name is near."""
    found = nearest(name, known)
    return f" Did you mean {found}?" if found else ""

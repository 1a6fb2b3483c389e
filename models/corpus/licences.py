"""The licence of what has learned from music under several: whatever asks for the most."""

import re
from collections.abc import Iterable
from typing import Final

from models.contract.document import Corpus

NOT_STATED: Final = "not stated"
FREE: Final = ("public domain", "CC0 1.0")
"""Licences that ask for nothing, the freest first."""


def licence_of(corpora: Iterable[Corpus]) -> str:
    """Return the licence of a model; "not stated" if that of any corpus is not."""
    asked = dict.fromkeys(
        licence for corpus in corpora for licence in re.split(r", | and ", corpus.licence)
    )
    if not asked or NOT_STATED in asked:
        return NOT_STATED
    # Of one licence with a version and without, the one with it says more.
    strict = [
        licence
        for licence in asked
        if licence not in FREE and not any(o.startswith(f"{licence} ") for o in asked)
    ]
    return " and ".join(strict) or next(free for free in reversed(FREE) if free in asked)

"""Slurs of a tune that a network wrote: they change nothing that is heard, and it does not count them."""

import re
from typing import Final

from models.abc.tokens import tokens

_FIELD: Final = re.compile(r"[A-Za-z]:|%")


def balanced(tune: str) -> str:
    """Return a tune without the ends of slurs that have no beginning, and the beginnings that have no end."""
    lines = [[line] if _FIELD.match(line) else tokens(line) for line in tune.split("\n")]
    begun: list[tuple[int, int]] = []
    for number, line in enumerate(lines):
        for place, token in enumerate(line):
            if token == "(":
                begun.append((number, place))
            elif token == ")" and begun:
                begun.pop()
            elif token == ")":
                line[place] = ""
    for number, place in begun:
        lines[number][place] = ""
    return "\n".join("".join(line) for line in lines)

"""What runs are called on JACK: the first one extempo, the next one extempo-2."""

import re
from typing import Final

PROGRAM: Final = "extempo"


def following(name: str) -> str:
    """Return the name to ask for where another run has this one."""
    plain, dash, number = name.rpartition("-")
    if dash and number.isdecimal():
        return f"{plain}-{int(number) + 1}"
    return f"{name}-2"


def matches(part: str, port: str) -> bool:
    """Return whether a part of a name means a JACK port; one of an extempo is meant in full only."""
    part, port = part.lower(), port.lower()
    client = port.partition(":")[0]
    if re.match(rf"{PROGRAM}(-|$)", client):
        return part in (client, port)
    return part in port

"""Standard input, output and error, where who starts us has closed them."""

import os
import sys
from typing import Final

_STANDARD: Final = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))
"""In the order of their numbers."""


def open_closed() -> None:
    """Let them lead nowhere: else a file or a socket of ours would get their number, and be written to.

    To be called before anything is opened; processes that are started have them too.
    """
    for number in range(len(_STANDARD)):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free, which is this one.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for name, mode in _STANDARD:
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115

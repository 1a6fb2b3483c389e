"""Copying, compiled: which rows of the past are like now, what they propose, and the mixture.

It does what `models.nets.copying` says, in the same numbers. Importing this imports numba, and compiles; what plays
loads it through `code.py`, which does without. So nothing in it may raise an error that is put into words, as giving
one part of an array to another can. All memory is handed over by address, see `layout.py`; what is looked up lies
within its table, whatever is asked for.
"""

from typing import Any, Final

from live.runtime.copying.following import attend, follow
from live.runtime.copying.saying import say_alike, say_letter, say_pitch, say_time

ENTRIES: Final[dict[str, Any]] = {
    "follow": follow,
    "attend": attend,
    "say_time": say_time,
    "say_pitch": say_pitch,
    "say_alike": say_alike,
    "say_letter": say_letter,
}
"""What is called from outside, by name."""

"""Where a voice points: music that was played before and comes back, as a value that moments keep."""

from typing import Annotated, Final, Self

from msgspec import Meta, Struct
from msgspec.structs import replace

from live.ipc.ranges import Tick

MOST: Final = 128
"""Places that are pointed at at once, at most."""
REACH: Final = 1024
"""Places that can be pointed at: those before are too long ago."""
RHYTHM: Final = -1
"""The code of a place that comes back as its time alone."""

Code = Annotated[int, Meta(ge=RHYTHM, le=1 << 16)]
Place = tuple[Tick, Code]
"""A tick, and the code of what stood there: what code that is, the representation says (see `Tracing`)."""
Places = tuple[Place, ...]


class Pointer(Struct, frozen=True, array_like=True):
    """What the next steps lean on.

    begins: the tick from which they do. places: what is to come back, in its order, at the ticks at which it is to
    come. away: they lean away from it.
    """

    begins: Tick
    places: Annotated[Places, Meta(max_length=MOST)]
    away: bool = False

    def shifted(self, ticks: int) -> Self:
        """Return the same so many ticks later."""
        return replace(self, begins=self.begins + ticks, places=later(self.places, ticks))

    def passed(self, tick: int, code: int) -> Self:
        """Return what is left to come after a step that was none of it, or another than the next."""
        passed = (tick + 1, RHYTHM) if self.away else (tick, code)
        return replace(self, places=tuple(one for one in self.places if one > passed))

    def met(self, tick: int) -> Self:
        """Return what is left after a step that was the next of it, as near to its tick as there are steps.

        What was to sound with it comes with it.
        """
        (wanted, _), *rest = self.places
        places = tuple((tick if at == wanted else at, code) for at, code in rest)
        return replace(self, places=places)


def later(places: Places, ticks: int) -> Places:
    """Return the same places so many ticks later."""
    return tuple((tick + ticks, code) for tick, code in places)


def left_of(before: Pointer | None, pointer: Pointer | None) -> Pointer | int | None:
    """Return a pointer as it is written after the one before: how many of its places are left, or else whole."""
    if before is None or pointer is None or before.begins != pointer.begins:
        return pointer
    count = len(pointer.places)
    last = before.places[len(before.places) - count :]
    return count if before.away == pointer.away and last == pointer.places else pointer


def read_after(before: Pointer | None, written: Pointer | int | None) -> Pointer | None:
    """Return a pointer that was written so. Raises ValueError where the one before has not so many places."""
    if not isinstance(written, int):
        return written
    if before is None or written > len(before.places):
        raise ValueError("a pointer follows from none")
    return replace(before, places=before.places[len(before.places) - written :])

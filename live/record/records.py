"""The records of a journal, line by line, and how much memory they may take."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from sys import getsizeof
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec.structs import astuple, replace

from live.declared.knob import KnobError
from live.declared.knobs import FOLLOW, KNOBS, SCOPES, current
from live.declared.metre import MetreError, metre
from live.engine.notes import operations as op
from live.engine.notes.operations import Line, Tempo
from live.ipc import acts
from live.ipc.news import Hole
from live.ipc.wire import PLAYER, Who
from live.record.journal import Header

MOST: Final = 256 << 20
"""Bytes of a journal that is read, a day of dense playing."""
HELD: Final = 420_000_000
"""Bytes of memory that its records may take, a little more than those of such a day."""
EARLIER: Final = MappingProxyType(
    {
        b"Hear": b"Play",
        b"Turn": b"SetKnob",
        b"Fix": b"Force",
        b"Keep": b"Save",
        b"Return": b"Recall",
        b"Back": b"Rewind",
        b"Forget": b"Reset",
        b"Swap": b"Load",
    }
)
"""What journals of format 1 call what is done, and what it is called now."""
_EARLIER: Final = re.compile(rb'"type"\s*:\s*"(' + b"|".join(EARLIER) + rb')"')
_line = msgspec.json.Decoder(Line)
_tempo = msgspec.json.Decoder(Tempo)
_hole = msgspec.json.Decoder(Hole)
_header = msgspec.json.Decoder(Header)
BROKEN: Final = (
    msgspec.MsgspecError, KnobError, MetreError, ValueError, LookupError, ArithmeticError, RecursionError
)  # fmt: skip
"""What reading a line that nothing of ours wrote may raise."""
_RECORD: Final = 100
"""Bytes of memory that a line takes beside what it tells: its time, its voice, and its place in the journal."""
_ENTRY: Final = 64
"""Bytes that an entry of a table may take beside its place in it."""
_SMALL: Final = range(-5, 257)
_KNOBS: Final = {knob.name: knob for knob in KNOBS}


class Reading:
    """What of a journal has been read, and for how much more there is room."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.tempi: list[Tempo] = []
        self.holes: dict[int, int] = {}
        self.room = MOST
        self.memory = HELD

    def full(self) -> bool:
        """Return whether there was more than there is room for."""
        return self.room < 0 or self.memory < 0

    def take(self, data: bytes, first: bool) -> None:
        """Read a line; one of `BROKEN` where it is none. Only the first may be a header."""
        # A file may grow while it is read, and a short line may make a large record.
        self.room -= len(data)
        self.memory -= 2 * _RECORD
        if b'"did"' in data:
            self.lines.append(_checked(_renamed(_line.decode(_as_now(data)))))
            self.memory -= _size(self.lines[-1].did) - _RECORD
        elif b'"beat"' in data:
            self.tempi.append(_tempo.decode(data))
        elif b'"missing"' in data:
            index = len(self.lines)
            self.holes[index] = self.holes.get(index, 0) + _hole.decode(data).missing
        elif first:
            _header.decode(data)
        else:
            raise ValueError(data)


def _as_now(data: bytes) -> bytes:
    """Return a line with the words of now. In a text of JSON its quotes would be written otherwise."""
    return _EARLIER.sub(lambda found: b'"type":"' + EARLIER[found[1]] + b'"', data)


def _size(did: op.Operation) -> int:
    """Return about how many bytes of memory an operation takes."""
    size = getsizeof(did)
    for value in astuple(did):
        # Python has small whole numbers and nothings once.
        if isinstance(value, int) and value in _SMALL:
            continue
        if value != ():
            size += getsizeof(value)
        if isinstance(value, dict):
            size += _ENTRY * len(value)
    return size


def _renamed(line: Line) -> Line:
    """Return a line with its knobs as they are called now."""
    did = line.did
    if isinstance(did, op.Begin) and FOLLOW in did.knobs:
        did = replace(did, knobs=dict(current(*knob) for knob in did.knobs.items()))
    elif isinstance(did, acts.SetKnob) and did.knob == FOLLOW:
        knob, value = current(did.knob, did.value)
        did = replace(did, knob=knob, value=value)
    return line if did is line.did else replace(line, did=did)


def _checked(line: Line) -> Line:
    """Return a line as it is. Raises KeyError or KnobError where it turns a knob as none can be."""
    match line.did:
        case op.Begin(knobs=turned, kind=kind):
            for name, value in turned.items():
                SCOPES[kind][name].check(value)
        case op.SetMetre(metre=beats, unit=unit):
            metre(f"{beats}/{unit}")
        case acts.SetKnob(knob=name, value=value):
            _KNOBS[name].check(value)
    return line


def straight(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield lines as if the clock had never jumped: a take goes on where what sounded was let go."""
    jumped: Counter[Who] = Counter()
    for line in lines:
        did, ticks = line.did, jumped[line.voice]
        if isinstance(did, op.Jump):
            jumped[line.voice] += did.ticks
            # Each voice says that it jumped, the player does not.
            jumped[PLAYER] = jumped[line.voice]
        elif ticks and isinstance(did, op.Commit | op.Hush | acts.Play | op.Lift | op.SetMetre):
            did = msgspec.structs.replace(did, tick=did.tick - ticks)
        yield Line(line.voice, line.at, did)

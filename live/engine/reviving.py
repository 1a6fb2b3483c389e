"""What an engine did since what its voices knew was last kept: read back from the last lines of its journal."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from live.engine.notes.operations import Line, Measure, Operation, Tempo
from live.ipc.config import Tail
from live.ipc.wire import Clock

_decoders: Final = (msgspec.json.Decoder(Line), msgspec.json.Decoder(Tempo))


def clock(tail: Tail) -> Clock:
    """Return where the clock was at the end."""
    now = tail.clock
    for line in _read(tail.lines):
        match line:
            case Tempo(beat=beat, at=at, tempo=tempo):
                now = msgspec.structs.replace(now, beat=beat, at=at, tempo=tempo)
            case Line(did=Measure(metre=metre, unit=unit, tick=tick, bar=bar)):
                now = msgspec.structs.replace(now, metre=metre, unit=unit, tick=tick, bar=bar)
    return now


def since(tail: Tail, voice: int, lines: int) -> list[Operation]:
    """Return what happened to a voice after so many lines of the journal; nothing where some are missing."""
    if lines < tail.first:
        return []
    later = _read(tail.lines[lines - tail.first :])
    return [one.did for one in later if isinstance(one, Line) and one.voice == voice]


def _read(lines: Iterable[str]) -> Iterator[Line | Tempo]:
    for line in lines:
        # As `record.records` tells them apart; the engine wrote both.
        yield _decoders['"did"' not in line].decode(line)

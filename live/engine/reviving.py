"""What an engine did since what its voices knew was last kept: read back from the last lines of its journal."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from live.engine.notes.operations import Commit, Line, Measure, Operation, Tempo
from live.engine.routing import Routing
from live.ipc.config import Tail
from live.ipc.news import Clock
from models.contract.grid import Note

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


class Overheard(NamedTuple):
    """A note that another voice played. touch: whether the hearer's touch follows it."""

    voice: int
    note: Note
    touch: bool


def since(tail: Tail, voice: int, lines: int, routing: Routing) -> list[Operation | Overheard]:
    """Return what happened to a voice after so many lines of the journal; nothing where some are missing.

    routing: who hears whom; it is taken to have stood as it stands.
    """
    if lines < tail.first:
        return []
    found: list[Operation | Overheard] = []
    for line in _read(tail.lines[lines - tail.first :]):
        match line:
            case Line(voice=who, did=did) if who == voice:
                found.append(did)
            case Line(voice=int(who), did=Commit(heard=True) as did):
                # As a replay finds it; see `record.replay`.
                if voice in routing.hearers(who, did.channel):
                    note = Note(did.tick, did.pitch, did.velocity, did.duration)
                    found.append(Overheard(who, note, not routing.returns(who, voice)))
    return found


def _read(lines: Iterable[str]) -> Iterator[Line | Tempo]:
    for line in lines:
        # As `record.records` tells them apart; the engine wrote both.
        yield _decoders['"did"' not in line].decode(line)

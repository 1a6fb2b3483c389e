"""What an engine did since what its voices knew was last kept: read back from the last lines of its journal."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from live.engine.memento import Stored
from live.engine.notes.operations import Commit, Line, Operation, SetMetre, Tempo
from live.engine.routing import Listening, Routing
from live.ipc.acts import SetKnob
from live.ipc.config import Tail
from live.ipc.news import Clock
from live.ipc.wire import Segment
from live.time.clock import Timeline
from models.contract.grid import Note

_HEARS: Final = {
    "hears": "whom",
    "hears_channel": "channel",
    "channel": "plays",
    "chords_channel": "chords",
}
"""Fields of `Listening`, by the knobs that say them."""
_decoders: Final = (msgspec.json.Decoder(Line), msgspec.json.Decoder(Tempo))


def clock(tail: Tail) -> Clock:
    """Return where the clock was at the end."""
    now = tail.clock
    for line in _read(tail.lines):
        match line:
            case Tempo(beat=beat, at=at, tempo=tempo):
                now = msgspec.structs.replace(now, beat=beat, at=at, tempo=tempo)
            case Line(did=SetMetre(metre=metre, unit=unit, tick=tick, bar=bar)):
                now = msgspec.structs.replace(now, metre=metre, unit=unit, tick=tick, bar=bar)
    return now


class Overheard(NamedTuple):
    """A note that another voice played. touch: whether the hearer's touch follows it."""

    voice: int
    note: Note
    touch: bool


Done = tuple[float, Operation | Overheard]
"""What happened to a voice, and when: at which second somebody did it, or a note sounds."""


def since(
    tail: Tail, voice: int, stored: Stored, heard: Mapping[int, tuple[int, Listening]]
) -> list[Done]:
    """Return what happened to a voice after what is stored of it; nothing where lines are missing.

    heard: after how many lines of the journal which voice heard whom; it hears others as its knobs are turned.
    """
    if stored.lines < tail.first:
        return []
    routing = Routing()
    listening = {number: one for number, (_, one) in heard.items()}
    for number, one in listening.items():
        routing.set(number, one)
    found: list[Done] = []
    now = _timeline(stored.clock)
    for index, line in enumerate(_read(tail.lines), tail.first):
        if isinstance(line, Tempo) and index >= stored.lines:
            now = Timeline((Segment(beat=line.beat, at=line.at, tempo=line.tempo),))
        if not (isinstance(line, Line) and isinstance(line.voice, int)):
            continue
        who, did = line.voice, line.did
        if index >= stored.lines and who == voice:
            found.append((line.at, did))
        elif index >= stored.lines:
            found += (
                (now.time_of_tick(one.note.sounds), one)
                for one in _overheard(voice, who, did, routing)
            )
        if isinstance(did, SetKnob) and did.knob in _HEARS and index >= heard[who][0]:
            turned: dict[str, Any] = {_HEARS[did.knob]: did.value}
            listening[who] = msgspec.structs.replace(listening[who], **turned)
            routing.set(who, listening[who])
    return found


def _timeline(clock: Clock) -> Timeline:
    return Timeline((Segment(beat=clock.beat, at=clock.at, tempo=clock.tempo),))


def _overheard(voice: int, who: int, did: Operation, routing: Routing) -> list[Overheard]:
    """Return what a voice heard of what another did, as a replay finds it; see `record.replay`."""
    if not (isinstance(did, Commit) and did.heard and voice in routing.hearers(who, did.channel)):
        return []
    return [Overheard(who, did.note, not routing.returns(who, voice))]


def _read(lines: Iterable[str]) -> Iterator[Line | Tempo]:
    for line in lines:
        # As `record.records` tells them apart; the engine wrote both.
        yield _decoders['"did"' not in line].decode(line)

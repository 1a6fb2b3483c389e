"""OSC packets and messages: whatever a stranger sends becomes messages or one clear error.

Bundles are walked here and not by python-osc, whose walk never ends on a negative size, skips what
it does not know and sleeps until a time tag; messages are read by python-osc.
"""

import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.parsing.ntp import ntp_time_to_system_epoch

from models.contract.errors import ExtempoError

Argument = float | int | str
"""What a message carries, in and out: OSC's f, i and s (d, h, T and F are taken too)."""

LARGEST: Final = 8192
"""Bytes in a packet."""
DEEPEST: Final = 4
"""Bundles within bundles."""
AHEAD: Final = 60.0
"""Seconds that a time tag may lie in the future."""
BEHIND: Final = 1.0
"""Seconds that a time tag may lie in the past and still be meant; older ones act at once."""

ALWAYS: Final = b"/extempo/panic"
"""The address of what is never refused for its arguments: whoever hits it wants silence."""

_BUNDLE: Final = b"#bundle\0"
_BUNDLE_HEAD: Final = len(_BUNDLE) + 8
_IMMEDIATELY: Final = 1
_WIDTHS: Final = {"i": 4, "f": 4, "d": 8, "h": 8, "T": 0, "F": 0}
"""Bytes of an argument of each type but s."""
_TYPES: Final = frozenset((*_WIDTHS, "s"))


class OscError(ExtempoError):
    """What is wrong with something that came over OSC; `code` is one word for programs."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Message(NamedTuple):
    """One OSC message. at: `time.monotonic()` seconds when it is meant to act, 0 for at once."""

    address: str
    arguments: Sequence[Argument]
    at: float = 0.0


def read(packet: bytes, now: float, wall: float) -> list[Message]:
    """Return a packet's messages, in their order.

    now, wall: the monotonic and the system's clock at the packet's arrival, in seconds; time tags
    are on the second, messages on the first. Raises OscError for a packet that is not whole and
    wholesome; then nothing of it is meant to act.
    """
    if len(packet) > LARGEST:
        raise OscError("size", f"A packet may have {LARGEST} bytes; split what you send.")
    if not packet:
        raise OscError("packet", "An empty packet came: OSC begins with an address like /extempo.")
    return list(_walk(packet, _Times(now, wall), 0.0, DEEPEST))


def write(address: str, arguments: Sequence[Argument]) -> bytes:
    """Return a message's packet, with types i, f and s only, which every peer can read."""
    builder = OscMessageBuilder(address)
    for argument in arguments:
        if isinstance(argument, str):
            builder.add_arg(argument, OscMessageBuilder.ARG_TYPE_STRING)
        elif isinstance(argument, int):
            builder.add_arg(int(argument), OscMessageBuilder.ARG_TYPE_INT)
        else:
            builder.add_arg(float(argument), OscMessageBuilder.ARG_TYPE_FLOAT)
    return builder.build().dgram


class _Times(NamedTuple):
    now: float
    wall: float

    def of(self, tag: int, outer: float) -> float:
        if tag == _IMMEDIATELY:
            return outer
        ahead = ntp_time_to_system_epoch(tag / 2**32) - self.wall
        if ahead > AHEAD:
            raise OscError(
                "time", f"A bundle's time tag may be {AHEAD:g} seconds ahead, not {ahead:.0f}."
            )
        return outer if ahead < -BEHIND else max(outer, self.now + ahead)


def _walk(packet: bytes, times: _Times, outer: float, depth: int) -> Iterator[Message]:
    if not packet.startswith(_BUNDLE):
        yield _message(packet, outer)
        return
    if not depth:
        raise OscError("packet", f"Bundles may lie {DEEPEST} deep in one another, not deeper.")
    if len(packet) < _BUNDLE_HEAD:
        raise OscError("packet", "A bundle ends before its time tag does.")
    (tag,) = struct.unpack_from(">Q", packet, len(_BUNDLE))
    at = times.of(tag, outer)
    place = _BUNDLE_HEAD
    while place < len(packet):
        if place + 4 > len(packet):
            raise OscError("packet", "A bundle ends within an element's size.")
        (size,) = struct.unpack_from(">i", packet, place)
        place += 4
        if not 0 < size <= len(packet) - place:
            raise OscError("packet", f"A bundle's element claims a size of {size} bytes.")
        yield from _walk(packet[place : place + size], times, at, depth - 1)
        place += size


def _message(packet: bytes, at: float) -> Message:
    if not packet.startswith(b"/"):
        raise OscError("packet", "That is no OSC: a message begins with an address like /extempo.")
    if packet.partition(b"\0")[0] == ALWAYS:
        with suppress(OscError):
            return _plain(packet, at)
        return Message(ALWAYS.decode(), (), at)
    return _plain(packet, at)


def _plain(packet: bytes, at: float) -> Message:
    types, place = _types(packet)
    if not _TYPES.issuperset(types):
        strange = ", ".join(sorted(set(types) - _TYPES))
        raise OscError(
            "type", f"Arguments are numbers and words (OSC types i f s d h T F), not {strange}."
        )
    # python-osc fills up a float that is cut short, and passes over what comes after the last.
    if _end(packet, types, place) != len(packet):
        raise OscError("packet", f"A message ends before its arguments ({types}) do, or goes on.")
    try:
        message = OscMessage(packet)
    except (ParseError, UnicodeDecodeError):
        raise OscError("packet", "A message's words are not UTF-8.") from None
    arguments = [
        _shortest(value) if kind == "f" else value
        for kind, value in zip(types, message.params, strict=True)
    ]
    return Message(message.address, arguments, at)


def _types(packet: bytes) -> tuple[str, int]:
    """Return the type tags without their comma, and where the arguments begin.

    Old senders leave the tags out for no argument.
    """
    end = packet.find(b"\0")
    start = _padded(end)
    if end < 0 or start > len(packet):
        raise OscError("packet", "A message's address does not end.")
    if start == len(packet):
        return "", start
    stop = packet.find(b"\0", start)
    if packet[start] != ord(",") or stop < 0:
        raise OscError("packet", "A message has no type tags; they begin with a comma.")
    return packet[start + 1 : stop].decode("latin-1"), _padded(stop)


def _end(packet: bytes, types: str, place: int) -> int:
    """Return where arguments of these types end that begin at `place`; -1 where a word does not end."""
    for kind in types:
        if kind != "s":
            place += _WIDTHS[kind]
        elif (end := packet.find(b"\0", place)) >= 0:
            place = _padded(end)
        else:
            return -1
    return place


def _padded(end: int) -> int:
    """Return where a word is over of which the first zero byte is at `end`."""
    return (end // 4 + 1) * 4


def _shortest(value: float) -> float:
    """Return what the sender most likely wrote: 0.95, not the 32 bits' 0.949999988079071."""
    return value if value.is_integer() else float(f"{value:.7g}")

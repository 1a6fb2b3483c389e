"""What is played to extempo for the frozen journals: OSC messages at their seconds.

Each performance names its options, as they are typed, and what a player and a patch then send.
"""

from collections.abc import Iterator
from typing import NamedTuple

Said = tuple[float, str, tuple[float | int | str, ...]]
"""Seconds after the first note, an OSC address below /extempo, and its arguments."""


class Performance(NamedTuple):
    """A performance: how extempo is started, what it is sent, and after how many seconds it ends."""

    options: tuple[str, ...]
    said: tuple[Said, ...]
    seconds: float


def _phrase(at: float, *pitches: int, voice: int = 1, gap: float = 0.3) -> Iterator[Said]:
    """Yield a line played into a voice, legato, each note a little louder."""
    for number, pitch in enumerate(pitches):
        begin = at + number * gap
        yield begin, f"voice/{voice}/note", (pitch, 60 + 5 * number)
        yield begin + 0.9 * gap, f"voice/{voice}/note", (pitch, 0)


SOLO = Performance(
    ("notes-a", "--tempo", "160", "--seed", "7"),
    (
        (1.0, "voice/1/temperature", (0.8,)),
        (1.5, "voice/1/scale", ("dorian",)),
        (1.5, "voice/1/key", ("D",)),
        (2.0, "voice/1/save", ("a",)),
        (3.0, "voice/1/density", (2.0,)),
        (3.5, "voice/1/low", (55,)),
        (4.0, "voice/1/rewind", (4,)),
        (5.0, "voice/1/polyphony", (2,)),
        (6.0, "voice/1/recall", ("a",)),
        (7.0, "voice/1/freeze", (1,)),
        (7.0, "voice/1/bars", (1,)),
        (10.5, "voice/1/freeze", (0,)),
        (11.0, "voice/1/top_p", (0.8,)),
        (11.0, "voice/1/variety", (0.5,)),
        (11.5, "voice/1/force", ("duration", 5)),
        (13.0, "voice/1/force", ("duration", -1)),
        (13.5, "voice/1/when", ("bar",)),
        (13.6, "voice/1/scale", ("blues",)),
        (15.0, "voice/1/reset", ()),
        (16.0, "voice/1/mute", (1,)),
        (17.0, "voice/1/mute", (0,)),
    ),
    19.0,
)

RESPOND = Performance(
    ("notes-a", "--mode", "respond", "--tempo", "120", "--seed", "3", "--set", "patience=1"),
    (
        *_phrase(0.5, 60, 62, 64, 67),
        (6.0, "voice/1/pedal", (1,)),
        *_phrase(6.1, 72, 72, 72, 71),
        (7.6, "voice/1/pedal", (0,)),
        (12.0, "voice/1/mode", ("continue",)),
        *_phrase(12.2, 55, 59, 62),
        *_phrase(16.0, 48, 52, gap=0.15),
        (18.0, "voice/1/mode", ("solo",)),
    ),
    20.0,
)

CLOCK = Performance(
    ("notes-b", "--tempo", "140", "--seed", "11"),
    (
        (1.0, "transport/tempo", (180,)),
        (2.0, "transport/metre", (3,)),
        (4.0, "transport/metre", ("6/8",)),
        (6.0, "transport/stop", ()),
        (7.0, "transport/start", ()),
        (9.0, "transport/downbeat", ()),
        *((11.0 + 0.4 * tap, "transport/tap", ()) for tap in range(5)),
        (14.0, "panic", ()),
        (15.0, "transport/metre", ("5/4",)),
    ),
    18.0,
)

DUO = Performance(
    ("notes-a", "--voice", "notes-b", "--tempo", "120", "--seed", "5", "--set", "2.channel=2"),
    (
        *_phrase(1.0, 60, 64, 67),
        *_phrase(3.0, 67, 64, 60, voice=2),
        (5.0, "voice/2/mode", ("continue",)),
        *_phrase(5.5, 50, 57, voice=2),
        (7.0, "voice/1/load", ("notes-b",)),
        (11.0, "voice/2/load", ("notes-a",)),
        (15.0, "voice/1/rewind", (8,)),
    ),
    17.0,
)

PERFORMANCES = {"solo": SOLO, "respond": RESPOND, "clock": CLOCK, "duo": DUO}

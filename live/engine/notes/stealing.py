"""Which of a voice's notes end as its next one begins."""

from live.engine.notes.history import Moment
from models.contract.grid import LONGEST, Note

SOUNDING = 64
"""Moments among which the notes that still sound are looked for."""


def stolen(
    moments: list[Moment], begins: Note, polyphony: int, hushed: int
) -> list[tuple[Moment, Note]]:
    """Return what ends as a note begins: its own pitch, and for want of room the oldest; see `sounding`."""
    sounds = sounding(moments[-SOUNDING:], begins.onset, hushed)
    found = [one for one in sounds if one[1].part == begins.part]
    earlier = [one for one in found if one[1].onset < begins.onset]
    again = [one for one in earlier if one[1].pitch == begins.pitch]
    others = [one for one in earlier if one[1].pitch != begins.pitch]
    count = sum(one.pitch != begins.pitch for _, one in found)
    return again + others[: max(count + 1 - polyphony, 0)]


def sounding(moments: list[Moment], at: int, hushed: int) -> list[tuple[Moment, Note]]:
    """Return, oldest first, the voice's own notes that sound at the tick `at` or begin then, each with its moment.

    What began before the tick `hushed`, or before the clock jumped, was let go.
    """
    result: list[tuple[Moment, Note]] = []
    since = max(at - LONGEST, hushed)
    for moment in reversed(moments):
        if moment.tick < since or moment.leap:
            break
        if not moment.own or moment.fixed or (note := moment.note) is None:
            continue
        if note.onset == at or note.onset < at < note.onset + note.duration:
            result.append((moment, note))
    return result[::-1]

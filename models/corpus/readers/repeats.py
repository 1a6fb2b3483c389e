"""In which order the bars of a score of music21 are played: its repeats, endings and signs."""

import warnings
from collections.abc import Container, Sequence
from itertools import zip_longest
from typing import Any, Final

AGAIN: Final = 20
"""So many times the bars that are written are played at most."""


def measures(staff: Any) -> list[Any]:
    """Return the bars of a staff."""
    return list(staff.getElementsByClass("Measure"))


def order(staves: Sequence[Any], count: int) -> list[int]:
    """Return in which order bars are played; as they are written where their repeats lead nowhere."""
    if not staves or not count:
        return []
    from music21.repeat import Expander

    try:
        with warnings.catch_warnings(action="ignore"):
            expanded = Expander(_skeleton(staves[0])).process()
            texts = expanded.recurse().getElementsByClass("TextExpression")
            order = [int(one.content) for one in texts]
    except Exception:  # noqa: BLE001  repeats that music21 cannot make sense of
        order = []
    written = list(range(count))
    return (
        order + written[len(measures(staves[0])) :] if 0 < len(order) <= AGAIN * count else written
    )


def _skeleton(staff: Any) -> Any:
    """Return a staff's bars without their notes, which repeats are found out from; each has a text, its place."""
    from music21 import bar, expressions, note, spanner, stream

    bare = stream.Part()
    of: dict[int, Any] = {}
    for number, measure in enumerate(measures(staff)):
        of[id(measure)] = empty = stream.Measure(number=number + 1)
        empty.append(note.Rest(quarterLength=1))
        empty.insert(0, expressions.TextExpression(str(number)))
        for side in ("leftBarline", "rightBarline"):
            line = getattr(measure, side)
            if isinstance(line, bar.Repeat):
                times = line.times if line.direction == "end" else None
                setattr(empty, side, bar.Repeat(line.direction, times))
        for sign in measure.getElementsByClass("RepeatExpression"):
            empty.insert(0, type(sign)())
        bare.append(empty)
    endings: set[int] = set()
    for bracket in staff.recurse().getElementsByClass("RepeatBracket"):
        inside = [of[id(one)] for one in bracket.getSpannedElements() if id(one) in of]
        bare.insert(0, spanner.RepeatBracket(inside, number=bracket.number))
        endings.update(map(id, inside))
    _begun(list(of.values()), endings)
    return bare


def _begun(bars: Sequence[Any], endings: Container[int]) -> None:
    """Let a repeat that begins nowhere begin after the one before: for music21 all that was so far comes again.

    endings: bars of first and second endings, by their ids. Raises ValueError where too much would be played: music21
    copies it all.
    """
    from music21.bar import Repeat

    # Of repeats that are open, what has been played since each began.
    fresh, begun, lengths = 0, 0, [0]
    for number, (measure, after) in enumerate(zip_longest(bars, bars[1:])):
        begins, ends = measure.leftBarline, measure.rightBarline
        if isinstance(begins, Repeat) and begins.direction == "start":
            begun, lengths = number, [*lengths, 0]
        lengths[-1] += 1
        closes = isinstance(ends, Repeat) and ends.direction == "end"
        if closes and id(measure) not in endings and begun < fresh:
            bars[fresh].leftBarline = Repeat("start")
            begun, new = fresh, number + 1 - fresh
            lengths[-1:] = [lengths[-1] - new, new]
        if closes:
            again = lengths.pop()
            if id(measure) not in endings or lengths:
                again *= ends.times or 2
            lengths = [*lengths[:-1], sum(lengths[-1:]) + again]
        # What comes after the last ending is no more of what was repeated.
        if (closes or id(measure) in endings) and id(after) not in endings:
            fresh = number + 1
        if sum(lengths) > AGAIN * len(bars):
            raise ValueError("it repeats too much")

"""What a network of ABC wrote itself: its tunes with their own spelling, bars and repeats, as they were heard."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from live.declared.knob import SOUNDS
from live.declared.metre import COMMON_TIME, Metre
from live.engine.loading import Opener
from live.engine.notes import operations as op
from live.engine.notes.decoders.abc.cursor import PART, Tune
from live.engine.notes.generator import Generator
from live.engine.notes.history import Moment
from live.engine.notes.operations import Line
from live.ipc import acts
from live.ipc.wire import PLAYER
from live.record import take
from live.record.notation import abc
from live.record.notation.cutting import whole_bars
from live.record.notation.slurs import balanced
from live.record.replay import Journal, replay
from models.abc.fields import metre_said
from models.abc.reader import read, read_on
from models.contract.errors import ExtempoError
from models.contract.grid import Note
from models.contract.representations.abc import CHARACTERS, NAME

_SIMPLE: Final = (
    op.Begin,
    op.Plan,
    op.Drop,
    op.Commit,
    op.Pass,
    op.Hush,
    op.SetMetre,
    acts.SetKnob,
)
"""What may have happened to a voice whose text nobody else has had a hand in, and which is in one piece."""
_LASTS: Final = op.Commit | op.Pass | op.Hush
"""What says how far a voice has come."""
SCRAP: Final = 4
"""A tune that was broken off before so many bars is not written where others are."""
_FIELDS: Final = ("M:", "L:", "K:")


@dataclass(slots=True)
class _Text:
    """A tune as it was written, and the notes of it that were played. places: where it began, how far it was moved."""

    letters: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    places: set[tuple[int, int]] = field(default_factory=set)


def text(journal: Journal, title: str, opener: Opener) -> bytes | None:
    """Return the tunes that a voice of ABC wrote, where it played alone and nothing but them was heard.

    None where reading them would give other notes than the journal has, where the tempo or the metre changed,
    or where the artifact cannot be played any more: then the notes are written down anew.
    """
    begun = [line.did for line in journal.lines if isinstance(line.did, op.Begin)]
    alone = len(begun) == 1 and begun[0].kind not in SOUNDS
    metres = {metre for _, metre in take.in_force(take.measures(journal))}
    # A clock that stands still has no tempo.
    tempi = [one.tempo for one in journal.tempi if one.tempo > 0]
    if not alone or len(metres) > 1 or len(set(tempi)) != 1:
        return None
    if any(line.voice == PLAYER or not isinstance(line.did, _SIMPLE) for line in journal.lines):
        return None
    try:
        document = opener(begun[0].path).document
        if document.representation != NAME:
            return None
        pen = _Pen([str(letter) for letter in document.vocabulary[CHARACTERS]])
        replay(journal, opener, pen.watch)
    except ExtempoError:
        return None
    heard = [line.did.heard for line in journal.lines if isinstance(line.did, op.Commit)]
    (metre,) = metres
    tunes = [_checked(one, metre) for one in pen.texts if one.notes]
    if not tunes or not all(heard) or None in tunes:
        return None
    until = max(line.did.tick for line in journal.lines if isinstance(line.did, _LASTS))
    lines = _file(
        _ended([one for one in tunes if one], pen.texts, until, metre), title, round(tempi[0], 2)
    )
    return "".join(f"{line}\n" for line in lines).encode()


class _Pen:
    """Keeps the letters that a voice writes while it is played again."""

    def __init__(self, letters: Sequence[str]) -> None:
        self.texts = [_Text()]
        self._letters = letters

    def watch(self, line: Line, voice: Generator) -> None:
        """Take what becomes of the plan; see `replay`."""
        match line.did:
            case op.Commit():
                last = next(i for i, one in enumerate(voice.plan) if one.note is not None)
                self._take(voice.plan[: last + 1])
            case op.Pass(tick=tick):
                for one in voice.plan:
                    if one.note is not None or one.tick > tick:
                        break
                    self._take([one])

    def _take(self, moments: Sequence[Moment]) -> None:
        for one in moments:
            if one.anew:
                self.texts.append(_Text())
            elif one.fed:
                self.texts[-1].letters.append(self._letters[int(one.codes[0])])
            # Chord symbols are heard too, as a part of their own: readers have their own ways with them.
            if one.note is not None and not one.note.part and isinstance(one.cursor, Tune):
                self.texts[-1].notes.append(one.note)
                self.texts[-1].places.add((one.cursor.origin, one.cursor.shift))


def _ended(tunes: list[str], texts: Sequence[_Text], until: int, metre: Metre) -> list[str]:
    """Return tunes, the last of which ends with a whole bar if it was broken off. until: how far it was heard."""
    last = texts[-1]
    if not last.notes or read_on("".join(last.letters)).ended:
        return tunes
    ((origin, _),) = last.places
    text, bars = whole_bars(tunes[-1], (until - origin) * PART, metre.length * PART)
    if bars < SCRAP and len(tunes) > 1:
        return tunes[:-1]
    return [*tunes[:-1], text or tunes[-1]]


def _checked(written: _Text, metre: Metre) -> str | None:
    """Return a tune; None where it says something else than was heard, such as another key.

    Of what is read the beginning may have been silent, an upbeat on which nobody waited, and the end not
    have come.
    """
    tune = "".join(written.letters).strip("\n")
    said = [line for line in tune.splitlines() if line.startswith(_FIELDS)]
    if len(written.places) != 1 or sorted(line[:2] for line in said) != sorted(_FIELDS):
        return None
    if metre_said(said[0].removeprefix("M:")) not in _as_said(metre):
        return None
    ((origin, shift),) = written.places
    heard = sorted((one.onset, one.pitch, one.duration) for one in written.notes)
    notes = [one for one in sorted(_read(tune, origin)) if heard[0][0] <= one[0] <= heard[-1][0]]
    return tune if notes == heard and not shift else None


def _as_said(metre: Metre) -> tuple[tuple[int, int], ...]:
    """Return the metres that a tune may name: 4/4 is C or C|, whose bars are as long."""
    return (
        ((4, 4), (2, 2))
        if metre.length == COMMON_TIME.length and metre.unit < 8
        else ((metre.beats, metre.unit),)
    )


def _read(tune: str, origin: int) -> set[tuple[int, int, int]]:
    """Return the notes of a tune: tick, pitch and length; of a pitch that is struck twice at once, the longer."""
    ticks: dict[tuple[int, int], int] = {}
    for one in read(tune):
        if one.voice < 0:
            continue
        start = origin + _ticks(one.onset)
        length = origin + _ticks(one.onset + one.length) - start
        for pitch in one.pitches:
            ticks[start, pitch] = max(ticks.get((start, pitch), 1), length)
    return {(start, pitch, length) for (start, pitch), length in ticks.items()}


def _ticks(parts: int) -> int:
    return (parts + PART // 2) // PART


def _file(tunes: Sequence[str], title: str, tempo: float) -> Iterator[str]:
    for number, tune in enumerate(tunes, 1):
        name = title if len(tunes) == 1 else f"{title} {number}"
        yield from abc.fields(number, name, tempo)
        yield balanced(tune)
        yield ""

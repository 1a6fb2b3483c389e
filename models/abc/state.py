"""What a reader of ABC knows between two letters: a value of plain data."""

from typing import Annotated, Final

import msgspec

from models.abc.keys import NONE, Signature
from models.abc.ranges import (
    MANY,
    SOME,
    Count,
    Few,
    Letter,
    Name,
    Pitch,
    Pitches,
    Place,
    Signs,
    Streak,
    Times,
    Tonic,
    Voice,
    Whole,
    Word,
)  # fmt: skip

WHOLE: Final = 2**8 * 3**3 * 5 * 7
"""Parts of a whole note: halves down to 1/256, and triplets, quintuplets, septuplets of them, are whole numbers."""
BEAT: Final = WHOLE // 4
"""Parts of a quarter note."""
LONGEST: Final = 16 * WHOLE
"""A note or rest lasts no longer, whatever is written."""
SECTION: Final = 4096
"""A section of more notes is not played again."""
PASSES: Final = 9
"""How often a section is played at most."""
VOICES: Final = 8
"""Voices of a tune; the fields V: of more are passed over."""


class Sounded(msgspec.Struct, frozen=True, order=True):
    """Notes that begin together and last equally long. onset, length: in parts, from the tune's beginning.

    voice: 0 is the first that the tune has, -1 what accompanies it where it has chord symbols.
    """

    onset: Place
    length: Whole
    pitches: Pitches
    voice: Voice = 0


class Grace(msgspec.Struct, frozen=True):
    """Notes that take their time from the note that they come before; length: in parts."""

    length: Whole
    pitches: Pitches


class Held(msgspec.Struct, frozen=True):
    """Notes that have begun and whose length is not decided.

    names: letters and octaves of the pitches. first: length of the first where more are tied to it. silent: of
    the length, what staccato takes from its end. graces: come before it.
    """

    onset: Place
    length: Whole
    pitches: Pitches
    names: Annotated[tuple[Name, ...], SOME]
    first: Whole
    silent: Whole = 0
    graces: Annotated[tuple[Grace, ...], SOME] = ()


class Tuplet(msgspec.Struct, frozen=True):
    """The next `left` notes last `times` / `of` as long as they are written."""

    times: Times
    of: Times
    left: Times


class Ending(msgspec.Struct, frozen=True):
    """An ending of a section. passes: in which it is played. onset, until: in parts; -1 while it goes on."""

    passes: Annotated[tuple[Few, ...], SOME]
    onset: Place
    until: Place = -1


Bar = Annotated[tuple[tuple[Place, Word], ...], SOME]
"""Letters of a bar, by where in the bar they stood, in parts."""


class State(msgspec.Struct, frozen=True):
    """Between two letters; all times are in parts, from the tune's beginning.

    token: the letters of the token that may go on. body: whether the tune itself has begun, after K:. fresh:
    a line begins here, so that a field may. ended: the tune is over; what follows is not read.

    metre: over what note; (0, 1) is none. unit: parts of a note without a length; 0 until it is known. given:
    whether L: said it. signature: of the key. altered: accidentals of this bar, by letter and how much.

    at: where the next note begins. bar: where this bar began; bars: how many there were. held: notes whose
    length is not decided. last: length of the note or rest before, 0 where none is. tied: their pitches that go
    on in the next notes; carried: a bar line came since. broken: how many > came since, or < if below 0.
    tuplet, dotted, graces: of the next note.

    section: what may be played again. began: where it begins, -1 where it has become too long. opened: by a
    sign. playing: how often it has been begun. endings: those that were read; the last may go on. turn: where
    a section of its own begins if notes follow, -1 if none.

    harmony: the chord symbol that stands, if any. strummed: until where it was accompanied.

    voice: its place among the voices; names: of them all; others: what was known of the ones that wait.

    tonic: of the key, 1 for C to 7 for B, 0 for none. past: the last bars; here: this one so far. since: bars
    since an ending began. agreed: how many letters in a row were those of so many bars ago; see `echo`.
    """

    token: Word = ""
    body: bool = False
    fresh: bool = True
    ended: bool = False
    metre: tuple[Count, Times] = (0, 1)
    unit: Whole = 0
    given: bool = False
    signature: Signature = NONE
    altered: Annotated[tuple[tuple[Letter, Signs], ...], SOME] = ()
    at: Whole = 0
    bar: Place = 0
    bars: Whole = 0
    held: Annotated[tuple[Held, ...], SOME] = ()
    last: Whole = 0
    tied: Annotated[tuple[Pitch, ...], SOME] = ()
    carried: bool = False
    broken: Few = 0
    tuplet: Tuplet | None = None
    dotted: bool = False
    graces: Annotated[tuple[Grace, ...], SOME] = ()
    section: Annotated[tuple[Sounded, ...], MANY] = ()
    began: Place = 0
    opened: bool = False
    playing: Few = 1
    endings: Annotated[tuple[Ending, ...], SOME] = ()
    turn: Place = -1
    harmony: Word = ""
    strummed: Place = 0
    voice: Count = 0
    names: Annotated[tuple[Word, ...], SOME] = ()
    others: Annotated[tuple["State", ...], SOME] = ()
    tonic: Tonic = 0
    past: Annotated[tuple[Bar, ...], SOME] = ()
    here: Bar = ()
    since: Count = 0
    agreed: tuple[Streak, Streak, Streak, Streak] = (0, 0, 0, 0)

"""Ranges that hold for a state that is read back: a memento may come from anywhere."""

from typing import Annotated, Final

from msgspec import Meta

Whole = Annotated[int, Meta(ge=0, le=1 << 52)]
"""A length, in parts."""
Place = Annotated[int, Meta(ge=-(1 << 52), le=1 << 52)]
"""A place in a tune, in parts; before its beginning where it lies in bars that began earlier."""
Pitch = Annotated[int, Meta(ge=0, le=127)]
PitchClass = Annotated[int, Meta(ge=0, le=11)]
Pitches = Annotated[tuple[Pitch, ...], Meta(min_length=1, max_length=128)]
Voice = Annotated[int, Meta(ge=-1, le=1 << 8)]
Times = Annotated[int, Meta(ge=1, le=9999)]
"""How often, or over what."""
Count = Annotated[int, Meta(ge=0, le=1 << 20)]
Few = Annotated[int, Meta(ge=-9, le=9)]
Signs = Annotated[int, Meta(ge=-2, le=2)]
"""Semitones that an accidental is worth."""
Streak = Annotated[int, Meta(ge=0, le=15)]
"""Of letters that were as some bars before."""
Tonic = Annotated[int, Meta(ge=0, le=7)]
Letter = Annotated[str, Meta(pattern="^[A-G]$")]
Name = Annotated[str, Meta(pattern="^[A-Ga-g][',]*$", max_length=64)]
"""A letter with its octave."""
Word = Annotated[str, Meta(max_length=1 << 17)]
MANY: Final = Meta(max_length=1 << 16)
"""Of notes that are kept."""
SOME: Final = Meta(max_length=128)

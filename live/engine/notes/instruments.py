"""The instruments of a voice whose network tells them apart: which part each is, and what it may play next."""

import numpy as np

from live.declared.knobs import NoteKnobs
from live.engine.notes.chords import Pitches
from live.engine.notes.sampling import Mask
from models.contract.grid import ACCOMPANIES, DRUM_KIT, OTHERS
from models.contract.representation import Vocabulary
from models.contract.representations.performance import DRUMS, PARTS
from models.midi.messages import CHANNELS
from models.midi.messages import DRUMS as DRUM_CHANNEL


def channel_of(part: int, knobs: NoteKnobs) -> int:
    """Return the MIDI channel of a part: further instruments are on the next ones, drums where drums are."""
    if part < DRUM_KIT:
        return (part == ACCOMPANIES and knobs.chords_channel) or knobs.channel
    if part == DRUM_KIT:
        return DRUM_CHANNEL
    after = ((knobs.channel + more) % CHANNELS + 1 for more in range(CHANNELS - 1))
    others = [channel for channel in after if channel != DRUM_CHANNEL]
    return others[(part - OTHERS) % len(others)]


class Instruments:
    """Those of a vocabulary, by their numbers; none where it names none. Threads: the engine's only."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        programs = list(vocabulary.get(PARTS, ()))
        self._drums = programs.index(DRUMS) if DRUMS in programs else -1
        others = iter((0, *range(OTHERS, OTHERS + len(programs))))
        self._parts = [DRUM_KIT if program == DRUMS else next(others) for program in programs]
        self._numbers = {part: number for number, part in enumerate(self._parts)}

    def __bool__(self) -> bool:
        return bool(self._parts)

    @property
    def drums(self) -> bool:
        """Return whether drums are one of them."""
        return self._drums >= 0

    def part(self, number: int) -> int:
        """Return the part of an instrument; see `Note`."""
        return self._parts[number] if self._parts else 0

    def number(self, part: int) -> int:
        """Return the instrument of a part; what is none of its own is played by the first."""
        return self._numbers.get(part, 0)

    def heard_on(self, channel: int, knobs: NoteKnobs) -> int:
        """Return the part that plays on a MIDI channel, the first one's where none does."""
        found = (part for part in self._parts if channel_of(part, knobs) == channel)
        return next(found, 0)

    def is_drums(self, number: int) -> bool:
        """Return whether an instrument is drums, which have no pitches."""
        return number == self._drums

    def masks(self, number: int, pitch: int, joins: bool, allowed: Mask) -> Mask:
        """Return what each may play after a note of instrument `number` at a pitch, bool (instruments, pitches).

        What begins together is written instrument by instrument, each from the bottom up. joins: it begins with
        that note. allowed: what the knobs leave to those that have pitches.
        """
        every = np.repeat(allowed[None], len(self._parts), 0)
        if self.drums:
            every[self._drums] = True
        if joins:
            every[:number] = False
            every[number, : pitch + 1] = False
        return every

    def either(self, number: int, pitch: int, pitches: Pitches) -> Pitches:
        """Return what any of them may begin with, and what may join that note."""
        apart, joining = pitches
        return (
            np.asarray(self.masks(number, pitch, False, apart).any(0)),
            np.asarray(self.masks(number, pitch, True, joining).any(0)),
        )

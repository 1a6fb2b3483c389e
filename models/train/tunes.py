"""A look at tunes in ABC, by a network or by people: their bars, their parts, how they end, and their melody."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from models.abc.keys import LETTERS, NATURAL, TONICS, signature
from models.abc.reader import feed, finish
from models.abc.repeats import lines
from models.abc.state import BEAT, Sounded, State
from models.abc.tokens import kind
from models.contract.grid import TICKS
from models.corpus.pieces import Longs

PART: Final = 8
"""Bars of a part, as session players count them."""
SHARES: Final = ("bars that come again", "steps")
"""Figures that are shares of 1."""
MEANS: Final = (
    "bars that are full",
    "parts of eight bars",
    "parts that are repeated",
    "ends on the tonic",
    "notes out of the key",
)
"""Shares of 1 that are most often all or nothing, so that their mean says more than their median."""
_TOUCH: Final = 80


@dataclass
class _Part:
    """What lies between two double bars or repeats. bars: their lengths, and letters, as written."""

    bars: list[tuple[int, str]] = field(default_factory=list)
    ending: bool = False
    repeated: bool = False

    @property
    def length(self) -> int:
        return sum(length for length, _ in self.bars)


class Tune:
    """A tune as it is written. notes: its melody (n, 4), times in ticks; heard: the same, repeats played out."""

    def __init__(self, text: str) -> None:
        self._parts = [_Part()]
        self._letters: list[str] = []
        sounds: list[Sounded] = []
        heard: list[Sounded] = []
        state = State()
        for letter in text:
            before, (state, more) = state, feed(state, letter)
            line = kind(before.token) in ("bar", "ending") and state.token != before.token + letter
            heard += more
            # Behind the line lies what is played again.
            sounds += [one for one in more if not line or one.onset < before.at]
            if line:
                self._line(before)
            if state.body:
                self._letters.append(letter)
        self._line(state)
        last = finish(state)[1]
        self.key = next((line[2:] for line in text.split("\n") if line.startswith("K:")), "none")
        self.metre = state.metre
        self.notes = _melody([*sounds, *last])
        self.heard = _melody([*heard, *last])

    @property
    def can_be_counted(self) -> bool:
        """Return whether it has notes and a metre."""
        return bool(len(self.notes)) and bool(self.metre[0]) and bool(self.parts)

    @property
    def parts(self) -> list[_Part]:
        """Return its parts; the second and later endings of one are none."""
        return [part for part in self._parts if part.bars and not part.ending]

    def _line(self, state: State) -> None:
        """Take a bar line, with what the reader knew before it."""
        written = "".join(one for one in self._letters if one not in " \n|:[]")
        self._letters = []
        part = self._parts[-1]
        if state.at > state.bar:
            part.bars.append((state.at - state.bar, written))
        signs = state.token.rstrip("0123456789,-")
        number = state.token[len(signs) :]
        drawn = lines(signs)
        if (drawn == ["|"] and number[:1] in ("", "1")) or kind(state.token) == "ending":
            return
        part.repeated |= any(one in (":|", "::") for one in drawn)
        self._parts.append(_Part(ending=number[:1] not in ("", "1")))


def _melody(sounds: list[Sounded]) -> Longs:
    heard = sorted(one for one in sounds if one.voice == 0 and one.pitches)
    rows = [
        (one.onset * TICKS // BEAT, max(one.pitches), _TOUCH, max(one.length * TICKS // BEAT, 1))
        for one in heard
    ]
    return np.array(rows, np.int64).reshape(-1, 4)


def look_at_tune(tune: Tune) -> dict[str, float]:
    """Return figures on a tune that has notes and a metre."""
    whole = BEAT * 4 * tune.metre[0] // tune.metre[1]
    parts = tune.parts
    inner = [length for part in parts for length, _ in part.bars[1:-1]]
    bars = [letters for part in parts for _, letters in part.bars if letters]
    pitches = tune.notes[:, 1]
    leaps = np.abs(np.diff(pitches))
    key = signature(tune.key)
    scale = {(natural + by) % 12 for natural, by in zip(NATURAL, key, strict=True)}
    eight = [part.length == PART * whole for part in parts]
    return {
        "bars": float(sum(part.length for part in parts) / whole),
        "bars that are full": float(np.mean([one == whole for one in inner])) if inner else 0.0,
        "parts": float(len(parts)),
        "parts of eight bars": float(np.mean(eight)) if eight else 0.0,
        "parts that are repeated": float(np.mean([one.repeated for one in parts])),
        "bars that come again": 1 - len(set(bars)) / max(len(bars), 1),
        "ends on the tonic": float(int(pitches[-1]) % 12 == _tonic(tune.key)),
        "notes out of the key": float(np.mean([int(one) % 12 not in scale for one in pitches])),
        "steps": float(np.mean(leaps <= 2)) if len(leaps) else 0.0,
        "range, semitones": float(pitches.max() - pitches.min()),
    }


def _tonic(key: str) -> int:
    """Return the pitch class of a key's tonic; -1 where it has none."""
    name = key[:2] if key[1:2] in ("#", "b") else key[:1]
    if name not in TONICS and name[:1] not in LETTERS:
        return -1
    if not name or key.startswith(("none", "H")):
        return -1
    return (NATURAL[LETTERS.index(name[0])] + name.count("#") - name.count("b")) % 12

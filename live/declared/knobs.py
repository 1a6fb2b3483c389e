"""The one list of knobs.

OSC, MIDI, presets, the patches and the reference page are made from it; nobody types a knob's
name a second time. Adding a knob is one line here and the place in the engine that obeys it.
"""

import math
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from live.declared import metre
from live.declared.metre import MetreError
from models.contract.errors import GivenError
from models.contract.nearest import meant

Value = float | int | str
Kind = Literal["events", "audio"]
"""What a voice plays: notes, or sound."""
KINDS: Final[tuple[Kind, ...]] = ("events", "audio")
Scope = Literal["transport"] | Kind
"""Whose a knob is: the whole daemon's, or that of every voice of a kind."""


PLAYS: Final[Mapping[Scope, str]] = MappingProxyType(
    {"events": "notes", "audio": "sound", "transport": "the clock"}
)
"""What a scope is about, in words for the performer."""


class KnobError(GivenError):
    """A knob that does not exist, or a value that it does not take."""


def _as_float_goes(value: object) -> object:
    """Return a value as it is; a whole number that no float can be is infinite."""
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        return math.inf if value > 0 else -math.inf
    return value


class Knob(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a performer can turn.

    kind: `switch` is 0 or 1, `choice` one of `choices`, `signature` a metre, as in `live.declared.metre`.
    curve: how a fader 0..1 covers low..high.
    shapes: turning it changes what will be played next, so what is planned is planned again.
    cc: the MIDI controller that reaches it by default.
    """

    name: str
    help: str
    kind: Literal["float", "int", "switch", "choice", "signature"] = "float"
    default: Value
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    curve: Literal["linear", "exponential"] = "linear"
    choices: tuple[str, ...] = ()
    scopes: tuple[Scope, ...] = ("events",)
    shapes: bool = True
    cc: int | None = None

    def check(self, value: object) -> Value:
        """Return the value as the engine takes it: in range, of this knob's type.

        A choice may be written in any case; it comes back as `choices` has it, and a key that was written
        otherwise, such as a flat, as it was written.

        Raises KnobError, one sentence, for anything else (NaN and strings for numbers included).
        """
        value = _as_float_goes(value)
        if self.kind == "choice":
            return self._choice(value)
        if self.kind == "signature":
            try:
                return metre.spelt(value)
            except MetreError as error:
                raise KnobError(str(error)) from None
        if isinstance(value, bool):
            value = int(value)
        if not isinstance(value, int | float):
            raise KnobError(
                f"{self.name} takes a number from {self.low:.10g} to {self.high:.10g}, not {value!r}."
            )
        if not (math.isfinite(value) and self.low <= value <= self.high):
            raise KnobError(
                f"{self.name} goes from {self.low:.10g} to {self.high:.10g}{self._unit}, "
                f"and {value:.10g} is outside."
            )
        if self.kind == "float":
            return float(value)
        if value != int(value):
            raise KnobError(
                f"{self.name} takes whole numbers from {self.low:.10g} to {self.high:.10g}, "
                f"not {value:.10g}."
            )
        return int(value)

    def from_unit(self, unit: object) -> Value:
        """Return the value at a fader's position 0..1. Raises KnobError where it is not one."""
        unit = _as_float_goes(unit)
        if isinstance(unit, str) or not isinstance(unit, int | float) or not 0 <= unit <= 1:
            raise KnobError(f"{self.name}'s fader goes from 0 to 1, and {unit!r} is outside.")
        if self.kind == "choice":
            return self.choices[min(int(unit * len(self.choices)), len(self.choices) - 1)]
        if self.kind == "signature":
            return metre.COMMON[min(int(unit * len(metre.COMMON)), len(metre.COMMON) - 1)]
        if self.curve == "exponential":
            value = self.low * (self.high / self.low) ** unit
        else:
            value = self.low + (self.high - self.low) * unit
        if self.kind != "float":
            # A fader has places between whole numbers too.
            value = round(value)
        return self.check(min(max(value, self.low), self.high))

    def to_unit(self, value: Value) -> float:
        """Return the fader's position for a value that `check` has passed."""
        if self.kind == "signature":
            return (metre.fader(value) + 0.5) / len(metre.COMMON)
        if isinstance(value, str):
            return (self.choices.index(sharp(value)) + 0.5) / len(self.choices)
        if self.curve == "exponential":
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    @property
    def _unit(self) -> str:
        return f" {self.unit}" if self.unit else ""

    def _choice(self, value: object) -> str:
        if isinstance(value, str):
            word = value.casefold()
            for choice in self.choices:
                if choice.casefold() == word:
                    return choice
            if self.choices == KEYS and word in ENHARMONICS:
                return word.capitalize()
        if isinstance(value, int | float) and value in range(len(self.choices)):
            return self.choices[int(value)]
        raise KnobError(
            f"{self.name} is one of {', '.join(self.choices)} (or its number from 0), not {value!r}."
            f"{meant(str(value), self.choices)}"
        )


SCALES: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {
        "chromatic": tuple(range(12)),
        "major": (0, 2, 4, 5, 7, 9, 11),
        "minor": (0, 2, 3, 5, 7, 8, 10),
        "harmonic": (0, 2, 3, 5, 7, 8, 11),
        "dorian": (0, 2, 3, 5, 7, 9, 10),
        "phrygian": (0, 1, 3, 5, 7, 8, 10),
        "lydian": (0, 2, 4, 6, 7, 9, 11),
        "mixolydian": (0, 2, 4, 5, 7, 9, 10),
        "pentatonic": (0, 2, 4, 7, 9),
        "blues": (0, 3, 5, 6, 7, 10),
        "whole": (0, 2, 4, 6, 8, 10),
    }
)
"""Pitch classes above the key."""

KEYS: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
ENHARMONICS: Final = MappingProxyType(
    {"db": "C#", "eb": "D#", "fb": "E", "gb": "F#", "ab": "G#", "bb": "A#", "cb": "B"}
    | {"e#": "F", "b#": "C"}
)
"""Other names of keys."""


def sharp(key: str) -> str:
    """Return a key's name in `KEYS`, for one that may be written otherwise; other words stay as they are."""
    return ENHARMONICS.get(key.casefold(), key)


MODES: Final = ("solo", "continue", "respond")
WHENS: Final = ("now", "beat", "bar")
THRUS: Final = ("synth", "all", "off")
FOLLOWS: Final = ("all", "player", "voices", "none")
_BOTH: Final[tuple[Scope, ...]] = KINDS

KNOBS: Final = (
    Knob(name="mode", kind="choice", choices=MODES, default="solo", cc=30,
         help="solo plays on its own, continue goes on from what you play, respond answers your phrases"),
    Knob(name="temperature", default=1.0, high=2.0, cc=20, scopes=_BOTH,
         help="0 plays what is likeliest, 1 plays as it was trained, 2 makes the unlikely almost as likely"),
    Knob(name="temperature_time", default=1.0, high=2.0,
         help="temperature of the rhythm, times the common one"),
    Knob(name="temperature_pitch", default=1.0, high=2.0,
         help="temperature of the pitches, times the common one"),
    Knob(name="temperature_velocity", default=1.0, high=2.0,
         help="temperature of the touch, times the common one"),
    Knob(name="temperature_duration", default=1.0, high=2.0,
         help="temperature of the lengths, times the common one"),
    Knob(name="top_k", kind="int", default=0, high=128,
         help="draw from the k likeliest classes only; 0 is off"),
    Knob(name="top_p", default=1.0, low=0.05, cc=27, scopes=_BOTH,
         help="draw from the likeliest classes that together reach this probability; 1 is off"),
    Knob(name="min_p", default=0.0, high=0.5,
         help="leave out what is less likely than this share of the likeliest; 0 is off"),
    Knob(name="variety", default=0.0, high=2.0,
         help="how far it keeps from pitches that it has just played; 0 is off, 0.3 already moves it on"),
    Knob(name="key", kind="choice", choices=KEYS, default="C", cc=29,
         help="the scale's first note; flats are taken too, such as Bb"),
    Knob(name="scale", kind="choice", choices=tuple(SCALES), default="chromatic", cc=28,
         help="the pitches that may be played; chromatic allows all"),
    Knob(name="low", kind="int", default=28, low=0, high=127, cc=24,
         help="the lowest pitch that may be played"),
    Knob(name="high", kind="int", default=96, low=0, high=127, cc=25,
         help="the highest pitch that may be played"),
    Knob(name="density", default=1.0, low=0.25, high=4.0, unit="times", curve="exponential", cc=21,
         help="how busy: 1 as it was trained, 2 about twice as many events, 0.5 half"),
    Knob(name="velocity", default=72.0, low=1, high=127, cc=22,
         help="the middle of the touch; once you are heard it follows yours, and 72 is as loud as you"),
    Knob(name="spread", default=24.0, low=1, high=127, cc=23,
         help="how far the touch goes from its middle; 127 leaves it free"),
    Knob(name="polyphony", kind="int", default=8, low=1, high=16, unit="notes", cc=26,
         help="how many notes may sound at once: one more ends the oldest"),
    Knob(name="seed", kind="int", default=13, high=16777215, scopes=_BOTH,
         help="the same seed and the same playing give the same notes"),
    Knob(name="silence", default=0.6, low=0.05, high=8.0, unit="seconds", curve="exponential", shapes=False,
         help="respond: how long you must be silent before it answers"),
    Knob(name="patience", kind="int", default=8, high=64, unit="bars", shapes=False,
         help="respond: after how many bars it answers though you never fall silent; 0 is never"),
    Knob(name="bars", kind="int", default=2, low=1, high=16, unit="bars", shapes=False,
         help="respond: how long it answers; freeze: after how long it comes back"),
    Knob(name="when", kind="choice", choices=WHENS, default="now", shapes=False,
         help="when what you turn takes effect: now, or on the next beat or bar"),
    Knob(name="freeze", kind="switch", default=0, scopes=_BOTH,
         help="1 comes back to this moment every few bars (knob bars), not moved by you; sound stays on its notes"),
    Knob(name="channel", kind="int", default=1, low=1, high=16, shapes=False,
         help="the MIDI channel it plays on"),
    Knob(name="mute", kind="switch", default=0, shapes=False, scopes=_BOTH,
         help="1 lets it play on unheard"),
    Knob(name="thru", kind="choice", choices=THRUS, default="synth", shapes=False,
         help="your own notes sound at once: in the built-in synth, in every output, or not"),
    Knob(name="follow", kind="choice", choices=FOLLOWS, default="all", scopes=("audio",),
         help="whose notes a voice of sound plays: all, the player's, those of the other voices, or none"),
    Knob(name="gain", default=0.0, low=-60.0, high=12.0, unit="dB", shapes=False, scopes=("audio",),
         help="how loud a voice of sound is; -60 is silent"),
    Knob(name="pan", default=0.0, low=-1.0, high=1.0, shapes=False, scopes=("audio",),
         help="where a voice of sound stands: -1 is left, 1 is right"),
    Knob(name="tempo", default=100.0, low=20, high=300, unit="quarters a minute", curve="exponential",
         scopes=("transport",), shapes=False, cc=31, help="the internal clock's speed"),
    Knob(name="metre", kind="signature", default="4/4", low=1, high=metre.LONGEST, unit="eighths",
         scopes=("transport",),
         help="a bar: 3/4, 6/8, 7/8 and so on; a number n is n/4"),
)  # fmt: skip

SCOPES: Final[Mapping[Scope, Mapping[str, Knob]]] = MappingProxyType(
    {
        scope: MappingProxyType({knob.name: knob for knob in KNOBS if scope in knob.scopes})
        for scope in ("transport", "events", "audio")
    }
)
"""The knobs of every scope, by name, in their order."""

TRANSPORT: Final = SCOPES["transport"]
"""The knobs that the whole daemon has, by name."""
EVENTS: Final = SCOPES["events"]
"""The knobs of a voice that plays notes, by name."""
AUDIO: Final = SCOPES["audio"]
"""The knobs of a voice that plays sound, by name."""


def defaults(knobs: Mapping[str, Knob]) -> dict[str, Value]:
    """Return each knob's default value."""
    return {name: knob.default for name, knob in knobs.items()}


def find(scope: Scope, name: str) -> Knob:
    """Return a knob by its name. Raises KnobError where its scope has none of it."""
    knobs = SCOPES[scope]
    if name not in knobs:
        raise KnobError(f"There is no knob {name!r} here: {', '.join(knobs)} are.")
    return knobs[name]

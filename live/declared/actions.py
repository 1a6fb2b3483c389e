"""The one list of actions: what a player asks for, besides turning knobs.

OSC, the data of the patches and the reference page are made from it. Adding an action is one entry
here, the act of its name in `live.ipc.acts`, and the place in the engine that does it.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from live.declared.knob import KINDS, Kind, Value
from models.contract.errors import GivenError

LONGEST_WORD: Final = 64
"""Bytes of a slot's name, and of other words."""
MOST_CODES: Final = 1 << 16
"""Codes of a factor at most."""
LONGEST_PATH: Final = 800
"""Bytes of a path, which has to fit into one message to the engine."""
REMEMBERED: Final = 16.0
"""Seconds of its playing that a voice of sound can go back to."""
LISTENED: Final = 2.0
"""Seconds of sound that are primed with, where nobody says how much."""
LONGEST_LISTEN: Final = 4.0
"""Seconds of what comes in, more than networks remember, and as much as is kept at 192 kHz."""


LONGEST_PLAN: Final = 16
"""Sections of a form that is asked for, at most."""
MOST_BARS: Final = 16
"""Bars of a section at most."""
OFF: Final = "OFF"
"""The form that is none."""


class FieldError(GivenError):
    """A value that a field does not take."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One value that is given with an action.

    kind: a `switch` is 0 or 1, a `path` names a file, an artifact or the like.
    called: what sentences call it, where that is not its name.
    low, high: the range of a number, or of a text's length in bytes; ends included.
    highs: `high` for some values of the field before this one.
    choices: all that a word may be, where it may not be any.
    letters: a word is of the letters A to Z alone.
    empty: a text may be empty all the same. default: what stands where nothing is given; None: it must be.
    """

    name: str
    help: str
    kind: Literal["int", "float", "word", "path", "switch"]
    called: str = ""
    low: float = 0
    high: float = 1
    highs: Mapping[str, float] = msgspec.field(default_factory=dict)
    unit: str = ""
    choices: tuple[str, ...] = ()
    letters: bool = False
    empty: bool = False
    default: Value | None = None

    @property
    def usage(self) -> str:
        """What stands for it in a line that shows how an action is written."""
        shown = "0|1" if self.kind == "switch" else self.name
        return shown if self.default is None else f"[{shown}]"

    def check(self, value: object, before: Value | None = None) -> Value:
        """Return the value as it is acted on: in range, and of this kind (a switch is True or False).

        Whole floats are whole numbers, True and False are 1 and 0, a number's digits are a word.
        before: the value of the field before this one. Raises FieldError, one sentence.
        """
        if self.kind in ("word", "path"):
            return self._text(value)
        high = self.highs.get(before, self.high) if isinstance(before, str) else self.high
        called = self.called or self.name
        # Neither NaN nor what is infinite lies between them.
        if not isinstance(value, int | float) or not self.low <= value <= high:
            raise FieldError(f"{called} is a number from {self.low:g} to {high:g}, not {value!r}.")
        if self.kind == "float":
            return float(value)
        if value != int(value):
            raise FieldError(
                f"{called} is a whole number from {self.low:g} to {high:g}, not {value:g}."
            )
        return bool(value) if self.kind == "switch" else int(value)

    def _text(self, value: object) -> str:
        text = _digits(value) if isinstance(value, int | float) else str(value)
        if text in self.choices or (self.empty and not text):
            return text
        called = self.called or self.name
        if not text.strip() or not self.low <= len(text.encode()) <= self.high:
            raise FieldError(f"{called} is a word of {self.low:g} to {self.high:g} bytes.")
        if self.letters and not (text.isascii() and text.isalpha()):
            raise FieldError(f"{called} is of letters alone, such as AABA, or off, not {text!r}.")
        if self.choices:
            raise FieldError(
                f"{called[:1].upper()}{called[1:]} is one of {', '.join(self.choices)}, not {text!r}."
            )
        return text


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a player can ask for; without fields it is a button.

    also: other names under which surfaces take it.
    scope: whether a voice does it, the clock, or everything at once. kinds: which voices, where it is voices.
    played: the player does it with hands or foot, so it counts from when it was done; 0 as the last value of
    a voice's lets go.
    always: nothing that comes with it is a reason to refuse it.
    """

    name: str
    help: str
    also: tuple[str, ...] = ()
    scope: Literal["voice", "transport", "top"]
    fields: tuple[Field, ...] = ()
    kinds: tuple[Kind, ...] = KINDS
    played: bool = False
    always: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All its names, its own first."""
        return self.name, *self.also

    @property
    def usage(self) -> str:
        """Its arguments in one line, as they are written: `path [seconds]`."""
        return " ".join(field.usage for field in self.fields)


def _digits(number: float) -> str:
    """Return a number as one word: whole ones with all their digits, so that no two are the same."""
    return str(int(number)) if isinstance(number, int) or number.is_integer() else str(number)


def _word(name: str, called: str, text: str) -> Field:
    return Field(name=name, kind="word", called=called, low=1, high=LONGEST_WORD, help=text)


def _path(name: str, called: str, text: str, *, empty: bool = False) -> Field:
    return Field(
        name=name, kind="path", called=called, low=1, high=LONGEST_PATH, empty=empty, help=text
    )


_SLOT: Final = _word("slot", "a slot", "a name or a number")

ACTIONS: Final = (
    Action(name="play", also=("note",), scope="voice", played=True, fields=(
               Field(name="pitch", kind="int", high=127, help="60 is middle C"),
               Field(name="velocity", kind="int", high=127, help="0 ends the note")),
           help="a note that you play; velocity 0 ends it"),
    Action(name="pedal", scope="voice", played=True, fields=(
               Field(name="down", kind="switch", called="the pedal", help="1 is down"),),
           help="your sustain pedal, up or down"),
    Action(name="save", scope="voice", fields=(_SLOT,),
           help="keeps the voice's memory of this moment under a name or a number"),
    Action(name="recall", scope="voice", fields=(_SLOT,),
           help="goes back to what a slot keeps"),
    Action(name="rewind", scope="voice", fields=(
               Field(name="beats", kind="float", low=1 / 24, high=4096, unit="beats", help="how far back"),),
           help="gives the voice the memory that it had so many beats ago; a voice of sound remembers the last "
           f"{REMEMBERED:g} seconds and tells where that is less; frozen, it holds the keys of then"),
    Action(name="reset", scope="voice",
           help="forgets everything that was played"),
    Action(name="load", scope="voice", fields=(_path("artifact", "an artifact", "a name or a path"),),
           help="checks an artifact (a name or a path) and plays it from the next bar on; knobs that still stand "
           "where the last artifact put them go where this one wants them, those that you turned stay"),
    Action(name="force", scope="voice", kinds=("events",), fields=(
               _word("factor", "a factor", "what of a step, such as pitch"),
               Field(name="code", kind="int", called="a code", low=-1, high=MOST_CODES - 1,
                     help="the class that it gets; -1 draws it again")),
           help="gives a factor of every coming step this code; -1 draws it again. The improviser's factors are "
           "time, pitch, velocity and duration; a model that has none of that name says which it has"),
    Action(name="plan", scope="voice", kinds=("events",), fields=(
               Field(name="sections", kind="word", called="a plan", low=1, high=LONGEST_PLAN, letters=True,
                     help="one letter for each, such as AABA; off plays none any more"),
               Field(name="bars", kind="int", called="a section's length", low=1, high=MOST_BARS, unit="bars",
                     default=8, help="how long each is")),
           help="plays a form from the next bar line on, over and over: a letter that comes again comes back to what "
           "was played at its first time, another begins otherwise than the section before it"),
    Action(name="prime", scope="voice", kinds=("audio",), fields=(
               _path("path", "a path", "a sound file; an empty path is the audio input", empty=True),
               Field(name="seconds", kind="float", low=0.05, high=30, highs={"": LONGEST_LISTEN}, unit="seconds",
                     default=LISTENED, help="how much of its end")),
           help="a voice of sound goes on from the end of a sound file, as if it had played its last so many "
           f"seconds ({LISTENED:g}, if you do not say)"),
    Action(name="listen", scope="voice", kinds=("audio",), fields=(
               Field(name="seconds", kind="float", low=0.05, high=LONGEST_LISTEN, unit="seconds",
                     default=LISTENED, help="how much of what comes in"),),
           help="the same, from the audio input: what came in just now where JACK plays, else a microphone for so "
           f"long; {LONGEST_LISTEN:g} seconds at most, which is more than networks remember"),
    Action(name="start", scope="transport",
           help="lets a held clock run on, from the first beat of a bar"),
    Action(name="stop", scope="transport",
           help="holds the clock and lets go of what sounds"),
    Action(name="downbeat", scope="transport",
           help="now is the first beat of a bar; what waits for a bar line comes now"),
    Action(name="tap", scope="transport", played=True,
           help="one beat of a tapped tempo (in 6/8 three eighths); the beat comes to where the taps fall"),
    Action(name="source", scope="transport", fields=(_word("name", "a source", "auto, internal, tap or player"),),
           help="who leads the clock: auto follows your beat while a voice answers you, player always, internal "
           "never; taps, buttons and the tempo's knob count whichever that is"),
    Action(name="panic", scope="top", always=True,
           help="lets go of every note and forgets what is planned and what waits for its time; "
           "any argument will do, but for a button's release (0)"),
)  # fmt: skip


def of(scope: Literal["voice", "transport", "top"], kind: Kind | None = None) -> tuple[Action, ...]:
    """Return the actions of a scope, in their order: of voices of one kind, or of all."""
    return tuple(
        action
        for action in ACTIONS
        if action.scope == scope and (kind is None or kind in action.kinds)
    )

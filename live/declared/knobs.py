"""The one list of knobs: a struct for each scope, whose fields are its knobs, in their order.

OSC, MIDI, presets, the patches and the reference page are made from it; nobody types a knob's
name a second time. Adding a knob is one line here and the place in the engine that reads its field.
Surfaces turn knobs by name; the engine reads them typed: `turned` is where the one becomes the other.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from live.declared.knob import KINDS, Knob, KnobError, Scope, Value
from live.declared.metre import LONGEST
from live.declared.scales import KEYS, SCALES

# fmt: off
Mode = Literal["solo", "continue", "respond"]
Entry = Literal["now", "beat", "bar"]
Motif = Literal["off", "quote", "vary", "contrast"]
When = Literal["now", "beat", "bar"]
Novelty = Literal["off", "8", "12", "16", "24"]
Thru = Literal["synth", "all", "off"]

HEARS: Final = ("none", *(f"voice-{n}" for n in range(1, 9)), "player", "all", "voices")
"""Whom a voice hears. As numbers: 0 nobody, N voice N."""
FOLLOW: Final = "follow"
_FOLLOWS: Final = ("all", "player", "voices", "none")
"""What `hears` of voices of sound was called, and what its numbers were."""

# Those that voices of both kinds have.
Temperature = Annotated[float, Knob(high=2.0, cc=20,
    help="0 plays what is likeliest, 1 plays as it was trained, 2 makes the unlikely almost as likely")]
TopP = Annotated[float, Knob(low=0.05, cc=27,
    help="draw from the likeliest classes that together reach this probability; 1 is off")]
Seed = Annotated[int, Knob(high=16777215,
    help="the same seed and the same playing give the same notes")]
Freeze = Annotated[bool, Knob(each=True,
    help="1 comes back to this moment every few bars (knob bars), not moved by you; sound stays on its notes")]
Mute = Annotated[bool, Knob(shapes=False,
    help="1 lets it play on unheard")]

HearsChannel = Annotated[int, Knob(high=16, shapes=False,
    help="the only MIDI channel on which it hears you and the voices; 0 is every channel")]


class Knobs(msgspec.Struct, frozen=True, gc=False):
    """How all knobs of a scope stand. A subclass declares them: its fields' names, types and defaults are theirs."""


class NoteKnobs(Knobs, frozen=True):
    """The knobs of a voice that plays notes."""

    mode: Annotated[Mode, Knob(cc=30,
        help="solo plays on its own, continue goes on from what you play, respond answers your phrases")] = "solo"
    temperature: Temperature = 1.0
    temperature_time: Annotated[float, Knob(high=2.0,
        help="temperature of the rhythm, times the common one")] = 1.0
    temperature_pitch: Annotated[float, Knob(high=2.0,
        help="temperature of the pitches, times the common one")] = 1.0
    temperature_velocity: Annotated[float, Knob(high=2.0,
        help="temperature of the touch, times the common one")] = 1.0
    temperature_duration: Annotated[float, Knob(high=2.0,
        help="temperature of the lengths, times the common one")] = 1.0
    temperature_offset: Annotated[float, Knob(high=2.0,
        help="temperature of how far drums are from the beat, times the common one")] = 1.0
    top_k: Annotated[int, Knob(high=128,
        help="draw from the k likeliest classes only; 0 is off")] = 0
    top_p: TopP = 1.0
    min_p: Annotated[float, Knob(high=0.5,
        help="leave out what is less likely than this share of the likeliest; 0 is off")] = 0.0
    variety: Annotated[float, Knob(high=2.0,
        help="how far it keeps from pitches that it has just played; 0 is off, 0.3 already moves it on")] = 0.0
    line: Annotated[float, Knob(high=3.0,
        help="how far its top line leans to steps instead of leaps; 0 is off")] = 0.0
    form: Annotated[float, Knob(
        help="how often it comes back to what was played, times a bar; 0 is off")] = 0.5
    far: Annotated[int, Knob(low=1, high=16, unit="bars",
        help="form: from how long ago it may come back to something, at most")] = 16
    vary: Annotated[float, Knob(
        help="form: how much it changes of what comes back: 0 nothing that may be played, 1 all")] = 0.01
    tires: Annotated[int, Knob(high=64, unit="beats",
        help="after how long it leaves beats that it plays over and over, or slow chords; 0 is never")] = 16
    novelty: Annotated[Novelty, Knob(
        help="never plays a run of so many intervals that stands in what it has learned, in any key")] = "off"
    motif: Annotated[Motif, Knob(
        help="continue, respond: how it takes up your phrase: off, quote begins as it began, vary with its rhythm or "
        "line, contrast otherwise")] = "off"
    key: Annotated[str, Knob(kind="choice", choices=KEYS, cc=29,
        help="the scale's first note; flats are taken too, such as Bb")] = "C"
    scale: Annotated[str, Knob(kind="choice", choices=tuple(SCALES), cc=28,
        help="the pitches that may be played; chromatic allows all")] = "chromatic"
    low: Annotated[int, Knob(low=0, high=127, cc=24,
        help="the lowest pitch that may be played")] = 28
    high: Annotated[int, Knob(low=0, high=127, cc=25,
        help="the highest pitch that may be played")] = 96
    density: Annotated[float, Knob(low=0.25, high=4.0, unit="times", curve="exponential", cc=21,
        help="how busy: 1 as it was trained, 2 about twice as many notes, 0.5 half")] = 1.0
    velocity: Annotated[float, Knob(low=1, high=127, cc=22,
        help="the middle of the touch; once you are heard it follows yours, and 72 is as loud as you")] = 72.0
    spread: Annotated[float, Knob(low=1, high=127, cc=23,
        help="how far the touch goes from its middle; 127 leaves it free")] = 24.0
    polyphony: Annotated[int, Knob(low=1, high=16, unit="notes", cc=26,
        help="how many notes may sound at once: one more ends the oldest")] = 8
    seed: Seed = 13
    silence: Annotated[float, Knob(low=0.05, high=8.0, unit="seconds", curve="exponential", shapes=False,
        help="respond: how long you must be silent before it answers")] = 0.6
    patience: Annotated[int, Knob(high=64, unit="bars", shapes=False,
        help="respond: after how many bars it answers though you never fall silent; 0 is never")] = 8
    bars: Annotated[int, Knob(low=1, high=16, unit="bars", shapes=False,
        help="respond: how long it answers; freeze: after how long it comes back")] = 2
    entry: Annotated[Entry, Knob(shapes=False,
        help="respond: when it comes in: as soon as it can, on the next beat or on the next bar")] = "beat"
    closing: Annotated[bool, Knob(
        help="respond: 1 ends an answer on a strong beat, on a chord of the key, with notes that ring")] = True
    texture: Annotated[bool, Knob(
        help="respond: 1 answers one line with one line, in your range, as short or long as your notes")] = True
    when: Annotated[When, Knob(shapes=False, each=True,
        help="when what you turn takes effect: now, or on the next beat or bar")] = "now"
    freeze: Freeze = False
    channel: Annotated[int, Knob(low=1, high=16, shapes=False,
        help="the MIDI channel it plays on")] = 1
    chords_channel: Annotated[int, Knob(high=16,
        help="the MIDI channel on which the chord symbols of a tune in ABC accompany it; 0 leaves them out")] = 0
    cadence: Annotated[float, Knob(high=6.0,
        help="how far a section of a tune in ABC leans to the tonic where its eight bars end; 0 is off")] = 3.0
    mute: Mute = False
    thru: Annotated[Thru, Knob(shapes=False,
        help="your own notes sound at once: in the built-in synth, in every output, or not")] = "synth"
    hears: Annotated[str, Knob(kind="choice", choices=HEARS, shapes=False,
        help="whom it hears: nobody (0), one voice (its number), you, all, or all voices but not you")] = "player"
    hears_channel: HearsChannel = 0


class SoundKnobs(Knobs, frozen=True):
    """The knobs of a voice that plays sound."""

    temperature: Temperature = 1.0
    top_p: TopP = 1.0
    seed: Seed = 13
    freeze: Freeze = False
    mute: Mute = False
    hears: Annotated[str, Knob(kind="choice", choices=HEARS, shapes=False,
        help="whose notes a voice of sound plays: nobody's (0), one voice's, yours, all, or all but yours")] = "all"
    hears_channel: HearsChannel = 0
    gain: Annotated[float, Knob(low=-60.0, high=12.0, unit="dB", shapes=False,
        help="how loud a voice of sound is; -60 is silent")] = 0.0
    pan: Annotated[float, Knob(low=-1.0, high=1.0, shapes=False,
        help="where a voice of sound stands: -1 is left, 1 is right")] = 0.0


class ClockKnobs(Knobs, frozen=True):
    """The knobs of the whole daemon."""

    tempo: Annotated[float, Knob(low=20, high=300, unit="quarters a minute", curve="exponential", shapes=False, cc=31,
        help="the internal clock's speed")] = 100.0
    metre: Annotated[str | int, Knob(kind="signature", low=1, high=LONGEST, unit="eighths",
        help="a bar: 3/4, 6/8, 7/8 and so on; a number n is n/4")] = "4/4"
# fmt: on

DECLARED: Final[Mapping[Scope, type[Knobs]]] = MappingProxyType(
    {"transport": ClockKnobs, "events": NoteKnobs, "audio": SoundKnobs}
)
"""Where each scope's knobs are declared."""
SAID: Final[tuple[Scope, ...]] = (*KINDS, "transport")
"""Scopes in the order in which their knobs are told."""
_HINTS: Final[Mapping[Scope, Mapping[str, object]]] = MappingProxyType(
    {scope: get_type_hints(declared, include_extras=True) for scope, declared in DECLARED.items()}
)
_TYPES: Final[Mapping[object, Literal["float", "int", "switch"]]] = MappingProxyType(
    {float: "float", int: "int", bool: "switch"}
)


def _declared(name: str, hint: object, default: Value) -> Knob:
    """Return the knob that a field declares."""
    kind, knob = get_args(hint)
    assert isinstance(knob, Knob)
    scopes = tuple(one for one in SAID if _HINTS[one].get(name) == hint)
    choices = get_args(kind) if get_origin(kind) is Literal else knob.choices
    return msgspec.structs.replace(
        knob,
        name=name,
        kind="choice" if choices else _TYPES.get(kind, knob.kind),
        default=int(default) if kind is bool else default,
        choices=choices,
        scopes=scopes,
    )


def _of(scope: Scope) -> Mapping[str, Knob]:
    stand = DECLARED[scope]()
    return MappingProxyType(
        {
            name: _declared(name, _HINTS[scope][name], getattr(stand, name))
            for name in stand.__struct_fields__
        }
    )


SCOPES: Final[Mapping[Scope, Mapping[str, Knob]]] = MappingProxyType(
    {scope: _of(scope) for scope in DECLARED}
)
"""The knobs of every scope, by name, in their order."""

CLOCK_KNOBS: Final = SCOPES["transport"]
"""The knobs that the whole daemon has, by name."""
NOTE_KNOBS: Final = SCOPES["events"]
"""The knobs of a voice that plays notes, by name."""
SOUND_KNOBS: Final = SCOPES["audio"]
"""The knobs of a voice that plays sound, by name."""
KNOBS: Final = tuple(dict.fromkeys(knob for scope in SAID for knob in SCOPES[scope].values()))
"""All of them, each once, or once for each scope that declares it otherwise."""

K = TypeVar("K", bound=Knobs)


def turned(knobs: K, values: Mapping[str, Value]) -> K:
    """Return how knobs stand once these are turned, by name, to values that `Knob.check` has passed."""
    typed = {
        name: bool(value) if isinstance(getattr(knobs, name), bool) else value
        for name, value in values.items()
    }
    return msgspec.structs.replace(knobs, **typed)


BEFORE: Final = NoteKnobs(
    form=0.0, tires=0, motif="off", entry="now", closing=False, texture=False, cadence=0.0
)
"""How the knobs of notes stand in journals of an extempo that did not have all of them."""


def values(knobs: Knobs) -> dict[str, Value]:
    """Return how knobs stand by name, as surfaces and journals say it."""
    said = msgspec.structs.asdict(knobs)
    return {name: int(value) if isinstance(value, bool) else value for name, value in said.items()}


def defaults(knobs: Mapping[str, Knob]) -> dict[str, Value]:
    """Return each knob's default value."""
    return {name: knob.default for name, knob in knobs.items()}


def current(name: str, value: Value) -> tuple[str, Value]:
    """Return a knob of an earlier journal or artifact as it is called now: `follow` is `hears`."""
    if name != FOLLOW:
        return name, value
    known = isinstance(value, int | float) and value in range(len(_FOLLOWS))
    return "hears", _FOLLOWS[int(value)] if known else value


def find(scope: Scope, name: str) -> Knob:
    """Return a knob by its name. Raises KnobError where its scope has none of it."""
    knobs = SCOPES[scope]
    if name not in knobs:
        raise KnobError(f"There is no knob {name!r} here: {', '.join(knobs)} are.")
    return knobs[name]

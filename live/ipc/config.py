"""The options of a run: frozen values, made once from the command line and TOML."""

import tomllib
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from live.declared.knob import PLAYS, SOUNDS, Kind, Knob, KnobError, Scope, Value
from live.declared.knobs import SCOPES
from live.ipc.commands import Command
from live.ipc.news import Clock
from models.contract import border as borders
from models.contract import files
from models.contract.errors import GivenError
from models.contract.nearest import meant

OSC_PORT = 7700
_DIGITS = 9
"""A voice's number has fewer digits than this."""
_MOST = 1 << 20
"""Bytes of a settings file that is read."""


class ConfigError(GivenError):
    """A settings file that cannot be used."""


@dataclass(frozen=True, slots=True)
class SoundOptions:
    """Where voices of sound are heard, and the built-in synth with them.

    out: `auto`, `jack`, `device`, a part of a device's name, `null`, or files to write; a way and files
    with commas. stream: a TCP port on the loopback that gives the same sound to other programs; 0
    for none. connect: JACK ports that our two are connected to at the start, by substring; empty
    connects to the system's speakers. links: what our JACK ports were connected to before they were
    started again, if they were.
    """

    out: str = "auto"
    stream: int = 0
    connect: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class PortOptions:
    """Where notes go and where the player's come from.

    out, listen: `auto`, `null`, `synth` (out only), `jack`, or a part of a MIDI port's name.
    synth: whether `auto` may play the built-in synth; not where a voice of sound plays the notes.
    soundfont: the built-in synth's; None is the piano that ships. phrase: a MIDI file that is
    played in as a player would, each note at its own time, from `phrase_delay` seconds on.
    connect: JACK ports that ours are connected to at the start, by substring.
    """

    out: str = "auto"
    listen: str = "auto"
    synth: bool = True
    soundfont: Path | None = None
    gain: float = 1.0
    client: str = "extempo"
    phrase: Path | None = None
    phrase_delay: float = 1.0
    connect: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    """What our JACK ports were connected to before they were started again."""
    sound: SoundOptions = field(default_factory=SoundOptions)
    latency: float = 0.0
    """Seconds by which notes are sent early, for outputs that are known to be late."""


@dataclass(frozen=True, slots=True)
class VoiceOptions:
    """One more voice: what it plays, and how its knobs stand at the start."""

    artifact: Path
    kind: Kind
    knobs: Mapping[str, Value] = field(default_factory=dict)

    @property
    def sounds(self) -> bool:
        """Return whether it makes sound itself; else it plays notes."""
        return self.kind in SOUNDS


@dataclass(frozen=True, slots=True)
class Tail:
    """What an engine did since what its voices knew was last kept.

    clock: as it was then. first: how many lines of its journal came before. lines: the others.
    """

    clock: Clock
    first: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemoryOptions:
    """Where what the voices know is kept.

    folder: of this run alone, while it lasts. takes: where its journals are. run: its name among all
    runs there ever were.
    """

    folder: Path
    takes: Path
    run: str
    tail: Tail | None = None
    """For an engine that takes a dead one's place: what that did last."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What the engine plays and how it begins. knobs are for voice 1, transport for the clock.

    kind: what voice 1 plays. others: voices 2 and on. source: what leads the clock; empty is what
    leads where nobody chose.
    """

    artifact: Path
    knobs: Mapping[str, Value] = field(default_factory=dict)
    transport: Mapping[str, Value] = field(default_factory=dict)
    kind: Kind = "events"
    others: tuple[VoiceOptions, ...] = ()
    source: str = ""
    beats: float = 0.0
    """Beats after which it stops; 0 plays on."""
    memory: MemoryOptions | None = None
    """Where what the voices know is kept; None keeps nothing."""

    @property
    def voices(self) -> dict[int, VoiceOptions]:
        """Every voice by its number, the first included."""
        first = VoiceOptions(self.artifact, self.kind, self.knobs)
        return dict(enumerate((first, *self.others), 1))


@dataclass(frozen=True, slots=True)
class ControlOptions:
    """Where control listens and what it keeps; the host is the loopback unless told otherwise."""

    host: str = "127.0.0.1"
    port: int = OSC_PORT
    takes: Path = Path("takes")
    record: bool = False
    """Leave the take as a MIDI file even where it can be heard."""
    seconds: float = 0.0
    """Seconds after which it ends by itself; 0 plays until told to stop."""
    memory: Path | None = None
    """Where what the voices know is kept, a folder for each run that plays; None keeps nothing."""
    first: tuple[Command, ...] = ()
    """Commands that are sent as soon as the engine plays."""


def knobs(
    settings: Iterable[str], kind: Kind = "events"
) -> tuple[dict[str, Value], dict[str, Value]]:
    """Read `name=value` settings into knobs of a voice of a kind, and of the transport.

    Raises KnobError, one sentence, for a name or a value that there is not.
    """
    voice: dict[str, Value] = {}
    transport: dict[str, Value] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.strip()
        if not equals:
            raise KnobError(f"--set takes KNOB=VALUE, such as temperature=0.8, not {setting!r}.")
        scope, knob = declared(name, kind)
        (transport if scope == "transport" else voice)[name] = _value(knob, text.strip())
    return voice, transport


def declared(name: str, kind: Kind) -> tuple[Scope, Knob]:
    """Return the scope of a knob, for a voice of a kind. Raises KnobError, one sentence, where none has it."""
    scopes: tuple[Scope, ...] = (kind, "transport")
    for scope in scopes:
        if name in SCOPES[scope]:
            return scope, SCOPES[scope][name]
    other = next((scope for scope in SCOPES if name in SCOPES[scope]), None)
    if other is not None:
        raise KnobError(
            f"{name} is a knob of voices of {PLAYS[other]}, and this one plays {PLAYS[kind]}."
        )
    there = [known for one in scopes for known in SCOPES[one]]
    raise KnobError(f"There is no knob {name!r}; `extempo knobs` lists them.{meant(name, there)}")


def by_voice(settings: Iterable[str]) -> dict[int, list[str]]:
    """Sort settings by whose they are: `2.gain=-6` is voice 2's; without a number they are voice 1's."""
    found: dict[int, list[str]] = {}
    for setting in settings:
        number, dot, rest = setting.partition(".")
        numbered = dot and number.strip().isdecimal() and len(number) < _DIGITS
        found.setdefault(int(number) if numbered else 1, []).append(rest if numbered else setting)
    return found


def _value(knob: Knob, text: str) -> Value:
    if text in knob.choices:
        return knob.check(text)
    try:
        return knob.check(float(text))
    except ValueError:
        return knob.check(text)


def read(path: Path) -> dict[str, object]:
    """Read a settings file: options by their long names, and knobs in a table `[knobs]`.

    Paths in it are as written, from where extempo is started. Raises ConfigError, one sentence.
    """
    with border(path):
        try:
            text = files.read(path, _MOST).decode()
        except files.EmptyFileError:
            return {}
        except files.FileError as error:
            raise ConfigError(f"No settings can be read: {error}") from error
        return tomllib.loads(text)


def border(path: Path) -> AbstractContextManager[None]:
    """Let only errors of our own out of what reads a settings file."""
    return borders.border(
        lambda said: ConfigError(
            f"The settings file {path} is not TOML as extempo takes it ({said})."
        )
    )

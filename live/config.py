"""What a run is told before it starts: frozen values, made once from the command line and TOML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from live.knobs import Value

OSC_PORT = 7700


@dataclass(frozen=True, slots=True)
class PortOptions:
    """Where notes go and where the performer's come from.

    out, listen: `auto`, `null`, `synth` (out only), `jack`, or a part of a MIDI port's name.
    soundfont: the built-in synth's; None is the piano that ships. phrase: a MIDI file that is played
    in as a performer would, from `phrase_delay` seconds after the start, each note at its own time.
    connect: JACK ports that ours are connected to at the start, by substring.
    """

    out: str = "auto"
    listen: str = "auto"
    soundfont: Path | None = None
    gain: float = 1.0
    client: str = "extempo"
    phrase: Path | None = None
    phrase_delay: float = 1.0
    connect: tuple[str, ...] = ()
    latency: float = 0.0
    """Seconds by which notes are sent early, for outputs that are known to be late."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What the engine plays and how it begins. knobs are for voice 1, transport for the clock."""

    artifact: Path
    knobs: Mapping[str, Value] = field(default_factory=dict)
    transport: Mapping[str, Value] = field(default_factory=dict)
    beats: float = 0.0
    """Stop after so many beats; 0 plays on."""


@dataclass(frozen=True, slots=True)
class ControlOptions:
    """Where control listens and what it keeps. host stays the loopback unless the user says otherwise."""

    host: str = "127.0.0.1"
    port: int = OSC_PORT
    takes: Path = Path("takes")
    seconds: float = 0.0
    """End by itself after so long; 0 plays until it is told to stop."""

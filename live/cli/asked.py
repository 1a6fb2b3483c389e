"""What is asked for by the options that several subcommands share: the models, their knobs, what comes first."""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from live.cli import options
from live.declared.actions import ACTIONS, LISTENED, FieldError
from live.declared.knob import KINDS, Kind, KnobError, Value
from live.declared.knobs import CLOCK_KNOBS
from live.ipc import config
from live.ipc.acts import Plan, Prime
from live.ipc.commands import Command
from live.ports.midi import phrase
from live.runtime import library, prepare
from live.runtime.sound import file as sound_file
from live.time.sources.table import CHOICES, FIRST
from models.contract.errors import ArtifactError
from models.contract.nearest import meant


def music(
    model: str | None, others: Sequence[str] = (), played: Path | None = None, clock: str = FIRST
) -> config.EngineOptions:
    """Return what is asked for: the models, and their knobs as the options turn them.

    An option of its own counts more than --set, and that more than the file. `played` is the MIDI
    file that is played in, whose tempo and metre count where none is asked for. clock: the source that leads it. Raises
    ExtempoError or UsageError, one sentence.
    """
    if clock not in CHOICES:
        raise click.UsageError(
            f"--clock is one of {', '.join(CHOICES)}, not {clock!r}.{meant(clock, CHOICES)}"
        )
    paths = [library.find(name) for name in (model or library.DEFAULT, *others)]
    kinds = [_kind(path) for path in paths]
    theirs = config.by_voice(options.turned())
    for number in theirs:
        if not 1 <= number <= len(kinds):
            text = f"--set turns a knob of voice {number}, and there is none: --voice ARTIFACT adds one."
            raise KnobError(text)
    read = {
        number: config.knobs(theirs.get(number, ()), kind) for number, kind in enumerate(kinds, 1)
    }
    for number, (_, shared) in read.items():
        if shared and number > 1:
            text = f"{', '.join(shared)} is the clock's, which all voices share: leave out the {number}."
            raise KnobError(text)
    first, *more = (
        config.VoiceOptions(path, kind, turned)
        for path, kind, (turned, _) in zip(paths, kinds, read.values(), strict=True)
    )
    return config.EngineOptions(
        artifact=first.artifact,
        knobs=first.knobs,
        transport=_in_tempo(read[1][1], played),
        kind=first.kind,
        others=tuple(more),
        source=clock,
    )


def primed(engine: config.EngineOptions, file: Path | None) -> list[Command]:
    """Return what primes every voice of sound with a file, if there is one.

    Raises SoundFileError where it is no sound to go on from, UsageError where no voice is of sound.
    """
    if file is None:
        return []
    numbers = [number for number, voice in engine.voices.items() if voice.sounds]
    if not numbers:
        raise click.UsageError(
            "--prime is for voices of sound, and only notes play: add such a voice, as"
            " --voice piano-wavenet does."
        )
    sound_file.read(file, LISTENED)
    path = os.path.abspath(file)
    return [Command(Prime(path=path, seconds=LISTENED), voice=number) for number in numbers]


def first(engine: config.EngineOptions, prime: Path | None, plans: Sequence[str]) -> list[Command]:
    """Return what is asked for at the start: sound to go on from, see `primed`, and forms that are played.

    Raises FieldError or KnobError, one sentence, for a form that is none, or that no voice is there for.
    """
    return [*primed(engine, prime), *_planned(engine, plans)]


def _planned(engine: config.EngineOptions, plans: Sequence[str]) -> Iterator[Command]:
    letters, bars = next(action for action in ACTIONS if action.name == "plan").fields
    for number, given in config.by_voice(plans).items():
        voice = engine.voices.get(number)
        if voice is None:
            raise KnobError(
                f"--plan is for voice {number}, and there is none: --voice ARTIFACT adds one."
            )
        if voice.sounds:
            raise KnobError(f"--plan is for voices of notes, and voice {number} makes sound.")
        for text in given:
            words = text.split()
            if not 1 <= len(words) <= 2:
                raise FieldError(f'--plan takes letters and bars, such as "AABA 8", not {text!r}.')
            sections = str(letters.check(words[0]))
            long = bars.check(_number(words[1])) if len(words) > 1 else bars.default
            assert isinstance(long, int)
            yield Command(Plan(sections=sections, bars=long), voice=number)


def _number(word: str) -> int | str:
    return int(word) if word.isdecimal() else word


def _kind(path: Path) -> Kind:
    kind = prepare.prepare(path).document.kind
    if kind not in KINDS:
        raise ArtifactError(f"{path} is a model of {kind}, which this extempo cannot play.")
    return KINDS[KINDS.index(kind)]


def _in_tempo(transport: Mapping[str, Value], played: Path | None) -> Mapping[str, Value]:
    if played is None:
        return transport
    return _begun(played) | dict(transport)


def _begun(played: Path) -> dict[str, Value]:
    """Return the tempo and the metre in which a file begins, as far as the clock has them."""
    tempo = CLOCK_KNOBS["tempo"]
    found: dict[str, Value] = {"tempo": phrase.tempo(played, tempo.low, tempo.high)}
    if said := phrase.metre(played):
        with contextlib.suppress(KnobError):
            found["metre"] = CLOCK_KNOBS["metre"].check(f"{said[0]}/{said[1]}")
    return found

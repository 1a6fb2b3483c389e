"""`extempo render` and `extempo replay`: music without time, from nothing or from a journal."""

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import click
from rich.console import Console

from live.cli import asked as asking
from live.cli import options
from live.cli.options import PathType, Settings
from live.cli.play import is_midi_file, play
from live.declared.knobs import ClockKnobs, NoteKnobs, turned
from live.declared.metre import metre
from live.engine.loading import Opener
from live.engine.offline import Rendering
from live.engine.offline import render as play_offline
from live.engine.routing import Listening
from live.engine.sound import offline as offline_sound
from live.ipc.config import EngineOptions, VoiceOptions
from live.ipc.news import Trouble
from live.ipc.wire import PLAYER, Pedal, Played, Who
from live.ports.midi import phrase
from live.record import replay as replaying
from live.record import take
from live.record.heard import notes_heard
from live.record.notation import writing as notation
from live.runtime.opening import opened
from live.runtime.sound import file as sound_file
from live.runtime.sound.stream import KEYS
from models.contract.errors import ExtempoError
from models.contract.grid import TICKS
from models.contract.samples import Sound
from models.contract.whole import apart
from models.midi.messages import NoteOff, NoteOn, Sustain
from models.numbers import Number

BARS = 64
"""How long a rendering is where nothing else says it."""
_MIDI = (".mid", ".midi")


def _without_ports(settings: Settings) -> Settings:
    """Leave out what only `play` needs, and of what it listens to all but MIDI files."""
    only = options.words(play).keys() - options.words(render).keys()
    left = {word: value for word, value in settings.items() if word not in only}
    sources = left.pop("in", [])
    files = [
        source
        for source in (sources if isinstance(sources, list) else [sources])
        if not isinstance(source, str) or is_midi_file(source)
    ]
    return left | ({"in": files[0] if len(files) == 1 else files} if files else {})


@click.command()
@click.argument("model", required=False)
@options.voices
@options.clock
@click.option(
    "--bars",
    type=Number(1, 100_000, whole=True),
    help="How long  [default: 64, or the phrase where only sound plays].",
)
@click.option(
    "-o",
    "--output",
    type=PathType(dir_okay=False),
    help="A MIDI file, notation (.abc, .musicxml, .mxl), or WAV where sound plays  [default: out.mid or out.wav].",
)
@click.option(
    "--in",
    "source",
    type=PathType(exists=True, dir_okay=False),
    metavar="MIDI",
    help="A MIDI file that is played in as you would, from --phrase-delay on.",
)
@options.prime
@options.plan
@options.phrase_delay(0.0)
@options.knobs
@options.file(_without_ports)
def render(
    model: str | None,
    others: tuple[str, ...],
    clock: str,
    bars: int | None,
    output: Path | None,
    source: Path | None,
    prime: Path | None,
    plans: tuple[str, ...],
    phrase_delay: float,
) -> None:
    """Write what MODEL would play as a MIDI file or notation, or what it sounds like, faster than real time.

    \b
    extempo render --bars 64 -o out.mid
    extempo render folk-abc -o tune.abc
    extempo render --plan "AABA 4" -o song.mid
    extempo render --in phrase.mid --mode continue --seed 7
    extempo render --voice piano-wavenet --bars 8 -o out.wav   the piano plays the improviser's notes
    extempo render piano-wavenet --in phrase.mid -o out.wav    the piano plays the phrase
    """
    asked = asking.music(model, others, source, clock)
    sounds = any(voice.sounds for voice in asked.voices.values())
    output = output or Path("out.wav" if sounds else "out.mid")
    models = [voice.artifact for voice in asked.voices.values()]
    apart(output, (*models, source, prime, options.settings_file()))
    _check_kind(output, sounds)
    played = _played(source, phrase_delay) if source else []
    beats = metre(turned(ClockKnobs(), asked.transport).metre).length / TICKS
    bars = bars or _bars(asked, played, beats)
    length_said = f"{bars} bar{'s' if bars > 1 else ''}"
    begun = time.perf_counter()
    first = [(0.0, command) for command in asking.first(asked, prime, plans)]
    with _progress("bars", bars) as shown:
        wanted = replace(asked, beats=bars * beats)
        rendering = play_offline(wanted, opened, played, first, lambda beat: shown(beat / beats))
    _tell(rendering)
    journal = replaying.parse(rendering.lines)
    heard = {note.who for note in notes_heard(journal)}
    if not (_sounds(rendering, heard, prime is not None) if sounds else heard - {PLAYER}):
        raise click.ClickException(f"{output} is not written: {_nothing(asked, bool(played))}")
    if sounds:
        # Brings LLVM along, which only sound needs.
        from live.ports.audio.mixer import limited

        end = rendering.timeline.time_of(bars * beats)
        rate, blocks = offline_sound.mix(rendering.tracks, end)
        with _progress("seconds", end) as shown:
            told = _told(limited(blocks, rate), rate, shown)
            length = sound_file.write(output, rate, told)
        what = f"{length_said}, {length:.0f} seconds of sound"
    else:
        count = _write(output, journal, cache(opened))
        length = rendering.timeline.time_of(bars * beats)
        what = f"{count} notes in {length_said}, {length:.0f} seconds of music"
    click.echo(f"{output}: {what} in {time.perf_counter() - begun:.1f} seconds.")


def _tell(rendering: Rendering) -> None:
    """Say what the engine had to say, each once."""
    told = (one.text for one in rendering.news if isinstance(one, Trouble))
    for text in dict.fromkeys(told):
        click.echo(text, err=True)


@contextmanager
def _progress(unit: str, whole: float) -> Iterator[Callable[[float], None]]:
    """Give what shows on a terminal how far it is; in a pipe nothing is shown."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("") as status:
        yield lambda done: status.update(f"{min(max(done, 0), whole):.0f} of {whole:.0f} {unit}")


def _told(blocks: Iterable[Sound], rate: int, shown: Callable[[float], None]) -> Iterator[Sound]:
    """Yield the blocks, and tell how many seconds they are."""
    done = 0
    for block in blocks:
        done += len(block)
        shown(done / rate)
        yield block


def _sounds(rendering: Rendering, heard: Collection[Who], primed: bool) -> bool:
    """Return whether a voice of sound has something to play. heard: whose notes there are."""
    return any(
        not voice.knobs.mute
        and (
            primed
            or KEYS not in voice.instrument.model.abilities
            or any(Listening.of(voice.knobs).hears(voice.number, who) for who in heard)
        )
        for voice in (track.voice for track in rendering.tracks)
    )


def _nothing(asked: EngineOptions, heard: bool) -> str:
    """Return why nothing may have been played."""
    kinds: dict[str, list[VoiceOptions]] = {"events": [], "audio": []}
    for voice in asked.voices.values():
        kinds[voice.kind].append(voice)
    for voices in kinds.values():
        if voices and all(voice.knobs.get("mute") for voice in voices):
            return "its voice is mute; leave out mute=1."
    if not kinds["events"] and not heard:
        return "there is nothing to play; give it notes, as --in phrase.mid does."
    waits = [turned(NoteKnobs(), voice.knobs).mode for voice in kinds["events"]]
    if not heard and "solo" not in waits:
        return f"in mode {waits[0]} it waits for you; give it a phrase with --in."
    return "no note came in that time; give it more --bars, or more room from low to high."


def _check_kind(output: Path, sounds: bool) -> None:
    """Raise UsageError where a file cannot hold what plays."""
    suffix = output.suffix.lower()
    if sounds and suffix != ".wav":
        raise click.UsageError(f"A voice of sound is written as WAV: -o out.wav, not {output}.")
    if not sounds and suffix == ".wav":
        raise click.UsageError(
            f"Only notes play, so {output} would be empty: add a voice of sound with --voice, or -o out.mid."
        )
    if not sounds:
        _check_notes(output)


def _check_notes(output: Path) -> None:
    """Raise UsageError unless a file's ending says how notes are written."""
    known = (*_MIDI, *notation.SUFFIXES)
    if output.suffix.lower() not in known:
        raise click.UsageError(
            f"{output} ends in nothing that notes are written as: it can be {', '.join(known[:-1])} or {known[-1]}."
        )


def _write(output: Path, journal: replaying.Journal, opener: Opener) -> int:
    """Write a take as its file's ending says; return how many notes that are."""
    if output.suffix.lower() in _MIDI:
        return take.write(output, journal)
    notation.write(output, journal, opener)
    return len(notes_heard(journal))


def _bars(asked: EngineOptions, played: Sequence[Played | Pedal], beats: float) -> int:
    """Return how many bars are rendered where nobody has said it."""
    if not played or any(not voice.sounds for voice in asked.voices.values()):
        return BARS
    tempo = turned(ClockKnobs(), asked.transport).tempo
    return max(math.ceil(played[-1].at * tempo / 60 / beats), 1)


def _played(source: Path, delay: float) -> list[Played | Pedal]:
    """Return a MIDI file's notes as the ports would bring them."""
    found: list[Played | Pedal] = []
    for at, message in phrase.read(source):
        when = at + delay
        match message:
            case Sustain(channel=channel, down=down):
                found.append(Pedal(down=down, at=when, channel=channel))
            case NoteOn(channel=channel, pitch=pitch, velocity=velocity):
                found.append(Played(pitch=pitch, velocity=velocity, at=when, channel=channel))
            case NoteOff(channel=channel, pitch=pitch):
                found.append(Played(pitch=pitch, velocity=0, at=when, channel=channel))
    return found


@click.command()
@click.argument(
    "journals",
    nargs=-1,
    required=True,
    metavar="JOURNAL...",
    type=PathType(exists=True, dir_okay=False),
)
@click.option(
    "-o",
    "--output",
    type=PathType(dir_okay=False),
    help="Write the take as a MIDI file, or as notation (.abc, .musicxml, .mxl); for one journal.",
)
def replay(journals: tuple[Path, ...], output: Path | None) -> None:
    """Play each JOURNAL again, and see that every note is the same.

    \b
    extempo replay takes/2026-03-01-201500.jsonl -o tuesday.mid
    extempo replay takes/*.jsonl
    """
    if output is not None and len(journals) > 1:
        raise click.UsageError(f"{output} takes one journal's notes: give -o with one journal.")
    apart(output, journals)
    opener = cache(opened)
    failed = 0
    for path in journals:
        whose = f"{path}: " if len(journals) > 1 else ""
        try:
            found = replaying.read(path)
            if output is not None:
                apart(output, replaying.artifacts(found))
                _check_notes(output)
                # First, for it needs no artifact: what was played is in the journal.
                click.echo(f"{output}: {_write(output, found, opener)} notes.")
            click.echo(f"{whose}All {replaying.replay(found, opener)} notes come out the same.")
        except ExtempoError as error:
            if not whose:
                raise
            failed += 1
            click.echo(error if str(path) in str(error) else f"{whose}{error}", err=True)
    if failed:
        raise click.ClickException(
            f"{failed} of {len(journals)} journals did not come out the same, or could not be played again."
        )

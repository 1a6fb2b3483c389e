"""`extempo play`: the main thing."""

import os
from pathlib import Path

import click
from click.core import ParameterSource

from live.cli import options
from live.cli.options import PathType
from live.ipc.config import OSC_PORT, ControlOptions, EngineOptions, PortOptions, SoundOptions
from models.numbers import Number

NOT_WHOLE = 4
"""Exit status of a run that played well, and of which not everything was kept."""
_MIDI_FILES = (".mid", ".midi", ".smf", ".kar")
_PLACES = ("auto", "jack", "midi", "null")
"""What --in takes beside a port's name; no file is meant by it."""
_SOUND_FILES = (".wav", ".flac")
_OTHER_SOUND_FILES = (".mp3", ".ogg", ".opus", ".aif", ".aiff", ".au", ".m4a", ".aac", ".wma")


def _named_folder(context: click.Context, option: click.Parameter, folder: Path) -> Path:
    """Refuse a file that somebody named; where one merely lies in the way, the music goes on."""
    named = context.get_parameter_source(option.name or "") is not ParameterSource.DEFAULT
    if named and os.path.exists(folder) and not os.path.isdir(folder):
        raise click.BadParameter(f"{folder} is no folder: name one.")
    return folder


@click.command()
@click.argument("model", required=False)
@click.option(
    "--out",
    default="auto",
    metavar="WHERE",
    help="Where notes go: auto, synth (built in), jack, midi (a port of our own), null, or a part of"
    " a MIDI port's name; several with commas.",
)
@click.option(
    "--in",
    "sources",
    multiple=True,
    metavar="WHERE",
    help="Where you play in: auto, jack, midi, null, a part of a MIDI port's name, or phrase.mid,"
    " a MIDI file that is played in as you would. May be given several times.",
)
@options.knobs
@options.voices
@options.clock
@click.option(
    "--sound",
    default="auto",
    metavar="WHERE",
    help="Where voices of sound are heard: auto, jack, device, a part of a device's name, null, or a"
    " file to write, .wav or .flac; a place and files with commas.",
)
@click.option(
    "--sound-connect",
    multiple=True,
    metavar="PORT",
    help="JACK ports to connect their sound to, by a part of the name; one that is not there is"
    " connected when it comes  [default: the speakers].",
)
@click.option(
    "--stream",
    type=Number(0, 65535, whole=True),
    default=0,
    metavar="PORT",
    help="Give the same sound to other programs at this TCP port of the loopback.",
)
@click.option(
    "--for",
    "seconds",
    type=Number(min=0, min_open=True),
    metavar="SECONDS",
    help="End by itself after so long.",
)
@click.option(
    "--record", is_flag=True, help="Leave a MIDI file of the take even when it can be heard."
)
@click.option(
    "--takes",
    type=PathType(),
    callback=_named_folder,
    default=Path("takes"),
    show_default=True,
    help="The folder for takes and journals.",
)
@click.option(
    "--memory",
    default="auto",
    metavar="WHERE",
    help="Where slots are kept for next time, and what the voices know for an engine that is killed:"
    " auto, off, or a folder.",
)
@click.option(
    "--soundfont",
    type=PathType(exists=True, dir_okay=False),
    help="An SF2 file for the built-in synth.",
)
@click.option(
    "--gain",
    type=Number(0, 4),
    default=1.0,
    show_default=True,
    help="The built-in synth's loudness.",
)
@click.option(
    "--latency",
    type=Number(0, 1000),
    default=0.0,
    metavar="MS",
    help="Send notes so much earlier, for an output that is late.",
)
@click.option(
    "--connect",
    multiple=True,
    metavar="PORT",
    help="JACK ports to connect to, by a part of the name; one that is not there is connected when"
    " it comes.",
)
@options.prime
@options.plan
@options.phrase_delay(1.0, "A phrase given by --in begins on the first bar after so long.")
@click.option(
    "--osc-port",
    type=Number(1, 65535, whole=True),
    default=OSC_PORT,
    show_default=True,
    help="The UDP port for OSC.",
)
@click.option(
    "--osc-host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen on; 0.0.0.0 lets the whole network in.",
)
@options.file()
def play(
    model: str | None,
    out: str,
    sources: tuple[str, ...],
    others: tuple[str, ...],
    clock: str,
    sound: str,
    sound_connect: tuple[str, ...],
    stream: int,
    seconds: float | None,
    record: bool,
    takes: Path,
    memory: str,
    soundfont: Path | None,
    gain: float,
    latency: float,
    connect: tuple[str, ...],
    prime: Path | None,
    plans: tuple[str, ...],
    phrase_delay: float,
    osc_port: int,
    osc_host: str,
) -> None:
    """Play now, with MODEL or the one that ships; Ctrl-C ends it.

    MODEL is a name that `extempo models` lists, or an .onnx file.

    \b
    extempo play                                 solo, heard wherever it can be
    extempo play --mode respond --in Keystation  answers what you play on a keyboard
    extempo play --out "IAC" --tempo 92          into a DAW
    extempo play --in phrase.mid --mode continue goes on from a MIDI file
    extempo play --set scale=dorian --set key=D  in D dorian
    extempo play --plan "AABA 8"                 what it plays in its first eight bars comes back
    extempo play --voice piano-wavenet           a network that makes sound plays the notes
    extempo play piano-wavenet                   you play that one yourself
    extempo play --config tonight.toml           with the settings of a file
    """
    # Bring all of control and NumPy along, which --help does without.
    from live.cli import asked, playing

    listen, phrase = _sources(sources)
    engine = asked.music(model, others, phrase, clock)
    heard = _sound(engine, SoundOptions(sound, stream, sound_connect))
    whole = playing.run(
        engine,
        PortOptions(
            out=out,
            listen=listen,
            synth=not playing.sounds_notes(engine),
            soundfont=soundfont,
            gain=gain,
            phrase=phrase,
            phrase_delay=phrase_delay,
            connect=connect,
            sound=heard,
            latency=latency / 1000,
        ),
        ControlOptions(
            osc_host,
            osc_port,
            takes,
            record,
            seconds or 0.0,
            playing.memory(memory),
            tuple(asked.first(engine, prime, plans)),
        ),
    )
    if not whole:
        raise click.exceptions.Exit(NOT_WHOLE)


def _sound(engine: EngineOptions, asked: SoundOptions) -> SoundOptions:
    """Return where voices of sound are heard. Raises UsageError where there are none, or no such way."""
    if asked != SoundOptions() and all(not voice.sounds for voice in engine.voices.values()):
        raise click.UsageError(
            "--sound, --sound-connect and --stream are for voices of sound, and only notes play:"
            " add such a voice, as --voice piano-wavenet does."
        )
    for part in asked.out.lower().split(","):
        if part.strip().endswith(_OTHER_SOUND_FILES):
            raise click.UsageError(
                f"--sound {part.strip()}: sound is written as {' or '.join(_SOUND_FILES)}."
            )
    return asked


def _sources(sources: tuple[str, ...]) -> tuple[str, Path | None]:
    """Return the port to listen to, and the MIDI file that is played in."""
    files = [Path(name) for name in sources if is_midi_file(name)]
    ports = [name for name in sources if not is_midi_file(name)]
    for name in sources:
        if name.lower().endswith((*_SOUND_FILES, *_OTHER_SOUND_FILES)):
            raise click.UsageError(
                f"--in {name}: what is played in is MIDI; --prime {name} has a voice of sound go on"
                " from it."
            )
    if len(files) > 1:
        raise click.UsageError("--in takes one MIDI file at most.")
    if files and not os.path.isfile(files[0]):
        raise click.UsageError(f"--in {files[0]}: there is no such file.")
    return ",".join(ports) or "auto", (files[0] if files else None)


def is_midi_file(name: str) -> bool:
    """Return whether a MIDI file is meant: by its suffix, or as there is a file and no such place."""
    return name.lower().endswith(_MIDI_FILES) or (name not in _PLACES and os.path.isfile(name))

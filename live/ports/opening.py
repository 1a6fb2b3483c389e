"""From what the player asked for to open ports, and to the words that say where they are."""

import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from live.ipc.config import PortOptions
from live.ipc.news import Opened
from live.ports import native
from live.ports.audio import devices
from live.ports.audio.synth import SoundfontError, SynthVoice
from live.ports.midi import system as midi_port
from live.ports.midi.null import NullOutput
from live.ports.midi.output import Output
from live.ports.midi.phrase import Phrase
from live.ports.native import PortError
from models.midi.messages import Message


@dataclass
class Ports:
    """What is open. spare: the synth, where it rests as soon as somebody listens to JACK's port."""

    outputs: list[Output] = field(default_factory=list)
    inputs: list[midi_port.MidiInput] = field(default_factory=list)
    jack_plays: bool = False
    jack_listens: bool = False
    heard: list[str] = field(default_factory=list)
    played: list[str] = field(default_factory=list)
    spare: SynthVoice | None = None

    @property
    def unheard(self) -> bool:
        """Whether notes go nowhere but to the mix."""
        mixed = NullOutput, SynthVoice
        return not self.jack_plays and all(isinstance(one, mixed) for one in self.outputs)

    @property
    def plays_elsewhere(self) -> bool:
        """Whether notes go to other programs or instruments besides those on JACK."""
        return any(isinstance(one, midi_port.MidiOutput) for one in self.outputs)

    @property
    def outside(self) -> list[str]:
        """Names for where notes sound on when we are gone, the same in the next run."""
        found = [
            f"MIDI {one.name}" for one in self.outputs if isinstance(one, midi_port.MidiOutput)
        ]
        return [*found, f"JACK {native.jack_server()}"] if self.jack_plays else found

    def opened(self) -> Opened:
        """Return the words for the player."""
        return Opened(
            heard="; ".join(self.heard), played="; ".join(self.played), unheard=self.unheard
        )

    def rename(self, asked: str, got: str) -> None:
        """Tell of our JACK ports under the name that JACK gave us instead of the one that we asked for."""
        for words in (self.heard, self.played):
            words[:] = [one.replace(f"JACK port {asked}:", f"JACK port {got}:") for one in words]

    def close(self) -> None:
        """Close all of them."""
        for port in self.inputs:
            port.close()
        for output in self.outputs:
            output.close()


def phrase(options: PortOptions) -> Phrase | None:
    """Return the file that is played in, if any. Raises PortError where it cannot be."""
    if options.phrase is None:
        return None
    return Phrase(options.phrase, time.monotonic() + options.phrase_delay)


@dataclass
class SynthPlace:
    """The built-in synth, if it plays, and where, or why not, in words for the player.

    alone: no voice of sound plays in the mix besides. asked: whether it was asked for by its name, and
    has to play.
    """

    alone: bool
    asked: bool
    voice: SynthVoice | None = None
    where: str = "with the voices of sound"

    def lose(self, error: PortError) -> None:
        """Play without it. Raises the error where it has to play."""
        if self.asked:
            raise error
        self.voice, self.where = None, str(error)


def synth(options: PortOptions, alone: bool) -> SynthPlace:
    """Return the built-in synth, in a voice where it is to play. Raises PortError where it cannot."""
    outs = _parts(options.out)
    place = SynthPlace(alone, asked="synth" in outs)
    if place.asked or ("auto" in outs and options.synth):
        try:
            place.voice = SynthVoice(options.soundfont, options.gain)
            if alone:
                # Before the mix is loaded, which takes its time and memory.
                devices.require()
        except SoundfontError:
            raise
        except PortError as error:
            place.lose(error)
    return place


def open_ports(
    options: PortOptions, hear: Callable[[float, Message], None], synth: SynthPlace
) -> Ports:
    """Open everything but JACK's client and the mix, and say whether JACK's is wanted.

    hear gets what is played in, on threads of the ports. Raises PortError, and has then closed what
    it had opened.
    """
    ports = Ports()
    try:
        for out in _parts(options.out):
            _open_output(ports, options, _own_port(out), synth)
        for listen in _parts(options.listen):
            _open_input(ports, options, _own_port(listen), hear)
    except PortError:
        ports.close()
        raise
    if options.phrase is not None:
        ports.played.insert(0, f"{options.phrase.name} is played in")
    return ports


def _parts(text: str) -> Sequence[str]:
    return [part.strip() for part in text.split(",") if part.strip()] or ["null"]


def _own_port(part: str) -> str:
    """Return where a MIDI port of our own is: on JACK, where the system has no MIDI besides."""
    on_jack = part == "midi" and not midi_port.available() and native.jack_answers()
    return "jack" if on_jack else part


def _open_output(ports: Ports, options: PortOptions, out: str, synth: SynthPlace) -> None:
    if out == "auto":
        _open_auto(ports, options, synth)
    elif out == "null":
        ports.outputs.append(NullOutput())
        ports.heard.append("nowhere: notes are only shown")
    elif out == "synth":
        _open_synth(ports, synth)
    elif out == "jack":
        ports.jack_plays = True
        ports.heard.append(f"JACK port {options.client}:out")
    else:
        output = midi_port.MidiOutput(None if out == "midi" else out, options.client)
        ports.outputs.append(output)
        ports.heard.append(f"MIDI port {output.name!r}")


def _open_synth(ports: Ports, synth: SynthPlace) -> SynthVoice | None:
    """Have it play, once; return it if it did not already."""
    if synth.voice is None or synth.voice in ports.outputs:
        return None
    ports.outputs.append(synth.voice)
    ports.heard.append(f"the built-in synth ({synth.where})")
    return synth.voice


def _open_auto(ports: Ports, options: PortOptions, synth: SynthPlace) -> None:
    spare = _open_synth(ports, synth) if options.synth else None
    if native.jack_answers():
        ports.jack_plays = True
        ports.spare = spare
        until = f"{ports.heard.pop()} until something is connected to " if spare else ""
        ports.heard.append(f"{until}JACK port {options.client}:out")
    elif sys.platform != "win32" and midi_port.available():
        with contextlib.suppress(PortError):
            output = midi_port.MidiOutput(None, options.client)
            ports.outputs.append(output)
            ports.heard.append(f"MIDI port {output.name!r}")
    if not ports.heard:
        ports.outputs.append(NullOutput())
    if not options.synth:
        ports.heard.append("by the voice of sound, not by the built-in synth")
    elif not ports.heard:
        ports.heard.append(f"nowhere, notes are only shown ({synth.where})")


def _open_input(
    ports: Ports, options: PortOptions, listen: str, hear: Callable[[float, Message], None]
) -> None:
    if listen == "auto":
        _listen_to_all(ports, options, hear)
    elif listen == "jack":
        ports.jack_listens = True
        ports.played.append(f"JACK port {options.client}:in")
    elif listen != "null":
        name = None if listen == "midi" else listen
        port = midi_port.MidiInput(name, options.client, hear)
        ports.inputs.append(port)
        ports.played.append(f"MIDI port {port.name!r}")


def _listen_to_all(
    ports: Ports, options: PortOptions, hear: Callable[[float, Message], None]
) -> None:
    # Who plays nowhere has no port that others see, but for --in.
    shows = options.out != "null"
    if shows and (ports.jack_plays or native.jack_answers()):
        ports.jack_listens = True
        ports.played.append(f"JACK port {options.client}:in")
    # JACK's MIDI and the system's are two worlds, and the keyboard may be in either.
    if not midi_port.available():
        return
    wanted: list[str | None] = list(midi_port.keyboards())
    if shows and not ports.jack_listens and sys.platform != "win32":
        wanted.append(None)
    for name in wanted:
        # A keyboard that another program holds is no reason not to play.
        with contextlib.suppress(PortError):
            port = midi_port.MidiInput(name, options.client, hear)
            ports.inputs.append(port)
            ports.played.append(f"MIDI port {port.name!r}")

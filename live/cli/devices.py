"""`extempo devices`: where notes and sound can go, and where notes can come from."""

import json
from typing import Final, NamedTuple

import click
from rich.console import Console
from rich.table import Table

from live.ipc.config import PortOptions
from live.ports import native
from live.ports.audio import devices as sounding
from live.ports.midi import system as midi_port
from live.ports.native import PortError

_TITLES: Final = {
    "out": "Notes can go to",
    "sound": "Voices of sound can be heard on",
    "in": "You can play in from",
}


class Entry(NamedTuple):
    """Something that notes can go to or come from, or why not."""

    name: str
    about: str
    there: bool = True


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def devices(as_json: bool) -> None:
    """List where notes (--out) and sound (--sound) can go and where you can play in (--in), or why not."""
    found = {"out": [*_synth(), *_jack("out"), *_midi("MidiOut")]}
    found["in"] = [*_jack("in"), *_midi("MidiIn")]
    found["sound"] = [*_jack("sound"), *_device()]
    if as_json:
        rows = {way: [entry._asdict() for entry in entries] for way, entries in found.items()}
        click.echo(json.dumps(rows, indent=2))
        return
    console = Console(highlight=False)
    for way, title in _TITLES.items():
        table = Table(f"--{way}", title, box=None, padding=(0, 2, 0, 0))
        for entry in found[way]:
            table.add_row(entry.name, entry.about, style="" if entry.there else "dim")
        console.print(table)
        console.print()
    console.print("--in also takes a MIDI file (phrase.mid), which is played in as you would.")
    console.print("--sound also takes a file to write (take.wav, take.flac), and null.")


def _synth() -> list[Entry]:
    try:
        native.tinysoundfont()
        names = sounding.names()
    except PortError as error:
        return [Entry("synth", str(error), there=False)]
    if not names:
        return [Entry("synth", "There is no sound device.", there=False)]
    return [Entry("synth", f"the built-in synth, on {', '.join(names)}")]


def _device() -> list[Entry]:
    try:
        names = sounding.names()
    except PortError as error:
        return [Entry("device", str(error), there=False)]
    if not names:
        return [Entry("device", "There is no sound device.", there=False)]
    return [Entry("device", f"the first of {', '.join(names)} that takes it")]


def _jack(way: str) -> list[Entry]:
    try:
        native.jack()
    except PortError as error:
        return [Entry("jack", str(error), there=False)]
    if not native.jack_answers():
        return [Entry("jack", "No JACK server answers.", there=False)]
    client = PortOptions().client
    if way == "sound":
        about = f"a JACK client of our own, {client}-sound; --sound-connect says with whom"
    else:
        about = f"a JACK port of our own, {client}:{way}"
    return [Entry("jack", about)]


def _midi(kind: str) -> list[Entry]:
    try:
        names = midi_port.names(kind)
    except PortError as error:
        return [Entry("midi", str(error), there=False)]
    own = midi_port.own(kind, PortOptions().client)
    return [
        Entry("midi", f"a MIDI port of our own, {own!r}"),
        *(Entry(name, "a MIDI port; a part of the name is enough") for name in names),
    ]

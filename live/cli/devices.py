"""`extempo devices`: where notes can go, and where they can come from."""

import json
from typing import NamedTuple

import click
from rich.console import Console
from rich.table import Table

from live.config import PortOptions
from live.ports import midi_port, native
from live.ports.native import PortError
from live.ports.synth import backends, playbacks


class Entry(NamedTuple):
    """Something that notes can go to or come from, or why not."""

    name: str
    about: str
    there: bool = True


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def devices(as_json: bool) -> None:
    """List where notes can go (--out) and where you can play in (--in), or why not."""
    found = {"out": [*_sound(), *_jack("out"), *_midi("MidiOut")]}
    found["in"] = [*_jack("in"), *_midi("MidiIn")]
    if as_json:
        rows = {way: [entry._asdict() for entry in entries] for way, entries in found.items()}
        click.echo(json.dumps(rows, indent=2))
        return
    console = Console(highlight=False)
    for way, title in (("out", "Notes can go to"), ("in", "You can play in from")):
        table = Table(f"--{way}", title, box=None, padding=(0, 2, 0, 0))
        for entry in found[way]:
            table.add_row(entry.name, entry.about, style="" if entry.there else "dim")
        console.print(table)
        console.print()
    console.print("--in also takes a MIDI file (phrase.mid), which is played in as you would.")


def _sound() -> list[Entry]:
    try:
        native.tinysoundfont()
        module = native.miniaudio()
    except PortError as error:
        return [Entry("synth", str(error), there=False)]
    with native.quiet():
        known = [device for one in backends(module) for device in playbacks(module, one)]
    names = dict.fromkeys(device["name"] for device in known)
    if not names:
        return [Entry("synth", "There is no sound device.", there=False)]
    return [Entry("synth", f"the built-in synth, on {', '.join(names)}")]


def _jack(way: str) -> list[Entry]:
    try:
        native.jack()
    except PortError as error:
        return [Entry("jack", str(error), there=False)]
    if not native.jack_answers():
        return [Entry("jack", "No JACK server answers.", there=False)]
    return [Entry("jack", f"a JACK port of our own, {PortOptions().client}:{way}")]


def _midi(kind: str) -> list[Entry]:
    try:
        names = midi_port.names(kind, PortOptions().client)
    except PortError as error:
        return [Entry("midi", str(error), there=False)]
    own = midi_port.OUT if kind == "MidiOut" else midi_port.IN
    return [
        Entry("midi", f"a MIDI port of our own, {own!r}"),
        *(Entry(name, "a MIDI port; a part of the name is enough") for name in names),
    ]

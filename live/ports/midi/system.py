"""The system's MIDI through rtmidi: ALSA, CoreMIDI, Windows, and JACK where there is nothing else."""

import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from live.machine.quiet import quiet
from live.ports import native
from live.ports.names import PROGRAM, matches, run_of
from live.ports.native import PortError
from models.midi.decoding import decode
from models.midi.messages import Message

_OURS: Final = {"MidiIn": "in", "MidiOut": "out"}
_THROUGH: Final = "-midi-"
_NOBODY: Final = ("Midi Through", "VirMIDI")
"""ALSA's ports that no instrument is plugged into."""
NO_VIRTUAL: Final = (
    "Windows has no virtual MIDI ports: install loopMIDI, make a port there "
    "and name it with --out, or use the built-in synth."
)


class MidiOutput:
    """A MIDI port that notes go to: one of the system's by a part of its name, or our own.

    Raises PortError where nothing matches, or several do. Threads: one.
    """

    aside = False

    def __init__(self, part: str | None, client: str, api: int | None = None) -> None:
        self._port, self.name = _open("MidiOut", part, client, api)

    def send(self, at: float, message: Message) -> None:
        """Send a message now."""
        self._port.send_message(message.encode())

    def close(self) -> None:
        """Close the port."""
        self._port.close_port()
        self._port.delete()


class MidiInput:
    """A MIDI port that the player plays into, or our own that others send to.

    hear gets each message with its time, on rtmidi's thread. Raises PortError as the output does.
    """

    def __init__(
        self,
        part: str | None,
        client: str,
        hear: Callable[[float, Message], None],
        api: int | None = None,
    ) -> None:
        self._port, self.name = _open("MidiIn", part, client, api)
        self._hear = hear
        self._port.set_callback(self._take)

    def close(self) -> None:
        """Close the port."""
        self._port.cancel_callback()
        self._port.close_port()
        self._port.delete()

    def _take(self, event: tuple[Sequence[int], float], _: object = None) -> None:
        at = time.monotonic()
        message = decode(bytes(event[0]))
        if message is not None:
            self._hear(at, message)


def own(kind: str, client: str) -> str:
    """Return the name of a port of our own; kind is MidiIn or MidiOut."""
    return f"{client} {_OURS[kind]}"


def names(kind: str, api: int | None = None) -> list[str]:
    """Return the names of the system's MIDI ports; kind is MidiIn or MidiOut.

    Raises PortError where there is no MIDI.
    """
    port = _make(kind, f"{PROGRAM}-look", api)
    try:
        return list(port.get_ports())
    finally:
        port.delete()


def keyboards(api: int | None = None) -> list[str]:
    """Return the names of what a player may have plugged in."""
    return [
        name
        for name in names("MidiIn", api)
        if not run_of(name) and not any(part in name for part in _NOBODY)
    ]


def _open(kind: str, part: str | None, client: str, api: int | None) -> tuple[Any, str]:
    port, ours = _make(kind, client, api), own(kind, client)
    try:
        if part is None:
            if sys.platform == "win32":
                raise PortError(NO_VIRTUAL)
            port.open_virtual_port(ours)
            return port, ours
        number, name = match(part, port.get_ports(), client)
        port.open_port(number, ours if kind == "MidiOut" else f"{client} keys")
    except BaseException:
        port.delete()
        raise
    return port, name


def match(part: str, ports: Sequence[str], client: str) -> tuple[int, str]:
    """Return the number and the name of the one port whose name has `part` in it, none of our own.

    client: our name. A name that is exactly `part` wins. Raises PortError where there is none, or several.
    """
    others = [(number, name) for number, name in enumerate(ports) if not _is_own(name, client)]
    found = [entry for entry in others if matches(part, entry[1])]
    exact = [entry for entry in found if entry[1].lower() == part.lower()]
    if len(exact or found) == 1:
        return (exact or found)[0]
    listed = ", ".join(name for _, name in found or others) or "none at all"
    if found:
        raise PortError(f"{part!r} matches several MIDI ports: {listed}. Name one of them in full.")
    raise PortError(f"No MIDI port matches {part!r}; there is {listed}.")


def _make(kind: str, client: str, api: int | None) -> Any:
    module = native.rtmidi()
    number = native.midi_api() if api is None else api
    if number == module.API_UNIX_JACK:
        # There it is a client of its own, beside the one that has our name.
        client = f"{client}{_THROUGH}{_OURS[kind]}"
    with quiet():
        try:
            return getattr(module, kind)(rtapi=number, name=client)
        except module.SystemError as error:
            raise PortError("The system's MIDI cannot be reached; does its service run?") from error


def _is_own(name: str, client: str) -> bool:
    run = run_of(name)
    return run is not None and run.partition(_THROUGH)[0] == client.lower()


def available() -> bool:
    """Return whether the system has MIDI of its own, besides JACK's."""
    with contextlib.suppress(PortError):
        native.midi_api(fall_back=False)
        return True
    return False

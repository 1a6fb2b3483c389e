"""The connections of a JACK client: made by parts of names, and again whenever a port comes back."""

import errno
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Final

from live.ports import native
from live.ports.names import matches

_TRIES: Final = 5
_WORDS: Final = {"midi": "MIDI", "audio": "audio"}


def ports(client: Any, name: str = "", **kind: bool) -> list[Any]:
    """Return the ports on the server; arguments as for `jack.Client.get_ports`.

    That one stumbles over a port that goes just then; a program that ends is no reason not to play.
    """
    for _ in range(_TRIES):
        with suppress(native.jack().JackError):
            return list(client.get_ports(name, **kind))
    return []


class Connections:
    """The connections of a client's ports; those that are missing are made when the other port comes.

    kind: "midi" or "audio", what its ports carry. connect: connects to the ports that match a part of a
    name, and returns what there is to say against it. Threads: one at a time.
    """

    def __init__(
        self, client: Any, kind: str, connect: Callable[[str, Sequence[Any]], list[str]]
    ) -> None:
        self._client, self._kind, self._connect = client, kind, connect
        self._missing: dict[str, int] = {}
        """Parts of names without a port yet, with how many of its ports were there at the last look."""
        self._found: dict[str, list[str]] = {}
        """What was connected: the names of its ports."""
        self._kept: set[tuple[str, str]] = set()
        """Connections that were there before, of ports that are not there yet."""

    def connect_all(self, parts: Sequence[str]) -> list[str]:
        """Connect to ports by parts of their names; return one sentence for each that was not."""
        texts = []
        there = self._others()
        for part in parts:
            if found := _matching(part, there):
                texts += self._connect_found(part, found)
            else:
                self._missing[part] = 0
                texts.append(
                    f"No JACK {_WORDS[self._kind]} port matches {part!r}; there is "
                    f"{_names(there)}. It is connected when it comes."
                )
        return texts

    def join_missing(self) -> list[str]:
        """Connect missing ports that have appeared; return messages about them."""
        texts: list[str] = []
        if not self._found and not self._missing and not self._kept:
            return texts
        there = self._others()
        names = {port.name for port in there}
        texts += self._join_kept(names)
        for part in [part for part, known in self._found.items() if names.isdisjoint(known)]:
            del self._found[part]
            self._missing[part] = 0
        for part, before in list(self._missing.items()):
            found = _matching(part, there)
            # A program makes its ports one after the other.
            if found and len(found) == before:
                del self._missing[part]
                texts += self._connect_found(part, found) or [
                    f"JACK has {_names(found)} now: connected."
                ]
            else:
                self._missing[part] = len(found)
        return texts

    def restore(self, links: Iterable[tuple[str, str]]) -> None:
        """Connect again what was connected before; `join_missing` does the rest as it comes."""
        self._kept = set(links)
        self._join_kept({port.name for port in self._others()})

    def links(self) -> frozenset[tuple[str, str]]:
        """Return what is connected, and what was and is waited for: our port and the other's name, each."""
        found = set(self._kept)
        for ours in self._ours():
            with suppress(native.jack().JackError):
                others = self._client.get_all_connections(ours)
                found |= {(ours.shortname, other.name) for other in others}
        return frozenset(found)

    def join(self, source: Any, target: Any) -> list[str]:
        """Connect two ports; return JACK's error, if any."""
        try:
            self._client.connect(source, target)
        except native.jack().JackError as error:
            # A patchbay may have been quicker.
            if getattr(error, "code", 0) == errno.EEXIST:
                return []
            names = (getattr(port, "name", port) for port in (source, target))
            return [f"JACK does not connect {' to '.join(names)}: {error}."]
        return []

    def _connect_found(self, part: str, found: Sequence[Any]) -> list[str]:
        self._found[part] = [port.name for port in found]
        return self._connect(part, found)

    def _join_kept(self, names: set[str]) -> list[str]:
        ours = {port.shortname: port for port in self._ours()}
        texts = []
        for port, other in [one for one in self._kept if one[1] in names]:
            self._kept.discard((port, other))
            if port in ours:
                pair = (other, ours[port]) if ours[port].is_input else (ours[port], other)
                texts += self.join(*pair)
        return texts

    def _ours(self) -> list[Any]:
        return [
            *self._client.midi_inports,
            *self._client.midi_outports,
            *self._client.inports,
            *self._client.outports,
        ]

    def _others(self) -> list[Any]:
        there = ports(self._client, "", **{f"is_{self._kind}": True})
        return [port for port in there if not self._client.owns(port)]


def _matching(part: str, ports: Sequence[Any]) -> list[Any]:
    return [port for port in ports if matches(part, port.name)]


def _names(ports: Sequence[Any]) -> str:
    return ", ".join(port.name for port in ports) or "none"

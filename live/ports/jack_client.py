"""Being a client of JACK: what our ports of notes and of sound have in common."""

import errno
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from live.ipc import pulse
from live.ipc.pulse import Stillness
from live.machine import realtime
from live.ports import native
from live.ports.names import matches
from live.ports.native import NameTakenError, PortError

STALLED: Final = 2.0
"""Seconds without a callback after which a server counts as dead."""
_SETTLED: Final = 0.05
"""Seconds after which no thread of JACK's is in our callbacks any more, where its server lives."""
_SETTLED_ALONE: Final = 0.5
"""The same where the server is gone, which waits for nobody."""
_PATIENCE: Final = 2.0
_LOOK: Final = 0.25
"""Seconds between looks at what there is to connect."""
_TRIES: Final = 5
_WORDS: Final = {"midi": "MIDI", "audio": "audio"}


def leave(client: Any) -> None:
    """Close a client with callbacks in Python, of a server that waits for its clients (jackd -S).

    JACK ends its threads where they are, and one that is in Python takes Python's lock along: then
    nothing runs any more. There, a client that is not active gets no calls a moment later.
    """
    client.deactivate()
    time.sleep(_SETTLED)
    client.close()


def ports(client: Any, name: str = "", **kind: bool) -> list[Any]:
    """Return the ports that there are, as `jack.Client.get_ports` takes it.

    That one stumbles over a port that goes just then; a program that ends is no reason not to play.
    """
    for _ in range(_TRIES):
        with suppress(native.jack().JackError):
            return list(client.get_ports(name, **kind))
    return []


class JackClient(ABC):
    """The client `name` of JACK; a subclass adds ports and the process callback, and activates it.

    kind: "midi" or "audio", what its ports are connected to. elsewhere: what to do without a server,
    to end a sentence with. lost is called from a thread of JACK's when the server goes: then stop(),
    and make another one. Raises PortError where no server answers. A subclass sets `_last_seen`, in
    monotonic seconds, whenever JACK calls. exact: raise NameTakenError where JACK would change the
    name. Threads: all but the callbacks on one; from the first look on, one of its own asks the server,
    which may hang.
    """

    carries = "music"
    """What goes through its ports."""

    def __init__(
        self, name: str, kind: str, lost: Callable[[], None], elsewhere: str, exact: bool = False
    ) -> None:
        try:
            self._client: Any = native.jack_client(name, exact)
        except NameTakenError:
            raise
        except PortError as error:
            raise PortError(f"{error}, or {elsewhere}.") from error
        self._kind = kind
        self._missing: dict[str, int] = {}
        """What is to be connected and is not there: how many of its ports there were at last."""
        self._found: dict[str, list[str]] = {}
        """What was connected: the names of its ports."""
        self._kept: set[tuple[str, str]] = set()
        """Connections that were there before, of ports that are not there yet."""
        self._links: frozenset[tuple[str, str]] = frozenset()
        self._texts: deque[str] = deque()
        self._asker: threading.Thread | None = None
        self._asked = threading.Event()
        self._lost = lost
        self._gone = threading.Event()
        self._last_seen = time.monotonic()
        self._still = Stillness()
        self._active = self._stopping = False
        self.xruns = 0
        self.freewheels = False
        """Whether the server runs as fast as it can, for a program that exports."""
        self._freewheel_told = False
        self._client.set_freewheel_callback(self._freewheel)
        self._client.set_xrun_callback(self._count_xrun)
        self._client.set_shutdown_callback(self._shut_down)

    @property
    def alive(self) -> bool:
        """Whether the server still calls us."""
        return not self._gone.is_set() and self._still.seconds(self._last_seen) < STALLED

    def stop(self) -> None:
        """Close the client; a server that is dead cannot hold us up. Twice does nothing."""
        if self._stopping:
            return
        self._stopping = True
        answers = self.alive
        self._gone.set()
        if self._asker is not None:
            pulse.end(self._asking)
        end = time.monotonic() + _PATIENCE
        while self._inside and time.monotonic() < end:
            time.sleep(0.001)
        closer = threading.Thread(
            target=self._leave, args=(answers,), daemon=True, name="jack-close"
        )
        closer.start()
        if answers:
            closer.join(_PATIENCE)

    @property
    @abstractmethod
    def _inside(self) -> bool:
        """Whether JACK's thread is in the process callback, which returns at once once we stopped."""

    @contextmanager
    def _while_it_lives(self) -> Iterator[None]:
        """Turn what JACK refuses into a PortError, and close the client."""
        try:
            yield
        except native.jack().JackError as error:
            self.stop()
            raise PortError(f"JACK does not take us: {error}.") from error

    def _activate(self) -> None:
        self._last_seen = time.monotonic()
        with self._while_it_lives():
            self._client.activate()
        self._active = True

    def _retire(self) -> None:
        """See to it that JACK's thread does not call us any more, whose server answers."""
        self._client.deactivate()

    def _leave(self, answers: bool) -> None:
        if self._asker is not None:
            # It may be in the library, which frees at the end what that works with.
            self._asker.join()
        # JACK ends its threads where they are, and one that is in Python takes Python's lock along.
        if answers and self._active:
            self._retire()
        time.sleep(_SETTLED if answers else _SETTLED_ALONE)
        self._client.close()

    def look(self) -> list[str]:
        """Return what there is to say since; from the first look on, what was missing is connected when it comes."""
        if self._asker is None:
            self._asker = threading.Thread(target=self._ask, name="jack-look", daemon=True)
            self._asker.start()
            self._asked.wait(_LOOK)
        return [self._texts.popleft() for _ in range(len(self._texts))]

    def links(self) -> frozenset[tuple[str, str]]:
        """Return what is connected, and what was and is waited for: our port and the other's name, each."""
        return self._links

    @property
    def _asking(self) -> str:
        return f"the look at JACK's {self.carries}"

    def _ask(self) -> None:
        realtime.stand_back()
        pulse.again(self._asking, self._keep_asking, self._texts.append)

    def _keep_asking(self) -> None:
        beat = pulse.begin(self._asking, vital=False)
        while not self._gone.is_set():
            beat()
            self._texts.extend(self._join_missing())
            links = self._linked()
            if not self._gone.is_set():
                self._links = links
            self._asked.set()
            self._gone.wait(_LOOK)

    def _join_missing(self) -> list[str]:
        """Connect what was missing and is there now; return what there is to say of it."""
        texts = self._tell_of_freewheel()
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

    def _linked(self) -> frozenset[tuple[str, str]]:
        found = set(self._kept)
        for ours in self._ours():
            with suppress(native.jack().JackError):
                others = self._client.get_all_connections(ours)
                found |= {(ours.shortname, other.name) for other in others}
        return frozenset(found)

    def restore(self, links: Iterable[tuple[str, str]]) -> None:
        """Connect again what was connected before, each as soon as it is there; `look` does the rest."""
        self._kept = set(links)
        self._links = frozenset(self._kept)
        self._join_kept({port.name for port in self._others()})

    def _join_kept(self, names: set[str]) -> list[str]:
        ours = {port.shortname: port for port in self._ours()}
        texts = []
        for port, other in [one for one in self._kept if one[1] in names]:
            self._kept.discard((port, other))
            if port in ours:
                pair = (other, ours[port]) if ours[port].is_input else (ours[port], other)
                texts += self._join(*pair)
        return texts

    def _ours(self) -> list[Any]:
        return [
            *self._client.midi_inports,
            *self._client.midi_outports,
            *self._client.inports,
            *self._client.outports,
        ]

    def _tell_of_freewheel(self) -> list[str]:
        freewheels = self.freewheels
        if freewheels == self._freewheel_told:
            return []
        self._freewheel_told = freewheels
        if not freewheels:
            return [f"JACK runs in time again, and extempo's {self.carries} with it."]
        return [
            f"JACK freewheels, for a program exports: extempo's {self.carries} cannot go faster, so"
            " record it in time first. It goes on when the export is over."
        ]

    def _connect_all(self, parts: Sequence[str]) -> list[str]:
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

    def _connect_found(self, part: str, found: Sequence[Any]) -> list[str]:
        self._found[part] = [port.name for port in found]
        return self._connect(part, found)

    @abstractmethod
    def _connect(self, part: str, found: Sequence[Any]) -> list[str]:
        """Connect to the ports that match a part of a name; return what there is to say against it."""

    def _others(self) -> list[Any]:
        there = ports(self._client, "", **{f"is_{self._kind}": True})
        return [port for port in there if not self._client.owns(port)]

    def _join(self, source: Any, target: Any) -> list[str]:
        try:
            self._client.connect(source, target)
        except native.jack().JackError as error:
            # A patchbay may have been quicker.
            if getattr(error, "code", 0) == errno.EEXIST:
                return []
            names = (getattr(port, "name", port) for port in (source, target))
            return [f"JACK does not connect {' to '.join(names)}: {error}."]
        return []

    def _count_xrun(self, _: float) -> None:
        self.xruns += 1

    def _freewheel(self, starting: bool) -> None:
        self.freewheels = bool(starting)

    def _shut_down(self, _status: object, _reason: str) -> None:
        self._gone.set()
        self._lost()


def _matching(part: str, ports: Sequence[Any]) -> list[Any]:
    return [port for port in ports if matches(part, port.name)]


def _names(ports: Sequence[Any]) -> str:
    return ", ".join(port.name for port in ports) or "none"

"""A client of JACK: what our ports of notes and of sound have in common."""

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from live.ipc import pulse
from live.ipc.pulse import Stillness
from live.machine import realtime
from live.ports import native
from live.ports.jack_connections import Connections
from live.ports.native import NameTakenError, PortError

STALLED: Final = 2.0
"""Seconds without a callback after which a server counts as dead."""
_SETTLED: Final = 0.05
"""Seconds after which no thread of JACK's is in our callbacks any more, where its server lives."""
_SETTLED_ALONE: Final = 0.5
"""The same where the server is gone."""
_PATIENCE: Final = 2.0
_LOOK: Final = 0.25
"""Seconds between looks for ports to connect."""


def leave(client: Any) -> None:
    """Close a client with callbacks in Python, of a server that waits for its clients (jackd -S).

    JACK ends its threads where they are, and one that is in Python takes Python's lock along: then
    nothing runs any more. There, a client that is not active gets no calls a moment later.
    """
    client.deactivate()
    time.sleep(_SETTLED)
    client.close()


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
        self._connections = Connections(self._client, kind, self._connect)
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
        """Make sure that JACK's thread does not call us any more; the server still answers."""
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
        """Return the messages since the last look; from the first on, missing ports are connected as they appear."""
        if self._asker is None:
            self._asker = threading.Thread(target=self._ask, name="jack-look", daemon=True)
            self._asker.start()
            self._asked.wait(_LOOK)
        return [self._texts.popleft() for _ in range(len(self._texts))]

    def links(self) -> frozenset[tuple[str, str]]:
        """Return what is connected, and what was and is waited for: our port and the other's name, each."""
        return self._links

    def restore(self, links: Iterable[tuple[str, str]]) -> None:
        """Connect again what was connected before, each as soon as it is there; `look` does the rest."""
        kept = frozenset(links)
        self._links = kept
        self._connections.restore(kept)

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
            self._texts.extend(self._tell_of_freewheel())
            self._texts.extend(self._connections.join_missing())
            links = self._connections.links()
            if not self._gone.is_set():
                self._links = links
            self._asked.set()
            self._gone.wait(_LOOK)

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

    @abstractmethod
    def _connect(self, part: str, found: Sequence[Any]) -> list[str]:
        """Connect to the ports that match a part of a name; return what failed."""

    def _count_xrun(self, _: float) -> None:
        self.xruns += 1

    def _freewheel(self, starting: bool) -> None:
        self.freewheels = bool(starting)

    def _shut_down(self, _status: object, _reason: str) -> None:
        self._gone.set()
        self._lost()

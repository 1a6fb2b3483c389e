"""Being a client of JACK: what our ports of notes and of sound have in common."""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from live.ports import native
from live.ports.native import PortError

STALLED: Final = 2.0
"""Seconds without a callback after which a server counts as dead."""
_SETTLED: Final = 0.05
"""Seconds after which no thread of JACK's is in our callbacks any more, where its server lives."""
_SETTLED_ALONE: Final = 0.5
"""The same where the server is gone, which waits for nobody."""
_PATIENCE: Final = 2.0


def leave(client: Any) -> None:
    """Close a client with callbacks, whose server lives; it may take as long as the server likes.

    JACK ends its threads where they are, and one that is in Python takes Python's lock along: then
    nothing runs any more. A client that is not active gets no calls, so it is closed a moment later.
    """
    client.deactivate()
    time.sleep(_SETTLED)
    client.close()


class JackClient:
    """The client `name` of JACK; a subclass adds ports and the process callback, and activates it.

    elsewhere: what to do without a server, to end a sentence with. lost is called from a thread of
    JACK's when the server goes: then stop(), and make another one. Raises PortError where no server
    answers. A subclass sets `_last_seen`, in monotonic seconds, whenever JACK calls.
    Threads: all but the callbacks on one.
    """

    def __init__(self, name: str, lost: Callable[[], None], elsewhere: str) -> None:
        module = native.jack()
        try:
            self._client: Any = module.Client(name, no_start_server=True)
        except module.JackOpenError as error:
            raise PortError(
                f"No JACK server answers: start it (`jackd`, QjackCtl or PipeWire), or {elsewhere}."
            ) from error
        self._lost = lost
        self._gone = threading.Event()
        self._last_seen = time.monotonic()
        self._stopping = False
        self.xruns = 0
        self._client.set_xrun_callback(self._count_xrun)
        self._client.set_shutdown_callback(self._shut_down)

    @property
    def alive(self) -> bool:
        """Whether the server still calls us."""
        return not self._gone.is_set() and time.monotonic() - self._last_seen < STALLED

    def stop(self) -> None:
        """Close the client; a server that is dead cannot hold us up. Twice does nothing."""
        if self._stopping:
            return
        self._stopping = True
        answers = self.alive
        self._gone.set()
        end = time.monotonic() + _SETTLED_ALONE
        while self._inside and time.monotonic() < end:
            time.sleep(0.001)
        closer = threading.Thread(
            target=self._leave, args=(answers,), daemon=True, name="jack-close"
        )
        closer.start()
        if answers:
            closer.join(_PATIENCE)

    @property
    def _inside(self) -> bool:
        """Whether JACK's thread is in the process callback, which returns at once once we stopped."""
        raise NotImplementedError

    def _activate(self) -> None:
        self._last_seen = time.monotonic()
        try:
            self._client.activate()
        except native.jack().JackError as error:
            self.stop()
            raise PortError(f"JACK does not take us: {error}.") from error

    def _join(self, source: Any, target: Any) -> list[str]:
        """Connect two ports; return the sentence that says why not, if so."""
        try:
            self._client.connect(source, target)
        except native.jack().JackError as error:
            return [f"JACK does not connect {source.name} to {target.name}: {error}."]
        return []

    def _leave(self, answers: bool) -> None:
        if answers:
            leave(self._client)
        else:
            time.sleep(_SETTLED_ALONE)
            self._client.close()

    def _count_xrun(self, _: float) -> None:
        self.xruns += 1

    def _shut_down(self, _status: object, _reason: str) -> None:
        self._gone.set()
        self._lost()

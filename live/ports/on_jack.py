"""Our place on JACK: kept while its server lives, and taken again when there is one."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from live.ipc import pulse
from live.ipc.config import PortOptions
from live.ipc.news import Patched, Trouble
from live.ports.midi.desk import Desk
from live.ports.midi.jack import Cycle, JackPort
from live.ports.names import following
from live.ports.native import NameTakenError, PortError
from live.ports.opening import Ports

MARGIN: Final = 0.0015
"""Seconds that a message may need to reach us; JACK takes notes up to a period ahead as well."""
LEAVING: Final = 4.0
"""Seconds that leaving a server may take."""
_RETRY: Final = 1.0
_REFUSALS: Final = 5
"""How often our name may be taken before we take another one: a client of ours may not be gone yet."""
_CALL: Final = "the wait for JACK"


class OnJack:
    """The one client of our notes at a time, if ports want any.

    cycle, rouse: see `JackPort`, its `cycle` and `lost`; `rouse` also says that JACK is back.
    jack: the client, while we are on JACK. Threads: the ports' main.
    """

    def __init__(
        self,
        options: PortOptions,
        ports: Ports,
        desk: Desk,
        cycle: Cycle,
        rouse: Callable[[], None],
    ) -> None:
        self.jack: JackPort | None = None
        self.client = options.client
        self._connect = options.connect
        self._ports, self._desk = ports, desk
        self._cycle, self._rouse = cycle, rouse
        self._xruns = 0
        self._answered: list[tuple[JackPort, list[str]]] = []
        """The client that has joined JACK again, and messages about its connections."""
        self._known = self.client
        """The name that the player and control know."""
        self._named = False
        """Whether that is our name already."""
        self._refused = 0
        self._links = frozenset(options.links)
        """What was connected at the last look, to be connected again after JACK was away."""

    @property
    def wanted(self) -> bool:
        """Whether any of our ports is JACK's."""
        return self._ports.jack_plays or self._ports.jack_listens

    def open(self, again: bool) -> None:
        """Join JACK; again, wait for it where it is away. Raises PortError."""
        self._named = again
        try:
            self._begin(*self._join())
        except PortError as error:
            if not again:
                raise
            self._tell("jack", str(error))
            self._wait()

    def look(self) -> None:
        """See how JACK does, or whether it is back."""
        if self.jack is not None:
            self._look_at(self.jack)
        elif self._answered:
            self._tell("jack", "JACK runs again, and extempo with it.")
            self._begin(*self._answered.pop())

    def lose(self) -> None:
        """Leave a server that is gone, and come back when there is one."""
        if self.jack is None:
            return
        self._xruns += self.jack.xruns
        self.jack.stop()
        self.jack = None
        self._wait()
        if self._ports.spare is not None:
            self._ports.spare.rest(False)
        text = "JACK has stopped; extempo plays on and comes back by itself when JACK runs again."
        self._tell("jack", text)

    def close(self) -> None:
        """Leave JACK."""
        if self.jack is not None:
            # The last messages leave with the period after the one that they were written in.
            time.sleep(3 * self.jack.period)
            self.jack.stop()

    def _tell(self, code: str, text: str) -> None:
        self._desk.tell(Trouble(code=code, text=text))

    def _tell_links(self) -> None:
        links = tuple(sorted(self._links))
        self._desk.tell(Patched(client=self.client, kind="midi", links=links))

    def _join(self) -> tuple[JackPort, list[str]]:
        jack = self._named_client()
        unconnected = jack.start(self._connect)
        jack.restore(self._links)
        return jack, unconnected

    def _named_client(self) -> JackPort:
        """Return a client under our name, or under the next that is free where we have none yet."""
        while True:
            try:
                return JackPort(
                    self.client,
                    self._cycle,
                    self._rouse,
                    plays=self._ports.jack_plays,
                    listens=self._ports.jack_listens,
                )
            except NameTakenError:
                self._refused += 1
                if self._named and self._refused < _REFUSALS:
                    raise
                self.client = following(self.client)

    def _begin(self, jack: JackPort, unconnected: list[str]) -> None:
        """Hand the desk over to JACK's callback."""
        self._desk.lead(jack.period + MARGIN)
        for text in unconnected:
            self._tell("connect", text)
        asked = self._known
        if self.client != asked:
            self._ports.rename(asked, self.client)
            self._tell(
                "jack", f"On JACK this one is {self.client}, for another program is {asked}."
            )
            # The next ports are to have the same name.
            self._tell_links()
            self._known = self.client
        self._named, self._refused = True, 0
        self.jack = jack
        jack.begin()

    def _look_at(self, jack: JackPort) -> None:
        self._desk.xruns = self._desk.lost = self._xruns + jack.xruns
        self._desk.lead(jack.period + MARGIN)
        for text in jack.look():
            self._tell("connect", text)
        links = jack.links()
        # A server that goes takes connections along before it says so.
        if links != self._links and jack.alive:
            self._links = links
            self._tell_links()
        if self._ports.spare is not None:
            self._ports.spare.rest(jack.connections > 0)

    def _wait(self) -> None:
        # Where a server hangs, this thread does, and not the music.
        threading.Thread(target=self._call, name="jack-call", daemon=True).start()

    def _call(self) -> None:
        pulse.again(_CALL, self._ask_again, lambda text: self._tell("jack", text))
        pulse.end(_CALL)
        self._rouse()

    def _ask_again(self) -> None:
        beat = pulse.begin(_CALL, vital=False)
        while not self._answered:
            beat()
            time.sleep(_RETRY)
            # A server that hangs is given up after a while.
            beat()
            with suppress(PortError):
                self._answered.append(self._join())

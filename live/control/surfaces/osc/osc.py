"""The OSC server: packets in, commands asked, replies and news out."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Self

from live.control.control import Control
from live.control.surfaces.osc.dispatch import Dispatch
from live.control.surfaces.osc.news import ROOT, Reply, everything, told
from live.control.surfaces.osc.packets import ALWAYS, LARGEST, Argument, OscError, read, write
from live.control.surfaces.osc.request import Context, Request
from live.control.surfaces.osc.subscribers import Peer, Subscribers
from live.control.surfaces.osc.throttle import OF_ONE_HOST, Ahead, Answers, Throttle, Work
from live.control.surfaces.osc.udp import Udp
from live.control.surfaces.surface import News, Setting, Surface
from live.ipc import pulse
from live.ipc.acts import Act, Panic
from live.ipc.news import Recalled, Saved, Trouble
from live.machine import realtime

PANIC: Final = ALWAYS.decode()
PRIORITY: Final = 10
"""The priority: above what is not in time, below the engine and everything that sounds."""


SHOWN_AGAIN: Final = 30.0
"""Seconds after which an error of the same code is shown to the player again."""


class Osc(Surface):
    """Listens for OSC on a UDP port, in a thread of its own.

    shown: told now and then, on any thread, of what somebody sent that cannot be done; who sent it
    is told every time. failed: told on its thread when that failed and goes on. Raises ExtempoError
    where the port cannot be had. Threads: built, started and closed on main; tell() from the one
    that reads the engine's ring, after Control.hear().
    """

    def __init__(
        self,
        control: Control,
        host: str,
        port: int,
        shown: Callable[[str], None] = lambda _: None,
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._control = control
        self._failed = failed
        self._shown = shown
        self._show_again: dict[str, float] = {}
        self._udp = Udp(host, port)
        self.here = self._udp.here
        """The host and port that it listens on."""
        self.subscribers = Subscribers()
        self.counted = 0
        """Packets received."""
        self._throttle = Throttle()
        self._answers = Answers()
        self._work = Work()
        self._ahead = Ahead()
        self._sent = 0
        """Bytes of the answers to the current message."""
        self._asked: list[type[Act]] = []
        """What the current message asked the engine for."""
        self._forgotten = 0
        """What `Control.forgotten` was when what waits was counted last."""
        context = Context(control, self.subscribers, self._greet, self._asked.append)
        self._dispatch = Dispatch(context)
        self._telling = threading.Lock()
        self._refusing = threading.Lock()
        self._closing = False
        self._thread = threading.Thread(target=self._listen, name="osc", daemon=True)

    @classmethod
    def of(cls, setting: Setting) -> Self:
        """Return the surface as the options have it. Raises ExtempoError where the port cannot be had."""
        options = setting.options
        return cls(setting.control, options.host, options.port, setting.refused, setting.failed)

    @property
    def place(self) -> tuple[str, str]:
        """What the first lines of a run say of it."""
        host, port = self.here
        return "OSC", f"{host} port {port}, such as {ROOT}/voice/1/temperature 0.8"

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening and free the port."""
        self._closing = True
        if self._thread.is_alive():
            self._udp.wake()
            self._thread.join(timeout=2.0)
        self._udp.close()

    def tell(self, news: News) -> None:
        """Tell the subscribers what the engine or the ports said, and who asked what went wrong."""
        if self.subscribers.peers:
            with self._telling:
                self._send(told(news, self._control), self.subscribers.peers)
        if not isinstance(news, Trouble | Saved | Recalled):
            return
        asker = news.asker
        if asker is None or asker in self.subscribers.peers:
            return
        if isinstance(news, Trouble):
            self._answer(OscError(news.code, news.text), asker, time.monotonic())
        else:
            self._send(told(news, self._control), (asker,))

    def _greet(self, peer: Peer) -> None:
        # Under the lock, so that no older value follows a newer one.
        with self._telling:
            self._sent += self._send(everything(self._control), (peer,))

    def _listen(self) -> None:
        realtime.attend(PRIORITY)
        pulse.again("OSC", self._serve, self._failed)
        pulse.end("OSC")

    def _serve(self) -> None:
        beat = pulse.begin("OSC", vital=False)
        while not self._closing:
            beat()
            came = self._udp.receive(LARGEST + 1)
            if came is None:
                self._forget_gone()
            elif not self._closing:
                self._take(*came)

    def _take(self, packet: bytes, sender: Peer) -> None:
        received = time.monotonic()
        self.counted += 1

        def reply(address: str, arguments: Sequence[Argument]) -> None:
            self._sent += self._send(((address, arguments),), (sender,))

        def refuse(error: OscError) -> None:
            self._refuse(error, sender, time.monotonic())

        try:
            messages = read(packet, received, time.time())
        except OscError as error:
            refuse(error)
            return
        for address, arguments, at in messages:
            request = Request(address, arguments, at, received, sender, reply, refuse)
            try:
                self._handle(request)
            except OscError as error:
                refuse(error)

    def _handle(self, request: Request) -> None:
        """Do what a request asks, within what one peer may cost. Raises OscError where it is not done."""
        now, sender = request.received, request.sender
        asks = self._dispatch.asks(request.address)
        if asks and not self._answers.open(sender, now):
            raise OscError(
                "busy",
                f"You may ask for {Answers.BYTES >> 10} KB a second: ask again a little later.",
            )
        works = self._dispatch.works(request)
        if works and not self._work.open(sender, now):
            raise OscError(
                "busy", f"You may have {Work.RATE} things done a second: play and ask for less."
            )
        self._sent = 0
        self._asked.clear()
        try:
            if request.at > now:
                request = self._admit(request)
            self._dispatch.handle(request)
        finally:
            self._work.count(sender, now, works)
            if asks or self._sent:
                self._answers.count(sender, now, self._sent)
            if request.at > now:
                self._count_ahead(request)

    def _admit(self, request: Request) -> Request:
        """Return a request that may wait, or act at once. Raises OscError where too much waits already."""
        if self._forgotten != (forgotten := self._control.forgotten):
            self._forgotten = forgotten
            self._ahead.clear()
        now, sender = request.received, request.sender
        if request.address == PANIC:
            return request if self._ahead.room_for_panic(sender, now) else request._replace(at=0.0)
        if len(self._dispatch.found(request.address)) > self._ahead.room(sender, now):
            raise OscError(
                "busy",
                f"{Ahead.MOST} commands of yours may wait for their time, "
                f"{OF_ONE_HOST * Ahead.MOST} of your host: send fewer ahead.",
            )
        return request

    def _count_ahead(self, request: Request) -> None:
        if Panic in self._asked:
            self._ahead.clear_at(request.at)
        if request.address != PANIC:
            self._ahead.count(request.sender, request.at, len(self._asked))
        elif self._asked:
            self._ahead.count_panic(request.sender, request.at)

    def _refuse(self, error: OscError, sender: Peer, now: float) -> None:
        self._answer(error, sender, now)
        with self._refusing:
            show = now >= self._show_again.get(error.code, now)
            if show:
                self._show_again[error.code] = now + SHOWN_AGAIN
        if show:
            self._shown(f"OSC from port {sender[1]} of {sender[0]}: {error}")

    def _answer(self, error: OscError, sender: Peer, now: float) -> None:
        with self._refusing:
            kept = self._throttle.passes(sender, now)
        if kept is not None:
            text = f"{error} ({kept} more errors were not sent.)" if kept else str(error)
            self._send(((f"{ROOT}/error", (error.code, text)),), (sender,))

    def _send(self, replies: Iterable[Reply], peers: Sequence[Peer]) -> int:
        """Send to all peers; return the bytes of one peer's packets."""
        size = 0
        for reply in replies:
            packet = write(*reply)
            size += len(packet)
            for peer in peers:
                if not self._udp.send(packet, peer):
                    self.subscribers.drop(peer)
        self._forget_gone()
        return size

    def _forget_gone(self) -> None:
        for peer in self._udp.gone():
            self.subscribers.drop(peer)

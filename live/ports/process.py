"""The ports process: opens what the player asked for, and keeps time for the desk."""

import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from live.ipc import pulse
from live.ipc.config import PortOptions, SoundOptions
from live.ipc.news import FromPortsToControl, Patched, Trouble
from live.ipc.ring import Ring, Wake
from live.ipc.soundring import SoundRing
from live.ipc.wire import FromPorts, ToPorts
from live.machine import realtime
from live.ports import opening
from live.ports.midi.desk import Desk
from live.ports.midi.marks import Marks, Reach, folder
from live.ports.midi.output import Output
from live.ports.native import PortError
from live.ports.on_jack import LEAVING, MARGIN, OnJack
from live.time.table import Due
from models.midi.messages import Message

if TYPE_CHECKING:
    from live.ports.audio.stage import SoundStage

PRIORITY: Final = 60
"""Below JACK's own threads, above the engine."""

_LOOK: Final = 0.25
"""Seconds between looks at JACK's health and connections."""
_RETRY: Final = 1.0


def run(
    options: PortOptions,
    from_engine: Ring[ToPorts],
    to_engine: Ring[FromPorts],
    news: Ring[FromPortsToControl],
    wake: Wake,
    engine: socket.socket | None = None,
    again: bool = False,
    sound: tuple[SoundRing, ...] = (),
    capture: SoundRing | None = None,
) -> None:
    """Be the ports process, until `Close`; for `multiprocessing`'s spawn, deaf to signals.

    wake: woken by from_engine's writer. engine: one end of a socketpair whose other end only the
    engine process holds, so that it ends when the engine does, however it dies (who starts both
    closes its own copies of both ends): then every note is let go, and ports waits for more on
    from_engine. If control goes, the music plays on. again: another one died, so the music plays on
    where a JACK server that was asked for is away. sound: what the voices of sound write, one for
    each, which are one mix with the built-in synth. capture: where sound that comes in is left.

    Its first news are what the system refused, then Opened. Raises PortError where a port that
    was asked for cannot be opened.
    """
    synth = opening.synth(options, alone=not sound)
    speakers = _speakers(options, sound, capture, synth)
    refused = [Trouble(code="realtime", text=text) for text in realtime.enter(PRIORITY)]
    phrase = opening.phrase(options)
    marks = Marks()
    desk = Desk(from_engine, to_engine, news, marks, phrase, options.latency)
    if speakers is not None:
        speakers.tell = lambda text: desk.tell(Trouble(code="sound", text=text))
        speakers.lost = lambda text: desk.tell(Trouble(code="file", text=text))
        speakers.patched = lambda client, links: desk.tell(
            Patched(client=client, kind="audio", links=links)
        )
    for trouble in refused:
        desk.tell(trouble)
    try:
        stage = _Stage(options, desk, wake, marks, speakers, synth)
        stage.open(again)
        if engine is not None:
            watch = threading.Thread(target=stage.watch, args=(engine,), daemon=True, name="engine")
            watch.start()
        stage.play()
    finally:
        if speakers is not None:
            speakers.close()
        marks.close()
    # A file may not have been finished.
    desk.tell_rest()


def _speakers(
    options: PortOptions,
    sound: tuple[SoundRing, ...],
    capture: SoundRing | None,
    synth: opening.SynthPlace,
) -> "SoundStage | None":
    """Return what plays the mix; None where nothing is to be heard in it."""
    voices = (*sound, *((synth.voice.blocks,) if synth.voice else ()))
    if not voices:
        return None
    try:
        # Imported only where there is something to hear: it brings a compiler along.
        from live.ports.audio.stage import SoundStage
    except PortError as error:
        if sound:
            raise
        synth.lose(error)
        return None
    # The synth by itself plays to the device, whatever JACK does with our notes.
    where = options.sound if sound else SoundOptions("device")
    return SoundStage(where, options.client, voices, capture)


class _Stage:
    """Drives the desk: JACK's callback does while its server lives, else the main thread."""

    def __init__(
        self,
        options: PortOptions,
        desk: Desk,
        wake: Wake,
        marks: Marks,
        speakers: "SoundStage | None",
        synth: opening.SynthPlace,
    ) -> None:
        self._options = options
        self._desk = desk
        self._wake = wake
        # In JACK's hands the main thread sleeps through the engine's messages.
        self._attention = Wake()
        self._ports = opening.Ports()
        self._outputs: list[Output] = []
        self._on_jack = self._place_on_jack()
        self._marks = marks
        self._speakers = speakers
        self._synth = synth
        self._failing = False

    def _place_on_jack(self) -> OnJack:
        return OnJack(self._options, self._ports, self._desk, self._cycle_of_jack, self._rouse)

    def open(self, again: bool) -> None:
        """Open every port; again, it waits for JACK where that is away. Raises PortError."""
        if self._speakers is not None and self._synth.alone:
            self._open_alone(self._speakers)
        self._ports = opening.open_ports(self._options, self._hear, self._synth)
        self._on_jack = self._place_on_jack()
        if self._options.connect and not self._on_jack.wanted:
            text = "--connect needs a JACK server, and none answers: nothing was connected."
            self._desk.tell(Trouble(code="connect", text=text))
        self._outputs = self._ports.outputs
        self._remember()
        if self._on_jack.wanted:
            try:
                self._on_jack.open(again)
            except PortError:
                self._ports.close()
                raise
        else:
            self._desk.lead(2 * MARGIN)
        opened = self._ports.opened()
        if self._speakers is not None:
            client = self._on_jack.client
            sound = "" if self._synth.alone else self._speakers.open(again, client)
            unheard = opened.unheard and not self._speakers.heard
            opened = msgspec.structs.replace(opened, sound=sound, unheard=unheard)
        if self._synth.voice is not None:
            self._synth.voice.start(self._tell)
        self._desk.tell(opened)

    def _open_alone(self, speakers: "SoundStage") -> None:
        """Open the mix where the synth alone is in it; where there is none, auto does without."""
        try:
            speakers.open()
            self._synth.where = speakers.system
        except PortError as error:
            self._speakers = None
            self._synth.lose(error)

    def play(self) -> None:
        """Play until the desk is closed, then close every port."""
        beat = pulse.begin("the ports")
        while not self._desk.closed:
            beat()
            if self._on_jack.jack is None:
                self._keep_time()
                self._on_jack.look()
            elif self._on_jack.jack.alive:
                self._attention.wait(_LOOK)
                self._on_jack.look()
            else:
                beat(LEAVING)
                self._on_jack.lose()
        pulse.end("the ports")
        self._on_jack.close()
        self._ports.close()

    def watch(self, engine: socket.socket) -> None:
        """Wait for the engine's end."""
        beat = pulse.begin("the watch over the engine", vital=False)
        engine.settimeout(_LOOK)
        with suppress(OSError):
            while True:
                beat()
                with suppress(TimeoutError):
                    if not engine.recv(64):
                        break
        pulse.end("the watch over the engine")
        self._desk.lose_engine()
        self._rouse()

    def _rouse(self) -> None:
        self._wake.notify()
        self._attention.notify()

    def _remember(self) -> None:
        """Keep what sounds in a file, and end what a run that was killed has left behind there."""
        outputs = self._ports.outside
        if not outputs:
            return
        place = folder()
        try:
            self._marks.keep_in(place, outputs)
        except OSError as error:
            text = (
                f"{place} cannot be written ({error.strerror}): notes that a crash of everything "
                "leaves behind will not be ended at the next start."
            )
            self._desk.tell(Trouble(code="sounding", text=text))

    def _hear(self, at: float, message: Message) -> None:
        self._desk.arrive(at, message)
        self._wake.notify()

    def _tell(self, text: str) -> None:
        self._desk.tell(Trouble(code="port", text=text))

    def _keep_time(self) -> None:
        now = time.monotonic()
        pause = min(self._desk.next_due() - now, _LOOK if self._on_jack.wanted else _RETRY)
        if pause > 0:
            self._wake.wait(pause)
        if self._speakers is not None and not self._on_jack.wanted:
            self._desk.xruns = self._speakers.xruns
        now = time.monotonic()
        alone = Reach.NOBODY if self._ports.jack_plays else Reach.EVERYBODY
        for one in self._desk.cycle(now, now, None, self._with_others(alone)):
            self._send(one)

    def _with_others(self, of_jack: Reach) -> Reach:
        """Return who is reached, given who is through JACK."""
        elsewhere = of_jack is Reach.NOBODY and self._ports.plays_elsewhere
        return Reach.PERHAPS if elsewhere else of_jack

    def _cycle_of_jack(
        self, now: float, until: float, heard: list[tuple[float, Message]], reach: Reach
    ) -> list[Due]:
        reach = self._with_others(reach) if self._ports.jack_plays else Reach.EVERYBODY
        due = self._desk.cycle(now, until, heard, reach)
        for one in due:
            self._send(one)
        if self._desk.closed:
            self._attention.notify()
        return [one for one in due if not one.aside]

    def _send(self, due: Due) -> None:
        for output in self._outputs:
            if due.aside and not output.aside:
                continue
            try:
                output.send(due.at, due.message)
            except (OSError, RuntimeError) as error:
                self._say_once(f"A MIDI port does not take our notes any more: {error}.")

    def _say_once(self, text: str) -> None:
        if not self._failing:
            self._failing = True
            self._tell(text)

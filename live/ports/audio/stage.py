"""Where sound goes: opens what was asked for, watches it, and goes on without it while it is gone."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from live.ipc import pulse
from live.ipc.config import SoundOptions
from live.ipc.soundring import Blocks, SoundRing
from live.ports.audio.device import DeviceDriver, Microphone
from live.ports.audio.driver import Driver
from live.ports.audio.file import KINDS, SoundFile
from live.ports.audio.jack import JackDriver
from live.ports.audio.mixer import Mixer, Tap
from live.ports.audio.null import NullDriver
from live.ports.audio.stream import StreamServer
from live.ports.native import PortError

_LOOK: Final = 0.25
"""Seconds between looks at the driver's health."""
_RETRY: Final = 1.0
_PATIENCE: Final = 0.5
_SLOWLY: Final = 20.0

Tell = Callable[[str], None]
Links = tuple[tuple[str, str], ...]


def _say_nothing(*_: object) -> None:
    pass


class SoundStage:
    """All voices of the mix, and their way out; made before anything plays, for it may compile.

    voices: the blocks of each, those of sound and the built-in synth. client: JACK's name for us. To
    be set, each called on any thread: tell takes a sentence for the player, lost one on what of a
    file is not kept, and patched our name on JACK and what our ports there are connected to now.
    Threads: open() and close() on one; a thread of its own watches between them.
    """

    def __init__(
        self,
        options: SoundOptions,
        client: str,
        voices: Sequence[Blocks],
        capture: SoundRing | None,
    ) -> None:
        self._options = options
        self._client = f"{client}-sound"
        self.tell: Tell = _say_nothing
        self.lost: Tell = _say_nothing
        self.patched: Callable[[str, Links], None] = _say_nothing
        self._links = options.links
        self._mixer = Mixer(voices, capture)
        self._driver: Driver | None = None
        self._wanted: Callable[[], Driver] | None = None
        self._attention = threading.Event()
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._run, name="sound watch", daemon=True)
        self._next_try = 0.0
        self._past_xruns = 0
        self._microphone: Microphone | None = None
        self._refused = False
        self._aside: list[SoundFile | StreamServer] = []
        """What only listens in: files and clients."""

    def open(self, again: bool = False, client: str = "") -> str:
        """Begin to play; return where, in words for the player. Raises PortError.

        client: what JACK calls our notes by now, which sound is called after.
        again: others played before, so it goes on unheard where the way out is away.
        """
        if client:
            self._client = f"{client}-sound"
        outs, paths = _sort(self._options.out)
        words = []
        # From before the first frame.
        taps = [Tap(self._mixer) for _ in paths]
        try:
            self._driver = self._open(outs[0] if outs else "null", again)
            words = [self._driver.words] if outs or not paths else []
            for path, tap in zip(paths, taps, strict=True):
                file = SoundFile(path, self._mixer, self._say, self._lose_sound, tap)
                self._aside.append(file)
                words.append(f"the file {file.path}")
            if self._options.stream:
                stream = StreamServer(self._options.stream, self._mixer, self._say)
                self._aside.append(stream)
                words.append(stream.words)
        except PortError:
            self.close()
            raise
        self._complain()
        if self._options.connect and not isinstance(self._driver, JackDriver):
            self.tell("--sound-connect needs a JACK server, and none plays: nothing was connected.")
        self._watcher.start()
        return "; ".join(words)

    @property
    def heard(self) -> bool:
        """Whether it goes anywhere, once it is open."""
        return bool(self._aside) or not isinstance(self._driver, NullDriver)

    @property
    def system(self) -> str:
        """The sound system that it plays through, once it is open."""
        return self._driver.system if self._driver else ""

    def _say(self, text: str) -> None:
        self.tell(text)

    def _lose_sound(self, text: str) -> None:
        self.lost(text)

    @property
    def xruns(self) -> int:
        """How often JACK was late."""
        return self._past_xruns + (self._driver.xruns if self._driver else 0)

    def close(self) -> None:
        """Fade out, and free everything; twice does nothing."""
        self._over.set()
        self._attention.set()
        if self._watcher.is_alive():
            # It may be asking a server that does not answer.
            self._watcher.join(_PATIENCE)
        if self._microphone is not None:
            self._microphone.close()
            self._microphone = None
        if self._driver is not None:
            self._mixer.fade_out()
        # A driver may take its time.
        while self._aside:
            self._aside.pop().close()
        if self._driver is not None:
            self._driver.stop()
            self._driver = None
        self._mixer.shut()

    def _open(self, out: str, again: bool) -> Driver:
        if out == "auto":
            return self._open_auto()
        if out == "null":
            return self._null()
        part = "" if out == "device" else out
        self._wanted = self._jack if out == "jack" else lambda: self._device(part)
        try:
            driver = self._wanted()
            driver.start()
        except PortError as error:
            if not again:
                raise
            return self._null(str(error))
        return driver

    def _open_auto(self) -> Driver:
        reason = ""
        for wanted in (self._jack, self._device):
            try:
                driver = wanted()
                driver.start()
            except PortError as error:
                reason = str(error)
            else:
                self._wanted = wanted
                return driver
        return self._null(reason)

    def _null(self, reason: str = "") -> NullDriver:
        driver = NullDriver(self._mixer)
        driver.words += f" ({reason})" if reason else ""
        driver.start()
        return driver

    def _jack(self) -> JackDriver:
        return JackDriver(
            self._client, self._mixer, self._attention.set, self._options.connect, self._links
        )

    def _device(self, part: str = "") -> DeviceDriver:
        return DeviceDriver(self._mixer, self._client, part)

    def _complain(self) -> None:
        for text in self._driver.troubles if self._driver else ():
            self.tell(text)

    # On the watcher's thread

    def _run(self) -> None:
        pulse.again("the watch over sound", self._watch, self._say)
        pulse.end("the watch over sound")

    def _watch(self) -> None:
        beat = pulse.begin("the watch over sound", vital=False)
        while not self._over.is_set():
            beat()
            self._attention.wait(_LOOK)
            self._attention.clear()
            if self._over.is_set():
                return
            # A sound system may take its time to open or to close a device.
            beat(_SLOWLY)
            driver = self._driver
            self._listen(driver)
            if driver is not None and not driver.alive:
                self._lose(driver)
            elif isinstance(driver, JackDriver):
                self._look_at(driver)
            elif self._wanted is not None and isinstance(driver, NullDriver):
                self._come_back(driver)

    def _look_at(self, driver: JackDriver) -> None:
        for text in driver.look():
            self.tell(text)
        links = tuple(sorted(driver.links()))
        # A server that goes takes connections along before it says so.
        if links != self._links and driver.alive:
            self._links = links
            self.patched(self._client, links)

    def _listen(self, driver: Driver | None) -> None:
        """Keep a microphone open while the engine listens, and at no other time."""
        wanted = self._mixer.listened and not isinstance(driver, JackDriver)
        if not wanted:
            self._refused = False
            self._mixer.refuse(False)
            if self._microphone is not None:
                self._microphone.close()
                self._microphone = None
        elif self._microphone is None and not self._refused:
            try:
                self._microphone = Microphone(self._mixer, self._client)
            except PortError as error:
                self._refused = True
                self.tell(str(error))
                self._mixer.refuse(True)

    def _lose(self, driver: Driver) -> None:
        driver.stop()
        self._past_xruns += driver.xruns
        self.tell(
            f"{driver.name} has stopped: sound is made on, unheard, and comes back by itself."
        )
        # At the same rate nothing of what was made is lost.
        self._go_silent(driver.rate, driver.period)

    def _go_silent(self, rate: int, period: int) -> None:
        self._driver = NullDriver(self._mixer, rate, period, soft=False)
        self._driver.start()
        self._next_try = time.monotonic() + _RETRY

    def _come_back(self, silent: NullDriver) -> None:
        if self._wanted is None or time.monotonic() < self._next_try:
            return
        try:
            driver = self._wanted()
        except PortError:
            self._next_try = time.monotonic() + _RETRY
            return
        self._mixer.fade_out()
        silent.stop()
        try:
            driver.start()
        except PortError:
            self._go_silent(silent.rate, silent.period)
            return
        self._driver = driver
        self._complain()
        self.tell(f"{driver.name} is back, and sound with it.")


def _sort(out: str) -> tuple[list[str], list[Path]]:
    """Return what drives the mix, at most one, and which files are written. Raises PortError."""
    parts = [part.strip() for part in out.split(",") if part.strip()]
    paths = [Path(part) for part in parts if Path(part).suffix.lower() in KINDS]
    outs = [part for part in parts if Path(part).suffix.lower() not in KINDS]
    if len(outs) > 1:
        raise PortError(
            f"Sound goes out one way at a time, and --sound names {' and '.join(outs)}: leave one, "
            "and files as you like."
        )
    return outs, paths

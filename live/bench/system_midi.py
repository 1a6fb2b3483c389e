"""Notes sent through rtmidi, each at its own time by a thread that waits for it."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Final

from live.bench import jack_server, matching
from live.bench.apart import beside, taken
from live.bench.performance import BUSY
from live.bench.rows import BenchError, Row, measured
from live.bench.running import running
from live.ports import native
from live.ports.native import PortError
from live.ports.process import PRIORITY
from models.midi.decoding import decode
from models.midi.messages import NoteOn

CLIENT: Final = "bench"
_PERIOD: Final = 32
"""Where rtmidi has nothing but JACK, notes come with JACK's periods: so these are short."""
_OPEN: Final = 1.0
"""Seconds until our port is there to be found."""
_READY: Final = 20.0
"""Seconds that the first note may take."""

Came = list[tuple[float, int]]
"""When each note came, in monotonic seconds, and its pitch."""


def system_midi(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield schedule_error_rtmidi."""
    with _somewhere() as where:
        with beside(PRIORITY, listen, seconds) as future:
            time.sleep(_OPEN)
            with running(model, "--out", CLIENT, "--in", "null", *BUSY) as daemon:
                came = taken(future)
                journal = daemon.end()
        late = [1000 * (came_at - at) for at, came_at in matching.times(journal, came)]
        note = f"how late a note comes to another program through rtmidi over {where}"
        yield measured("schedule_error_rtmidi", "ms", late, note)


@contextmanager
def _somewhere() -> Iterator[str]:
    """Have MIDI: the system's, or else JACK's with a server of our own; give its name."""
    try:
        api = native.midi_api(fall_back=False)
    except PortError:
        with jack_server.server(period=_PERIOD):
            yield (
                f"JACK (this system has no MIDI of its own), {_PERIOD} frames a period, "
                f"which is {1000 * _PERIOD / jack_server.RATE:.2f} ms of it"
            )
        return
    yield str(native.rtmidi().get_api_display_name(api))


def listen(seconds: float) -> Came:
    """Note when notes come to a port of our own, for so long from the first. A process's work."""
    module = native.rtmidi()
    came: Came = []
    first = Event()

    def hear(event: tuple[Sequence[int], float], _: object = None) -> None:
        now = time.monotonic()
        message = decode(bytes(event[0]))
        if isinstance(message, NoteOn):
            came.append((now, message.pitch))
            first.set()

    port = module.MidiIn(rtapi=native.midi_api(), name=CLIENT)
    try:
        port.open_virtual_port("heard")
        port.set_callback(hear)
        if first.wait(_READY):
            time.sleep(seconds)
        port.cancel_callback()
    except (NotImplementedError, module.RtMidiError) as error:
        raise BenchError("this system has no virtual MIDI ports") from error
    finally:
        port.close_port()
        port.delete()
    return came

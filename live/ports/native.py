"""The native libraries, each imported here and only when it is needed.

Where one is missing, the error is one sentence that says how to get it.
"""

import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from models.contract.errors import ExtempoError

NO_JACK: Final = {
    "linux": "JACK's library is missing: install the package jackd2 or pipewire-jack.",
    "darwin": "JACK's library is missing: install JACK from https://jackaudio.org/downloads.",
    "win32": "JACK's library is missing: install JACK from https://jackaudio.org/downloads.",
}
_PATIENCE: Final = 2.0
"""Seconds that a JACK server may take to answer."""
NO_RTMIDI: Final = (
    "System MIDI needs python-rtmidi, which this environment lacks: run `make play` again with "
    "a C++ compiler installed, or play through JACK or the built-in synth."
)
NO_ALSA_MIDI: Final = (
    "This system has no MIDI: /dev/snd/seq is not there (the kernel module snd-seq makes it)."
)


class PortError(ExtempoError):
    """A port, a device or a library that is not there, or that is not the only one of its name."""


class NameTakenError(PortError):
    """A name on JACK that another client has."""


def jack() -> Any:
    """Return the module jack, silenced. Raises PortError where libjack is missing."""
    try:
        import jack
    except (ImportError, OSError) as error:
        raise PortError(NO_JACK.get(sys.platform, NO_JACK["linux"])) from error
    # What JACK says comes from threads that it may end at any moment: they must not be in Python.
    # This function of its own takes nothing and does nothing.
    nothing = jack._ffi.addressof(jack._lib, "jack_client_name_size")
    silent = jack._ffi.cast("void (*)(const char *)", nothing)
    jack._lib.jack_set_error_function(silent)
    jack._lib.jack_set_info_function(silent)
    return jack


def rtmidi() -> Any:
    """Return the module rtmidi. Raises PortError where it is missing."""
    if sys.platform == "linux":
        # The wheel's own libjack speaks to jackd2 only; the system's also speaks to PipeWire.
        with contextlib.suppress(OSError):
            ctypes.CDLL("libjack.so.0", mode=ctypes.RTLD_GLOBAL)
    try:
        import rtmidi
    except (ImportError, OSError) as error:
        raise PortError(NO_RTMIDI) from error
    return rtmidi


def midi_api(fall_back: bool = True) -> int:
    """Return the number of rtmidi's interface that works here: the system's own, else JACK's.

    fall_back: whether JACK's will do.

    Raises PortError where there is none.
    """
    module = rtmidi()
    apis = module.get_compiled_api()
    own = [api for api in apis if api not in (module.API_UNIX_JACK, module.API_RTMIDI_DUMMY)]
    alsa_is_off = sys.platform == "linux" and not Path("/dev/snd/seq").exists()
    if own and not alsa_is_off:
        return int(own[0])
    if fall_back and module.API_UNIX_JACK in apis and jack_answers():
        return int(module.API_UNIX_JACK)
    raise PortError(NO_ALSA_MIDI if alsa_is_off else "This system has no MIDI that rtmidi knows.")


def jack_client(name: str, exact: bool = False) -> Any:
    """Return a client of JACK. Raises PortError where no server answers or libjack is missing.

    exact: raise NameTakenError where another client has the name; JACK changes it otherwise.

    A server that hangs answers nobody, so another thread asks, and is left alone with it.
    """
    module = jack()
    lock = threading.Lock()
    made: list[Any] = []
    asked, given_up, taken = threading.Event(), threading.Event(), threading.Event()

    def ask() -> None:
        with contextlib.suppress(module.JackOpenError):
            client = module.Client(name, no_start_server=True)
            # Asked for the exact name, JACK does not always say why it refuses.
            if exact and client.name != name:
                taken.set()
                client.close()
                asked.set()
                return
            with lock:
                if not given_up.is_set():
                    made.append(client)
                    client = None
            if client is not None:
                client.close()
        asked.set()

    threading.Thread(target=ask, name="jack-ask", daemon=True).start()
    answered = asked.wait(_PATIENCE)
    with lock:
        given_up.set()
    if made:
        return made[0]
    if taken.is_set():
        raise NameTakenError(f"JACK has another client that is called {name}: end that program.")
    if answered:
        raise PortError("No JACK server answers: start it (`jackd`, QjackCtl or PipeWire)")
    raise PortError("The JACK server hangs: end it and start it again")


def jack_server() -> str:
    """Return the name of the JACK server that we are a client of, if there is one."""
    return os.environ.get("JACK_DEFAULT_SERVER", "default")


def jack_answers() -> bool:
    """Return whether a JACK server runs that we may use."""
    try:
        jack_client("extempo-probe").close()
    except PortError:
        return False
    return True


def miniaudio() -> Any:
    """Return the module miniaudio. Raises PortError where it is missing."""
    try:
        import miniaudio
    except (ImportError, OSError) as error:
        raise PortError(
            "Sound output needs miniaudio, which this environment lacks: "
            "run `make play` again, or `pip install miniaudio`."
        ) from error
    return miniaudio


def soundfile() -> Any:
    """Return the module soundfile. Raises PortError where it is missing."""
    try:
        import soundfile
    except (ImportError, OSError) as error:
        raise PortError(
            "Sound files need soundfile, which this environment lacks: "
            "run `make play` again, or `pip install soundfile`."
        ) from error
    return soundfile


def tinysoundfont() -> Any:
    """Return the module tinysoundfont. Raises PortError where it is missing."""
    try:
        import tinysoundfont
    except (ImportError, OSError) as error:
        raise PortError(
            "The built-in synth needs tinysoundfont, which this environment lacks: "
            "run `make play` again, or `pip install --no-deps tinysoundfont`."
        ) from error
    return tinysoundfont


def jack_events(module: Any, port: Any, frames: int) -> Iterator[tuple[int, bytes]]:
    """Yield the events that came to a JACK port in this period: their frames in it, and their bytes.

    JACK-Client's own iterator ends at an event of no bytes. Only the process callback may call it.
    """
    library, ffi, event = module._lib, module._ffi, port._event
    buffer = library.jack_port_get_buffer(port._ptr, frames)
    for index in range(library.jack_midi_get_event_count(buffer)):
        if not library.jack_midi_event_get(event, buffer, index) and event.size:
            yield event.time, bytes(ffi.buffer(event.buffer, event.size))

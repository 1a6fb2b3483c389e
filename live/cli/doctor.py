"""`extempo doctor`: what is wrong with this machine for playing live, and how to mend it."""

import importlib.util
import json
import os
import platform
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, NamedTuple

import click
from platformdirs import user_cache_path
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from live.ipc.config import OSC_PORT
from live.machine import realtime
from live.ports import native
from live.ports.audio import devices
from live.ports.audio.synth import Synth
from live.ports.midi import jack as jack_port
from live.ports.midi import system as midi_port
from live.ports.native import PortError
from live.runtime import library, prepare
from models.contract.errors import ExtempoError
from models.numbers import Number

_ROOM: Final = 200 << 20
"""Bytes that an evening of takes may need."""
_LONG: Final = 0.007
"""Seconds; a longer period of JACK's is heard in the answers."""
_OF_SOUND: Final = ("numba", "soxr", "soundfile")
"""What a voice of sound needs as well."""
_GOVERNORS: Final = Path("/sys/devices/system/cpu")


class Finding(NamedTuple):
    """What was looked at, how it stands, and the cure where there is one."""

    what: str
    state: Literal["good", "note", "bad"]
    text: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
@click.option("--osc-port", type=Number(1, 65535, whole=True), default=OSC_PORT, show_default=True)
def doctor(as_json: bool, osc_port: int) -> None:
    """Say what is wrong with this machine for playing live, and how to mend it.

    Ends with status 1 if something keeps extempo from playing at all.
    """
    found = [look() for look in _LOOKS] + [_osc(osc_port)]
    if as_json:
        click.echo(json.dumps([finding._asdict() for finding in found], indent=2))
    else:
        _show(found)
    if any(finding.state == "bad" for finding in found):
        raise SystemExit(1)


def _show(found: list[Finding]) -> None:
    marks = {"good": "[green]good", "note": "[yellow]note", "bad": "[red]bad"}
    table = Table(
        "", "", Column(overflow="fold"), show_header=False, box=None, padding=(0, 2, 0, 0)
    )
    for finding in found:
        table.add_row(marks[finding.state], finding.what, Text(finding.text))
    console = Console(highlight=False)
    console.print(table)
    if all(finding.state == "good" for finding in found):
        console.print("Nothing is wrong with this machine.")


def _python() -> Finding:
    text = f"{platform.python_version()} on {platform.platform(terse=True)}"
    return Finding("Python", "good", text)


def _model() -> Finding:
    try:
        prepared = prepare.prepare(library.find(library.DEFAULT))
    except ExtempoError as error:
        return Finding("model", "bad", str(error))
    except ImportError as error:
        return Finding("model", "bad", f"{error.name} is not installed: run `make play` again.")
    return Finding("model", "good", f"{library.DEFAULT}: {prepared.document.licence}")


def _runtime() -> Finding:
    names = ("onnxruntime", "onnx")
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        text = f"{' and '.join(missing)} cannot be found: run `make play` again."
        return Finding("runtime", "bad", text)
    import onnxruntime

    gpu = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    runs = "the GPU" if gpu else "the processor"
    return Finding("runtime", "good", f"ONNX Runtime {onnxruntime.__version__}, on {runs}")


def _synth() -> Finding:
    try:
        Synth()
        devices.require()
    except PortError as error:
        return Finding("synth", "note", str(error))
    return Finding("synth", "good", "the built-in synth plays through the sound device")


def _sound() -> Finding:
    missing = [name for name in _OF_SOUND if importlib.util.find_spec(name) is None]
    if missing:
        text = f"voices of sound need {' and '.join(missing)}: run `make play` again."
        return Finding("sound", "note", text)
    if not _kept_compiled():
        text = (
            f"{_cache()} cannot be written, so each voice of sound is compiled anew at every start: "
            "name a folder that can be in XDG_CACHE_HOME."
        )
        return Finding("sound", "note", text)
    place = _sound_place()
    if not place:
        text = "voices of sound play unheard: start JACK or plug a sound device in, or --sound FILE.wav"
        return Finding("sound", "note", text)
    return Finding("sound", "good", f"voices of sound can be heard through {place}")


def _cache() -> Path:
    return user_cache_path("extempo", appauthor=False)


def _kept_compiled() -> bool:
    folder = next(folder for folder in (_cache(), *_cache().parents) if folder.is_dir())
    return os.access(folder, os.W_OK)


def _sound_place() -> str:
    """Return where sound would be heard, in a few words; empty where it would not."""
    if native.jack_answers():
        return "JACK"
    try:
        return "the sound device" if devices.names() else ""
    except PortError:
        return ""


def _jack() -> Finding:
    try:
        found = jack_port.server()
    except PortError as error:
        return Finding("JACK", "note", str(error))
    if found is None:
        text = "no server runs; with one, notes go out at their exact frame"
        return Finding("JACK", "note", text)
    words = f"{found.frames} frames a period at {found.rate} Hz, {found.period * 1000:.1f} ms"
    if not found.realtime:
        text = f"runs without real-time priority, so sound may drop out: start it with -R ({words})"
        return Finding("JACK", "note", text)
    if found.period > _LONG:
        text = f"answers you late ({words}): start it with -p 128, or PIPEWIRE_LATENCY=128/48000"
        return Finding("JACK", "note", text)
    return Finding("JACK", "good", f"a server answers: {words}")


def _midi() -> Finding:
    try:
        ports = midi_port.names("MidiIn")
    except PortError as error:
        return Finding("MIDI", "note", str(error))
    return Finding("MIDI", "good", f"instruments: {', '.join(ports) or 'none is plugged in'}")


def _priority() -> Finding:
    refused = realtime.priority_refused()
    return Finding("priority", "note" if refused else "good", refused or "real-time is granted")


def _memory() -> Finding:
    refused = realtime.memory_refused()
    return Finding("memory", "note" if refused else "good", refused or "may be locked")


def _cores() -> Finding:
    count = os.cpu_count() or 1
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if busy > count:
        text = f"{count} cores have {busy:.1f} programs to run: close some, or notes may come late."
        return Finding("processor", "note", text)
    governors = {
        path.read_text().strip() for path in _GOVERNORS.glob("cpu[0-9]*/cpufreq/scaling_governor")
    }
    if "powersave" in governors and not (_GOVERNORS / "intel_pstate").exists():
        text = "saves power and wakes slowly: `cpupower frequency-set -g performance` mends it."
        return Finding("processor", "note", text)
    return Finding("processor", "good", f"{count} cores, {busy:.1f} in use")


def _takes() -> Finding:
    folder = Path("takes") if Path("takes").is_dir() else Path.cwd()
    if not os.access(folder, os.W_OK):
        text = f"{folder} cannot be written, so no take is kept: name another with --takes."
        return Finding("takes", "note", text)
    free = shutil.disk_usage(folder).free
    if free < _ROOM:
        return Finding("takes", "note", f"only {free >> 20} MB are free in {folder}: make room.")
    return Finding("takes", "good", f"are kept in {folder}, {free >> 30} GB are free")


def _osc(port: int) -> Finding:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            text = f"UDP port {port} cannot be had ({error.strerror}): another extempo may play."
            return Finding("OSC", "note", f"{text} Choose another with --osc-port.")
    return Finding("OSC", "good", f"UDP port {port} is free")


_LOOKS: Final[tuple[Callable[[], Finding], ...]] = (
    *(_python, _runtime, _model, _synth, _sound, _jack, _midi),
    *(_priority, _memory, _cores, _takes),
)

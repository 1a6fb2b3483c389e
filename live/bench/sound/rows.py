"""The rows of the compiled kernel: how fast, how late, how large, how soon."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from live.bench.apart import ENGINE, alone, beside, taken
from live.bench.rows import Row, measured, missing, sounding
from live.bench.sound import kernel as sound_kernel
from live.bench.sound.kernel import BLOCK
from live.bench.sound.peers import LONGEST
from live.bench.sound.sizes import RATE, SIZES, SMALL, USUAL

FAST: Final = 48000
"""Samples a second of the rows that are about a sound card's usual rate."""
KERNEL: Final = tuple(f"{name}.kernel" for name in SIZES)
USEFUL: Final = tuple(f"{name}.kernel_48k" for name in (USUAL, SMALL))
SPEED: Final = (*KERNEL, *USEFUL)
FRAMES: Final = (64, 128, 256, 512, 1024)
BLOCKS: Final = tuple(f"block_{count}.{who}" for count in FRAMES for who in ("kernel", "null"))
MOMENTS: Final = tuple(f"{USUAL}.{what}" for what in ("snapshot", "recall", "feed"))
MEMORY: Final = tuple(f"{USUAL}.{what}" for what in ("stream_memory", "process_memory"))
COMPILING: Final = tuple(f"{USUAL}.{what}" for what in ("compile_cold", "compile_cached"))
VOICES: Final = {f"{USUAL}.two_voices": 2, f"{USUAL}.four_voices": 4}

_COMPILED: Final = 3
"""How often a network is compiled."""


def speed(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield how fast every size is drawn on one core, and the useful ones in real time at 48 kHz."""
    hot = f"a sample, drawn in blocks of {BLOCK} one after the other, a chord held; one core"
    for row in KERNEL:
        if row in wanted:
            size, _, _ = row.partition(".")
            found = alone(ENGINE, sound_kernel.drawn, size, min(seconds, LONGEST))
            yield sounding(measured(row, "us", _micro(found), hot), RATE)
    live = f"a sample, {BLOCK} asked for every {1000 * BLOCK / FAST:.2f} ms, the wake-up included"
    for row in USEFUL:
        if row in wanted:
            size, _, _ = row.partition(".")
            paced = alone(ENGINE, sound_kernel.paced, size, FAST, BLOCK, min(seconds, 2 * LONGEST))
            share = [one / BLOCK for one in paced.taken]
            found_row = sounding(measured(row, "us", _micro(share), live), FAST)
            yield missing(found_row, paced.missed)


def blocks(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield how long blocks take from when they are due, and beside them those of nothing."""
    for frames in FRAMES:
        ours, theirs = f"block_{frames}.kernel", f"block_{frames}.null"
        if not wanted & {ours, theirs}:
            continue
        period = frames / FAST
        with beside(ENGINE, sound_kernel.null, period, seconds) as other:
            paced = alone(ENGINE, sound_kernel.paced, USUAL, FAST, frames, seconds)
            null = taken(other)
        due = f"from when it is due, {1000 * period:.2f} ms before the next"
        words = f"{frames} samples of {USUAL} at 48 kHz, {due}; the wake-up included"
        yield missing(measured(ours, "us", _micro(paced.taken), words), paced.missed)
        words = f"nothing, {due}: the wake-up alone, at the same time in another process"
        yield missing(measured(theirs, "us", _micro(null.taken), words), null.missed)


def moments(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield what it takes to keep a moment, to go back to it, and to be fed a sample."""
    notes = {
        "snapshot": "a stream's moment is copied into a slot",
        "recall": "and a slot into the stream",
        "feed": f"a sample that is given (continue this sound), {sound_kernel.FED} at a time",
    }
    found = alone(ENGINE, sound_kernel.moments, USUAL, min(seconds, LONGEST))
    for what, note in notes.items():
        row = measured(f"{USUAL}.{what}", "us", _micro(found[what]), note)
        yield sounding(row, RATE) if what == "feed" else row


def memory(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield what a stream and a process that plays one hold."""
    notes = {
        "stream_memory": "PSS that each of many streams of one model adds",
        "process_memory": "PSS of a Python process that has the compiled model and plays one stream",
    }
    for what, megabytes in alone(0, sound_kernel.memory, USUAL).items():
        yield measured(f"{USUAL}.{what}", "MB", [megabytes], notes[what])


def compiling(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield how soon a network can play that was never compiled, and one that was."""
    cold, cached = [], []
    for _time in range(_COMPILED):
        with TemporaryDirectory(prefix="extempo-bench-") as folder:
            cold.append(alone(0, sound_kernel.ready, USUAL, folder, cached=False))
            cached.append(alone(0, sound_kernel.ready, USUAL, folder, cached=True))
    note = "until a network can play in a fresh process, the compiler's import included"
    yield measured(f"{USUAL}.compile_cold", "s", cold, f"{note}; compiled now")
    yield measured(f"{USUAL}.compile_cached", "s", cached, f"{note}; found on the disk")


def voices(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield how fast several voices are drawn together."""
    for row, count in VOICES.items():
        if row in wanted:
            found = alone(ENGINE, sound_kernel.together, USUAL, count, min(seconds, LONGEST))
            note = f"a sample of each of {count} voices of one process, a thread for each"
            yield sounding(measured(row, "us", _micro(found), note), RATE)


def _micro(seconds: list[float]) -> list[float]:
    return [1e6 * one for one in seconds]

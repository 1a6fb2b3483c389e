"""What a network plays while it learns: its weights of one moment on the stage, offline and in memory."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Final

import numpy as np

from export.artifact import About, describe, graph_of, in_memory
from live.declared.knobs import ClockKnobs
from live.declared.metre import metre
from live.engine.notes.generator import Generator
from live.engine.offline import render
from live.engine.sound.offline import Stereo, mix
from live.ipc.config import EngineOptions
from live.ipc.wire import Played
from live.ports.audio.mixer import limited
from live.record import take
from live.record.replay import Journal, parse
from live.runtime.kinds.table import reader
from live.runtime.opening import Opened
from live.runtime.sound import file as sound_file
from models.contract.errors import ExtempoError
from models.contract.grid import TICKS
from models.contract.representation import Codes
from models.contract.whole import whole
from models.corpus.encoders.phrase import prelude
from models.corpus.encoders.table import encoder_of
from models.corpus.pieces import Longs
from models.train.checkpoint import Checkpoint

BARS: Final = 32
"""Of notes: a folk tune with its repeats."""
SECONDS: Final = 6.0
"""Of sound, and what its keys take to die away."""
LONGEST: Final = 60.0
"""Seconds that playing may take."""
VOICE: Final = 1
_CLOCK: Final = ClockKnobs()
_InTime = Callable[[float], None]


class Stage:
    """Plays checkpoints as the stage would, all knobs as they are where nobody turns one: the same seed each time.

    It has a thread of its own, for ONNX Runtime changes how the thread that it begins on rounds what is nearly 0,
    and training must compute as it would without. Threads: any one.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "heard")

    def play(self, checkpoint: Checkpoint, place: Path) -> None:
        """Write notes as MIDI, and as their text where they are written as one, or sound as WAV.

        place: without a suffix. Raises ExtempoError where it cannot be played within a minute, or not written.
        Whoever is interrupted meanwhile leaves nothing that plays on.
        """
        over = Event()
        try:
            self._thread.submit(_play, checkpoint, place, over).result()
        finally:
            over.set()


def _play(checkpoint: Checkpoint, place: Path, over: Event) -> None:
    net = checkpoint.network()
    about = About(name=place.name, net=checkpoint.net, licence="")
    prepared = in_memory(graph_of(net, "fp32"), describe(net, about, "fp32"))
    model = reader(net.kind).opened(prepared)
    opened = Opened(prepared.document, prepared.digest, prepared.path, model)
    _PLAYED[net.kind](opened, checkpoint, place, _in_time(over))


def _notes(opened: Opened, checkpoint: Checkpoint, place: Path, in_time: _InTime) -> None:
    beats = BARS * metre(_CLOCK.metre).length / TICKS
    # The form pointer would come back for a network that has not learned to.
    options = EngineOptions(opened.path, beats=beats, knobs={"form": 0.0})
    journal = parse(render(options, lambda _: opened, shown=in_time).lines)
    take.write(place.with_suffix(".mid"), journal)
    writes = encoder_of(checkpoint.written)
    if text := writes.text(pieces_of(journal, opened)):
        with whole(place.with_suffix(f".{writes.representation.name}")) as fresh:
            fresh.write_text(text, encoding="utf-8")


def pieces_of(journal: Journal, opened: Opened) -> Iterator[list[Codes]]:
    """Yield the codes that a model was fed, piece by piece, without the step before each.

    They are worked out again, for a journal has notes only.
    """
    generator = Generator(VOICE, lambda _: opened.take())
    for line in journal.lines:
        generator.do(line.did)
    piece: list[Codes] = []
    for moment in generator.history.moments:
        if moment.anew and piece:
            yield piece
            piece = []
        elif moment.own and moment.fed and not moment.anew:
            piece.append(moment.codes)
    if piece:
        yield piece


def _sound(opened: Opened, _checkpoint: Checkpoint, place: Path, in_time: _InTime) -> None:
    options = EngineOptions(opened.path, kind=opened.kind, beats=SECONDS * _CLOCK.tempo / 60)
    rendering = render(options, lambda _: opened, _phrase(), shown=in_time)
    rate, blocks = mix(rendering.tracks, SECONDS)
    sound_file.write(place.with_suffix(".wav"), rate, limited(_timed(blocks, in_time), rate))


def _timed(blocks: Iterable[Stereo], in_time: _InTime) -> Iterator[Stereo]:
    for block in blocks:
        in_time(0.0)
        yield block


def _phrase() -> list[Played]:
    """Return the keys that a network of sound is given, if it hears any."""
    return played_in(prelude().notes.astype(np.int64))


def played_in(notes: Longs) -> list[Played]:
    """Return notes (n, 4) as a player's keys, at the clock's own tempo from its beat 0 on.

    A duration of 0 lasts until all others have ended; a key that is struck again is let go before.
    """
    end = int((notes[:, 0] + notes[:, 3]).max())
    again: dict[int, int] = {}
    keys = []
    for onset, pitch, velocity, duration in reversed(notes.tolist()):
        off = min(onset + duration if duration else end, again.get(pitch, end))
        again[pitch] = onset
        if off > onset:
            keys.append(Played(pitch=pitch, velocity=0, at=_seconds(off)))
            keys.append(Played(pitch=pitch, velocity=velocity, at=_seconds(onset)))
    return sorted(reversed(keys), key=lambda played: (played.at, played.velocity))


def _seconds(ticks: int) -> float:
    return ticks / TICKS * 60 / _CLOCK.tempo


def _in_time(over: Event) -> _InTime:
    """Return what raises ExtempoError once playing has taken too long, or nobody waits for it."""
    end = time.monotonic() + LONGEST

    def shown(_beat: float) -> None:
        if over.is_set() or time.monotonic() > end:
            raise ExtempoError(f"playing took more than {LONGEST:.0f} seconds")

    return shown


_PLAYED: Final = {"events": _notes, "audio": _sound}
"""By the kind of a network."""

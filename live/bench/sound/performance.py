"""Sound through JACK: the daemon with a voice of notes and one of sound, beside a client that does nothing."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from live.bench import jack_server, startup
from live.bench.apart import alone
from live.bench.jack_server import RATE, Heard
from live.bench.performance import CLIENT
from live.bench.rows import BenchError, Row, measured, missing
from live.bench.running import Running, running
from live.bench.sound import jack as jack_sound
from live.bench.sound.peers import artifacts
from live.bench.sound.sizes import LEVEL, USUAL
from live.control.surfaces.osc.packets import Argument
from live.ports.process import PRIORITY
from live.runtime import library

PERIOD: Final = 256
ROWS: Final = tuple(f"jack_{PERIOD}.{what}" for what in ("sound", "null", "memory"))
RANDOM: Final = Path(USUAL)
"""Stands for a model of this size with random weights, where none is named and none ships."""

_COME_UP: Final = 0.1
"""The share of its level at which a sound counts as begun."""
_LONGEST: Final = 0.1
"""Seconds within which a note is answered, or counts as not answered."""
_NEWS: Final = "/extempo/voice/2/sound"
_PATIENCE: Final = 20
"""News in which it has to begin."""
_NEXT: Final = 0.6
"""Seconds until it has told something new."""


class Told(NamedTuple):
    """What the daemon tells of its voice of sound."""

    share: float
    late: int
    depth: float

    @classmethod
    def of(cls, arguments: Sequence[Argument]) -> "Told":
        """Return what the news say."""
        share, late, depth = arguments
        return cls(float(share), int(late), float(depth))


@contextmanager
def played(model: Path) -> Iterator[Path]:
    """Return the artifact that is meant, made where it stands for random weights."""
    if model != RANDOM:
        yield model
        return
    with artifacts(USUAL) as made:
        yield made[USUAL]


def through_jack(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield how many blocks came too late in a performance, and what it held in memory."""
    options = ("--out", "null", "--in", "null", "--sound", "jack", "--voice")
    with (
        played(model) as path,
        jack_server.server(period=PERIOD),
        running(library.find(library.DEFAULT), *options, str(path.resolve())) as daemon,
    ):
        before = _sounding(daemon)
        heard = alone(PRIORITY, jack_server.idle, seconds)
        time.sleep(_NEXT)
        after = Told.of(daemon.news(_NEWS))
        held = startup.held(daemon.pid)
        daemon.end()
    yield from late_rows(heard, after.late - before.late, after)
    if held is not None:
        megabytes, words = held
        yield measured(f"jack_{PERIOD}.memory", "MB", [megabytes], words)


def _sounding(daemon: Running) -> Told:
    """Wait until the voice of sound is heard; return what it tells."""
    daemon.wait_for('"Commit"')
    for _ in range(_PATIENCE):
        told = Told.of(daemon.news(_NEWS))
        if told.share > 0:
            return told
        time.sleep(_NEXT)
    raise BenchError("the voice of sound makes none")


def answered(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield note_to_sound: the whole way of a note that a player plays."""
    options = ("--out", "null", "--in", "jack", "--sound", "jack", "--set", "hears=player")
    organ = f"{USUAL}-organ"
    with (
        artifacts(organ) as made,
        jack_server.server(period=PERIOD),
        running(made[organ], *options) as daemon,
    ):
        daemon.wait_for("Begin")
        ports = f"{CLIENT}:in", f"{CLIENT}-sound:left"
        struck = alone(PRIORITY, jack_sound.strike, *ports, LEVEL * _COME_UP, seconds)
        daemon.end()
    answers = struck.answers(_LONGEST)
    note = (
        f"from the frame of a foreign JACK client's note to the first frame of its sound, {PERIOD} "
        f"frames a period; {len(answers)} of {len(struck.played)} notes were answered, by a "
        f"network of {USUAL} that sounds while a key is held"
    )
    yield measured("note_to_sound", "ms", answers, note)


def late_rows(heard: Heard, late: int, told: Told) -> Iterator[Row]:
    """Yield the daemon's late blocks, and those of the client that does nothing."""
    cycles, nothing = len(heard.starts), too_late(heard, PERIOD / RATE)
    note = (
        f"periods for which sound was missing, the improviser's notes played by a voice of sound; "
        f"it takes {told.share:.1%} of real time and is drawn {1000 * told.depth:.0f} ms before it "
        f"is heard; {cycles * PERIOD / RATE:.0f} s"
    )
    yield missing(_count(f"jack_{PERIOD}.sound", late, cycles, note), late, most=nothing)
    note = f"callbacks a period or more late of a client that does nothing; JACK told of {heard.xruns} xruns"
    yield missing(_count(f"jack_{PERIOD}.null", nothing, cycles, note), nothing)


def too_late(heard: Heard, period: float) -> int:
    """Return how many callbacks came when the next was due already, or JACK's xruns if more."""
    times = [at for at, _ in heard.starts]
    gaps = (after - before for before, after in pairwise(times))
    return max(heard.xruns, sum(gap >= 2 * period for gap in gaps))


def _count(name: str, count: int, cycles: int, note: str) -> Row:
    return Row(name=name, unit="count", p50=count, p99=count, max=count, n=cycles, note=note)

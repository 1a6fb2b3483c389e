"""From an OSC message to the command in the engine's inbox."""

import random
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from live.bench.rows import BenchError, Row, measured
from live.bench.running import VOICE, Running, running
from live.ipc import acts

_GAP: Final = (0.005, 0.025)
"""Seconds between two messages, at random."""
_NOTE: Final = (
    "from an OSC message's sending to the engine's taking it out of its inbox, stamped, while it "
    "plays; what the engine was just drawing is included"
)


def osc(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield osc_to_inbox."""
    with running(model, "--out", "null", "--in", "null") as daemon:
        daemon.wait_for('"Commit"')
        sent = _turn(daemon, seconds)
        journal = daemon.end()
    turned = {
        line.did.value: line.at
        for line in journal.lines
        if isinstance(line.did, acts.SetKnob) and line.did.knob == "silence"
    }
    if turned.keys() != sent.keys():
        raise BenchError(f"of {len(sent)} OSC messages {len(turned)} reached the engine")
    taken = [1000 * (turned[value] - at) for value, at in sent.items()]
    yield measured("osc_to_inbox", "ms", taken, _NOTE)


def _turn(daemon: Running, seconds: float) -> dict[float, float]:
    """Turn a knob that does not shape the music, again and again; return when, by value."""
    chance = random.Random(0)
    sent: dict[float, float] = {}
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and len(sent) < 7000:
        value = round(0.1 + len(sent) / 1000, 3)
        sent[value] = daemon.send(f"{VOICE}/silence", value)
        time.sleep(chance.uniform(*_GAP))
    time.sleep(0.3)
    return sent

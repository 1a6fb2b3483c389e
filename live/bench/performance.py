"""A whole performance through JACK: the daemon, a server and a foreign program, all real."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from live.bench import jack_server, matching
from live.bench.apart import alone
from live.bench.jack_server import PITCHES, RATE, Heard
from live.bench.rows import BenchError, Row, measured
from live.bench.running import VOICE, running
from live.bench.straight import deviations, held_up
from live.ports.process import PRIORITY
from live.record.replay import Journal

CLIENT: Final = "extempo"
BUSY: Final = ("--set", "density=4", "--tempo", "250")
"""Many notes; a tick is then a whole number of frames."""
LEAST: Final = 2.0
"""Seconds in which there are notes enough for a line through them."""
_SETTLED: Final = RATE // 5
"""Frames around an xrun in which clocks settle."""
_ANSWERED: Final = (
    "from the frame of a foreign JACK client's note to the frame of the note that was drawn after "
    "it, 128 frames a period; two periods are 5.33 ms"
)
_SCHEDULED: Final = (
    "whole frames by which a note that a foreign JACK client gets is off the straight line through "
    "the times that notes carry; 0.2 s around xruns left out"
)


def through_jack(model: Path, seconds: float, wanted: frozenset[str]) -> Iterable[Row]:
    """Yield note_to_note, schedule_error_jack and xruns."""
    runs: list[Heard] = []
    with jack_server.server():
        if wanted & {"note_to_note", "xruns"}:
            heard, journal = _answered(model, seconds)
            runs.append(heard)
            yield measured("note_to_note", "ms", answer_times(heard, journal), _ANSWERED)
        if wanted & {"schedule_error_jack", "xruns"}:
            heard, journal = _solo(model, seconds)
            runs.append(heard)
            yield measured("schedule_error_jack", "frames", errors(heard, journal), _SCHEDULED)
    told = sum(heard.xruns for heard in runs)
    count = sum(max(heard.xruns, len(held_up(heard.starts, RATE))) for heard in runs)
    note = (
        f"of all cycles of these runs; JACK told of {told}, others are steps in the cycles' times"
    )
    total = sum(len(heard.starts) for heard in runs)
    yield Row(name="xruns", unit="count", p50=count, p99=count, max=count, n=total, note=note)


def _answered(model: Path, seconds: float) -> tuple[Heard, Journal]:
    options = ("--out", "jack", "--in", "jack", "--mode", "continue", "--set", f"low={PITCHES[1]}")
    with running(model, *options) as daemon:
        daemon.wait_for('"tempo"')
        daemon.send(f"{VOICE}/force", "time", 0)
        daemon.wait_for('"Force"')
        return alone(PRIORITY, jack_server.play, CLIENT, seconds), daemon.end()


def _solo(model: Path, seconds: float) -> tuple[Heard, Journal]:
    seconds = max(seconds, LEAST)
    with running(model, "--out", "jack", "--in", "jack", *BUSY) as daemon:
        daemon.wait_for('"tempo"')
        return alone(PRIORITY, jack_server.listen, CLIENT, seconds), daemon.end()


def answer_times(heard: Heard, journal: Journal) -> list[float]:
    """Return the milliseconds from each note of the foreign program to its answer.

    Raises BenchError where the journal does not show that each was fed to the trunk, and then one
    event was drawn by the heads and committed.
    """
    told = matching.answers(journal)
    ons = heard.notes()
    if [pitch for _, pitch in heard.played] != [note for note, _ in told]:
        raise BenchError("the journal does not show every note that was played in")
    if [pitch for _, pitch in ons] != [answer for _, answer in told]:
        raise BenchError("the answers that came are not those that the journal shows as drawn")
    pairs = zip(heard.played, ons, strict=True)
    return [1000 * (answer - played) / RATE for (played, _), (answer, _) in pairs]


def errors(heard: Heard, journal: Journal) -> list[float]:
    """Return by how many whole frames each note of the daemon is off the time that it carries."""
    came = list(matching.times(journal, heard.notes()))
    return deviations(came, held_up(heard.starts, RATE), RATE, _SETTLED)

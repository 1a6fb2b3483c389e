"""A daemon answers on the beat of who plays, who never heard its clock."""

import json
from itertools import accumulate, cycle, pairwise
from pathlib import Path

import pytest
from platformdirs import user_cache_path

from live.ipc.wire import Segment
from live.time.clock import Timeline
from live.time.sources.player import code
from models.contract.grid import TICKS
from models.midi.messages import NoteOff, NoteOn
from tests.daemon_tools import NOWHERE, RunningDaemon
from tests.midi.files import BEAT, tempo, track, written
from tests.system_tools import wait_for

pytestmark = pytest.mark.system

TEMPO = 88.0
BEATS = 16
RHYTHM = (BEAT, BEAT // 2, BEAT // 2, BEAT, BEAT)
TUNE = (60, 64, 67, 64, 65, 69, 67, 62)


def phrase(folder: Path) -> Path:
    """Return a file with a tune over a bass on its beats."""
    events = []
    for number, tick in enumerate(accumulate(cycle(RHYTHM), initial=0)):
        if tick > BEATS * BEAT:
            break
        for pitch in (TUNE[number % 8], *((43,) if tick % BEAT == 0 else ())):
            events += [(tick, NoteOn(1, pitch, 80)), (tick + BEAT // 3, NoteOff(1, pitch))]
    events.sort(key=lambda one: one[0])
    ticks = [0, *(tick for tick, _ in events)]
    played = [
        (after - before, one)
        for (before, after), (_, one) in zip(pairwise(ticks), events, strict=True)
    ]
    return written(folder, track((0, tempo(round(60e6 / TEMPO)))), track(*played))


def journal(daemon: RunningDaemon) -> list[dict]:
    [path] = daemon.takes.glob("*.jsonl")
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


def test_an_answer_comes_in_on_the_players_beat(artifact: Path, tmp_path: Path) -> None:
    # It is compiled once for all tests, and a daemon with an empty home would do that anew.
    assert code.load() is not None
    cache = {"XDG_CACHE_HOME": str(user_cache_path())}
    options = ["--in", str(phrase(tmp_path)), "--mode", "respond", "--tempo", "100"]
    options += ["--clock", "player"]
    daemon = RunningDaemon(artifact, tmp_path, NOWHERE, options, cache)
    try:
        daemon.wait_until_it_plays()
        source = "/extempo/transport/source"
        assert daemon.osc.ask("/extempo/get", source, answer=source) == ["player"]
        daemon.notes(1, 30)
        assert daemon.osc.said("/extempo/transport/confidence")[-1][1] == 1
        wait_for(lambda: "The clock follows your beat" in daemon.printed, 5, "that it is told")
        assert daemon.stop() == 0
    finally:
        daemon.close()
    lines = journal(daemon)
    segments = [Segment(one["beat"], one["at"], one["tempo"]) for one in lines if "tempo" in one]
    timeline = Timeline(tuple(segments[:-1]))
    did = [one["did"] for one in lines if "did" in one]
    struck = [one for one in did if one["type"] == "Play" and one["velocity"]]
    last = timeline.time_of((struck[-1]["tick"] + struck[-1].get("lost", 0.0)) / TICKS)
    first = next(one for one in did if one["type"] == "Commit")
    beats = (timeline.time_of_tick(first["tick"]) - last) * TEMPO / 60
    # The phrase ends on a beat, and the answer begins on one of the next.
    assert abs(beats - round(beats)) < 0.06
    assert 0 < beats < 4

"""The Pure Data patch with the real daemon: knobs both ways, a note in, notes out."""

import json
from pathlib import Path

import pytest

from live.declared.knobs import find
from tests.daemon_tools import running_daemon
from tests.patches.pd import running
from tests.system_tools import wait_for

pytestmark = pytest.mark.system

TEMPERATURE = find("events", "temperature").name
WATCHED = (
    "connected",
    "model",
    "pulse",
    "out-pitch",
    f"knob-{TEMPERATURE}-number",
    "knob-mode-bar",
)


def _heard(journal: Path) -> list[int]:
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    return [line["did"]["pitch"] for line in lines if line.get("did", {}).get("type") == "Play"]


def test_the_patch_plays_with_the_daemon(artifact: Path, tmp_path: Path) -> None:
    options = ["--tempo", "200", "--set", "density=2"]
    with (
        running_daemon(artifact, tmp_path, options=options) as daemon,
        running(tmp_path, daemon.port, WATCHED) as pd,
    ):
        osc = daemon.osc
        pd.shows("connected: set 1")
        assert "model: set tiny" in pd.said

        pd.turn(f"knob-{TEMPERATURE}", 1.5)
        wait_for(lambda: [1.5] in osc.said(f"/extempo/voice/1/{TEMPERATURE}"), 5, "the knob")
        pd.shows(f"knob-{TEMPERATURE}-number: set 1.5")
        osc.send(f"/extempo/voice/1/{TEMPERATURE}", 0.5)
        pd.shows(f"knob-{TEMPERATURE}-number: set 0.5")

        wait_for(lambda: any(line.startswith("out-pitch: ") for line in pd.said), 10, "notes out")
        wait_for(lambda: "pulse: bang" in pd.said, 10, "a beat")

        pd.turn("knob-mode", 1)
        pd.shows("knob-mode-bar: set 1")
        pd.turn("key", 12)
        [journal] = daemon.takes.glob("*.jsonl")
        wait_for(lambda: _heard(journal) == [60], 5, "the note in the journal")

        pd.turn("play", 0)
        wait_for(lambda: osc.said("/extempo/status")[-1][0] == 0, 5, "the clock held")
        pd.turn("play", 1)
        wait_for(lambda: osc.said("/extempo/status")[-1][0] == 1, 5, "the clock again")
        assert osc.said("/extempo/error") == []

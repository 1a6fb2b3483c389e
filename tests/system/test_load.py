"""Another model is loaded while one plays: gapless where it can be played, refused where not."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from tests.daemon_tools import running_daemon
from tests.system_tools import wait_for
from tests.tiny import tiny_artifact

pytestmark = pytest.mark.system

FAST = ["--tempo", "240", "--set", "density=3"]


def test_another_model_takes_over_on_the_bar(artifact: Path, tmp_path: Path) -> None:
    other = tiny_artifact(tmp_path / "other.onnx", hidden=24, seed=5, name="other")
    with running_daemon(artifact, tmp_path, options=FAST) as daemon:
        daemon.notes(3)
        begun = len(daemon.osc.heard)
        daemon.osc.send("/extempo/voice/1/load", str(other))
        wait_for(lambda: ["other"] in daemon.osc.said("/extempo/voice/1/model"), 10, "the other")
        daemon.notes(5)
        wait_for(lambda: "Now plays other." in daemon.printed, 5, "the line")
        # No hole in the music while it was loaded: two beats are half a second here.
        times = [at for at, where, _ in daemon.osc.heard[begun:] if where.endswith("/out/note")]
        gaps = [later - at for at, later in pairwise(times)]
        assert max(gaps) < 3.0
        assert daemon.osc.said("/extempo/error") == []
        assert daemon.stop() == 0
    [journal] = daemon.takes.glob("*.jsonl")
    did = [json.loads(line).get("did", {}) for line in journal.read_text().splitlines()]
    [load] = [one for one in did if one.get("type") == "Load"]
    assert load["path"] == str(other)
    from_bar_line = (load["tick"] + 48) % 96 - 48
    assert abs(from_bar_line) < 12


def test_what_cannot_be_played_is_refused_while_the_music_goes_on(
    artifact: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(artifact.read_bytes()[:-4000])
    with running_daemon(artifact, tmp_path, options=FAST) as daemon:
        for name in (str(broken), str(tmp_path / "missing.onnx"), "nobody"):
            refused = len(daemon.osc.said("/extempo/error"))
            daemon.osc.send("/extempo/voice/1/load", name)
            code, text = daemon.osc.wait_for("/extempo/error", refused + 1)[-1]
            assert code == "load"
            assert Path(name).name.removesuffix(".onnx") in text
            daemon.notes(3)
        assert daemon.osc.ask(
            "/extempo/get", "/extempo/voice/1/model", answer="/extempo/voice/1/model"
        ) == ["tiny"]
        assert daemon.stop() == 0

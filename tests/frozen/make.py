"""Makes the frozen set anew: `python -m tests.frozen.make`; README.md beside it says when."""

import os
import re
import shutil
import tempfile
import time
from pathlib import Path

import mido
from click.testing import CliRunner, Result

from live.cli.group import extempo
from tests.daemon_tools import running_daemon
from tests.frozen.performances import PERFORMANCES, Performance
from tests.frozen.renderings import RENDERINGS
from tests.tiny import tiny_artifact
from tests.tiny_sound import tiny_sound_artifact

HERE = Path(__file__).parent
MODELS = ("notes-a", "notes-b", "sound")


def artifacts() -> None:
    """Write the models that everything here is played by."""
    tiny_artifact(HERE / "artifacts/notes-a.onnx", seed=1, name="notes-a")
    tiny_artifact(HERE / "artifacts/notes-b.onnx", seed=2, name="notes-b")
    tiny_sound_artifact(HERE / "artifacts/sound.onnx", seed=3, name="sound")


def phrases() -> None:
    """Write what is played in: a waltz, and a line in which a key is struck again under the pedal."""
    waltz = [(60, 80, 480), (64, 70, 480), (67, 74, 480), (69, 88, 960), (67, 60, 480)]
    _phrase("waltz", 3, [(pitch, velocity, ticks, 0) for pitch, velocity, ticks in waltz])
    line = [(60, 50, 240), (60, 64, 240), (63, 78, 240), (60, 92, 720), (55, 40, 480)]
    _phrase("pedal", 4, [(pitch, velocity, ticks, 127) for pitch, velocity, ticks in line])


def _phrase(name: str, beats: int, notes: list[tuple[int, int, int, int]]) -> None:
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("time_signature", numerator=beats, denominator=4))
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(120)))
    for pitch, velocity, ticks, pedal in notes:
        track.append(mido.Message("control_change", control=64, value=pedal))
        track.append(mido.Message("note_on", note=pitch, velocity=velocity))
        track.append(mido.Message("note_off", note=pitch, time=ticks))
    track.append(mido.Message("control_change", control=64, value=0))
    file.tracks.append(track)
    file.save(HERE / f"phrases/{name}.mid")


def journal(name: str, performance: Performance) -> None:
    """Play a performance in real time; keep its journal, its paths as seen from here, and its take."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copytree(HERE / "artifacts", folder / "artifacts")
        first, *more = (str(_path(word)) for word in performance.options)
        with running_daemon(Path(first), folder, options=more) as daemon:
            begun = time.monotonic()
            for at, address, arguments in sorted(performance.said):
                time.sleep(max(begun + at - time.monotonic(), 0.0))
                daemon.osc.send(f"/extempo/{address}", *map(_path, arguments))
            time.sleep(max(begun + performance.seconds - time.monotonic(), 0.0))
            assert not (said := daemon.osc.said("/extempo/error")), said
            assert daemon.stop() == 0
        (found,) = daemon.takes.glob("*.jsonl")
        text = re.sub(r'"path":"[^"]*(artifacts/[^"]+)"', r'"path":"\1"', found.read_text())
        (HERE / f"journals/{name}.jsonl").write_text(text)
        shutil.copy(found.with_suffix(".mid"), HERE / f"journals/{name}.mid")


def render(name: str, folder: Path) -> Path:
    """Render one of the renderings into a folder; return its file. To be called in this folder."""
    words = [str(_path(word)) for word in RENDERINGS[name]]
    path = folder / f"{name}.{'wav' if name == 'sound' else 'mid'}"
    run("render", *words, "-o", str(path))
    return path


def run(*words: str) -> Result:
    """Run extempo with these words, in this process; it must succeed."""
    done = CliRunner().invoke(extempo, words)
    assert done.exit_code == 0, done.output
    return done


def _path(word: float | int | str) -> float | int | str:
    return f"artifacts/{word}.onnx" if word in MODELS else word


if __name__ == "__main__":
    for part in ("artifacts", "phrases", "journals", "renders"):
        (HERE / part).mkdir(exist_ok=True)
    os.chdir(HERE)
    artifacts()
    phrases()
    for name, performance in PERFORMANCES.items():
        journal(name, performance)
    for name in RENDERINGS:
        render(name, HERE / "renders")

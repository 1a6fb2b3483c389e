"""A copy of the house to which toys are added: their files, and their line in each table."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.daemon_tools import ROOT

TOYS = Path(__file__).parent
PACKAGES = ("live", "models", "export", "patches", "pyproject.toml")


class Line(NamedTuple):
    """A line of a table, the first after the line of `file` that begins with `table`; use: what it imports."""

    file: str
    table: str
    line: str
    use: str = ""


class House:
    """A copy of what git tracks, in a folder of its own. Each toy is there or not: `add`, `remove`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--", *PACKAGES], cwd=ROOT, capture_output=True, check=True
        )
        for name in listed.stdout.decode().split("\0")[:-1]:
            if (ROOT / name).exists():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, target)
        self._times = time.time()

    def files(self, toy: str) -> list[str]:
        """Return the files that a toy adds."""
        return sorted(
            str(path.relative_to(TOYS / toy))
            for path in (TOYS / toy).rglob("*.*")
            if path.suffix != ".pyc"
        )

    def bring(self, toy: str) -> None:
        """Copy a toy's files: none is there already."""
        for name in self.files(toy):
            assert not (self.folder / name).exists(), name
            shutil.copyfile(TOYS / toy / name, self.folder / name)

    def add(self, line: Line) -> None:
        """Put a line into its table."""
        text = (self.folder / line.file).read_text("utf-8")
        found = [one for one in text.splitlines() if one.startswith(line.table)]
        assert len(found) == 1, f"{line.file} has no {line.table!r}"
        text = text.replace(f"\n{found[0]}\n", f"\n{found[0]}\n{line.line}\n")
        if line.use:
            before, rest = text.split("\nfrom ", 1)
            text = f"{before}\n{line.use}\nfrom {rest}"
        self._write(line.file, text)

    @contextmanager
    def without(self, line: Line) -> Iterator[None]:
        """Leave a line out meanwhile."""
        whole = (self.folder / line.file).read_text("utf-8")
        text = whole.replace(f"{line.line}\n", "", 1)
        assert text != whole
        self._write(line.file, text)
        try:
            yield
        finally:
            self._write(line.file, whole)

    @property
    def environment(self) -> dict[str, str]:
        """What a program of this house runs in."""
        home = {"HOME": str(self.folder / "home"), "PYTHONPATH": str(self.folder)}
        for kind in ("CACHE", "STATE", "DATA"):
            home[f"XDG_{kind}_HOME"] = str(self.folder / "home" / kind.lower())
        return home

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program of this house: what follows `python -m`, or `python` itself where it is an option."""
        module = () if str(words[0]).startswith("-") else ("-m",)
        command = [sys.executable, *module, *map(str, words)]
        return subprocess.run(
            command, cwd=self.folder, env={**os.environ, **self.environment},
            capture_output=True, text=True, timeout=150, check=False,
        )  # fmt: skip

    def _write(self, file: str, text: str) -> None:
        (self.folder / file).write_text(text, "utf-8")
        # What was compiled of it is known by its time in seconds and its size.
        self._times += 1
        os.utime(self.folder / file, (self._times, self._times))


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Return all that a program has said, its lines joined."""
    return " ".join((done.stdout + done.stderr).split())


LINES: dict[str, Sequence[Line]] = {
    "representation": (
        Line(
            "models/contract/representations/table.py",
            "REPRESENTATIONS: ",
            '    "melody": melody.of,',
            "from models.contract.representations import melody",
        ),
        Line(
            "models/corpus/encoders/table.py",
            "ENCODERS: ",
            '    "melody": MelodyEncoder,',
            "from models.corpus.encoders.melody import MelodyEncoder",
        ),
        Line(
            "live/engine/notes/decoders/table.py",
            "DECODERS: ",
            '    "melody": melody.Melody,',
            "from live.engine.notes.decoders import melody",
        ),
    ),
    "network": (
        Line(
            "models/nets/table.py",
            "NETS: ",
            '    "mean": MeanNet,',
            "from models.nets.mean import MeanNet",
        ),
    ),
    "sound": (
        Line(
            "live/runtime/sound/table.py",
            "NETS: ",
            '    "pipe": "live.runtime.sound.pipe",',
        ),
    ),
    "clock": (
        Line(
            "live/time/sources/table.py",
            "SOURCES: ",
            '    "sway": Sway,',
            "from live.time.sources.sway import Sway",
        ),
    ),
    "surface": (
        Line(
            "live/control/surfaces/table.py",
            "SURFACES: ",
            "    Letters,",
            "from live.control.surfaces.letters import Letters",
        ),
    ),
    "corpus": (
        Line(
            "models/corpus/sources.py",
            "SOURCES: ",
            '    "tunes": Source("tunes", "made up", "CC0 1.0", "nobody"),',
        ),
    ),
    "action": (
        Line(
            "live/declared/actions.py",
            "ACTIONS: ",
            '    Action(name="nudge", scope="voice", kinds=("events",), help="goes on at once", fields=('
            'Field(name="ticks", kind="int", high=24, help="from now"),)),',
        ),
        Line(
            "live/ipc/acts.py",
            "OfNotes = ",
            "class Nudge(_Act, frozen=True):\n    ticks: int\n    tick: Tick = 0\nOfNotes = Force | Plan | Nudge",
        ),
        Line(
            "live/engine/notes/doing.py",
            "DOES: ",
            "    acts.Nudge: nudge,",
            "from live.engine.notes.nudge import nudge",
        ),
    ),
    "knob": (
        Line(
            "live/declared/knobs.py",
            '    """The knobs of a voice that plays notes."""',
            "    temperature_word: Annotated[float, Knob(high=2.0, help='that of the words')] = 1.0",
        ),
        Line(
            "live/engine/notes/draw.py",
            '        "time": lambda knobs: knobs.temperature_time,',
            '        "word": lambda knobs: knobs.temperature_word,',
        ),
    ),
}
"""By the toy."""

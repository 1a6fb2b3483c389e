"""The page on the artifact: its program, which knows nothing of ours, writes a file that does all that ours do."""

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import onnx
import pytest
from click.testing import CliRunner

from live.cli.group import extempo
from live.declared.knobs import NOTE_KNOBS, defaults
from live.engine.notes import memento, remembering
from live.engine.notes import operations as op
from live.engine.notes.generator import Generator
from live.ipc import acts
from live.runtime.graph import MAX_OPSET
from live.runtime.library import find
from live.runtime.opening import Opened, opened
from live.runtime.prepare import MAX_BYTES
from models.contract.document import FORMAT, KEY, MINOR, Document, load
from models.contract.errors import ArtifactError
from models.contract.pair import MAX_STEPS
from models.contract.representation import drawn_name, logits_name
from models.contract.representations.performance import PERFORMANCE
from tests.docs.pages import ROOT, fences
from tests.engine.happening import anything, everything, perform, play

pytest.importorskip("torch")
PAGE = ROOT / "docs" / "the-artifact.md"
ALONE = """
import runpy, sys, warnings

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("live", "models", "export"):
            raise ImportError(f"{name} is extempo's")

sys.meta_path.insert(0, Nothing())
sys.argv = sys.argv[1:]
warnings.simplefilter("ignore")
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a program that can import nothing of ours."""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """What the page's program writes, installed as the page says."""
    folder = tmp_path_factory.mktemp("plain")
    (program,) = fences(PAGE, "python")
    (folder / "exporter.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-P", "-c", ALONE, "exporter.py", "plain.onnx"],
        cwd=folder, capture_output=True, text=True, timeout=170,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        changed.setenv("XDG_DATA_HOME", str(folder / "share"))
        said = CliRunner().invoke(extempo, ["models", "install", str(folder / "plain.onnx")])
        assert said.exit_code == 0, said.output
        found = opened(find("plain"), "events")
    # The machine's own cache has what is compiled.
    return found


def begun(opened: Opened, **knobs: object) -> Generator:
    voice = Generator(1, lambda path: opened.model)
    settled = defaults(NOTE_KNOBS) | {"seed": 1} | knobs
    voice.do(op.Begin(path="a", digest="", knobs=settled, tick=0, held_start=False))
    return voice


def test_it_plays_what_it_has_learned(plain: Opened) -> None:
    notes = perform(plain, 32).notes
    assert len(notes) > 20
    scale = sum(note.pitch % 12 in (0, 2, 4, 5, 7, 9, 11) for note in notes)
    assert scale > 0.8 * len(notes)


def test_its_notes_obey_masks(plain: Opened) -> None:
    knobs = {"key": "Eb", "scale": "minor", "low": 50, "high": 70, "polyphony": 1}
    notes = perform(plain, 32, **knobs).notes
    assert len(notes) > 10
    for note in notes:
        assert 50 <= note.pitch <= 70
        assert (note.pitch - 3) % 12 in (0, 2, 3, 5, 7, 8, 10)
    assert len({note.at for note in notes}) == len(notes)


@pytest.mark.parametrize("seed", range(3))
def test_all_that_may_happen_to_a_voice_happens_to_it_and_replays(plain: Opened, seed: int) -> None:
    assert everything(plain, seed).notes
    assert anything(plain, seed, lambda rng: ()).notes


@pytest.mark.parametrize("count", [1, 14, 40])
def test_a_slot_and_what_is_written_down_go_on_note_for_note(plain: Opened, count: int) -> None:
    voice, other = begun(plain), begun(plain)
    kept = play(voice, count)[-1].onset
    past = remembering.unpack(memento.pack(voice.past()), plain.model, "it")
    other.mementos["a"] = past
    other.do(op.Restore(digest="a", whole=True))
    voice.do(acts.Save(slot="a", tick=kept))
    later = 96 * 40
    followed = play(voice, 30)
    assert play(other, 30) == followed
    voice.do(acts.Recall(slot="a", tick=kept + later))
    assert [(n.onset - later, n.pitch) for n in play(voice, 30)] == [
        (n.onset, n.pitch) for n in followed
    ]


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    text = PAGE.read_text("utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines[2:]]


def test_every_field_of_the_document_is_on_the_page_and_needed_where_it_says_so(
    plain: Opened,
) -> None:
    needed, others = set(), set()
    for names, said in rows("The file"):
        (others if "may be left out" in said else needed).update(re.findall(r"`(\w+)`", names))
    assert needed | others == set(Document.__struct_fields__)
    (entry,) = [one for one in onnx.load(plain.path).metadata_props if one.key == KEY]
    written = msgspec.json.decode(entry.value)
    # Without a golden pair, it is refused where it is checked; `minor` counts as 0.
    for name in needed - {"pair", "minor"}:
        with pytest.raises(ArtifactError):
            load(
                msgspec.json.encode({k: v for k, v in written.items() if k != name}).decode(), "it"
            )
    least = {name: value for name, value in written.items() if name in needed}
    assert load(msgspec.json.encode(least).decode(), "it")[0].name == "plain"


def test_the_page_says_what_goes_in_and_comes_out() -> None:
    text = PAGE.read_text("utf-8")
    table = {cells[0].strip("`"): cells[1:] for cells in rows("Inputs, outputs and state")}
    assert list(table) == ["advance", *PERFORMANCE.names]
    for entry in PERFORMANCE.stream(8, ()).entries[1:]:
        given, said = table[entry.name]
        for spec in entry.inputs[1:]:
            assert f"`{spec.name}`" in given
            assert f"{drawn_name(entry.name)}` ({str(spec.shape)[1:-1]})" in given or spec.name == "onset"  # fmt: skip
        assert said == f"`{logits_name(entry.name)}` {entry.outputs[0].shape}"
    limits = (f"{MAX_BYTES >> 20} MB", f"13 to {MAX_OPSET}", f"{MAX_STEPS:,}")
    for number in (*limits, f"{FORMAT}, and {MINOR}"):
        assert number in text


def test_the_program_imports_nothing_of_ours(tmp_path: Path) -> None:
    (tmp_path / "ours.py").write_text("import models.contract.document")
    done = subprocess.run(
        [sys.executable, "-P", "-c", ALONE, "ours.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "models is extempo's" in done.stderr

"""`extempo models install` and `remove`: whole, checked before, and nothing is ever half there."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from click.testing import CliRunner, Result

from live.cli.group import extempo
from live.machine.lock import locked
from live.runtime import library
from models.contract.document import KEY
from models.contract.index import written
from tests.runtime.test_beside import naming
from tests.tiny import tiny_artifact

ROOT = Path(__file__).parents[2]
INDEX = written([np.arange(40, 80)])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an artifact that names the index beside it, and another without one."""
    folder = tmp_path_factory.mktemp("made")
    naming(tiny_artifact(folder / "one.onnx", name="one"), INDEX)
    (folder / "one.index").write_bytes(INDEX)
    tiny_artifact(folder / "two.onnx", name="two", seed=2)
    return folder


@pytest.fixture(autouse=True)
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder, empty. What is tried of the two artifacts is tried once for all tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(made / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("COLUMNS", "400")
    return library.user_folder()


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(extempo, ["models", *map(str, words)])


def install(*words: str | Path) -> Result:
    done = run("install", *words)
    assert done.exit_code == 0, done.output
    return done


def refused(*words: str | Path) -> str:
    done = run(*words)
    assert done.exit_code
    assert isinstance(done.exception, SystemExit)
    (sentence,) = done.output.splitlines()
    assert sentence.endswith(".")
    return sentence


def there(folder: Path) -> set[str]:
    """What lies in a folder, but for the lock."""
    return {path.name for path in folder.iterdir()} - {".lock"} if folder.exists() else set()


def test_what_is_installed_is_found_listed_and_removed(
    made: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However narrow the terminal, a path stays in one piece.
    monkeypatch.setenv("COLUMNS", "40")
    done = install(made / "one.onnx")
    assert f"{folder / 'one.onnx'}: plays here as it did where it was made." in done.output
    assert "extempo play one" in done.output
    assert there(folder) == {"one.onnx", "one.index"}
    for name in there(folder):
        assert (folder / name).read_bytes() == (made / name).read_bytes()
    assert library.find("one") == folder / "one.onnx"
    listed = json.loads(run("--json").output)
    assert [row["path"] for row in listed if row["name"] == "one"] == [str(folder / "one.onnx")]
    assert f"{folder / 'one.onnx'} is removed." in run("remove", "one").output
    assert there(folder) == set()
    assert "There is no model 'one' in" in refused("remove", "one")
    assert "improviser ships with extempo, and stays." in refused("remove", "improviser")


def test_a_name_that_is_taken_is_replaced_only_where_that_is_asked(
    made: Path, folder: Path
) -> None:
    install(made / "one.onnx")
    told = refused("install", made / "two.onnx", "--name", "one")
    assert "one is installed already: add --replace if that is meant, or give another name" in told
    told = refused("install", made / "two.onnx", "--name", "improviser.onnx")
    assert "improviser ships with extempo, and yours would be found in its place: add --replace" in told  # fmt: skip
    assert there(folder) == {"one.onnx", "one.index"}
    install(made / "two.onnx", "--name", "one", "--replace")
    # The index of what was there goes with it.
    assert there(folder) == {"one.onnx"}
    assert (folder / "one.onnx").read_bytes() == (made / "two.onnx").read_bytes()
    told = refused("install", folder / "one.onnx", "--replace")
    assert "is the file that is installed as one already" in told
    (folder / "three.onnx").mkdir()
    assert "three.onnx is a folder" in refused("install", made / "two.onnx", "--name", "three")


@pytest.mark.parametrize("name", ["", ".onnx", ".hidden", "a/b", "../x", "a\\b", "a\nb"])
def test_what_is_no_name_is_refused(made: Path, folder: Path, name: str) -> None:
    words = ("remove", name) if not name else ("install", made / "two.onnx", "--name", name)
    assert "is no name for a model: give another with --name" in refused(*words)
    assert there(folder) == set()
    assert "longer than the 200 bytes" in refused("install", made / "two.onnx", "--name", "é" * 101)


def changed(path: Path, **fields: object) -> Path:
    """Have an artifact say something else of itself."""
    model = onnx.load(path)
    (entry,) = [one for one in model.metadata_props if one.key == KEY]
    entry.value = msgspec.json.encode(msgspec.json.decode(entry.value) | fields).decode()
    path.write_bytes(model.SerializeToString())
    return path


def test_what_cannot_be_played_is_not_installed(tmp_path: Path, folder: Path) -> None:
    huge = tmp_path / "huge.onnx"
    huge.touch()
    os.truncate(huge, 10 << 30)
    (tmp_path / "text.onnx").write_text("not a model")
    (tmp_path / "best.pt").write_bytes(b"PK\x03\x04 and more")
    (tmp_path / "empty.onnx").touch()
    (tmp_path / "folder.onnx").mkdir()
    (tmp_path / "lost.onnx").symlink_to(tmp_path / "nowhere.onnx")
    os.mkfifo(tmp_path / "pipe.onnx")
    tiny = tiny_artifact(tmp_path / "bare.onnx")
    (tmp_path / "cut.onnx").write_bytes(tiny.read_bytes()[:-100])
    bare = onnx.load(tiny)
    del bare.metadata_props[:]
    tiny.write_bytes(bare.SerializeToString())
    newer = changed(tiny_artifact(tmp_path / "newer.onnx"), format=99)
    older = changed(tiny_artifact(tmp_path / "older.onnx"), format=0)
    for path, said in (
        (huge, "is larger than the 80 MB that a model which plays in time may have"),
        (tmp_path / "text.onnx", "is not an ONNX file, or only a part of one: choose one that"),
        (tmp_path / "best.pt", f"`extempo export {tmp_path / 'best.pt'} -o NAME.onnx` makes one"),
        (tmp_path / "empty.onnx", "is empty"),
        (tmp_path / "folder.onnx", "There is no file"),
        (tmp_path / "lost.onnx", "There is no file"),
        (tmp_path / "pipe.onnx", "There is no file"),
        (tmp_path / "cut.onnx", "is not an ONNX file, or only a part of one"),
        (tiny, "not one that introduces itself"),
        (newer, "has format 99, newer than this extempo reads (1): update extempo"),
        (older, "has format 0, which never was"),
    ):
        assert said in refused("install", path), path
    assert there(folder) == set()


def test_what_computes_something_else_is_not_installed(tmp_path: Path, folder: Path) -> None:
    path = tiny_artifact(tmp_path / "other.onnx")
    model = onnx.load(path)
    weights = next(one for one in model.graph.initializer if len(one.raw_data) > 1000)
    weights.raw_data = np.frombuffer(weights.raw_data, "<f4")[::-1].tobytes()
    path.write_bytes(model.SerializeToString())
    assert "does not compute what it did where it was made" in refused("install", path)
    assert there(folder) == set()


def test_a_link_is_followed_to_what_is_installed_and_never_written_through(
    made: Path, tmp_path: Path, folder: Path
) -> None:
    (tmp_path / "link.onnx").symlink_to(made / "two.onnx")
    install(tmp_path / "link.onnx")
    assert not (folder / "link.onnx").is_symlink()
    for name, leads in (("mine", made / "one.onnx"), ("gone", tmp_path / "nowhere")):
        target = folder / f"{name}.onnx"
        target.symlink_to(leads)
        before = leads.read_bytes() if leads.exists() else None
        assert "is installed already" in refused("install", made / "two.onnx", "--name", name)
        # What a kill left may be a link as well.
        target.with_name(f".{target.name}.part").symlink_to(made / "one.index")
        install(made / "two.onnx", "--name", name, "--replace")
        assert not target.is_symlink()
        assert target.read_bytes() == (made / "two.onnx").read_bytes()
        assert before == (leads.read_bytes() if leads.exists() else None)
        assert (made / "one.index").read_bytes() == INDEX


def test_without_the_index_that_it_names_it_is_installed_and_that_is_told(
    made: Path, tmp_path: Path, folder: Path
) -> None:
    path = tmp_path / "one.onnx"
    path.write_bytes((made / "one.onnx").read_bytes())
    assert "There is no file" in install(path).output
    path.with_suffix(".index").write_bytes(INDEX[:-1])
    done = install(path, "--replace")
    assert "one.index is not the index that one.onnx names, so that novelty will do nothing" in done.output  # fmt: skip
    assert there(folder) == {"one.onnx"}


SCRIPT = """
import os, resource, signal, sys
from pathlib import Path
from live.runtime import installing
from models.contract.errors import ExtempoError

one, two = map(Path, sys.argv[1:])
limit = resource.getrlimit(resource.RLIMIT_FSIZE)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
try:
    installing.install(two, "one", True)
except ExtempoError as error:
    print(error, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, limit)
os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
installing.install(two, "one", True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on the size of files is Unix's")
def test_a_full_disk_and_a_kill_leave_what_was_there(made: Path, folder: Path) -> None:
    install(made / "one.onnx")
    words = [sys.executable, "-c", textwrap.dedent(SCRIPT), made / "one.onnx", made / "two.onnx"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert "cannot be written (File too large), and is as it was: make room there" in done.stdout
    assert (folder / "one.onnx").read_bytes() == (made / "one.onnx").read_bytes()
    assert (folder / "one.index").read_bytes() == INDEX
    found = [path for path in library.installed() if path.parent == folder]
    assert found == [folder / "one.onnx"]
    # What the kill left is gone with the next one.
    assert there(folder) == {"one.onnx", "one.index", ".one.onnx.part"}
    install(made / "two.onnx", "--name", "one", "--replace")
    assert there(folder) == {"one.onnx"}


def test_a_folder_that_cannot_be_written_is_told(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    for place in (tmp_path / "file", Path("/proc")):
        monkeypatch.setenv("XDG_DATA_HOME", str(place))
        told = refused("install", made / "two.onnx")
        assert f"{place}/extempo/models cannot be written (" in told
        assert "make room there, or let it be written." in told


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")
def test_two_do_not_install_at_once(made: Path, folder: Path) -> None:
    install(made / "two.onnx")
    with (folder / ".lock").open("rb+") as held:
        assert locked(held.fileno())
        told = refused("install", made / "two.onnx", "--name", "three")
        assert "something else is installed into" in told
    install(made / "two.onnx", "--name", "three")

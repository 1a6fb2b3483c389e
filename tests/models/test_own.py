"""A network of one's own: its class is read, tried, trained and exported; what is wrong with it is one sentence."""

import re
from pathlib import Path

import msgspec
import pytest
import torch
from click.testing import CliRunner, Result

from live.cli.group import extempo
from live.runtime.library import describe
from models.contract.errors import ExtempoError, GivenError
from models.contract.representations.performance import PERFORMANCE
from models.nets import own
from models.nets.table import build
from models.train.checkpoint import load_checkpoint, save_checkpoint
from models.train.run import BEST
from tests.docs.pages import ROOT, fences
from tests.models.scores import random_score

(PAGE,) = fences(ROOT / "docs" / "7-a-network-of-your-own.md", "python")
SMALL = {"hidden": 8, "layers": 1, "embed": 6, "head": 6}
RECIPE = """
name = "mine"
title = "Mine"
net = "my.py:GruNet"
batch = 2
length = 8
steps = 2
measure_steps = 1
measure_windows = 2
[config]
hidden = 8
layers = 1
embed = 6
head = 6
[corpora]
mine = 1
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    torch.set_num_threads(1)
    return tmp_path


def written(text: str, name: str = "my.py") -> str:
    Path(name).write_text(text)
    return name


def refused(named: str) -> str:
    with pytest.raises(GivenError) as raised:
        own.load(named)
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "named", "said"),
    [
        ("", "gone.py:GruNet", "There is no file gone.py: --net names a Python file"),
        ("", ".:GruNet", "is not a file"),
        ("", "my.py:GruNet", "my.py is empty"),
        ("", "my.py", "--net names a class of a file, such as my.py:GruNet, and not 'my.py'"),
        ("", "my.py:", "names a class of a file"),
        ("", ":GruNet", "names a class of a file"),
        ("x = (", "my.py:GruNet", "my.py is no Python that can be read ("),
        ("\0", "my.py:GruNet", "my.py is no Python that can be read ("),
        ("\n\nimport nowhere_at_all", "my.py:GruNet", "line 3: ModuleNotFoundError: No module"),
        ("x = 1\n1 / 0", "my.py:GruNet", "my.py cannot be imported (line 2: ZeroDivisionError: division"),
        ("import sys; sys.exit(3)", "my.py:GruNet", "it ends the program"),
        ("class Gru: ...", "my.py:GruNet", "has no class 'GruNet': it has Gru. Did you mean Gru?"),
        ("GruNet = 3", "my.py:GruNet", "has no class 'GruNet': it has none."),
        ("class GruNet: ...", "my.py:GruNet", "my.py: GruNet is no network of notes: derive it from"),
        ("import torch\nclass GruNet(torch.nn.Module): ...", "my.py:GruNet", "is no network of notes"),
        (PAGE.replace("def step", "def steps"), "my.py:GruNet", "my.py: GruNet lacks step: write what docs/7"),
        (PAGE.replace("    Config =", "    Other ="), "my.py:GruNet", "GruNet needs a Config, a dataclass with embed"),
        (PAGE.replace("    memory: int = 0\n", ""), "my.py:GruNet", "a dataclass with memory: write"),
    ],
)  # fmt: skip
def test_a_file_that_holds_no_network_is_refused(text: str, named: str, said: str) -> None:
    written(text)
    assert said in refused(named)


def test_a_file_may_import_what_lies_beside_it(folder: Path) -> None:
    (folder / "nets").mkdir()
    written(PAGE, "nets/beside_it.py")
    written("from beside_it import GruNet", "nets/my.py")
    assert own.load("nets/my.py:GruNet").said == "my.py:GruNet"


MAKES = "super().__init__(config, representation, config.hidden)"
WHOLE = "contexts, _ = self.gru(embedded)"
STEP = 'context, h = self.gru(embedded.unsqueeze(1), state["h"])'
BROKEN = [
    (MAKES, "raise ValueError('no luck')", "with this [config] (line 33: ValueError: no luck)"),
    (MAKES, "torch.nn.Module.__init__(self)", "it does not call super().__init__"),
    (WHOLE, "contexts = embedded", "float32 [2, 6, 6], and it is to be float32 [2, 6, 8])"),
    (WHOLE, "contexts = self.gru(embedded)[0] / 0", "forward gives what are no numbers"),
    (WHOLE, "contexts = self.gru(embedded.flip(1))[0]", "forward sees its future"),
    (WHOLE, "return None", "forward gives no tensor but NoneType"),
    (STEP, STEP.replace("state", "0 * state"), "forward and step compute what differs"),
    (STEP, f'{STEP}; state["h"].copy_(h)', "step changes the state that it is given"),
    ('{"h": h, **after}', "{}", "step gives another state than h, which state_specs names"),
    ('"float32", shape)', '"float32", (1, 1, 9))', "initial_state gives h float32 [1, 1, 8], and"),
    (
        "self.memory_specs())",
        "self.memory_specs(), 3)",
        "state_specs returns no tuple of TensorSpec",
    ),
    ("h = torch.zeros(", "h = torch.nowhere(", "does not work (line 58: AttributeError"),
]


@pytest.mark.parametrize(("was", "now", "said"), BROKEN)
def test_a_network_that_does_not_keep_the_contract_is_refused(
    was: str, now: str, said: str
) -> None:
    assert was in PAGE
    found = own.load(f"{written(PAGE.replace(was, now))}:GruNet")
    with pytest.raises(GivenError) as raised:
        found.build(SMALL, PERFORMANCE)
    assert str(raised.value).startswith("my.py: GruNet ")
    assert said in str(raised.value)
    assert str(raised.value).endswith("mend it there.")


def test_a_setting_that_it_lacks_is_named() -> None:
    found = own.load(f"{written(PAGE)}:GruNet")
    with pytest.raises(
        GivenError, match=r"my\.py: GruNet has no setting 'hiden': it has copy, dropout"
    ):
        found.build({"hiden": 3}, PERFORMANCE)
    with pytest.raises(ExtempoError, match=r"or name its class with --net my.py:GruNet"):
        build("my.py:GruNet", {}, PERFORMANCE)


def test_what_is_no_fault_of_its_own_is_told_as_it_is() -> None:
    found = own.load(f"{written(PAGE)}:GruNet")
    with pytest.raises(ExtempoError) as raised, found.blamed("cannot be trained"):
        raise ExtempoError("runs/mine cannot be written: make room there.")
    assert str(raised.value) == "runs/mine cannot be written: make room there."


def test_trying_leaves_the_dice_and_the_mode_as_they_were() -> None:
    found = own.load(f"{written(PAGE)}:GruNet")
    torch.manual_seed(5)
    net = found.made(found.made.Config(**SMALL), PERFORMANCE)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    built = found.build(SMALL, PERFORMANCE)
    assert torch.equal(torch.rand(3), wanted)
    assert built.training
    assert all(map(torch.equal, net.parameters(), built.parameters()))


def run(*words: str) -> Result:
    return CliRunner().invoke(extempo, words)


def train(*words: str) -> Result:
    given = ("--net", "my.py:GruNet", "--data", "data", "--threads", "1", "--no-heard")
    return run("train", "mine.toml", *given, *words)


def said(done: Result) -> str:
    """What a command that failed told, on one line."""
    assert done.exit_code
    return " ".join(done.output.split())


def changed(was: str, now: str) -> None:
    """Write the network with one more line before one of its own."""
    assert PAGE.count(was) == 1
    written(PAGE.replace(was, f"{now}\n        {was}"))


def export(*words: str) -> Result:
    return run("export", f"runs/mine/{BEST}", "-o", "mine.onnx", *words)


def test_it_is_trained_gone_on_with_measured_and_exported_where_it_is_named(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for seed in range(16):
        random_score(folder / "data" / "mine" / f"{seed}.mid", seed, beats=8)
    written(PAGE)
    written(RECIPE, "mine.toml")
    done = train()
    assert done.exit_code == 0, done.output
    kept = load_checkpoint(Path("runs/mine") / BEST)
    assert (kept.net, kept.own) == ("my.py:GruNet", own.load("my.py:GruNet").remembered())

    # Nothing runs a file that nobody names.
    told = (
        "was trained with a network of one's own, GruNet of my.py: name it with --net my.py:GruNet."
    )
    assert told in said(export())
    assert told in said(run("measure", f"runs/mine/{BEST}", "--data", "data"))
    assert "--net my.py:GruNet" in said(run("train", "mine.toml", "--out", "runs/none"))
    done = run("measure", f"runs/mine/{BEST}", "--data", "data", "--net", "my.py:GruNet")
    assert done.exit_code == 0, done.output

    done = export("--net", "my.py:GruNet")
    assert done.exit_code == 0, done.output
    assert "not as it was" not in done.output
    assert describe(folder / "mine.onnx").net == "my.py:GruNet"

    written(PAGE + "\n\nclass Other(GruNet): ...\n")
    exported, gone_on = export("--net", "my.py:GruNet"), train("--steps", "3", "--resume")
    for done, text in ((exported, exported.output), (gone_on, caplog.text)):
        assert done.exit_code == 0, done.output
        told = r"my\.py is not as it was when it was trained with \(SHA-256 \w{12} then"
        assert re.search(told, " ".join(text.split()))
    told = "was trained with GruNet of my.py, and not with Other of my.py"
    assert told in said(export("--net", "my.py:Other"))

    changed("self.gru = nn.GRU(", "self.other = nn.Linear(2, 2)")
    for done in (export("--net", "my.py:GruNet"), train("--resume")):
        assert re.search("my.py: GruNet does not take these weights .*other.weight", said(done))
    # What breaks only while it learns, or while it is traced, is told as shortly.
    changed("embedded, recalled = self", "assert codes.shape[1] < 8")
    done = train("--out", "runs/other")
    assert "my.py: GruNet cannot be trained (line 38: AssertionError" in said(done)
    changed("embedded, recalled, after = self", "assert not torch.compiler.is_compiling()")
    assert "my.py: GruNet cannot be exported (" in said(export("--net", "my.py:GruNet"))


def test_a_network_of_the_house_needs_no_class(folder: Path) -> None:
    written(PAGE)
    shipped = ROOT / "models" / "checkpoints" / "folk-abc.pt"
    done = run("export", str(shipped), "-o", "mine.onnx", "--net", "my.py:GruNet")
    assert done.exit_code
    assert "folk-abc.pt is of extempo's own network lstm: leave out --net." in done.output
    assert not (folder / "mine.onnx").exists()
    done = run("measure", "improviser", "--net", "my.py:GruNet")
    assert "improviser is no checkpoint, and holds its network: leave out --net." in done.output


def test_a_checkpoint_says_no_folder_and_keeps_no_code(folder: Path) -> None:
    (folder / "deep").mkdir()
    found = own.load(f"{folder}/{written(PAGE, 'deep/my.py')}:GruNet")
    kept = msgspec.structs.replace(
        load_checkpoint(ROOT / "models" / "checkpoints" / "folk-abc.pt"), weights={}, own=found
    )
    save_checkpoint(folder / "kept.pt", kept)
    assert str(folder).encode() not in (folder / "kept.pt").read_bytes()
    assert load_checkpoint(folder / "kept.pt").own == found.remembered()
    # Nor is a file believed that says more of it.
    forged = torch.load(folder / "kept.pt", weights_only=True)
    forged["own"] |= {"file": "/deep/my.py", "made": "code"}
    torch.save(forged, folder / "forged.pt")
    kept = load_checkpoint(folder / "forged.pt")
    assert kept.own == found.remembered()
    with pytest.raises(GivenError, match=r"name it with --net my\.py:GruNet"):
        kept.build()

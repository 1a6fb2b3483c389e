import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from live.machine import caches
from live.runtime import library, opening, prepare
from live.runtime.golden import distance, replay
from live.runtime.timing import stepper, time_hot
from models.contract.document import load
from models.contract.errors import ArtifactError
from models.contract.pair import Tensor
from models.contract.representations.performance import PERFORMANCE
from tests.tiny import tiny_artifact


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setattr(library, "user_folder", lambda: tmp_path / "mine")
    for folder in ("shipped", "mine"):
        (tmp_path / folder).mkdir()


def cached(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache").rglob("*.onnx"))


def test_the_second_time_nothing_is_examined(artifact, tmp_path, monkeypatch):
    first = opening.opened(artifact).model
    assert len(cached(tmp_path)) == 1 + len(PERFORMANCE.names)

    def never(*_: object) -> None:
        raise AssertionError("examined again")

    monkeypatch.setattr(prepare, "examine", never)
    again = opening.opened(artifact).model
    assert again.document == first.document
    assert again.digest == first.digest
    assert replay(again, again.document).agrees


def test_a_changed_file_is_examined_again(artifact):
    before = opening.opened(artifact).model.digest
    tiny_artifact(artifact, seed=5)
    assert opening.opened(artifact).model.digest != before


@pytest.mark.parametrize("harm", ["half a document", "no head", "an empty head", "a head of zeros"])
def test_a_damaged_cache_is_made_again(artifact, tmp_path, harm):
    opening.opened(artifact)
    document = next((tmp_path / "cache").rglob("document.json"))
    head = document.parent / "pitch.onnx"
    if harm == "no head":
        head.unlink()
    elif harm == "half a document":
        document.write_text(document.read_text()[:200])
    else:
        head.write_bytes(bytes(head.stat().st_size if harm == "a head of zeros" else 0))
    model = opening.opened(artifact).model
    assert replay(model, model.document).agrees
    assert len(cached(tmp_path)) == 1 + len(PERFORMANCE.names)


def test_it_opens_where_no_cache_can_be_written(artifact, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder would be")
    model = opening.opened(artifact).model
    assert replay(model, model.document).agrees


def test_the_cache_does_not_grow_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(caches, "STAYS", 0.0)
    for seed in range(12):
        path = tiny_artifact(tmp_path / "many.onnx", seed=seed)
        prepare.keep(prepare.examine(path.read_bytes(), path))
    assert len(list((tmp_path / "cache" / "extempo" / "prepared").iterdir())) <= 8


def test_another_thread_may_open_it_while_one_plays(artifact, tmp_path):
    model = opening.opened(artifact).model
    step = stepper(model)
    opened = []
    thread = threading.Thread(
        target=lambda: opened.append(
            opening.opened(tiny_artifact(tmp_path / "b.onnx", seed=2)).model
        )
    )
    thread.start()
    while thread.is_alive():
        step()
    thread.join()
    assert replay(opened[0], opened[0].document).agrees


def test_a_golden_pair_that_was_tampered_with_does_not_agree(artifact):
    model = opening.opened(artifact).model
    text = artifact.read_bytes()
    document, _ = load(_document(text), "tiny")
    said = document.pair.outputs["pitch_logits"]
    logits = said.tensor.array()
    logits[0, 60] += 0.5
    other = document.pair.outputs | {"pitch_logits": replace(said, tensor=Tensor.of(logits))}
    pair = replace(document.pair, outputs=other)
    replayed = replay(model, replace(document, pair=pair))
    assert not replayed.agrees
    assert replayed.difference > 0.1


def _document(data: bytes) -> str:
    import onnx

    text: str = onnx.ModelProto.FromString(data).metadata_props[0].value
    return text


def test_log_probabilities_are_compared_not_logits():
    logits = np.array([[1.0, 2.0, 3.0]])
    assert distance(logits, logits + 100) < 1e-9
    assert distance(logits, np.array([[np.nan, 2.0, 3.0]])) == float("inf")


def test_what_is_hardly_ever_drawn_is_not_compared():
    assert distance(np.array([[0.0, -20.0]]), np.array([[0.0, -25.0]])) < 1e-6
    assert distance(np.array([[0.0, -20.0]]), np.array([[0.0, -5.0]])) > 10


def test_timing_counts_every_event(artifact):
    timing = time_hot(stepper(opening.opened(artifact).model), 50)
    assert timing.n == 50
    assert 0 < timing.p50 <= timing.p99 <= timing.max


def test_names_are_found_in_the_user_s_folder_first(tmp_path):
    ours = tiny_artifact(tmp_path / "shipped" / "improviser.onnx")
    assert library.find("improviser") == ours
    mine = tiny_artifact(tmp_path / "mine" / "improviser.onnx", seed=1)
    assert library.find("improviser") == mine
    assert library.find("IMPRO") == mine
    assert library.find(str(ours)) == ours
    assert library.installed() == [mine, ours]


def test_any_file_that_is_there_is_a_path(tmp_path, monkeypatch):
    mine = tiny_artifact(tmp_path / "mine" / "improviser.onnx")
    monkeypatch.chdir(tmp_path)
    for name in ("x.bin", "improviser", "improv"):
        tiny_artifact(tmp_path / name)
    assert library.find("x.bin") == library.find("./x.bin") == Path("x.bin")
    assert library.find("improv") == Path("improv")
    assert library.find("improviser") == mine
    assert library.find("./improviser") == Path("improviser")
    with pytest.raises(ArtifactError, match="There is no file nothing"):
        library.find("./nothing")


def test_a_name_that_nothing_has_or_two_have(tmp_path):
    for name in ("choir-low", "choir-high"):
        tiny_artifact(tmp_path / "mine" / f"{name}.onnx")
    with pytest.raises(ArtifactError, match="may be any of choir-high, choir-low: say which"):
        library.find("choir")
    with pytest.raises(ArtifactError, match="There is no model 'organ': choose one of choir-high"):
        library.find("organ")
    with pytest.raises(ArtifactError, match="There is no file"):
        library.find("models/organ.onnx")


def test_the_stage_needs_no_torch_and_a_prepared_model_no_onnx(artifact):
    prepare.prepare(artifact)
    script = (
        "import sys, pathlib; from live.runtime.opening import opened;"
        f"opened(pathlib.Path({str(artifact)!r}));"
        "print({'torch', 'onnx', 'export'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"

import datetime
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
import torch
from click.testing import CliRunner
from onnx import numpy_helper

from export import artifact as exporting
from export.artifact import About, describe, disagreement, graph_of, opened, write_artifact
from export.cli import command
from export.golden import TOLERANCE, Phrase, pair
from export.likelihood import nats_a_step
from export.measure_cli import command as measure_command
from live.cli.models import models
from live.runtime import opening
from live.runtime.golden import distance, replay
from live.runtime.library import SHIPPED
from live.runtime.library import describe as introduced
from models.contract.document import Corpus, load
from models.contract.errors import ExtempoError
from models.contract.representations.performance import NAME, PERFORMANCE, START
from models.contract.spans import HELD
from models.corpus.licences import licence_of
from models.corpus.windows import Batch
from models.nets.table import build
from models.train.checkpoint import Checkpoint, Progress, load_checkpoint, save_checkpoint
from models.train.evaluate import measure
from models.train.loop import train
from tests.models import toy
from tests.models.scores import random_score
from tests.models.test_train import TINY
from tests.models.toy import add_toy

CHECKPOINTS = Path(__file__).parents[2] / "models" / "checkpoints"
CONFIG = {"hidden": 32, "layers": 1, "embed": 16, "head": 16}
ABOUT = About(name="small", net="lstm", licence="CC0-1.0")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(4)
    return build("lstm", CONFIG, PERFORMANCE).eval()


@pytest.fixture(scope="module")
def graph(net):
    return graph_of(net, "fp32")


def test_the_phrase_has_all_that_music_has():
    phrase = Phrase(PERFORMANCE)
    assert len(phrase.codes) == len(phrase.conditions) == 38
    assert phrase.codes[0, 1] == START
    assert (phrase.codes[:, 3] == HELD).any()
    assert (phrase.codes[1:, 0] == 0).sum() > 3
    assert len(set(phrase.codes[:, 1].tolist())) > 8


def test_the_graph_is_lean(graph):
    kinds = {node.op_type for node in graph.graph.node}
    assert len(graph.graph.node) < 60
    assert not kinds & {"Dropout", "Constant", "Shape", "If", "Loop"}
    assert b"/work/" not in graph.SerializeToString()


def test_what_agrees_is_written_and_says_what_it_is(net, graph, tmp_path):
    path = tmp_path / "small.onnx"
    difference = write_artifact(net, graph, describe(net, ABOUT, "fp32"), path)
    assert difference < 1e-4
    document = introduced(path)
    assert (document.name, document.net, document.precision) == ("small", "lstm", "fp32")
    assert document.parameters == sum(p.numel() for p in net.parameters())
    assert document.config["hidden"] == 32
    assert [file.name for file in tmp_path.glob("*.onnx*")] == ["small.onnx"]


def test_the_same_checkpoint_gives_the_same_file(net, tmp_path):
    for name in ("a", "b"):
        graph = graph_of(net, "fp32")
        write_artifact(net, graph, describe(net, ABOUT, "fp32"), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_does_not_agree_with_pytorch_is_not_written(net, graph, tmp_path):
    wrong = onnx.ModelProto()
    wrong.CopyFrom(graph)
    weight = max(wrong.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    values = numpy_helper.to_array(weight) * np.float32(1.05)
    weight.CopyFrom(numpy_helper.from_array(values, weight.name))
    path = tmp_path / "small.onnx"
    path.write_text("the old one")
    with pytest.raises(ExtempoError, match=r"was not written: .* differ by"):
        write_artifact(net, wrong, describe(net, ABOUT, "fp32"), path)
    assert path.read_text() == "the old one"
    assert list(tmp_path.glob("*.onnx*")) == [path]


def test_what_the_stage_would_refuse_is_not_written(net, graph, tmp_path):
    document = describe(net, ABOUT, "fp32")
    document.vocabulary["pitch"] = [12]
    with pytest.raises(ExtempoError, match="another vocabulary"):
        write_artifact(net, graph, document, tmp_path / "small.onnx")
    assert not (tmp_path / "small.onnx").exists()


def test_a_folder_that_is_not_there(net, graph, tmp_path):
    with pytest.raises(ExtempoError, match="cannot be written"):
        write_artifact(net, graph, describe(net, ABOUT, "fp32"), tmp_path / "no" / "small.onnx")


def test_eight_bits_are_smaller_and_near(net):
    whole = describe(net, ABOUT, "fp32")
    plain, small = graph_of(net, "fp32"), graph_of(net, "int8")
    kinds = {node.op_type for node in small.graph.node}
    assert "DynamicQuantizeLSTM" in kinds
    assert not kinds & {"LSTM", "MatMul", "Gemm"}
    assert len(small.SerializeToString()) < len(plain.SerializeToString())
    model = opened(small, describe(net, ABOUT, "int8"))
    assert 1e-5 < disagreement(net, model) < TOLERANCE["int8"]
    assert replay(model, model.document).agrees
    assert disagreement(net, opened(plain, whole)) < 1e-4


def test_eight_bits_leave_the_scores_of_what_is_copied_exact():
    net = build("lstm", {"hidden": 16, "embed": 8, "head": 8, "copy": 12}, PERFORMANCE).eval()
    small = graph_of(net, "int8")
    weights = {tensor.name: tensor for tensor in small.graph.initializer}
    names = [name for name in weights if ".copying.attend" in name or ".copying.sentinel" in name]
    assert len(names) == 2 * (1 + len(net.copying.sentinels))
    assert {weights[name].data_type for name in names} == {onnx.TensorProto.FLOAT}
    read = {name for node in small.graph.node if node.op_type == "MatMul" for name in node.input}
    assert sum(name in read for name in names) == 1 + len(net.copying.sentinels)
    assert opened(small, describe(net, ABOUT, "int8"))


def test_held_out_likelihood_is_what_training_measures(net, graph):
    rng = np.random.default_rng(0)
    limits = (12, 128, 32, 40, 1)
    events = np.stack([rng.integers(0, limit, (3, 9)) for limit in limits], -1)
    places = np.stack([rng.integers(0, limit, (3, 9)) for limit in (4, 24, 17)], -1)
    scored = np.ones((3, 8, 4), bool)
    scored[1, 5:] = False
    scored[2, 4, 3] = False
    batches = [Batch(events, places, scored)]
    stepped = nats_a_step(opened(graph, describe(net, ABOUT, "fp32")), batches)
    whole = measure(net, batches)
    assert stepped.keys() == whole.keys()
    for factor in (*PERFORMANCE.names, "all"):
        assert stepped[factor] == pytest.approx(whole[factor], abs=1e-4)


@pytest.fixture
def checkpoint(net, tmp_path):
    path = tmp_path / "best.pt"
    corpora = [Corpus("songs", "CC0 1.0", "somebody", "somewhere", 12)]
    recipe = {"name": "songs-lstm", "corpora": {"songs": 1.0}}
    weights = dict(net.state_dict())
    kept = Checkpoint(
        "lstm", CONFIG, NAME, PERFORMANCE.vocabulary, weights, recipe, Progress(), corpora, []
    )
    save_checkpoint(path, kept)
    return path


@pytest.mark.parametrize("name", ["songs.bin", "songs", "."])
def test_a_file_that_is_not_named_as_a_model_is_not_written(checkpoint, tmp_path, name):
    told = CliRunner().invoke(command, [str(checkpoint), "-o", str(tmp_path / name)])
    assert told.exit_code == 2
    assert "a model is an .onnx file, such as mine.onnx" in " ".join(told.output.split())
    assert not (tmp_path / name).is_file()


def test_the_checkpoint_is_not_written_over(checkpoint, tmp_path):
    link = tmp_path / "mine.onnx"
    link.symlink_to(checkpoint)
    before = checkpoint.read_bytes()
    for read in (checkpoint, link):
        told = CliRunner().invoke(command, [str(read), "-o", str(link)])
        assert told.exit_code == 1
        assert told.output.startswith(f"Error: {link} is read here")
        assert told.output.count("\n") == 1
    assert link.is_symlink()
    assert checkpoint.read_bytes() == before


def test_the_command_writes_what_the_checkpoint_says(checkpoint, tmp_path):
    path = tmp_path / "songs.onnx"
    said = ["--notes", "A test.", "--set", "temperature=0.9", "--set", "scale=major"]
    told = CliRunner().invoke(command, [str(checkpoint), "-o", str(path), *said])
    assert told.exit_code == 0, told.output
    document = opening.opened(path).model.document
    assert document.name == "songs-lstm"
    assert document.corpora[0].licence == "CC0 1.0"
    assert document.notes == "A test."
    assert document.knobs == {"temperature": 0.9, "scale": 1.0}
    assert "agrees with PyTorch" in told.stdout


def test_who_trained_what_how_and_when_is_in_the_file_by_default(tmp_path):
    for seed in range(20):
        random_score(tmp_path / "mine" / f"{seed}.mid", seed, beats=16)
    recipe = msgspec.structs.replace(TINY, steps=4, measure_steps=2, author="Ada", seed=7)
    train(recipe, tmp_path, tmp_path / "run")
    path = tmp_path / "share" / "extempo" / "models" / "mine.onnx"
    path.parent.mkdir(parents=True)
    told = CliRunner().invoke(command, [str(tmp_path / "run" / "best.pt"), "-o", str(path)])
    assert told.exit_code == 0, told.output
    document = introduced(path)
    assert (document.author, document.licence) == ("Ada", "not stated")
    (training,) = document.trainings
    assert (training.recipe, training.corpora) == ("tiny", {"mine": 1.0})
    assert (training.seed, training.rate, training.batch) == (7, recipe.rate, recipe.batch)
    assert training.steps in (2, 4)
    assert datetime.date.fromisoformat(training.date) <= datetime.datetime.now(datetime.UTC).date()
    assert len(document.heard) == document.corpora[0].pieces
    assert {figure.factor for figure in document.figures} == {*PERFORMANCE.names, "all"}
    assert all(np.isfinite(figure.floor) for figure in document.figures)
    env = {"XDG_DATA_HOME": str(tmp_path / "share"), "COLUMNS": "300"}
    shown = CliRunner().invoke(models, env=env).output
    assert f"{training.date}, tiny on mine: {training.steps} steps of 4 in" in shown
    assert "rate 0.01, seed 7, by Ada" in shown
    other = CliRunner().invoke(
        command, [str(tmp_path / "run" / "best.pt"), "-o", str(path), "--author", "Eve"]
    )
    assert "author Eve" in other.output
    assert introduced(path).author == "Eve"


@pytest.mark.parametrize(
    ("licences", "all_of_them"),
    [
        (["CC BY 4.0 and public domain", "CC0 1.0", "public domain and CC BY"], "CC BY 4.0"),
        (["public domain", "CC0 1.0"], "CC0 1.0"),
        (["public domain"], "public domain"),
        (["MIT", "CC BY 4.0"], "MIT and CC BY 4.0"),
        (["CC BY 4.0", "not stated"], "not stated"),
        ([], "not stated"),
    ],
)
def test_the_licence_is_what_the_corpora_ask_for(licences, all_of_them):
    corpora = [Corpus(f"c{n}", licence, "", "", 1) for n, licence in enumerate(licences)]
    assert licence_of(corpora) == all_of_them


def test_what_may_not_be_passed_on_is_told(checkpoint, tmp_path):
    learned = load_checkpoint(checkpoint)
    unclear = [Corpus("tunes", "not stated", "x", "x", 3, "C")]
    save_checkpoint(checkpoint, msgspec.structs.replace(learned, corpora=unclear))
    told = CliRunner().invoke(command, [str(checkpoint), "-o", str(tmp_path / "x.onnx")])
    assert "learned from tunes, which may not be learned from" in " ".join(told.output.split())


def test_a_document_from_before_is_read(net):
    fields = msgspec.to_builtins(describe(net, ABOUT, "fp32"))
    for new in ("author", "trainings", "heard"):
        del fields[new]
    old, ignored = load(msgspec.json.encode(fields | {"minor": 1}).decode(), "old")
    assert (old.author, old.trainings, old.heard, ignored) == ("", [], [], "")


def test_the_command_says_what_eight_bits_gain_and_what_is_not_known(checkpoint, tmp_path):
    path = tmp_path / "songs.onnx"
    told = CliRunner().invoke(command, [str(checkpoint), "-o", str(path), "--int8"])
    assert told.exit_code == 0, told.output
    document = introduced(path)
    assert document.precision == "int8"
    assert "times as fast" in document.notes
    assert "was not measured (--data)" in document.notes


def test_the_command_refuses_in_one_sentence(checkpoint, tmp_path, monkeypatch):
    output = ["-o", str(tmp_path / "x.onnx")]
    missing = CliRunner().invoke(command, [str(tmp_path / "no.pt"), *output])
    assert missing.exit_code == 1
    assert "there is no checkpoint" in missing.stderr
    for knob, sentence in (("tempo=90", "belongs to the clock"), ("warmth=1", "warmth")):
        told = CliRunner().invoke(command, [str(checkpoint), *output, "--set", knob])
        assert told.exit_code == 1
        assert sentence in told.stderr
    monkeypatch.setitem(exporting.TOLERANCE, "fp32", 1e-12)
    told = CliRunner().invoke(command, [str(checkpoint), *output])
    assert told.exit_code == 1
    assert "was not written" in told.stderr


def test_another_way_to_write_is_trained_measured_and_exported_by_its_lines_alone(
    tmp_path, monkeypatch
):
    add_toy(monkeypatch)
    for seed in range(20):
        random_score(tmp_path / "mine" / f"{seed}.mid", seed, beats=16)
    config = {**TINY.config, "memory": 0}
    recipe = msgspec.structs.replace(
        TINY, representation=toy.NAME, config=config, steps=2, measure_steps=1
    )
    train(recipe, tmp_path, tmp_path / "run")
    best, path = tmp_path / "run" / "best.pt", tmp_path / "toy.onnx"
    told = CliRunner().invoke(measure_command, [str(best), "--data", str(tmp_path)])
    assert told.exit_code == 0, told.output
    assert "tones" in told.output
    said = [str(best), "-o", str(path), "--int8", "--data", str(tmp_path)]
    told = CliRunner().invoke(command, said)
    assert told.exit_code == 0, told.output
    assert "agrees with PyTorch" in told.output
    assert "nats a step on" in " ".join(told.output.split())
    document = load(introduced_text(path), "toy")[0]
    assert document.representation == toy.NAME
    assert document.vocabulary == {"length": ["12", "96"]}
    assert [figure.factor for figure in document.figures] == ["time", "tones", "all"]
    assert document.pair.outputs["tones_logits"].tensor.shape[1:] == (toy.TONES, 2)


def introduced_text(path):
    (entry,) = onnx.load(path).metadata_props
    return entry.value


def test_the_checkpoint_that_ships_computes_what_its_artifact_says():
    net = load_checkpoint(CHECKPOINTS / "improviser.pt").build()
    made, shipped = pair(net, "fp32"), introduced(SHIPPED / "improviser.onnx").pair
    assert made.inputs == shipped.inputs
    for name, output in shipped.outputs.items():
        assert distance(made.outputs[name].tensor.array(), output.tensor.array()) < 1e-3

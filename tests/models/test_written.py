"""Whatever way music is written down, it is trained, measured, kept and gone on with."""

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from models.contract.errors import ArtifactError, ExtempoError
from models.contract.representation import limits
from models.contract.representations.table import REPRESENTATIONS
from models.corpus.encoders.encoder import Encoder
from models.corpus.encoders.table import ENCODERS, encoder
from models.corpus.readers.table import reader_of
from models.corpus.windows import Weighed, measuring_batches, training_batch
from models.train.checkpoint import load_checkpoint
from models.train.floors import floors
from models.train.loop import LOG, train
from models.train.run import BEST
from tests.models.scores import random_score, write_score
from tests.models.test_train import TINY
from tests.models.toy import NAME, TONES, ToyEncoder, add_toy
from tests.pieces import pieces as few

TOYS = msgspec.structs.replace(
    TINY, representation=NAME, config={**TINY.config, "memory": 0}, steps=2, measure_steps=1
)


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    add_toy(monkeypatch)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for seed in range(20):
        random_score(tmp_path / "mine" / f"{seed}.mid", seed, beats=16)
    return tmp_path


@pytest.fixture(params=sorted({*REPRESENTATIONS, NAME}))
def way(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def pieces(way: str, tmp_path: Path) -> list[Any]:
    if way == "abc":
        return few(way)
    channel = 9 if way == "drums" else 0
    files = [random_score(tmp_path / f"{seed}.mid", seed, channel=channel) for seed in range(3)]
    return [piece for file in files for piece in reader_of(file).read(file).pieces]


@pytest.fixture
def writes(way: str, pieces: list[Any]) -> Encoder:
    return encoder(way, pieces, None, "here")


def test_who_can_be_written_can_be_read_from_an_artifact() -> None:
    assert set(ENCODERS) == set(REPRESENTATIONS)


def test_columns_are_as_every_network_needs_them(writes: Encoder) -> None:
    written = writes.representation
    inputs = {column.name: column for column in written.inputs}
    for column in written.factors:
        fed = inputs[column.name]
        assert fed.shape == column.shape
        assert fed.classes >= column.classes
        assert not column.values or fed.values[: column.classes] == column.values
    assert len(written.start_codes()) == len(limits(written.inputs))
    assert all(len(column.values) in (0, column.classes) for column in written.inputs)
    assert msgspec.json.decode(msgspec.json.encode(written.vocabulary)) == {
        name: list(values) for name, values in written.vocabulary.items()
    }


def test_windows_hold_codes_of_their_columns(writes: Encoder, pieces: list[Any]) -> None:
    written = writes.representation
    batches = [training_batch(Weighed.of(writes, {"a": (1.0, pieces)}), 16, 24, 1, 0)]
    batches += measuring_batches(writes, pieces, 4, 24, 1)
    drawn = limits(written.factors)
    wide = np.repeat(np.arange(len(written.factors)), [c.width for c in written.factors])
    for batch in batches:
        assert (batch.codes >= 0).all()
        assert (batch.codes < limits(written.inputs)).all()
        assert (batch.conditions >= 0).all()
        assert (batch.conditions < limits(written.conditions)).all()
        assert (batch.codes[:, 0] == written.start_codes()).all()
        asked = batch.scored[..., wide]
        targets = batch.codes[:, 1:, written.targets()]
        assert (targets < drawn)[asked].all()
        assert batch.scored.any((1, 2)).all()


def test_the_golden_phrase_is_always_the_same(writes: Encoder) -> None:
    one, again = writes.golden(), writes.golden()
    assert np.array_equal(one.codes, again.codes)
    assert np.array_equal(one.conditions, again.conditions)
    assert len(one.codes) == len(one.conditions) == len(one.scored) + 1 > 8
    assert (one.codes[0] == writes.representation.start_codes()).all()
    assert (one.codes < limits(writes.representation.inputs)).all()
    # What comes last is what the heads are asked for: all of it can be drawn.
    assert one.scored[-1].all()


def test_floors_know_what_follows_what(writes: Encoder, pieces: list[Any]) -> None:
    weighed = Weighed.of(writes, {"a": (1.0, pieces)})
    measured = list(measuring_batches(writes, pieces, 8, 64, 1))
    found = floors(weighed, 1, measured, counted=2)
    assert list(found) == [*writes.representation.names, "all"]
    for column in writes.representation.factors:
        assert 0 < found[column.name] < column.width * np.log(column.classes)


def test_it_is_trained_measured_and_gone_on_with(data: Path) -> None:
    out = data / "out"
    train(TOYS, data, out, cache=data)
    kept = load_checkpoint(out / BEST)
    assert kept.representation == NAME
    lengths = kept.vocabulary["length"]
    assert list(lengths) == ["12", "96"]
    assert [figure.factor for figure in kept.figures] == ["time", "tones", "all"]
    assert 0 < kept.figures[1].nats < 2 * TONES * np.log(2)
    lines = [json.loads(line) for line in (out / LOG).read_text().splitlines()]
    assert {"time", "tones", "all"} == set(lines[-1]["valid"])
    net = kept.build()
    assert net.representation.vocabulary == {"length": ("12", "96")}
    more = msgspec.structs.replace(TOYS, steps=4)
    assert train(more, data, out, resume=True, cache=data).step == 4


def test_what_goes_on_with_other_music_keeps_the_vocabulary_of_its_weights(data: Path) -> None:
    train(TOYS, data, data / "out", cache=data)
    for seed in range(20):
        strokes = [(index, 60 + index % 5, 0.25 + seed % 3) for index in range(30)]
        write_score(data / "other" / f"{seed}.mid", [strokes])
    other = msgspec.structs.replace(TOYS, corpora={"other": 1.0})
    train(other, data, data / "led", start_from=data / "out" / BEST, cache=data)
    assert load_checkpoint(data / "led" / BEST).vocabulary["length"] == ["12", "96"]
    train(other, data, data / "fresh", cache=data)
    assert load_checkpoint(data / "fresh" / BEST).vocabulary["length"] != ["12", "96"]


def test_weights_of_another_way_to_write_are_refused_in_one_sentence(data: Path) -> None:
    train(TOYS, data, data / "out", cache=data)
    notes = msgspec.structs.replace(TOYS, representation="performance")
    with pytest.raises(ExtempoError, match="another network than the recipe asks for"):
        train(notes, data, data / "new", start_from=data / "out" / BEST, cache=data)


def test_a_recipe_that_names_none_writes_as_ever_and_an_unknown_one_is_refused(data: Path) -> None:
    assert TINY.representation == "performance"
    unknown = msgspec.structs.replace(TINY, representation="perfomance")
    with pytest.raises(ExtempoError, match=r"no representation called 'perfomance'.*performance\?"):
        train(unknown, data, data / "out", cache=data)


def test_a_checkpoint_without_the_vocabulary_of_its_weights_is_refused(data: Path) -> None:
    train(TOYS, data, data / "out", cache=data)
    path = data / "out" / BEST
    document = torch.load(path, weights_only=True)
    for vocabulary, error in (
        ({}, ArtifactError),
        ({"length": 3}, ExtempoError),
        (7, ExtempoError),
    ):
        spoilt = data / "spoilt.pt"
        torch.save({**document, "vocabulary": vocabulary}, spoilt)
        with pytest.raises(error, match=r"spoilt\.pt"):
            load_checkpoint(spoilt)


def test_a_representation_without_its_line_is_not_known(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(data / "out", ignore_errors=True)
    for table, said in (
        (ENCODERS, "no representation called 'toy'"),
        (REPRESENTATIONS, "as 'toy'"),
    ):
        with monkeypatch.context() as without:
            without.delitem(table, NAME)  # type: ignore[arg-type]
            with pytest.raises(ExtempoError, match=said):
                train(TOYS, data, data / "out", cache=data)


def test_an_encoder_is_what_its_vocabulary_says() -> None:
    assert ToyEncoder.vocabulary([], {}) == {"length": []}

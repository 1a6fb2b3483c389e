"""The model that ships plays here, and says where it comes from."""

import pytest

from live.runtime import library, opening
from live.runtime.golden import replay
from models.contract.representations.performance import PERFORMANCE


@pytest.fixture(scope="module")
def model():
    return opening.opened(library.SHIPPED / f"{library.DEFAULT}.onnx").model


def test_its_golden_pair_replays(model):
    assert replay(model, model.document).agrees


def test_it_tells_its_origin_and_licence(model):
    document = model.document
    assert document.licence
    assert document.corpora
    for corpus in document.corpora:
        assert corpus.licence
        assert corpus.attribution
        assert corpus.source
        assert corpus.pieces > 0


def test_every_factor_is_below_its_markov_floor(model):
    figures = [figure for figure in model.document.figures if figure.split == "valid"]
    assert {figure.factor for figure in figures} == {*PERFORMANCE.names, "all"}
    for figure in figures:
        assert figure.nats < figure.floor, figure.factor


def test_it_is_small_enough_to_ship():
    for path in library.SHIPPED.glob("*.onnx"):
        assert path.stat().st_size < 16 << 20

"""The models of notes that ship play here, and say where they come from."""

import pytest

from live.runtime import library, opening
from live.runtime.golden import replay
from models.contract.index import LENGTHS
from models.corpus.sources import describe

FOLK = "folk-abc"
TOKENS = ("sonata-notes", "notes-lstm", "notes-wavenet")
DRUMS = "drums"
"""Which has no index: it counts intervals."""


@pytest.fixture(scope="module", params=[library.DEFAULT, FOLK, *TOKENS, DRUMS])
def model(request):
    return opening.opened(library.SHIPPED / f"{request.param}.onnx").model


def test_its_golden_pair_replays(model):
    assert replay(model, model.document).agrees


def test_it_tells_its_origin_and_licence(model):
    document = model.document
    assert document.licence
    assert document.author == "extempo"
    assert document.corpora
    for corpus in document.corpora:
        assert corpus.licence
        assert corpus.attribution
        assert corpus.source
        assert corpus.pieces > 0


@pytest.mark.parametrize("split", ["valid", "test"])
def test_every_factor_is_below_its_markov_floor(model, split):
    figures = [figure for figure in model.document.figures if figure.split == split]
    assert {figure.factor for figure in figures} == {*model.representation.names, "all"}
    for figure in figures:
        assert figure.nats < figure.floor, figure.factor


def test_folk_tunes_are_those_that_may_be_learned_from():
    document = library.describe(library.SHIPPED / f"{FOLK}.onnx")
    (corpus,) = document.corpora
    assert corpus == describe("abc_pd", corpus.pieces)
    assert corpus.tier == "B"
    # All tunes of the corpus that lies here to learn from, but for 208 of Norbeck's and 22 that are broken.
    assert corpus.pieces == 3101
    assert len(document.heard) > 3000
    for split in ("valid", "test"):
        (bits,) = (
            measure.value
            for measure in document.measures
            if measure.name == f"what comes next, {split}"
        )
        assert bits < 1.65


def test_it_is_small_enough_to_ship():
    for path in library.SHIPPED.glob("*.onnx"):
        assert path.stat().st_size < 16 << 20
    for path in library.SHIPPED.glob("*.index"):
        assert path.stat().st_size < 8 << 20


def test_its_index_is_of_all_that_it_has_learned_from(model):
    document, index = model.document, model.index
    if document.name == DRUMS:
        assert document.index is None
        return
    assert index.digest == document.index.digest
    assert not index.lacks
    assert document.index.corpora == [corpus.name for corpus in document.corpora]
    assert document.index.pieces == sum(corpus.pieces for corpus in document.corpora)
    assert all(index.runs[length] > 60 * document.index.pieces for length in LENGTHS)
    # A scale is everybody's; what nobody writes stands nowhere.
    assert index.completing((60, 62, 64, 65, 67, 69, 71, 72), 8)[74]
    assert not index.completing((0, 127) * 4, 8).any()

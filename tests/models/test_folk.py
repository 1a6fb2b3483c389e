"""Tunes as a network learns them: read from files of ABC, moved to other keys, written letter by letter."""

import numpy as np
import pytest

from models.abc.reader import read
from models.abc.transpose import transposed
from models.contract.errors import ExtempoError
from models.contract.representations.abc import CHARACTERS
from models.corpus.encoders.abc import AbcEncoder
from models.corpus.encoders.table import encoder
from models.corpus.readers.abc import AbcReader
from models.corpus.windows import measuring_batches

JIG = "X:1\nT:A Jig\nM:6/8\nL:1/8\nK:Edor\nB|:e2f gfe|d>cd B2A|_B=c^d g,3:|\n"
REEL = "X:2\nT:A Reel\nR:reel\nM:C|\nL:1/8\nK:D\nfa af|gfed|[DFA]4 {g}f2e2|d8|]\n"
LONG = "X:3\nT:Long\nM:2/4\nL:1/8\nK:G\n" + "GABc|dedB|\n" * 60


def written(tmp_path, *tunes):
    path = tmp_path / "book.abc"
    path.write_text("\n".join(tunes))
    return AbcReader().read(path).pieces


def sounds(text):
    return [(one.onset, one.length, one.pitches) for one in read(text)]


def test_fields_come_in_one_order_and_tunes_are_named(tmp_path):
    jig, reel = written(tmp_path, JIG, REEL)
    assert jig.text.startswith("M:6/8\nL:1/8\nK:Edor\n")
    assert jig.text.endswith("\n\n")
    assert "A Reel" in reel.name
    assert sounds(jig.text) == sounds(JIG)


def test_what_is_broken_is_left_out_with_its_reason(tmp_path):
    (kept,) = written(tmp_path, "X:1\nT:No key\nM:4/4\nabc\n", JIG)
    assert "A Jig" in kept.name
    held = AbcReader().read(tmp_path / "book.abc")
    assert held.left_out == (("No key", "it has no key (K:)"),)
    with pytest.raises(ExtempoError, match="holds no tune in ABC"):
        written(tmp_path, "nothing that is music\n")


def test_what_is_kept_is_read_again(tmp_path):
    written(tmp_path, JIG, "X:1\nabc\n", REEL)
    reader = AbcReader()
    held = reader.read(tmp_path / "book.abc")
    assert reader.held("book.abc", reader.arrays(held)) == held
    assert held.left_out


def test_a_tune_is_known_in_any_key(tmp_path):
    jig, reel = written(tmp_path, JIG, REEL)
    moved = type(jig)("other", transposed(jig.text, 2))
    assert moved.text != jig.text
    assert moved.content() == jig.content() != reel.content()


@pytest.mark.parametrize("fifths", [-3, -2, -1, 1, 2, 3])
@pytest.mark.parametrize("tune", [JIG, REEL])
def test_it_sounds_the_same_in_another_key(tune, fifths):
    before, after = sounds(tune), sounds(transposed(tune, fifths))
    assert [one[:2] for one in before] == [one[:2] for one in after]
    steps = {
        other - one
        for (_, _, here), (_, _, there) in zip(before, after, strict=True)
        for one, other in zip(here, there, strict=True)
    }
    (step,) = steps
    assert -6 <= step <= 6
    assert transposed(tune, fifths) == tune or step


@pytest.mark.parametrize(
    "tune", ["K:none\nabc\n", "K:G\nab[K:D]c\n", "K:C#\nabc\n", "K:G\n^^^a\n", "no key"]
)
def test_what_cannot_be_moved_stays(tune):
    assert transposed(tune, 3) == tune


def test_windows_say_what_the_tune_says(tmp_path):
    tunes = written(tmp_path, JIG, REEL, LONG)
    writes = encoder("abc", tunes * 3, None, "here")
    letters = writes.representation.vocabulary[CHARACTERS]
    rng = np.random.default_rng(0)
    steps = writes.window(tunes[0], 0, 512, rng, varied=False)
    assert "".join(letters[code] for code in steps.codes[1:, 0]) == tunes[0].text
    assert steps.codes[0] == len(letters)
    assert len(steps.conditions) == len(steps.codes) == len(steps.scored) + 1
    assert steps.scored.all()
    bars = steps.conditions[:, 1]
    assert bars[0] == 0
    assert (np.diff(bars) >= 0).all()
    assert steps.conditions[-1, 2] == 6


def test_windows_for_training_begin_where_the_tune_does(tmp_path):
    tunes = written(tmp_path, JIG, REEL, LONG)
    writes = encoder("abc", tunes * 3, None, "here")
    for start in (0, 30):
        steps = writes.window(tunes[0], start, 512, np.random.default_rng(1), varied=True)
        assert writes.representation.vocabulary[CHARACTERS][steps.codes[1, 0]] == "M"
    part = writes.window(tunes[2], 300, 64, np.random.default_rng(1), varied=True)
    assert len(part.codes) == 65


def test_whole_tunes_are_measured_without_a_cut(tmp_path):
    jig, reel, long = written(tmp_path, JIG, REEL, LONG)
    writes = encoder("abc", [jig, reel, long] * 3, None, "here")
    batches = list(measuring_batches(writes, [jig, long, reel], 2, writes.measured, 1))
    rows = [row for batch in batches for row in batch.scored[..., 0]]
    assert [int(row.sum()) for row in rows] == [len(one.text) for one in (jig, long, reel)]
    assert {row.shape for row in rows} == {(len(long.text),)}
    assert len(long.text) > 512


def test_letters_that_hardly_any_tune_has_are_none(tmp_path):
    tunes = written(tmp_path, JIG, REEL)
    writes = encoder(
        "abc", [*tunes * 3, written(tmp_path, REEL.replace("d8", "x8"))[0]], None, "here"
    )
    assert "x" not in writes.representation.vocabulary[CHARACTERS]


def test_of_a_few_tunes_every_letter_is_learned_and_of_many_none_that_is_rare(tmp_path):
    jig, reel = written(tmp_path, JIG, REEL)
    few = AbcEncoder.vocabulary([jig], {})[CHARACTERS]
    many = AbcEncoder.vocabulary([jig] * 40 + [reel], {})[CHARACTERS]
    assert set(few) == set(many) == set(jig.text)

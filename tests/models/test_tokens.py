"""Tokens as a corpus has them: the table, what is left out of it, what is written, and tables that are none."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from msgspec.structs import replace

from models.contract.errors import ArtifactError, ExtempoError
from models.contract.representations.tokens import MOST, TIMED, of, spelt, table_of
from models.contract.spans import DURATIONS, HELD, TIMES
from models.corpus import sources
from models.corpus.encoders.encoder import Encoder
from models.corpus.encoders.table import encoder
from models.corpus.encoders.tokens import TokensEncoder
from models.corpus.pieces import Score
from models.nets.table import build
from models.train.checkpoint import load_checkpoint, load_to_resume, save_checkpoint
from models.train.loop import train
from models.train.run import BEST, LAST
from tests.models.scores import random_score, write_score
from tests.models.test_train import TINY
from tests.runtime.spoil import edit_document
from tests.tokens import TABLE, tokens_artifact

SETTINGS = TokensEncoder.settings
TRIAD = (60, 64, 67)


def score(*chords: tuple[int, ...], every: int = 24, length: int = 12) -> Score:
    """Chords one after the other; each note of one lasts a tick longer than the one below it."""
    notes = [
        (every * number, pitch, 80, length + place)
        for number, chord in enumerate(chords)
        for place, pitch in enumerate(chord)
    ]
    return Score.piano("it", np.array(notes, np.int32), np.array([[0, 8]], np.int32))


def table(piece: Score, **settings: int) -> list[str]:
    return list(map(str, TokensEncoder.vocabulary([piece], {**SETTINGS, **settings})["tokens"]))


def writes(piece: Score, **settings: int) -> Encoder:
    return encoder("tokens", [piece], None, "it", (), settings)


def window(writing: Encoder, piece: Score, length: int = 64, seed: int = 0, start: int = 0):
    return writing.window(piece, start, length, np.random.default_rng(seed), varied=False)


def test_the_table_has_what_begins_together_as_often_as_is_asked() -> None:
    piece = score(*[(60,)] * 5, *[TRIAD] * 3, (61, 66))
    assert table(piece) == ["C4", "C#4.F#4", "C4.E4.G4"]
    assert table(piece, rare=3) == ["C4", "C4.E4.G4"]
    assert table(piece, rare=5) == ["C4"]


def test_where_all_tokens_are_rare_it_says_which_is_the_commonest_and_what_to_do() -> None:
    piece = score(*[(60,)] * 5, *[TRIAD] * 7)
    with pytest.raises(ExtempoError, match=r"50 times.*commonest is C4\.E4\.G4, 7 times.*rare"):
        table(piece, rare=50)
    with pytest.raises(ExtempoError, match="no music to make a table"):
        TokensEncoder.vocabulary([], SETTINGS)


def test_of_too_many_the_commonest_are_kept() -> None:
    rng = np.random.default_rng(0)
    often = [(60,)] * 3
    many = {tuple(sorted(rng.choice(88, 4, replace=False) + 21)) for _ in range(MOST + 500)}
    found = table(score(*often, *map(tuple, np.array(list(many)).tolist())))
    assert len(found) == MOST
    assert "C4" in found
    # A cluster of both arms is left out, and what is left can be read.
    wide = table(score(*often, tuple(range(40, 70))))
    assert wide == ["C4"]


def test_moved_a_token_counts_in_all_keys_that_are_on_the_piano() -> None:
    piece = score((21, 28), TRIAD)
    found = table(piece, moved=1)
    triads = [spelt([pitch + move for pitch in TRIAD]) for move in range(-5, 7)]
    fifths = [spelt((21 + move, 28 + move)) for move in range(7)]
    assert found == [*fifths, *sorted(triads, key=lambda one: triads.index(one))]
    # Three triads that are a semitone apart meet in one key.
    assert spelt(TRIAD) in table(score((58, 62, 65), TRIAD, (62, 66, 69)), moved=1, rare=3)


def test_chords_of_the_same_intervals_are_side_by_side() -> None:
    rows = table(score((21, 28), TRIAD, (60,)), moved=1)
    codes = {name: code for code, name in enumerate(rows)}
    for chord in (TRIAD, (60,)):
        moved = [codes[spelt([pitch + by for pitch in chord])] for by in range(-5, 7)]
        assert moved == list(range(moved[0], moved[0] + 12))


def test_moved_it_is_learned_in_all_keys_and_measured_in_its_own() -> None:
    piece = score(*[(60,), TRIAD, (67, 71)] * 4)
    writing = writes(piece, moved=1)
    tokens = table_of(writing.representation.vocabulary)

    def moved(varied: bool) -> set[int]:
        rngs = (np.random.default_rng(seed) for seed in range(60))
        every = [writing.window(piece, 0, 12, rng, varied=varied).codes[1:, 1] for rng in rngs]
        assert all(len(codes) == 12 for codes in every)
        return {tokens.pitches[int(codes[0])][0] - 60 for codes in every}

    assert moved(varied=True) == set(range(-5, 7))
    assert moved(varied=False) == {0}
    still = writes(piece)
    of_own = [
        still.window(piece, 0, 12, np.random.default_rng(seed), varied=True).codes[1, 1]
        for seed in range(20)
    ]
    assert len(set(of_own)) == 1


def test_networks_begin_with_chords_alike_that_share_pitches() -> None:
    chords = [TRIAD, (60, 64), (60,), (25, 30)]
    written = of({**TIMED, "tokens": [spelt(one) for one in chords]}, "it")
    torch.manual_seed(0)
    net = build("lstm", {**TINY.config, "embed": 256, "head": 256}, written)
    fed, said = net.events.tables[1].weight, net.head_of("token").logits.weight  # type: ignore[attr-defined]
    for weight in (fed, said):
        alike = torch.nn.functional.cosine_similarity(weight[:1], weight[1:])
        assert alike[0] > alike[1] > 0.3 > abs(alike[2])
    assert not fed[4].equal(fed[3])  # what stands before the first


def test_a_setting_that_there_is_not_is_refused() -> None:
    with pytest.raises(
        ExtempoError, match=r"no setting 'rarest'.*choose from rare, times, nearest"
    ):
        encoder("tokens", [score(TRIAD)], None, "it", (), {"rarest": 1})
    with pytest.raises(ExtempoError, match="'performance' has no setting 'rare': leave it out"):
        encoder("performance", [score(TRIAD)], None, "it", (), {"rare": 1})


def test_a_step_is_the_time_before_a_chord_its_token_and_how_long_its_highest_note_lasts() -> None:
    piece = score((60,), TRIAD, (62,))
    writing = writes(piece)
    found = {"times": set(), "lengths": set(), "held": 0}
    for seed in range(40):
        steps = window(writing, piece, seed=seed)
        assert steps.codes.shape == (4, 3)
        assert steps.codes[0].tolist() == list(writing.representation.start)
        names = [table(piece)[code] for code in steps.codes[1:, 1]]
        assert names == ["C4", "C4.E4.G4", "D4"]
        found["times"] |= set(steps.codes[2:, 0].tolist())
        held = steps.codes[1:, 2] == HELD
        assert (steps.scored[:, 2] == ~held).all()
        found["held"] += int(held.any())
        found["lengths"] |= {DURATIONS[code] for code in steps.codes[1:, 2][~held]}
    # As written, and a little unevenly.
    assert 24 in {TIMES[code] for code in found["times"]}
    assert len(found["times"]) > 1
    assert {12, 14} <= found["lengths"]
    assert found["held"]


def test_what_is_rare_is_left_out_and_its_time_passes_or_it_is_written_as_the_nearest() -> None:
    piece = score(*[(60,)] * 4, (61, 66), *[(60,)] * 4)
    left, nearly = writes(piece, rare=2), writes(piece, rare=2, nearest=1)
    assert [writing.count(piece) for writing in (left, nearly)] == [9, 9]
    assert len(window(left, piece).scored) == 8
    gaps = [window(left, piece, seed=seed).codes[5, 0] for seed in range(20)]
    assert 48 in {TIMES[code] for code in gaps}
    assert set(window(nearly, piece).codes[1:, 1].tolist()) == {0}
    again = encoder("tokens", [], nearly.representation.vocabulary, "it")
    assert len(window(again, piece).scored) == 9


def test_a_window_begins_where_it_is_asked_and_has_so_many_steps() -> None:
    piece = score(*[(40 + number,) for number in range(20)])
    writing = writes(piece)
    for start, length in ((0, 5), (7, 5), (17, 5), (19, 4)):
        codes = window(writing, piece, length, start=start).codes[1:, 1]
        assert codes.tolist() == list(range(start, min(start + length, 20)))
    # What it learns from is as long where chords are left out; what it is measured on has each chord once.
    often = score(*[(60,), (61, 66), (60,)] * 8, (62, 66))
    rare = writes(often, rare=9)
    windows = [
        rare.window(often, 3, 6, np.random.default_rng(0), varied=varied)
        for varied in (True, False)
    ]
    assert [len(one.scored) for one in windows] == [6, 4]


def test_steps_of_tokens_alone_have_neither_time_nor_place() -> None:
    piece = score((60,), TRIAD, (62,))
    writing = writes(piece, times=0)
    steps = window(writing, piece, seed=3)
    assert steps.codes[:, 0].tolist() == [3, 0, 2, 1]
    assert not steps.conditions.any()
    assert steps.scored.all()


def test_a_piece_without_a_token_gives_an_empty_window() -> None:
    writing = writes(score((60,)))
    other = score((61, 66))
    assert writing.count(other) == 1
    steps = window(writing, other)
    assert len(steps.codes) == len(steps.conditions) == 1
    assert len(steps.scored) == 0


@pytest.mark.parametrize("net", ["lstm", "wavenet"])
def test_both_forms_are_learned(net: str, tmp_path: Path) -> None:
    for seed in range(12):
        random_score(tmp_path / "mine" / f"{seed}.mid", seed, beats=16)
    config = {"embed": 8, "head": 8, "memory": 0}
    config |= {"hidden": 8} if net == "lstm" else {"channels": 8, "width": 8, "depth": 2}
    for times in (1, 0):
        recipe = msgspec.structs.replace(
            TINY, net=net, representation="tokens", config=config, writing={"times": times},
            steps=2, measure_steps=1,
        )  # fmt: skip
        out = tmp_path / f"{net}{times}"
        train(recipe, tmp_path, out, cache=tmp_path)
        kept = load_checkpoint(out / BEST)
        assert ("time" in kept.vocabulary) == bool(times)
        assert {figure.factor for figure in kept.figures} >= {"token", "all"}


SPOILT = {
    "no table": ({**TIMED}, "no table of tokens"),
    "empty": ({**TIMED, "tokens": []}, "no table of tokens"),
    "twice": ({"tokens": ["C4", "E4", "C4"]}, "token 'C4' twice"),
    "too many": ({"tokens": ["C4"] * 100_000}, "table of 100,000 tokens.*may be 4,096"),
    "too high": ({"tokens": ["G9", "G#9"]}, r"'G#9'.*rising pitches"),
    "too low": ({"tokens": ["C-2"]}, "'C-2'"),
    "falling": ({"tokens": ["E4.C4"]}, "'E4.C4'.*rising"),
    "a pitch twice": ({"tokens": ["C4.C4"]}, "'C4.C4'"),
    "another spelling": ({"tokens": ["Db4"]}, "'Db4'"),
    "nothing": ({"tokens": [""]}, "a token ''"),
    "a number": ({"tokens": [60]}, "a token '60'"),
    "too wide": ({"tokens": [".".join(TABLE[:30])]}, "1 to 24 rising"),
    "endless": ({"tokens": ["C4." * 1_000_000]}, "1 to 24 rising"),
    "other times": ({"tokens": ["C4"], **TIMED, "time": [0, 1]}, "otherwise than this extempo"),
    "times only": ({"tokens": ["C4"], "time": list(TIMES)}, "otherwise than this extempo"),
    "what is not known": ({"tokens": ["C4"], "words": ["a"]}, "otherwise than this extempo"),
    "other others": ({"tokens": ["C4"], "others": ["farthest"]}, "otherwise than this extempo"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_table_that_is_none_is_refused_in_a_sentence(case: str) -> None:
    vocabulary, said = SPOILT[case]
    with pytest.raises(ArtifactError, match=f"it .*{said}"):
        of(vocabulary, "it")


@pytest.mark.parametrize("table", [TABLE[:-1], [*TABLE, "C1.C2"], ["C4"]])
def test_a_table_that_does_not_fit_its_file_is_refused(tmp_path: Path, table: list[str]) -> None:
    path = tokens_artifact(tmp_path / "it.onnx")
    said = edit_document(
        path,
        lambda document: replace(document, vocabulary={**document.vocabulary, "tokens": table}),
    )
    assert (
        f"does not fit its network: it knows {len(table)} of token, and the network plays {len(TABLE)}: export"
        in said
    )


def test_nor_is_one_that_does_not_fit_its_checkpoint(tmp_path: Path) -> None:
    """It can be neither built nor gone on from."""
    for seed in range(12):
        random_score(tmp_path / "mine" / f"{seed}.mid", seed, beats=16)
    recipe = msgspec.structs.replace(TINY, representation="tokens", steps=2, measure_steps=1)
    out = tmp_path / "run"
    train(recipe, tmp_path, out, cache=tmp_path)
    more = msgspec.structs.replace(recipe, steps=4)
    for name in (LAST, BEST):
        kept, rest = load_to_resume(out / name)
        tokens = list(kept.vocabulary["tokens"])[:-1]
        spoilt = msgspec.structs.replace(kept, vocabulary={**kept.vocabulary, "tokens": tokens})
        save_checkpoint(out / name, spoilt, rest or None)
    said = rf"does not fit together: its weights .* are {len(tokens) + 2}x.* ask for {len(tokens) + 1}x"
    with pytest.raises(ExtempoError, match=f"this checkpoint {said}"):
        load_checkpoint(out / BEST).network()
    with pytest.raises(ExtempoError, match=f"{LAST} {said}"):
        train(more, tmp_path, out, cache=tmp_path, resume=True)
    with pytest.raises(ExtempoError, match=f"{BEST} {said}"):
        train(more, tmp_path, tmp_path / "other", cache=tmp_path, start_from=out / BEST)


def test_the_nearest_token_is_looked_for_as_whoever_looks_at_all_of_them_would() -> None:
    rng = np.random.default_rng(1)
    found = table_of({"tokens": TABLE})

    def far(one: int, other: int) -> int:
        apart = abs(one - other)
        return 12 + apart if apart % 12 else (1 + apart // 12) * bool(apart)

    for _ in range(30):
        wanted = rng.choice(128, int(rng.integers(1, 21)), replace=False).tolist()
        costs = [
            sum(min(far(one, other) for other in token) for one in wanted)
            + sum(min(far(one, other) for other in wanted) for one in token)
            for token in found.pitches
        ]
        assert costs[found.nearest(wanted)] == min(costs)
    assert all(found.nearest(token) == code for code, token in enumerate(found.pitches))
    assert [spelt(token) for token in found.pitches] == TABLE


def test_which_tokens_are_within_what_is_allowed() -> None:
    rng = np.random.default_rng(2)
    found = table_of({"tokens": TABLE})
    for most in (1, 2, 3, 128):
        allowed = rng.random(128) < 0.8
        expected = [
            all(allowed[pitch] for pitch in token) and len(token) <= most for token in found.pitches
        ]
        assert found.within(allowed, most).tolist() == expected


@pytest.fixture
def sonatas(tmp_path: Path) -> Path:
    """Pieces of two composers, in the splits that an index gives."""
    rows = ["file,split"]
    for number, split in enumerate(("train", "train", "valid", "test") * 2):
        name = f"{'Ab'[number // 4]}_{number}.mid"
        random_score(tmp_path / "mine" / name, number, beats=16)
        rows.append(f"{name},{split}")
    (tmp_path / "mine" / "index.csv").write_text("\n".join(rows))
    return tmp_path


def test_a_part_of_a_corpus_is_learned_from_and_measured_by_the_names_of_its_files(
    sonatas: Path,
) -> None:
    found = sources.read(sonatas / "mine:A_*", ("train", "valid", "test"), sonatas)
    names = {split: [one.name for one in of] for split, of in found.items()}
    assert names == {"train": ["A_0.mid", "A_1.mid"], "valid": ["A_2.mid"], "test": ["A_3.mid"]}
    recipe = msgspec.structs.replace(
        TINY, representation="tokens", config={**TINY.config, "memory": 0}, steps=1, measure_steps=1,
        corpora={"mine:A_*": 1.0},
    )  # fmt: skip
    train(recipe, sonatas, sonatas / "out", cache=sonatas)
    kept = load_checkpoint(sonatas / "out" / BEST)
    assert [(one.name, one.pieces) for one in kept.corpora] == [("mine:A_*", 2)]
    # Its licence is that of the whole.
    assert (
        sources.describe("piano_scores:BeethovenLv_*", 22).licence
        == sources.SOURCES["piano_scores"].licence
    )


def test_where_nothing_is_called_so_it_says_how_pieces_are_called(sonatas: Path) -> None:
    for like, split in (("C_*", "train"), ("A_[01].mid", "valid")):
        with pytest.raises(
            ExtempoError, match=rf"mine has no file for {split} .*called like '.*mid'"
        ):
            sources.read(sonatas / f"mine:{like}", ("train", "valid"), sonatas)
    with pytest.raises(ExtempoError, match=r"there is no corpus in .*yours"):
        sources.read(sonatas / "yours:A_*", ("train",), sonatas)


def test_where_what_is_measured_has_no_token_it_says_so(sonatas: Path) -> None:
    for number, (name, split) in enumerate((("C_1", "train"), ("C_2", "valid"))):
        write_score(
            sonatas / "mine" / f"{name}.mid", [[(beat, 60 + 7 * number, 0.5) for beat in range(20)]]
        )
        with (sonatas / "mine" / "index.csv").open("a") as index:
            index.write(f"\n{name}.mid,{split}")
    recipe = msgspec.structs.replace(
        TINY,
        representation="tokens",
        config={**TINY.config, "memory": 0},
        corpora={"mine:C_*": 1.0},
    )
    with pytest.raises(ExtempoError, match="measured on can be written"):
        train(recipe, sonatas, sonatas / "out", cache=sonatas)

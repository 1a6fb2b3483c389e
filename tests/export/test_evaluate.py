"""One report on an artifact beside people's music: likelihood, and what the command says of bad input."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner, Result

from export.evaluate import cli, report
from export.evaluate.again import Given, look_back, summed
from export.evaluate.excerpts import Music, _tunes
from export.evaluate.likelihood import _through, _window
from export.evaluate.page import HTML
from export.evaluate.subject import Asked, evenly, judged
from export.likelihood import nats_a_step
from live.runtime.prepare import prepare
from live.runtime.steps import OnnxModel
from models.contract.representations import abc
from models.contract.representations.performance import PERFORMANCE, START
from models.contract.representations.tokens import order, table_of
from models.corpus.encoders.performance import PerformanceEncoder
from models.corpus.readers.midi import read_midi
from models.corpus.windows import Batch
from tests.models.scores import random_score
from tests.tiny import tiny_artifact
from tests.tiny_sound import tiny_sound_artifact
from tests.tokens import TABLE, tokens


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for number in range(30):
        random_score(folder / "mine" / f"{number}.mid", number, beats=36)
    return folder


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_artifact(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr("export.evaluate.cli.console.width", 400, raising=False)


def ask(data: Path, *words: str | Path) -> Result:
    return CliRunner().invoke(cli.command, [*map(str, words), "--data", str(data)])


def steps_of(path: Path) -> object:
    piece = read_midi(path)
    rng = np.random.default_rng(1)
    return PerformanceEncoder(PERFORMANCE).window(piece, 0, 64, rng, varied=False)


def test_streaming_is_what_measure_steps_through(artifact: Path, data: Path) -> None:
    model = OnnxModel(prepare(artifact))
    steps = steps_of(data / "mine" / "1.mid")
    nats = _through(model, steps, None, 0, [])
    whole = Batch(steps.codes[None], steps.conditions[None], steps.scored[None])
    measured = nats_a_step(model, [whole])
    means = np.nanmean(nats, 0)
    assert means == pytest.approx([measured[name] for name in PERFORMANCE.names], abs=1e-9)


def test_a_history_that_reaches_the_beginning_is_the_stream(artifact: Path, data: Path) -> None:
    model = OnnxModel(prepare(artifact))
    steps = steps_of(data / "mine" / "1.mid")
    nats = _through(model, steps, None, 0, [])
    np.testing.assert_allclose(_window(model, steps, 16, 16, 4), nats[16:20], atol=1e-6)
    assert not np.allclose(_window(model, steps, 20, 4, 4), nats[20:24], atol=1e-3), "it forgets"


def test_what_came_next_is_found_in_another_key_and_off_the_grid() -> None:
    pitches = [60, 64, 62, 65, 67, 60, 59, 62, 64, 72]
    codes = np.zeros((1 + 2 * len(pitches), 5), np.int64)
    codes[0] = PERFORMANCE.start_codes()
    codes[1:, 1] = pitches + [one + 5 for one in pitches]
    codes[1:, 0] = [12] * len(pitches) + [11] * len(pitches)
    looked = look_back(PERFORMANCE, codes)
    assert looked is not None
    assert looked.factor == PERFORMANCE.names.index("pitch")
    # The second time's first interval is another; after eight intervals that are alike the ninth is known.
    assert (looked.codes[:-1] == -1).all()
    assert looked.codes[-1] == 77 == codes[-1, 1]
    codes[1 + len(pitches) :, 0] = 6
    changed = look_back(PERFORMANCE, codes)
    assert changed is not None
    assert (changed.codes == -1).all(), "another rhythm is another phrase"
    assert codes[0, 1] == START


def test_what_came_next_is_found_of_chords_in_another_key_and_of_letters() -> None:
    chords = [(60,), (60, 64, 67), (62,), (60, 64), (67,), (60,), (59, 63, 66), (62,), (64,)]
    chords += [(48, 52, 55, 60)]
    moved = [tuple(pitch + 5 for pitch in chord) for chord in chords]
    written = tokens(
        table=sorted(TABLE, key=lambda one: order(table_of({"tokens": [one]}).pitches[0]))
    )
    table = table_of(written.vocabulary)
    codes = np.zeros((1 + 2 * len(chords), 3), np.int64)
    codes[0] = written.start_codes()
    codes[1:, 0] = 12
    codes[1:, 1] = [table.code(chord) for chord in chords + moved]
    looked = look_back(written, codes)
    assert looked is not None
    assert looked.factor == written.names.index("token")
    assert (looked.codes[:-1] == -1).all()
    assert looked.codes[-1] == table.code((53, 57, 60, 65)) == codes[-1, 1]
    letters = abc.of({abc.CHARACTERS: list("ABCDEFG|")}, "here")
    looked = look_back(letters, np.array([8, *[0, 1, 2, 3, 4, 5, 6, 0, 2, 7] * 2])[:, None])
    assert looked is not None
    assert looked.codes[-2:].tolist() == [2, 7]


def test_the_probabilities_of_what_was_before_are_summed_up() -> None:
    given = [Given(0.95, True, 0.1)] * 9 + [Given(0.95, False, 3.0), Given(0.15, False, 2.0)]
    found = summed("pitch", given, 44)
    assert found is not None
    assert (found.count, found.share) == (11, 0.25)
    assert found.right == pytest.approx(9 / 11)
    assert found.where_right == pytest.approx(0.95)
    assert [(one.count, one.right) for one in found.bins] == [(1, 0.0), (10, 0.9)]
    assert found.error == pytest.approx((0.15 + 10 * 0.05) / 11)
    assert summed("pitch", [], 44) is None


def test_any_beginning_is_spread_over_all() -> None:
    order = list(evenly(range(20)))
    assert sorted(order) == list(range(20))
    assert sorted(order[:4]) == [0, 4, 8, 16] or max(order[:4]) - min(order[:4]) > 10
    assert list(evenly(["one"])) == ["one"]


def test_a_report_is_written_and_read_back(artifact: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "report"
    done = ask(data, artifact, "--corpus", "mine", "--only", "likelihood", "-o", out)
    assert done.exit_code == 0, done.output
    assert "streamed" in done.output
    assert "Markov chain" in done.output
    found = report.read(out / report.JSON)
    assert found.complete
    assert found.likelihood is not None
    assert found.likelihood.pieces == found.likelihood.of == 3
    assert set(found.likelihood.streamed) == {*PERFORMANCE.names, "all"}
    assert [one.steps for one in found.likelihood.histories] == [8, 16, 32, 64, 0]
    assert found.likelihood.floor["pitch"] > 0


def test_solos_stand_beside_people(artifact: Path, data: Path, tmp_path: Path) -> None:
    words = ("--corpus", "mine", "--only", "music", "--seeds", "2", "--bars", "8", "-o", tmp_path)
    done = ask(data, artifact, *words)
    assert done.exit_code == 0, done.output
    assert (
        "Form: 2 solos of 8 bars beside people's pieces, as long at most (2 and 3)" in done.output
    )
    found = report.read(tmp_path / report.JSON).music
    assert found is not None
    assert (found.played, found.people) == (2, 3)
    row = next(row for row in found.rows if row.name == "bars that return")
    assert row.family == "form"
    assert row.model is not None
    assert len(row.model.values) == 2
    assert not any(row.family == "endings" for row in found.rows), "what is cut does not end"
    stuck, ever = (
        next(row for row in found.rows if row.name == n) for n in ("stuck", "is ever stuck")
    )
    assert ever.model.values == [float(one > 0) for one in stuck.model.values]
    apart = [row for row in found.rows if row.family == "features of Yang and Lerch"]
    assert len(apart) == 9
    assert len({row.name for row in found.rows}) == len(found.rows)
    text = (tmp_path / HTML).read_text()
    assert text.count("data:image/png;base64,") == 3
    assert "http" not in text.replace("http-equiv", ""), "it needs nothing else"
    assert "bars that return" in text


def test_the_same_seed_plays_the_same_and_test_has_seeds_of_its_own(
    artifact: Path, data: Path
) -> None:
    asked = Asked(data, ("mine",), "valid", 2, 4)
    both = [Music(judged(str(artifact), asked)).played(lambda _: None) for _ in range(2)]
    for one, again in zip(*both, strict=True):
        np.testing.assert_array_equal(one.notes, again.notes)
    assert [one.name for one in both[0]] == ["seed 1", "seed 2"]
    test = Music(judged(str(artifact), replace(asked, split="test")))
    assert [one.name for one in test.played(lambda _: None)] == ["seed 1001", "seed 1002"]


def test_knobs_are_turned_for_all_that_plays(artifact: Path, data: Path) -> None:
    asked = Asked(data, ("mine",), "valid", 2, 4, {"low": 72})
    for one in Music(judged(str(artifact), asked)).played(lambda _: None):
        assert one.notes[:, 1].min() >= 72
    for setting, said in (
        ("seed=1", "seed is set by what is judged: leave it out of --set."),
        ("tempo=90", "tempo is set by what is judged"),
        ("frm=1", "There is no knob 'frm'"),
    ):
        done = ask(data, artifact, "--corpus", "mine", "--set", setting)
        assert done.exit_code == 1
        assert said in done.output


def test_tunes_are_cut_into_finished_ones() -> None:
    body = "GABc dBAG|GABc d2d2|edcB AGFE|D2G2 G4|"
    text = "".join(f"X:{n}\nM:4/4\nL:1/8\nK:G\n{body}\n\n" for n in (1, 2)) + (
        "X:3\nM:4/4\nL:1/8\nK:G\nGABc dBAG|GABc\n\n"
    )
    tunes = _tunes(text, "seed 1")
    assert [len(one.notes) for one in tunes] == [25, 25]
    assert tunes[0].end == 4 * tunes[0].bar


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("gone.onnx", "There is no file gone.onnx"),
        ("net.pt", "net.pt is a checkpoint: make an artifact of it with extempo export"),
    ],
)
def test_what_is_no_artifact_is_told(data: Path, word: str, said: str) -> None:
    done = ask(data, word, "--corpus", "mine")
    assert done.exit_code == 1
    assert said in " ".join(done.output.split())


def test_other_bad_input_gets_one_sentence(artifact: Path, data: Path, tmp_path: Path) -> None:
    sound = tiny_sound_artifact(tmp_path / "sound.onnx")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(artifact.read_bytes()[:-2000])
    (tmp_path / "file").write_text("no folder")
    for words, said in (
        ((sound, "--corpus", "mine"), "is a model of audio where one of events is needed"),
        ((broken, "--corpus", "mine"), "broken.onnx"),
        ((artifact,), "does not say what it has learned from: name a folder with --corpus"),
        ((artifact, "--corpus", "gone"), "there is no corpus in"),
        ((artifact, "--corpus", "mine", "-o", tmp_path / "file"), "cannot be written"),
    ):
        done = ask(data, *words)
        told = " ".join(done.output.split())
        assert done.exit_code != 0
        assert said in told
        assert "Traceback" not in told


def test_who_interrupts_it_keeps_what_was_done(
    artifact: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    sections = {"likelihood": cli.SECTIONS["likelihood"], "music": stopped}
    monkeypatch.setattr(cli, "SECTIONS", sections)
    done = ask(data, artifact, "--corpus", "mine", "-o", tmp_path)
    assert done.exit_code == 1
    assert "Interrupted" in done.output
    found = report.read(tmp_path / report.JSON)
    assert found.likelihood is not None
    assert not found.complete


def test_a_section_that_cannot_be_made_stops_no_other(
    artifact: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(*_: object) -> None:
        raise report.GivenError("there is too little.")

    monkeypatch.setattr(cli, "SECTIONS", {**cli.SECTIONS, "listening": short})
    words = (artifact, "--corpus", "mine", "--only", "listening")
    done = ask(data, *words, "--only", "likelihood", "-o", tmp_path)
    assert done.exit_code == 0, done.output
    found = report.read(tmp_path / report.JSON)
    assert found.notes[1:] == ["listening: there is too little."]
    assert found.likelihood is not None
    alone = ask(data, *words)
    assert alone.exit_code == 1
    assert "Error: listening: there is too little." in alone.output


def test_a_report_that_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    base = {"kind": "extempo evaluate", "format": report.FORMAT}
    for text, said in (
        (b"{", "is no report of extempo evaluate"),
        (b'{"name": 1}', "is no report of extempo evaluate"),
        (msgspec.json.encode({**base, "format": 99}), "of format 99, and this extempo reads 1"),
        (msgspec.json.encode({**base, "name": 1}), "is a broken report"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "is nested too deeply"),
    ):
        path.write_bytes(text)
        with pytest.raises(report.GivenError, match=said):
            report.read(path)

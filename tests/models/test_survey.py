"""What `extempo corpus` says of a folder, and what it says where there is little to say."""

from pathlib import Path

import mido
import msgspec
import pytest
from click.testing import CliRunner, Result
from matplotlib.text import Text

from export.corpus.page import drawing
from live.cli.group import extempo
from models.contract.errors import ExtempoError
from models.corpus.encoders.table import ENCODERS
from models.corpus.readers.midi import read_midi
from models.corpus.readers.table import DRUMS
from models.corpus.store import Store
from models.train.survey import Survey, survey
from models.train.task import NotesTask
from tests.models.scores import write_score
from tests.models.test_families import melody, strokes
from tests.models.test_train import TINY

ABC = "X:1\nT:A tune\nM:6/8\nL:1/8\nK:Ador\n" + "ABc def|gab c'ba|" * 4 + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of both kinds, an index by which one leaks, drums, and what is useless."""
    folder = tmp_path_factory.mktemp("data") / "mine"
    for number in range(6):
        write_score(folder / f"{number}.mid", [strokes(melody(number))], metre=(3, 4))
    write_score(folder / "leak.mid", [strokes(melody(0), 4, 0.25)])
    _sung(folder / "song.mid")
    write_score(folder / "long.mid", [strokes(melody(9, 900)), strokes(melody(9, 900))[:90]])
    (folder / "tune.abc").write_text(ABC)
    (folder / "broken.mid").write_text("not music")
    names = {"leak.mid": "valid", "song.mid": "valid", "5.mid": "test"}
    rows = [f"{p.name},{names.get(p.name, 'train')}" for p in sorted(folder.iterdir())]
    (folder / "index.csv").write_text("\n".join(["file,split", *rows, "gone.mid,train\n"]))
    return folder


def _sung(path: Path) -> None:
    """A choir and drums, two minutes in 90 beats a minute."""
    file = mido.MidiFile(ticks_per_beat=480)
    track = file.add_track()
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(90)))
    track.append(mido.Message("program_change", program=52))
    for number, pitch in enumerate(melody(8, 180).tolist()):
        track.append(mido.Message("note_on", note=pitch, velocity=80))
        if number % 2:
            track.append(mido.Message("note_on", channel=9, note=38, velocity=80))
        track.append(mido.Message("note_off", note=pitch, time=480))
    file.save(path)


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(extempo, ["corpus", *map(str, words)], env={"COLUMNS": "200"})


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_every_figure_is_what_was_written(folder: Path, tmp_path: Path) -> None:
    found = survey(folder, tmp_path)
    assert found.kinds == {"MIDI": 10, "ABC": 1}
    assert found.splits == {"train": 7, "valid": 2, "test": 1}
    by_name = {one.name: one for one in found.instruments}
    assert by_name["ensemble"].notes == 180
    assert by_name["drums"].notes == 90
    assert by_name["piano"].pieces == 8
    metres = {one.name: one.pieces for one in found.metres}
    assert metres == {"3/4": 6, "4/4": 2, "6/8": 1, "not said": 1}
    assert found.seconds.max() == pytest.approx(900 * 0.5 * 0.5)
    assert 120.0 in found.seconds.round(3)
    assert sorted(found.tempi.round(3)) == [0] * 9 + [90]
    assert found.longest == "long.mid"
    assert found.share == pytest.approx(990 / found.notes.sum())
    assert found.unisons.sum() == 90
    assert [sorted(names) for names in found.families] == [["0.mid", "leak.mid"]]
    assert [(one.split, one.piece, one.version) for one in found.leaks] == [
        ("valid", "leak.mid", "0.mid")
    ]
    assert {one.name for one in found.keys} >= {"Ador"}
    assert len(found.left) == 2


def test_a_tempo_counts_from_where_it_is_said(tmp_path: Path) -> None:
    """Four beats from beat 2 on: what is not said is taken as 120 beats a minute, and not counted as said."""
    for at, tempo, seconds in ((None, 0, 3), (0, 60, 6), (2, 60, 5), (4, 0, 4)):
        path = write_score(
            tmp_path / "a.mid", [[(2.0 + beat, 60 + beat, 1.0) for beat in range(4)]]
        )
        if at is not None:
            file = mido.MidiFile(path)
            said = mido.MetaMessage("set_tempo", tempo=1_000_000, time=480 * at)
            file.tracks.append(mido.MidiTrack([said]))
            file.save(path)
        score = read_midi(path)
        assert (score.facts().tempo, score.facts().seconds) == (tempo, seconds), at
        assert len(score.tempi) == (at is not None)


HEAD, BODY = "X:1\nT:t\nM:6/8\nL:1/8\n", "K:G\nABc def|gab gab|\n"


@pytest.mark.parametrize(
    ("text", "tempi"),
    [
        (HEAD + BODY, []),
        (HEAD + "Q:1/4=90\n" + BODY, [[0, 666_667]]),
        (HEAD + 'Q:"Fast" 3/8=80 % or so\n' + BODY, [[0, 500_000]]),
        (HEAD + "Q:1/8 1/4=80\n" + BODY, [[0, 500_000]]),
        (HEAD + "Q:120\n" + BODY, [[0, 1_000_000]]),
        (HEAD + "Q:C3=80\n" + BODY, [[0, 500_000]]),
        (HEAD + 'Q:"Allegro"\n' + BODY, []),
        (HEAD + "Q:1/4=0\n" + BODY, []),
        (
            HEAD + "Q:1/4=90\n" + BODY.replace("|", "|[Q:1/4=45]", 1),
            [[0, 666_667], [72, 1_333_333]],
        ),
        (HEAD + BODY + "Q:1/4=60\n" + BODY[4:], [[144, 1_000_000]]),
    ],
)
def test_the_tempo_of_a_tune_is_kept(tmp_path: Path, text: str, tempi: list[list[int]]) -> None:
    path = tmp_path / "a.abc"
    path.write_text(text)
    for _ in range(2):
        (piece,) = Store(tmp_path / "cache").read([path])[0].held().pieces
        assert piece.score.tempi.tolist() == tempi
        said = 60e6 / tempi[0][1] if tempi and not tempi[0][0] else 0
        assert piece.facts().tempo == pytest.approx(said, rel=1e-5)
    assert "Q:" not in piece.text  # type: ignore[attr-defined]


def test_it_is_told_as_text_and_as_a_page_with_plots(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    told = run(folder, "-o", page)
    assert told.exit_code == 0, told.output
    html = page.read_text()
    for said in (
        "leak.mid",
        "ensemble",
        "6/8",
        "Ador",
        "1 are versions of pieces in train",
        "9 pieces (90.0%)",
    ):
        assert said in told.output, said
        assert said in html, said
    assert "cannot be read as MIDI" in told.output
    assert "is not there (gone.mid)" in told.output
    assert html.count("data:image/png") == 1
    found = survey(folder, tmp_path)
    assert not any("$" in text for text in _texts(found))
    assert "http" not in html.replace("http://www.w3.org", "")


def _texts(found: Survey) -> list[str]:
    """What stands in the plots beside their lines and bars."""
    drawn = drawing(found)
    drawn.draw_without_rendering()
    return [text.get_text() for text in drawn.findobj(Text)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "holds no music that is read: put files there of MIDI (.mid"),
        ({"a.txt": b"words"}, "holds no music that is read"),
        ({"a.mid": b"not music", "b.mid": b""}, "cannot be read as MIDI"),
        ({"a.abc": ABC.encode()}, "train 1, valid 0, test 0"),
    ],
)
def test_of_little_it_says_what_there_is(
    tmp_path: Path, files: dict[str, bytes], said: str
) -> None:
    (tmp_path / "mine").mkdir()
    for name, content in files.items():
        (tmp_path / "mine" / name).write_bytes(content)
    told = run(tmp_path / "mine", "-o", tmp_path / "page.html")
    assert said in told.output
    assert told.exit_code == (0 if "read as" in said or "train" in said else 1), told.output
    assert "Traceback" not in told.output


def test_odd_files_of_midi_are_read_or_told(tmp_path: Path) -> None:
    """16 channels in one track with words, running status; separate patterns; time in seconds."""
    mine = tmp_path / "mine"
    mine.mkdir()
    strokes_of = b"".join(
        bytes((0, 0x90 + channel, 60, 80, 0, 62, 80, 24, 60, 0, 0, 62, 0)) for channel in range(16)
    )
    track = b"\x00\xff\x05\x02la" + strokes_of + b"\x00\xff\x2f\x00"
    body = b"MTrk" + len(track).to_bytes(4, "big") + track
    for name, kind, division in (
        ("song.kar", 0, b"\x00\x18"),
        ("patterns.mid", 2, b"\x00\x18"),
        ("film.mid", 1, b"\xe8\x04"),
    ):
        head = b"MThd\0\0\0\x06" + kind.to_bytes(2, "big") + b"\0\x01" + division
        (mine / name).write_bytes(head + body)
    told = run(mine)
    assert told.exit_code == 0, told.output
    assert "2 x cannot be read as MIDI (film.mid, patterns.mid)" in told.output
    with pytest.raises(ExtempoError, match="it is of type 2, separate patterns"):
        read_midi(mine / "patterns.mid")
    with pytest.raises(ExtempoError, match="its time is in seconds, not in beats"):
        read_midi(mine / "film.mid")
    found = survey(mine, tmp_path / "cache")
    assert {one.name: one.notes for one in found.instruments} == {"piano": 30, "drums": 2}


@pytest.mark.parametrize("representation", ENCODERS)
def test_a_folder_of_one_file_is_told_before_anything_is_learned(
    tmp_path: Path, representation: str
) -> None:
    folder = tmp_path / "mine"
    reads = ENCODERS[representation].reads
    write_score(folder / "a.mid", [strokes(melody(1))], channel=9 if DRUMS in reads else 0)
    if not {"midi", DRUMS} & {*reads}:
        (folder / "a.mid").unlink()
        (folder / "a.abc").write_text(ABC)
    recipe = msgspec.structs.replace(TINY, representation=representation)
    with pytest.raises(ExtempoError, match=r"it has 1 of them, and there must be 3, one for each"):
        NotesTask(recipe, tmp_path, tmp_path / "cache")


def test_a_folder_that_is_not_there_and_a_page_over_what_is_read_are_refused(
    folder: Path, tmp_path: Path
) -> None:
    assert "there is no folder" in run(tmp_path / "nowhere").output
    tune = tmp_path / "tune.abc"
    tune.write_text(ABC)
    assert "would be written over" in run(tune, "-o", tune).output
    assert tune.read_text() == ABC


def test_a_folder_that_is_written_to_meanwhile_is_read_as_it_was_found(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file goes and one changes between being found and being read."""
    mine = tmp_path / "mine"
    mine.mkdir()
    for path in folder.glob("[0-5].mid"):
        (mine / path.name).write_bytes(path.read_bytes())
    real = Store.add

    def meddling(store: Store, path: Path) -> None:
        if path.name == "0.mid":
            (mine / "1.mid").unlink()
            (mine / "2.mid").write_bytes((mine / "3.mid").read_bytes()[:40])
        real(store, path)

    monkeypatch.setattr(Store, "add", meddling)
    found = survey(mine, tmp_path / "cache")
    assert len(found.notes) == 4
    assert any("is not there (1.mid)" in said for said in found.left)
    assert any("ends too early" in said and "2.mid" in said for said in found.left)


def test_training_says_in_short_once_what_it_learns_from(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    NotesTask(TINY, folder.parent, tmp_path)
    (said,) = (line for line in caplog.messages if "to learn from have" in line)
    assert said.startswith("mine: 7 pieces of 7 families to learn from have ")
    assert "the longest, long.mid, has " in said
    assert "% of the notes are one with another part's on one piano; " in said
    assert said.endswith("; 1 of 2 of valid are versions of some of them")

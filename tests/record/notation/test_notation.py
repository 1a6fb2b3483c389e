"""A take as notation is what was heard, in every reader: pitches, onsets, lengths, bars, keys, metres, tempi."""

import random
import re
import sys
from dataclasses import replace
from pathlib import Path

import mido
import music21
import pytest
from msgspec import structs

from live.engine.notes import operations as op
from live.engine.notes.operations import Line, Tempo
from live.ipc.wire import PLAYER
from live.record.heard import notes_heard
from live.record.notation import abc, musicxml, writing
from live.record.notation.bars import NotationError
from live.record.notation.compose import sheet
from live.record.replay import Journal
from live.runtime.opening import Opened
from models.abc.reader import read
from models.abc.state import BEAT
from models.contract.errors import ArtifactError
from tests.record.notation.takes import (
    TEMPO,
    Heard,
    bars_of,
    journal,
    needs_abc2midi,
    of_abc2midi,
    of_music21,
)

MELODY = [Heard(0, 24, 60), Heard(24, 12, 62), Heard(36, 12, 64), Heard(48, 48, 65)]
TAKES: dict[str, Journal] = {
    "7/8": journal({1: [Heard(12 * n, 12, 60 + n % 7) for n in range(21)]}, [(7, 8, 0)]),
    "longer than bars": journal({1: [Heard(12, 300, 60), Heard(312, 6, 61)]}, [(7, 8, 0)]),
    "5/8, 9/8, 12/8": journal(
        {1: [Heard(0, 54, 66), Heard(54, 6, 67), Heard(60, 100, 68), Heard(168, 132, 69)]},
        [(5, 8, 0), (9, 8, 60), (12, 8, 168)],
    ),
    "triplets": journal(
        {1: [Heard(8 * n, 8, 60 + n) for n in range(9)] + [Heard(72 + 4 * n, 4, 70 + n) for n in range(6)]}
    ),
    "notes into triplets": journal(
        {1: [Heard(0, 32, 60), Heard(32, 16, 62), Heard(48, 16, 64), Heard(64, 20, 65), Heard(84, 12, 67)]}
    ),
    "dots and thirty-seconds": journal(
        {1: [Heard(0, 18, 60), Heard(18, 6, 62), Heard(24, 21, 64), Heard(45, 3, 65), Heard(48, 9, 66)]}
    ),
    "extremes": journal(
        {1: [Heard(0, 24, 0), Heard(24, 24, 127), Heard(48, 24, 12), Heard(72, 24, 115)]},
        knobs={"key": "C", "scale": "major"},
    ),
    "accidentals": journal({1: [Heard(12 * n, 12, pitch) for n, pitch in enumerate(
        (60, 61, 60, 72, 73, 61, 61, 72, 60, 63, 62, 64, 66, 65, 66, 78, 77, 65))]}),
    "chords": journal(
        {1: [*(Heard(0, 48, pitch) for pitch in (60, 64, 67)), Heard(48, 96, 59), Heard(48, 96, 61)]}
    ),
    "what overlaps": journal(
        {1: [Heard(0, 96, 60), Heard(12, 24, 64), Heard(24, 60, 67), Heard(90, 6, 71), Heard(96, 30, 60)]}
    ),
    "a wide part": journal({1: [Heard(0, 96, 40), Heard(0, 24, 72), Heard(24, 24, 76), Heard(48, 48, 79)]}),
    "voices and a player": journal(
        {1: MELODY, 2: [Heard(96, 96, 48), Heard(96, 48, 55)], PLAYER: [Heard(48, 24, 72), Heard(84, 30, 74)]}
    ),
    "nothing at first": journal({1: [Heard(400, 24, 60)]}, [(3, 4, 0)]),
}  # fmt: skip


def _no_artifact(path: str) -> Opened:
    raise ArtifactError(f"{path} is not there.")


def _write(path: Path, take: Journal) -> Path:
    writing.write(path, take, _no_artifact)
    return path


def _played(take: Journal) -> list[Heard]:
    return sorted(
        Heard(round(one.start * 24), round((one.end - one.start) * 24), one.pitch)
        for one in notes_heard(take)
    )


@needs_abc2midi
@pytest.mark.parametrize("name", TAKES)
def test_abc2midi_plays_what_was_heard(name: str, tmp_path: Path) -> None:
    assert of_abc2midi(_write(tmp_path / "a.abc", TAKES[name])) == _played(TAKES[name])


UNREAD = {"extremes", "chords"}
"""What music21 does not read in ABC: the lowest octave, and chords that are tied. abc2midi does."""


@pytest.mark.parametrize(
    ("name", "suffix"),
    [(name, suffix) for name in TAKES for suffix in (".abc", ".musicxml", ".mxl")
     if suffix != ".abc" or name not in UNREAD],
)  # fmt: skip
def test_music21_finds_what_was_heard(name: str, suffix: str, tmp_path: Path) -> None:
    assert of_music21(_write(tmp_path / f"a{suffix}", TAKES[name])) == _played(TAKES[name])


@pytest.mark.parametrize("grid", [6, 3, 8, 4])
@pytest.mark.parametrize("metre", [(4, 4), (6, 8), (7, 8), (3, 2)])
def test_notes_at_any_place_of_a_grid_are_read_back(
    grid: int, metre: tuple[int, int], tmp_path: Path
) -> None:
    # A half beat at a bar's end has no triplets of eighths.
    grid = 4 if grid == 8 and metre == (7, 8) else grid
    for seed in range(12):
        chance = random.Random(seed)
        at, notes = 0, []
        while at < 600:
            length = grid * chance.randint(1, 30)
            notes.append(Heard(at, length, 30 + 7 * len(notes) % 67))
            at += grid * chance.randint(0, 20) if seed % 2 else length
        take = journal({1: notes}, [(*metre, 0)])
        text = _write(tmp_path / "a.abc", take).read_text()
        found = sorted(
            Heard(one.onset * 24 // BEAT, one.length * 24 // BEAT, pitch)
            for one in read(text)
            for pitch in one.pitches
        )
        assert found == _played(take), text


CHANGES = journal(
    {1: [Heard(12 * n, 12, 62) for n in range(33)]},
    [(3, 4, 0), (7, 8, 144), (7, 8, 228), (4, 4, 312)],
    knobs={"key": "D", "scale": "dorian"},
    turned=[(200 / 48, "key", "A#"), (200 / 48, "scale", "minor")],
)


def test_bars_metres_and_keys_are_the_clocks_and_the_knobs(tmp_path: Path) -> None:
    bars = [
        ("3/4", 0, 3.0),
        (None, None, 3.0),
        ("7/8", None, 3.5),
        (None, -5, 3.5),
        ("4/4", None, 4.0),
    ]
    assert bars_of(_write(tmp_path / "a.musicxml", CHANGES)) == bars
    # In ABC music21 does not know what changes on the way.
    for name in ("7/8", "longer than bars", "nothing at first"):
        written = [_write(tmp_path / f"a{suffix}", TAKES[name]) for suffix in (".abc", ".musicxml")]
        assert bars_of(written[0]) == bars_of(written[1])
        assert len(bars_of(written[0])) > 2


@needs_abc2midi
def test_abc2midi_finds_the_metres_and_keys(tmp_path: Path) -> None:
    assert of_abc2midi(_write(tmp_path / "a.abc", CHANGES)) == _played(CHANGES)
    at, found = 0, []
    for message in mido.MidiFile(tmp_path / "a.made.mid").tracks[0]:
        at += message.time
        if message.type == "time_signature":
            found.append((at // 20, f"{message.numerator}/{message.denominator}"))
        elif message.type == "key_signature":
            found.append((at // 20, message.key))
    assert found == [(0, "C"), (0, "3/4"), (144, "7/8"), (228, "Bbm"), (312, "4/4")]


def test_a_key_has_its_mode(tmp_path: Path) -> None:
    for scale, mode in (("dorian", "dor"), ("major", ""), ("harmonic", "m"), ("mixolydian", "mix")):
        take = journal({1: MELODY}, knobs={"key": "F#", "scale": scale})
        text = _write(tmp_path / "a.abc", take).read_text()
        assert f"\nK:F#{mode}\n" in text
        found = music21.converter.parse(_write(tmp_path / "a.musicxml", take))
        key = found.recurse().getElementsByClass("Key").first()
        assert (key.tonic.name, key.mode) == (
            "F#",
            music21.key.Key("F#", scale.replace("harmonic", "minor")).mode,
        )


@pytest.mark.parametrize("tonic", range(12))
def test_a_key_that_nobody_asked_for_is_estimated(tonic: int, tmp_path: Path) -> None:
    scale = (0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0)
    notes = [Heard(24 * n, 24, 55 + (tonic + 5) % 12 + step) for n, step in enumerate(scale)]
    found = bars_of(_write(tmp_path / "a.musicxml", journal({1: notes})))
    sharps = found[0][1]
    assert sharps is not None
    assert (sharps * 7) % 12 == tonic
    assert abs(sharps) <= 6


@needs_abc2midi
def test_the_tempo_changes_where_it_did(tmp_path: Path) -> None:
    tempi = (
        Tempo(0.0, 0.0, 90.5),
        Tempo(4.0, 2.7, 0.0),
        Tempo(4.0, 3.0, 140.0),
        Tempo(5.0, 4.0, 140.3),
    )
    take = journal({1: MELODY, 2: [Heard(96, 96, 48)]}, tempi=tempi)
    path = _write(tmp_path / "a.musicxml", take)
    marks = music21.converter.parse(path).flatten().getElementsByClass("MetronomeMark")
    assert [(one.offset, one.number) for one in marks] == [(0.0, 90.5), (4.0, 140.0)]
    path = _write(tmp_path / "a.abc", take)
    of_abc2midi(path)
    at, found = 0, []
    for message in mido.MidiFile(tmp_path / "a.made.mid").tracks[0]:
        at += message.time
        if message.type == "set_tempo":
            found.append((at // 480, round(mido.tempo2bpm(message.tempo), 1)))
    assert found[0][0] == 0
    assert found[-1] == (4, 140.0)
    assert 90.0 <= found[0][1] <= 91.0


@pytest.mark.parametrize("seed", range(20))
def test_whatever_was_heard_fills_its_bars_with_values_that_there_are(seed: int) -> None:
    chance = random.Random(seed)
    at, bars = chance.randint(-50, 50), []
    for _ in range(chance.randint(1, 6)):
        bars.append((*chance.choice([(1, 1), (3, 2), (3, 4), (7, 8), (12, 16)]), at))
        at += chance.randint(1, 300)
    notes = {
        who: [
            Heard(chance.randint(-10, 900), chance.randint(1, 400), chance.randint(0, 127))
            for _ in range(chance.randint(1, 40))
        ]
        for who in (1, 2, PLAYER)
    }
    written = sheet(journal(notes, bars), "a")
    lines = [line for part in written.parts for staff in part.staves for line in staff.lines]
    assert len(lines) > 3
    for line in lines:
        for bar, values in zip(written.bars, line.bars, strict=True):
            assert sum(one.length for one in values) == bar.length
            for one in values:
                rest = not one.pitches and one.length == bar.length
                assert rest or one.written in (96, 48, 24, 12, 6, 3, 144, 72, 36, 18, 9)
    assert abc.write(written)
    assert musicxml.write(written)


def test_what_a_person_plays_is_written_in_sensible_values(tmp_path: Path) -> None:
    chance = random.Random(3)
    meant = [Heard(12 * n, 12, 60 + n % 5) for n in range(32)]
    played = [
        Heard(max(onset + chance.randint(-2, 2), 0), length + chance.randint(-4, 3), pitch)
        for onset, length, pitch in meant
    ]
    path = _write(tmp_path / "a.abc", journal({PLAYER: played, 1: [Heard(0, 384, 40)]}))
    assert [one for one in of_music21(path) if one.pitch != 40] == meant


def test_the_player_and_each_voice_have_a_part(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.musicxml", TAKES["voices and a player"])
    score = music21.converter.parse(path)
    assert [part.partName for part in score.parts] == ["performer", "voice 1", "voice 2"]
    assert "<work-title>a</work-title>" in path.read_text()
    lengths = [len(part.getElementsByClass("Measure")) for part in score.parts]
    assert lengths == [2, 2, 2]


def test_what_a_voice_plays_on_another_channel_is_another_part(tmp_path: Path) -> None:
    take = journal({1: [*MELODY, Heard(0, 96, 40)]})
    lines = tuple(
        Line(1, line.at, structs.replace(line.did, channel=3))
        if isinstance(line.did, op.Commit) and line.did.pitch == 40
        else line
        for line in take.lines
    )
    path = _write(tmp_path / "a.musicxml", replace(take, lines=lines))
    parts = music21.converter.parse(path).parts
    assert [part.partName for part in parts] == ["voice 1, channel 1", "voice 1, channel 3"]
    assert [len(list(part.flatten().notes)) for part in parts] == [4, 1]
    text = _write(tmp_path / "a.abc", replace(take, lines=lines)).read_text()
    assert re.findall(r"%%MIDI channel (\d+)", text) == ["1", "3"]


def test_a_wide_part_is_one_of_two_staves(tmp_path: Path) -> None:
    text = _write(tmp_path / "a.musicxml", TAKES["a wide part"]).read_text()
    assert text.count("<score-part ") == 1
    assert "<staves>2</staves>" in text
    assert re.findall(r"<sign>(.)</sign>", text) == ["G", "F"]
    assert "%%score {(1) | (2)}" in _write(tmp_path / "a.abc", TAKES["a wide part"]).read_text()


def test_every_bar_is_full(tmp_path: Path) -> None:
    for name, take in TAKES.items():
        _write(tmp_path / "a.musicxml", take)
        metre = None
        parts = music21.converter.parse(tmp_path / "a.musicxml").parts
        for together in zip(*(part.getElementsByClass("Measure") for part in parts), strict=True):
            metre = together[0].timeSignature or metre
            lengths = {bar.duration.quarterLength for bar in together}
            assert lengths == {metre.barDuration.quarterLength}, name


def test_a_bar_that_the_clock_cut_short_is_written_in_whole_eighths(tmp_path: Path) -> None:
    take = journal(
        {1: [Heard(0, 24, 60), Heard(37, 24, 62), Heard(61, 24, 64)]}, [(4, 4, 0), (4, 4, 37)]
    )
    assert [bar[2] for bar in bars_of(_write(tmp_path / "a.musicxml", take))] == [1.5, 4.0]
    assert of_music21(tmp_path / "a.musicxml") == [(0, 24, 60), (36, 24, 62), (60, 24, 64)]


@pytest.mark.parametrize("suffix", writing.SUFFIXES)
def test_an_empty_take_is_said_and_not_written(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(NotationError, match="No note was heard"):
        _write(tmp_path / f"a{suffix}", journal({1: []}))
    assert list(tmp_path.iterdir()) == []


def test_a_take_of_sound_alone_has_nothing_to_write_down(tmp_path: Path) -> None:
    begin = op.Begin(path="piano.onnx", digest="", knobs={}, tick=0, kind="audio")
    with pytest.raises(NotationError, match="A voice of sound plays no notes"):
        _write(tmp_path / "a.abc", Journal((Line(1, 0.0, begin),), TEMPO))


@pytest.mark.parametrize("suffix", writing.SUFFIXES)
def test_a_file_that_cannot_be_written_is_one_sentence_and_leaves_nothing(
    suffix: str, tmp_path: Path
) -> None:
    (tmp_path / f"a{suffix}").mkdir()
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / f"a{suffix}", tmp_path / "file" / f"b{suffix}"):
        with pytest.raises(NotationError, match=r"cannot be written \("):
            _write(path, TAKES["chords"])
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a{suffix}", "file"]


def test_a_take_that_never_ends_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotationError, match="longer than 20,000 bars"):
        _write(tmp_path / "a.abc", journal({1: [Heard(0, 24, 60), Heard(96 * 30_000, 24, 60)]}))


def test_a_title_is_one_line(tmp_path: Path) -> None:
    text = _write(tmp_path / "a %\nK:D.abc", TAKES["7/8"]).read_text()
    assert text.splitlines()[:2] == ["X:1", "T:a K:D"]


def test_the_same_take_is_the_same_file(tmp_path: Path) -> None:
    one, two = (_write(tmp_path / name, TAKES["chords"]) for name in ("a.abc", "b.abc"))
    assert one.read_text().replace("T:a", "T:b") == two.read_text()
    assert TAKES["chords"].tempi == TEMPO


def test_without_music21_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "music21", None)
    with pytest.raises(
        NotationError, match=r"extra `notation`.*music21.*pip install.*\[notation\]"
    ):
        _write(tmp_path / "a.musicxml", TAKES["chords"])
    assert not (tmp_path / "a.musicxml").exists()
    _write(tmp_path / "a.abc", TAKES["chords"])

"""MusicXML becomes the score that is written, or one sentence that says why not."""

import zipfile
from pathlib import Path

import pytest

from models.contract.errors import ExtempoError
from models.corpus.pieces import Score
from models.corpus.readers.musicxml import read_musicxml
from models.corpus.store import Store

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def note(pitch: str, length: int, *inside: str, chord: bool = False, voice: int = 1) -> str:
    """A note such as C4, of so many quarters of a beat; `inside` goes between its duration and its voice."""
    at = (
        f"<pitch><step>{pitch[0]}</step><octave>{pitch[1:]}</octave></pitch>"
        if pitch
        else "<rest/>"
    )
    return f"<note>{'<chord/>' * chord}{at}<duration>{length}</duration>{''.join(inside)}<voice>{voice}</voice></note>"


def attributes(metre: tuple[int, int] | None = (4, 4), more: str = "") -> str:
    said = (
        f"<time><beats>{metre[0]}</beats><beat-type>{metre[1]}</beat-type></time>" if metre else ""
    )
    key = "<key><fifths>-1</fifths><mode>minor</mode></key>"
    return f"<attributes><divisions>4</divisions>{key}{said}{more}</attributes>"


def document(*parts: tuple[str, int, list[str]], head: str = "") -> str:
    """Parts, each a name, a program of General MIDI, and what is in its bars."""
    listed = "".join(
        f'<score-part id="P{n}"><part-name>{name}</part-name><score-instrument id="I{n}"><instrument-name>{name}'
        f'</instrument-name></score-instrument><midi-instrument id="I{n}"><midi-program>{program + 1}</midi-program>'
        "</midi-instrument></score-part>"
        for n, (name, program, _) in enumerate(parts)
    )
    written = "".join(
        f'<part id="P{n}">'
        + "".join(f'<measure number="{m}">{bar}</measure>' for m, bar in enumerate(bars, 1))
        + "</part>"
        for n, (_, _, bars) in enumerate(parts)
    )
    return (
        f'<?xml version="1.0"?>{head}<score-partwise version="3.1"><part-list>{listed}</part-list>{written}'
        "</score-partwise>"
    )


def read(tmp_path: Path, text: str) -> Score:
    path = tmp_path / "a.musicxml"
    path.write_text(text)
    return read_musicxml(path)


TIE = '<tie type="{0}"/><notations><tied type="{0}"/></notations>'
START, STOP = (TIE.format(kind) for kind in ("start", "stop"))
TEMPO = '<direction><sound tempo="90"/></direction>'


def test_parts_instruments_ties_and_what_holds_for_all_are_kept(tmp_path: Path) -> None:
    flute = [
        attributes()
        + "<direction><direction-type><metronome><beat-unit>quarter</beat-unit><per-minute>90"
        "</per-minute></metronome></direction-type></direction>"
        + note("C5", 16, f"{TIE.format('start')}"),
        note("C5", 4, STOP) + note("", 12),
    ]
    piano = [
        attributes()
        + note("C3", 8)
        + note("E3", 8, chord=True)
        + note("F3", 8)
        + "<backup><duration>16</duration>"
        "</backup>" + note("G4", 16, voice=2),
        note("C3", 16),
    ]
    score = read(tmp_path, document(("Flute", 73, flute), ("Piano", 0, piano)))
    assert [(part.name, part.program, part.drums) for part in score.parts] == [
        ("Flute", 73, False),
        ("Piano", 0, False),
    ]
    assert [[row[0], row[1], row[3]] for row in score.parts[0].notes.tolist()] == [[0, 72, 120]]
    assert [[row[0], row[1], row[3]] for row in score.parts[1].notes.tolist()] == [
        [0, 48, 48], [0, 52, 48], [0, 67, 96], [48, 53, 48], [96, 48, 96],
    ]  # fmt: skip
    assert score.metres.tolist() == [[0, 4, 4]]
    assert score.tempi.tolist() == [[0, 666_667]]
    assert score.keys.tolist() == [[0, -1, 1]]


def test_a_pickup_bar_and_repeats(tmp_path: Path) -> None:
    forward, backward = (
        f'<barline location="{side}"><repeat direction="{way}"/></barline>'
        for side, way in (("left", "forward"), ("right", "backward"))
    )
    bars = [
        attributes((3, 4)) + note("G4", 4),
        forward + note("C5", 12) + backward,
        note("D5", 12),
    ]
    score = read(tmp_path, document(("Fiddle", 40, bars)))
    assert score.notes[:, :2].tolist() == [[0, 67], [24, 72], [96, 72], [168, 74]]
    assert score.metres.tolist() == [[-48, 3, 4]]
    assert score.upbeat == 24


@pytest.mark.parametrize(
    ("bars", "played"),
    [
        ("A: B: C: D: E: F:", "AABBCCDDEEFF"),
        ("A :B C: D: E", "ABCBCDDE"),
        ("A: B :C: D", "AABCCD"),
        ("A :B 1C: 2D E: F", "ABCBDEEF"),
        (" ".join("ABCDEFGH").replace(" ", ":99999 ") + ":99999", "ABCDEFGH"),
    ],
)
def test_a_repeat_that_begins_nowhere_begins_after_the_one_before(
    tmp_path: Path, bars: str, played: str
) -> None:
    score = read(tmp_path, document(("Fiddle", 40, [_bar(bar) for bar in bars.split()])))
    white = [pitch for pitch in range(60, 80) if pitch % 12 in (0, 2, 4, 5, 7, 9, 11)]
    heard = "".join(chr(ord("A") + white.index(pitch)) for pitch in score.notes[:, 1].tolist())
    assert heard == played


def _bar(said: str) -> str:
    """Return a bar: if a repeat begins (:), its ending, its letter, whether one ends (:), how often it plays."""
    head, letter, tail = next(said.partition(one) for one in said if one.isalpha())
    pitch = ord(letter) - ord("A")
    ending = head.strip(":")
    left, right = "", ""
    if ending:
        left += f'<ending number="{ending}" type="start"/>'
        right += f'<ending number="{ending}" type="stop"/>'
    if ":" in head:
        left += '<repeat direction="forward"/>'
    if tail:
        times = f' times="{tail[1:]}"' if tail[1:] else ""
        right += f'<repeat direction="backward"{times}/>'
    sounds = note("CDEFGAB"[pitch % 7] + str(4 + pitch // 7), 16)
    before, after = (
        f'<barline location="{side}">{what}</barline>' if what else ""
        for side, what in (("left", left), ("right", right))
    )
    return (attributes() if letter == "A" else "") + before + sounds + after


@pytest.mark.parametrize(("metre", "sixteenths"), [((5, 8), 10), ((7, 16), 7), ((12, 8), 24)])
def test_metres(tmp_path: Path, metre: tuple[int, int], sixteenths: int) -> None:
    bars = [attributes(metre) + note("C4", sixteenths), note("D4", sixteenths)]
    score = read(tmp_path, document(("Piano", 0, bars)))
    assert score.metres.tolist() == [[0, *metre]]
    assert score.notes[:, 0].tolist() == [0, sixteenths * 6]


def test_what_other_programs_write(tmp_path: Path) -> None:
    """A tie that ends on another staff, one that leads nowhere, odd voices, a grace note, a part that sounds lower
    than it is written, and one with fewer bars.
    """
    clarinet = "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose>"
    upper = [
        attributes(None) + note("C5", 16, START, voice=9),
        "<note><grace/><pitch><step>D</step><octave>5</octave></pitch><voice>3</voice></note>"
        + note("E5", 16, START),
    ]
    lower = [attributes(None) + note("C3", 16), note("C5", 8, STOP, voice=7) + note("G3", 8, STOP)]
    short = [attributes(None, clarinet) + note("D4", 16)]
    score = read(tmp_path, document(("A", 0, upper), ("B", 0, lower), ("C", 71, short)))
    rows = [[row[0], row[1], row[3]] for part in score.parts for row in part.notes.tolist()]
    assert rows == [
        [0, 72, 144], [93, 74, 3], [96, 76, 96],
        [0, 48, 96], [144, 55, 48],
        [0, 60, 96],
    ]  # fmt: skip
    assert score.metres.tolist() == [[0, 0, 4]]


def test_a_drum_without_a_pitch_is_the_parts_own(tmp_path: Path) -> None:
    """Programs name an instrument of each stroke only where a part has several."""
    stroke = (
        "<note><unpitched><display-step>C</display-step><display-octave>5</display-octave></unpitched>"
        "<duration>4</duration><voice>1</voice></note>"
    )
    text = document(("Kick", 0, [attributes((3, 4)) + stroke, stroke * 3])).replace(
        "<midi-program>1</midi-program>",
        "<midi-channel>10</midi-channel><midi-program>1</midi-program><midi-unpitched>37</midi-unpitched>",
    )
    score = read(tmp_path, text)
    assert [part.drums for part in score.parts] == [True]
    assert score.parts[0].notes[:, :2].tolist() == [[0, 36], [24, 36], [48, 36], [72, 36]]
    assert score.upbeat == 24


def test_voices_that_leave_gaps_and_ties_across_voices(tmp_path: Path) -> None:
    gaps = (
        attributes() + note("C5", 8, voice=5) + "<forward><duration>4</duration></forward>"
        + note("D5", 4, voice=5) + "<backup><duration>16</duration></backup>"
        "<forward><duration>8</duration></forward>" + note("E3", 8, START, voice=17)
    )  # fmt: skip
    tied = note("", 16) + "<backup><duration>16</duration></backup>" + note("E3", 16, STOP, voice=2)
    score = read(tmp_path, document(("P", 0, [gaps, tied])))
    rows = [[row[0], row[1], row[3]] for row in score.parts[0].notes.tolist()]
    assert rows == [[0, 72, 48], [48, 52, 144], [72, 74, 24]]


def test_64_parts_are_64_parts(tmp_path: Path) -> None:
    parts = [(f"Part {n}", n, [attributes() + note("C4", 16)]) for n in range(64)]
    score = read(tmp_path, document(*parts))
    assert [part.program for part in score.parts] == list(range(64))
    assert score.unisons == 63


LAUGHS = "<!DOCTYPE x [" + "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(9)
) + "]>"  # fmt: skip
WHOLE = document(("Piano", 0, [attributes() + note("C4", 16)]))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"this is text", "it is no text in XML"),
        (b"<html/>", "it is a text of another kind, 'html'"),
        (
            b"<score-timewise/>",
            "its measures hold parts (score-timewise); save it as score-partwise",
        ),
        (WHOLE.replace("</part>", "").encode(), "it is no text in XML"),
        (document(("P", 0, ["&l8;"]), head=LAUGHS).encode(), "it defines entities"),
        (
            b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>',
            "it defines entities",
        ),
        (
            document(("P", 0, ["<note/>" * 50_001])).encode(),
            "it has 50,001 notes, more than 50,000",
        ),
        (WHOLE.replace("<octave>4", "<octave>much").encode(), "music21 says"),
        (b"PK\x03\x04 not an archive", "it is packed in a way that cannot be unpacked"),
    ],
)
def test_what_is_no_musicxml_is_told_in_a_sentence(
    tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "bad.musicxml"
    path.write_bytes(content)
    said = Store(tmp_path / "cache").read([path])[0].entry.why
    assert isinstance(said, str)
    assert said.startswith(f"{path} cannot be read as MusicXML: {why}")
    assert "\n" not in said


def test_a_score_without_notes_is_told(tmp_path: Path) -> None:
    for text in ("<score-partwise/>", document(("P", 0, [])), document(("P", 0, [note("", 16)]))):
        with pytest.raises(ExtempoError, match=r"a\.musicxml has no notes: leave it out"):
            read(tmp_path, text)


def packed(path: Path, **inside: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in inside.items():
            archive.writestr(name.replace("__", "/"), text)
    return path


def test_archives(tmp_path: Path) -> None:
    container = "<container><rootfiles><rootfile full-path='{}'/></rootfiles></container>"
    good = {"META-INF__container.xml": container.format("b.xml"), "a.xml": "<x/>", "b.xml": WHOLE}
    assert read_musicxml(packed(tmp_path / "a.mxl", **good)).notes[:, 1].tolist() == [60]
    # A name with an apostrophe in it, as some programs write it.
    odd = {"META-INF__container.xml": container.format("Won't.xml"), "Won't.xml": WHOLE}
    assert len(read_musicxml(packed(tmp_path / "b.mxl", **odd)).notes) == 1
    bomb = packed(tmp_path / "c.mxl", **{"a.xml": "<x>" + " " * (40 << 20) + "</x>"})
    assert bomb.stat().st_size < 100_000
    for path, why in (
        (bomb, "what is packed in it has more than 32 MB"),
        (packed(tmp_path / "d.mxl", readme="text"), "no score is in it"),
    ):
        with pytest.raises(ExtempoError, match=why):
            read_musicxml(path)
    whole = (tmp_path / "a.mxl").read_bytes()
    for length in range(4, len(whole), 40):
        (tmp_path / "cut.mxl").write_bytes(whole[:length])
        with pytest.raises(ExtempoError, match=r"cut\.mxl cannot be read as MusicXML: "):
            read_musicxml(tmp_path / "cut.mxl")

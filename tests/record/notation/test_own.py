"""A network's own text: it is written where it says what was heard, and nothing else was."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from msgspec import structs

from live.engine.notes import operations as op
from live.engine.notes.operations import Line, Tempo
from live.engine.offline import render
from live.ipc import acts
from live.ipc.config import EngineOptions
from live.ipc.wire import PLAYER
from live.record.heard import notes_heard
from live.record.notation import own, writing
from live.record.notation.cutting import whole_bars
from live.record.notation.slurs import balanced
from live.record.replay import Journal, parse
from live.runtime import library
from live.runtime.opening import opened
from models.abc.reader import read
from models.abc.state import BEAT
from tests.engine.tunes import tune_artifact
from tests.record.notation.takes import Heard
from tests.tiny import tiny_artifact


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tune_artifact(tmp_path_factory.mktemp("models") / "noise.onnx"))


def _take(model: str, seed: int, beats: int = 32, **knobs: str | int) -> Journal:
    options = EngineOptions(model, knobs={"seed": seed, "top_k": 0, **knobs}, beats=beats)
    return parse(render(options, opened).lines)


def _text(take: Journal) -> str | None:
    text = own.text(take, "tune", cache(opened))
    return text and text.decode()


def _heard(take: Journal) -> list[Heard]:
    dids = (line.did for line in take.lines)
    return sorted(
        Heard(did.tick, did.duration, did.pitch) for did in dids if isinstance(did, op.Commit)
    )


def _read(tune: str) -> set[Heard]:
    def tick(parts: int) -> int:
        return (parts * 48 + BEAT) // (2 * BEAT)

    return {
        Heard(tick(one.onset), tick(one.onset + one.length) - tick(one.onset), pitch)
        for one in read(tune)
        if one.voice >= 0
        for pitch in one.pitches
    }


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("K:C\n(AB)c)|d(e", "K:C\n(AB)c|de"),
        ("K:C\n((3ABc|(d)e|", "K:C\n(3ABc|(d)e|"),
        ('K:C\n"(Am)"A)B\n% (as played\n(c|d)', 'K:C\n"(Am)"AB\n% (as played\n(c|d)'),
    ],
)
def test_slurs_begin_and_end(written: str, text: str) -> None:
    assert balanced(written) == text


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_networks_letters_and_reads_as_what_was_heard(model: str, seed: int) -> None:
    take = _take(model, seed)
    text = _text(take)
    assert text is not None
    assert re.match(r"X:1\nT:tune\nQ:1/4=100\nM:[C4][^\n]*\nL:1/\d+\nK:[^\n]+\n", text)
    heard = _heard(take)
    # What comes later had not been heard when the take ended, nor all of what sounded then.
    last = max(one.onset for one in heard if one.onset < 32 * 24)
    expected = {one[::2] for one in heard if one.onset <= last}
    assert {one[::2] for one in _read(text) if one.onset <= last} == expected
    ended = [one for one in heard if one.onset + one.length < 32 * 24]
    assert set(ended) <= _read(text)


@pytest.mark.parametrize(
    ("tune", "heard", "text", "bars"),
    [
        ("K:C\nCDEF|GABc|de", 10, "K:C\nCDEF|GABc|", 2),
        ("K:C\nCDEF|GABc d", 8, "K:C\nCDEF|GABc|", 2),
        ("K:C\nCDEF|GABc", 7, "K:C\nCDEF|", 1),
        ("K:C\nC|DEFG|ABc:|D|", 10, "K:C\nC|DEFG|ABc:|", 3),
        ("K:C\nCD", 2, "", 0),
    ],
)
def test_what_is_broken_off_ends_with_a_whole_bar(tune, heard, text, bars) -> None:
    head = "M:2/4\nL:1/8\n"
    part = BEAT // 2
    expected = (head + text if text else "", bars)
    assert whole_bars(head + tune, heard * part, 4 * part) == expected


def test_what_was_begun_of_another_tune_is_left_out(tmp_path: Path) -> None:
    take = _take(str(library.find("folk-abc")), 2, beats=160)
    text = _text(take)
    assert text is not None
    assert text.count("X:") == 2
    assert not text.endswith("e|\n\n")
    short = _text(_take(str(library.find("folk-abc")), 2, beats=104))
    assert short is not None
    assert short.count("X:") == 1


def test_its_chord_symbols_stay_symbols(model: str) -> None:
    take = _take(model, 1, chords_channel=2)
    text = _text(take)
    assert text is not None
    assert text.count('"') > 1
    dids = [line.did for line in take.lines if isinstance(line.did, op.Commit)]
    assert {did.channel for did in dids} == {1, 2}
    melody = {(did.tick, did.pitch) for did in dids if did.channel == 1}
    assert melody <= {one[::2] for one in _read(text)}


def test_in_a_key_that_tunes_are_not_written_in_it_is_written_anew(
    model: str, tmp_path: Path
) -> None:
    take = _take(model, 1, key="F#", scale="major")
    assert _heard(take)
    assert _text(take) is None
    writing.write(tmp_path / "tune.abc", take, cache(opened))
    assert "\nK:F#\n" in (tmp_path / "tune.abc").read_text()


def test_file_and_journal_hold_the_same(model: str, tmp_path: Path) -> None:
    take = _take(model, 1)
    writing.write(tmp_path / "tune.abc", take, cache(opened))
    assert (tmp_path / "tune.abc").read_text() == _text(take)


def _with(take: Journal, *lines: Line) -> Journal:
    return replace(take, lines=(*take.lines, *lines))


def test_where_more_was_heard_than_the_text_it_is_written_anew(model: str) -> None:
    take = _take(model, 1)
    player = Line(PLAYER, 1.0, acts.Play(tick=48, pitch=60, velocity=80))
    assert _text(_with(take, player)) is None
    assert _text(_with(take, replace_voice(take, 2))) is None
    begun = next(line for line in take.lines if isinstance(line.did, op.Begin))
    gone = structs.replace(begun, did=structs.replace(begun.did, path="gone.onnx"))
    lines = tuple(gone if line is begun else line for line in take.lines)
    assert _text(replace(take, lines=lines)) is None


def test_where_the_tempo_or_the_metre_changed_it_is_written_anew(model: str) -> None:
    take = _take(model, 1)
    assert _text(replace(take, tempi=(*take.tempi, Tempo(32.0, 20.0, 90.0)))) is None
    assert _text(_with(take, Line(1, 9.0, op.SetMetre(metre=3, tick=384, bar=5)))) is None


def test_what_another_network_plays_has_no_text(tmp_path: Path) -> None:
    other = str(tiny_artifact(tmp_path / "tiny.onnx"))
    take = parse(render(EngineOptions(other, beats=8), opened).lines)
    assert notes_heard(take)
    assert _text(take) is None


def replace_voice(take: Journal, voice: int) -> Line:
    """Another voice's beginning."""
    begun = next(line for line in take.lines if isinstance(line.did, op.Begin))
    return structs.replace(begun, voice=voice)

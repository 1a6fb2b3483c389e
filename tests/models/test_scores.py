"""Scores keep what files say: parts, instruments, drums, metres, tempi, keys and pickup bars."""

from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contract.errors import ExtempoError
from models.corpus.packed import pack, unpack
from models.corpus.pieces import Score, on_one_piano
from models.corpus.readers.midi import read_midi
from models.corpus.sources import read
from models.corpus.store import Store
from tests.models.scores import random_score, write_score


def song(path: Path) -> Path:
    """A voice and a piano, one held note in both, and drums; in D minor, 3/4 with a pickup, that slows down."""
    file = mido.MidiFile(ticks_per_beat=480)
    said = mido.MidiTrack(
        [
            mido.MetaMessage("time_signature", numerator=1, denominator=4),
            mido.MetaMessage("key_signature", key="Dm"),
            mido.MetaMessage("set_tempo", tempo=500_000),
            mido.MetaMessage("time_signature", numerator=3, denominator=4, time=480),
            mido.MetaMessage("set_tempo", tempo=750_000, time=480),
        ]
    )
    file.tracks.append(said)
    for name, channel, program, strokes in (
        ("Voice", 0, 52, [(0, 72, 1), (1, 74, 3)]),
        ("Piano", 1, 0, [(1, 62, 3), (1, 74, 1), (2, 74, 1)]),
        ("", 9, 0, [(1, 36, 1)]),
    ):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        track.append(mido.Message("program_change", channel=channel, program=program))
        moments = [(on, 80, pitch) for on, pitch, _ in strokes]
        moments += [(on + length, 0, pitch) for on, pitch, length in strokes]
        last = 0
        for at, loud, pitch in sorted(moments):
            track.append(
                mido.Message(
                    "note_on",
                    channel=channel,
                    note=pitch,
                    velocity=loud,
                    time=round((at - last) * 480),
                )
            )
            last = at
        file.tracks.append(track)
    file.save(path)
    return path


def test_parts_are_kept_apart(tmp_path: Path) -> None:
    score = read_midi(song(tmp_path / "song.kar"))
    assert [(part.name, part.program, part.drums) for part in score.parts] == [
        ("Voice", 52, False),
        ("Piano", 0, False),
        ("", 0, True),
    ]
    voice, piano, drums = (part.notes.tolist() for part in score.parts)
    assert voice == [[0, 72, 80, 24], [24, 74, 80, 72]]
    assert piano == [[24, 62, 80, 72], [24, 74, 80, 24], [48, 74, 80, 24]]
    assert drums == [[24, 36, 80, 24]]
    assert score.metres.tolist() == [[0, 1, 4], [24, 3, 4]]
    assert score.upbeat == 24
    assert score.tempi.tolist() == [[0, 500_000], [48, 750_000]]
    assert score.keys.tolist() == [[0, -1, 1]]
    # On one piano: two strikes of D fall together, and what is held sounds on under the third.
    assert score.notes.tolist() == [
        [0, 72, 80, 24], [24, 62, 80, 72], [24, 74, 80, 24], [48, 74, 80, 48],
    ]  # fmt: skip
    assert score.unisons == 1


def test_an_instrument_that_changes_begins_another_part(tmp_path: Path) -> None:
    file = mido.MidiFile(ticks_per_beat=24)
    messages = []
    for program in (0, 73):
        messages += [
            mido.Message("program_change", program=program),
            mido.Message("note_on", note=60, velocity=64),
            mido.Message("note_off", note=60, time=24),
        ]
    file.tracks.append(mido.MidiTrack(messages))
    file.save(tmp_path / "a.mid")
    score = read_midi(tmp_path / "a.mid")
    assert [(part.program, part.notes[0, 0]) for part in score.parts] == [(0, 0), (73, 24)]


NOTES = st.lists(
    st.tuples(st.integers(0, 12), st.integers(60, 63), st.integers(1, 127), st.integers(1, 9)),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(NOTES, max_size=4))
def test_one_piano_sounds_what_all_parts_sound(parts: list[list[tuple[int, ...]]]) -> None:
    joined = on_one_piano([np.array(part, np.int32).reshape(-1, 4) for part in parts]).tolist()
    every = [note for part in parts for note in part]
    strikes = {(onset, pitch) for onset, pitch, *_ in every}
    assert [(onset, pitch) for onset, pitch, *_ in joined] == sorted(strikes)

    def sounding(notes: list[list[int]]) -> list[tuple[int, int]]:
        return [
            (at, pitch) for onset, pitch, _, length in notes for at in range(onset, onset + length)
        ]

    # Each pitch sounds when it did, and never twice at a time.
    assert sorted(sounding(joined)) == sorted(set(sounding([list(note) for note in every])))


def test_what_is_packed_is_unpacked(tmp_path: Path) -> None:
    scores = [read_midi(song(tmp_path / "a.mid")), read_midi(random_score(tmp_path / "b.mid", 1))]
    again = unpack(pack(scores))
    assert [one.name for one in again] == ["a.mid", "b.mid"]
    assert list(map(said_of, again)) == list(map(said_of, scores))
    short = {**pack(scores), "notes": scores[0].notes}
    with pytest.raises(ValueError, match="fewer rows"):
        unpack(short)
    with pytest.raises(ValueError, match="names cannot be read"):
        unpack({**pack(scores), "said": np.zeros(3, np.uint8)})


def said_of(score: Score) -> object:
    parts = [(*part[:3], part.notes.tolist()) for part in score.parts]
    return parts, score.metres.tolist(), score.tempi.tolist(), score.keys.tolist()


def test_the_cache_keeps_all_of_a_score(tmp_path: Path) -> None:
    path = song(tmp_path / "song.mid")
    fresh, kept = (Store(tmp_path / "cache").read([path])[0].held() for _ in range(2))
    assert not isinstance(fresh, str)
    assert not isinstance(kept, str)
    assert said_of(fresh.pieces[0]) == said_of(kept.pieces[0])  # type: ignore[arg-type]


def test_drums_alone_are_a_score_that_no_network_of_pitches_learns_from(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    drums = write_score(tmp_path / "mine" / "d.mid", [[(0, 36, 1)]], channel=9)
    held = Store(tmp_path / "cache").read([drums])[0].held()
    assert not isinstance(held, str)
    assert held.pieces[0].fault
    for seed in range(3):
        random_score(tmp_path / "mine" / f"{seed}.mid", seed, beats=8)
    found = read(tmp_path / "mine", ("train", "valid", "test"), tmp_path / "cache")
    assert sum(map(len, found.values())) == 3
    assert "left out 1: 1 x has no notes outside the drum channel (d.mid)" in caplog.text
    with pytest.raises(ExtempoError, match="no notes outside the drum channel: leave it out"):
        read_midi(drums)


def test_odd_scores(tmp_path: Path) -> None:
    """64 parts, metres of fives and sevens, none at all, and a tempo in every note."""
    many = write_score(tmp_path / "many.mid", [[(0, 30 + n, 1)] for n in range(64)])
    assert [len(part.notes) for part in read_midi(many).parts] == [1] * 64
    for metre in ((5, 8), (7, 16), None):
        path = write_score(tmp_path / "odd.mid", [[(0, 60, 1)]], metre=metre)
        score = read_midi(path)
        assert score.metres.tolist() == [[0, *(metre or (0, 4))]]
        assert score.upbeat == 0
    file = mido.MidiFile(ticks_per_beat=24)
    track = mido.MidiTrack()
    for number in range(5_000):
        track.append(mido.MetaMessage("set_tempo", tempo=400_000 + number, time=1))
    track += [mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=24)]
    file.tracks.append(track)
    file.save(tmp_path / "tempi.mid")
    tempi = read_midi(tmp_path / "tempi.mid").tempi
    assert tempi[[0, -1]].tolist() == [[1, 400_000], [5_000, 404_999]]

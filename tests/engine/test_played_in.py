"""What is learned from a file, and what is heard of it as it is played in, are the same notes."""

import random
from pathlib import Path

import pytest

from live.cli.render import _played
from live.engine.offline import render
from live.ipc.config import EngineOptions
from live.ipc.wire import Lifted, Played
from live.record import replay
from live.record.heard import notes_heard
from models.corpus.readers.midi import read_midi
from models.midi.messages import (
    Control,
    ControllersReset,
    Message,
    NoteOff,
    NoteOn,
    NotesOff,
    SoundOff,
    Sustain,
)
from tests.engine.numeric import opener
from tests.midi.files import BEAT, meta, tempo, track, written

HALF = BEAT // 2
DOWN, UP = Sustain(1, 127), Sustain(1, 0)


def on(pitch: int = 60, channel: int = 1) -> Message:
    return NoteOn(channel, pitch, 80)


def off(pitch: int = 60, channel: int = 1) -> Message:
    return NoteOff(channel, pitch)


def strokes(count: int, *between: tuple[int, Message]) -> list[tuple[int, Message]]:
    """Return notes of half a beat, a beat apart."""
    played = [(0, on(60)), (HALF, off(60)), *between]
    for pitch in range(61, 60 + count):
        played += [(HALF, on(pitch)), (HALF, off(pitch)), *between]
    return played


def overlapping(seed: int) -> list[list[tuple[int, Message]]]:
    """Return two hands on one channel, and their foot, that get into each other's way."""
    draw = random.Random(seed)
    hands = []
    for _ in range(2):
        played: list[tuple[int, Message]] = []
        for _ in range(20):
            pitch = draw.choice((60, 62))
            played += [
                (draw.randrange(3) * HALF, on(pitch)),
                (draw.randrange(1, 6) * HALF, off(pitch)),
            ]
            if draw.random() < 0.4:
                played.append((0, draw.choice((DOWN, UP, ControllersReset(1), NotesOff(1)))))
        hands.append(played)
    return hands


AGAIN: list[tuple[int, Message]] = [(0, on()), (HALF, off()), (HALF, Control(1, 1, 0))]
FILES: dict[str, list[list[tuple[int, Message]]]] = {
    "plain": [strokes(8)],
    "struck again under the pedal": [[(0, DOWN), *AGAIN, *AGAIN, *AGAIN, (HALF, UP)]],
    "on before off": [[(0, on()), (BEAT, on()), (0, off()), (BEAT, on()), (0, off()), (BEAT, off())]],
    "off before on": [[(0, on()), (BEAT, off()), (0, on()), (BEAT, off()), (0, on()), (BEAT, off())]],
    "pedal on another channel": [[(0, Sustain(2, 127)), *strokes(3), (5 * BEAT, Sustain(2, 0))]],
    "pedal left down": [[(0, DOWN), *strokes(4)]],
    "pedal reset": [[(0, DOWN), *strokes(3), (0, ControllersReset(1)), (BEAT, on(50)), (HALF, off(50))]],
    "123 ends notes": [[k for p in range(60, 64) for k in ((0, on(p)), (BEAT, NotesOff(1)))]],
    "123 after each release": [strokes(6, (0, NotesOff(1)))],
    "120": [[(0, DOWN), *strokes(2), (BEAT, SoundOff(1)), (BEAT, on(50)), (HALF, off(50))]],
    "drums": [strokes(6), [(0, on(36, 10)), (HALF, off(36, 10)), (0, on(60, 10)), (BEAT, off(60, 10))]],
    "two hands on one key": [[(0, on()), (4 * BEAT, off())], [(BEAT, on()), (BEAT, off())]],
    "unisons": [[(0, on()), (4 * BEAT, off())], [(0, on()), (BEAT, off())]],
    "one key on two channels": [[(0, on()), (4 * BEAT, off())], [(BEAT, on(60, 2)), (BEAT, off(60, 2))]],
    **{f"hands in each other's way {seed}": overlapping(seed) for seed in range(12)},
}  # fmt: skip


def heard(path: Path) -> list[tuple[int, int, int, int]]:
    """Return the notes that a voice heard: onset, pitch, velocity and duration in ticks."""
    # The clock does not come to what is played: ticks are the file's.
    options = EngineOptions(
        artifact="one", knobs={"mode": "respond"}, transport={"tempo": 120.0}, beats=90,
        source="internal",
    )  # fmt: skip
    done = render(options, opener, _played(path, 0.0))
    taken = [one for one in notes_heard(replay.parse(done.lines)) if one.who == "player"]
    return sorted(
        (round(one.start * 24), one.pitch, one.velocity, round((one.end - one.start) * 24))
        for one in taken
    )


@pytest.mark.parametrize("name", FILES)
def test_training_and_playing_in_have_the_same_notes(name: str, tmp_path: Path) -> None:
    head = track((0, tempo(500_000)), (0, meta(0x59, b"\xff")))
    path = written(tmp_path, head, *(track(*one) for one in FILES[name]))
    learned = [tuple(row) for row in read_midi(path).notes.tolist()]
    assert heard(path) == learned
    assert len(learned) > 0


def answered(played: list[Played | Lifted]) -> list[tuple[float, int]]:
    options = EngineOptions(
        artifact="one", knobs={"mode": "respond"}, transport={"tempo": 120.0}, beats=24
    )
    return [(one.at, one.pitch) for one in render(options, opener, played).notes]


def test_a_keyboard_that_lifts_all_keys_after_each_is_answered_like_another() -> None:
    plain: list[Played | Lifted] = []
    lifting: list[Played | Lifted] = []
    for number, pitch in enumerate((60, 62, 64, 67)):
        at = 1 + number / 2
        keys = [
            Played(pitch=pitch, velocity=80, at=at),
            Played(pitch=pitch, velocity=0, at=at + 0.4),
        ]
        plain += keys
        lifting += [*keys, Lifted(channel=1, at=at + 0.402)]
    assert len(answered(plain)) > 3
    assert answered(lifting) == answered(plain)
    # Where a note's end was lost, that ends it.
    unended = [one for one in lifting if not (isinstance(one, Played) and one.velocity == 0)]
    assert len(answered(unended)) > 3

"""What is played over and over is left after as many beats as the knob says, and no earlier; a replay leaves it too."""

from dataclasses import replace

import numpy as np
import pytest

from live.engine.notes.decoders.performance import Event
from live.engine.notes.draw import STRUCK, Draw
from live.engine.notes.pointer import Pointer
from live.engine.notes.slowing import hurried
from live.engine.notes.tiring import tired
from live.engine.notes.transposing import Notes
from live.ipc import acts
from live.ipc.commands import Command
from live.runtime import opening
from live.time.clock import Bars
from models.contract.grid import TICKS, Note
from models.measures import stuck
from models.measures.excerpt import Excerpt
from tests.engine import happening
from tests.engine.each import EACH
from tests.engine.numeric import opener
from tests.engine.test_voice import a_voice, play

BAR = 4 * TICKS


def _looped(tires, artifact):
    """Return the share of what is likeliest that is stuck in a loop."""
    voice = a_voice(opener(artifact).model, temperature=0.0, form=0.0, tires=tires)
    rows = [(note.onset, note.pitch, 64, note.duration) for note in play(voice, 500)]
    return stuck.share(stuck.loops(Excerpt(np.array(rows))))


def test_what_is_likeliest_loops_for_ever_and_tires():
    found = [(_looped(0, name), _looped(8, name)) for name in ("a", "ab", "abc")]
    assert max(found)[0] > 0.5
    assert all(after == 0 for before, after in found if before), found


def _round(period, beats):
    """Return the draw after so many beats of the same by a voice, and its moments."""
    voice = a_voice(form=0.0, tires=16)
    moments, struck = [voice.history.last], ()
    for beat in range(beats + 1):
        tick, pitch = beat * TICKS, 60 + beat % period
        struck = (*struck, (tick, pitch))
        moments.append(
            replace(
                moments[0],
                tick=tick,
                cursor=Event(tick, pitch),
                note=Note(tick, pitch, 64, 20),
                own=True,
                trail=None,
                fixed=False,
                struck=struck,
            )
        )
    return Draw(opener("a").model, voice.knobs, {}, 1, Bars(), moments[-1]), moments


@pytest.mark.parametrize("period", [1, 2, 4, 8])
def test_it_leans_away_from_what_would_come_for_a_bar_or_a_round(period):
    draw, moments = _round(period, 32)
    pointer = tired(Notes(), draw, reversed(moments))
    assert isinstance(pointer, Pointer)
    assert pointer.away
    begins = 32 * TICKS + 1
    span = max(period, 4) * TICKS
    ticks = range(33 * TICKS, begins + span, TICKS)
    assert pointer.places == tuple((tick, 60 + (tick // TICKS) % period) for tick in ticks)


@pytest.mark.parametrize(
    ("period", "beats"),
    [(1, 16), (8, 20), (9, 32), (1, 33)],
    ids=["too short", "too short a round", "too long a round", "no bar line"],
)
def test_it_goes_on(period, beats):
    draw, moments = _round(period, beats)
    assert tired(Notes(), draw, reversed(moments)) is None


def test_what_the_player_plays_over_and_over_does_not_tire():
    draw, moments = _round(4, 32)
    heard = [replace(one, own=False) for one in moments[:17]]
    assert tired(Notes(), draw, reversed([*heard, *moments[17:]])) is None


@pytest.mark.parametrize(
    ("notes", "gap", "tires", "busier"),
    [
        (3, 24, 16, 2.0),
        (3, 24, 0, 1.0),
        (3, 23, 16, 1.0),
        (2, 48, 16, 1.0),
        (6, 24, 16, 2.0),
        (3, 48, 16, 2.0),
    ],
)
def test_slow_thick_chords_are_left_sooner(notes, gap, tires, busier):
    voice = a_voice(form=0.0, tires=tires)
    struck = tuple((at * gap, 60 + pitch) for at in range(40) for pitch in range(notes))[
        -STRUCK - 1 :
    ]
    last = replace(voice.history.last, struck=struck)
    draw = Draw(opener("a").model, voice.knobs, {}, 1, Bars(), last)
    assert hurried(draw) == busier
    assert hurried(replace(draw, last=replace(last, struck=struck[-12:]))) == 1.0


@pytest.mark.parametrize("kind", ["performance", "abc"])
def test_what_tires_replays_to_the_same_notes(kind, tmp_path):
    opened = opening.opened(EACH[kind](tmp_path / "tiny.onnx"))
    asked = [
        (at, Command(act, voice=1))
        for at, act in (
            (14.0, acts.Save(slot="a")),
            (20.0, acts.SetKnob(knob="tires", value=0)),
            (24.0, acts.SetKnob(knob="tires", value=2)),
            (28.0, acts.Recall(slot="a")),
            (36.0, acts.Rewind(beats=8)),
        )
    ]
    assert happening.perform(opened, 80, asked=asked, temperature=0.0, tires=2, form=0.0).notes


def test_a_rewind_tires_when_it_did():
    voice = a_voice(opener("ab").model, temperature=0.0, form=0.0, tires=2)
    notes = play(voice, 200)
    pointers = [one.pointer for one in voice.history.moments if one.pointer]
    assert pointers
    voice.do(acts.Rewind(ticks=8 * BAR, tick=notes[-1].onset))
    past = voice.history.last.tick - 8 * BAR
    followed = [(note.onset, note.pitch) for note in notes if note.onset > past]
    again = play(voice, len(followed))
    assert [(note.onset - 8 * BAR, note.pitch) for note in again] == followed

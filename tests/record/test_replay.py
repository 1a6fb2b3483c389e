"""A journal is played again, and what is wrong with one is named."""

import json
import re
import time

import msgspec
import pytest

from live.engine.notes import operations as op
from live.engine.offline import render
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import EngineOptions, VoiceOptions
from live.ipc.news import Hole
from live.record import replay
from live.record.heard import notes_heard
from tests.engine.numeric import opener
from tests.engine.test_offline import PHRASE, perform


def test_a_journal_replays_to_the_same_notes():
    asked = [
        (1.0, Command(acts.Save(slot="a"), voice=1)),
        (2.0, Command(acts.SetKnob(knob="scale", value="major"), voice=1)),
        (3.0, Command(acts.Recall(slot="a"), voice=1)),
        (4.0, Command(acts.Rewind(beats=2.0), voice=1)),
        (5.0, Command(acts.SetKnob(knob="freeze", value=1), voice=1)),
        (6.0, Command(acts.Reset(), voice=1)),
        (6.5, Command(acts.SetKnob(knob="metre", value=3), voice=0)),
    ]
    done = perform(32, PHRASE, asked)
    journal = replay.parse(done.lines)
    assert replay.replay(journal, opener) == len(done.notes) > 20


def test_a_tampered_journal_is_found_out():
    lines = perform(16).lines
    index = next(i for i, line in enumerate(lines) if '"Commit"' in line)
    lines[index] = re.sub(r'"pitch":\d+', '"pitch":3', lines[index])
    with pytest.raises(replay.ReplayError, match="was"):
        replay.replay(replay.parse(lines), opener)


def _at(lines, kind, count=0):
    """Return where a kind of operation stands for the first time after so many."""
    return [index for index, line in enumerate(lines) if f'"type":"{kind}"' in line][count]


@pytest.mark.parametrize("count", [1, 30])
def test_a_journal_that_lacks_lines_is_said_to(count):
    lines = perform(16).lines
    place = _at(lines, "Commit", 6)
    del lines[place : place + count]
    with pytest.raises(
        replay.ReplayError, match=r"lacks lines before note \d+: the \d+ notes before"
    ):
        replay.replay(replay.parse(lines), opener)


def test_a_journal_that_does_not_begin_is_said_to_lack_lines():
    options = EngineOptions("one", beats=4, others=(VoiceOptions("two", "events"),))
    lines = render(options, opener).lines
    del lines[_at(lines, "Begin")]
    with pytest.raises(replay.ReplayError, match="lacks lines before note 1: the 0 notes before"):
        replay.replay(replay.parse(lines), opener)


def test_a_journal_with_a_hole_is_replayed_up_to_it_and_the_take_is_whole():
    lines = perform(16).lines
    whole = notes_heard(replay.parse(lines))
    place = _at(lines, "Commit", 6)
    lines[place:place] = [str(Hole(3)), str(Hole(4))]
    journal = replay.parse(lines)
    with pytest.raises(replay.ReplayError, match="lacks 7 lines before note 7: the 6 notes before"):
        replay.replay(journal, opener)
    assert notes_heard(journal) == whole
    with pytest.raises(replay.ReplayError, match="lacks 2 lines at its end"):
        replay.replay(replay.parse([*perform(4).lines, str(Hole(2))]), opener)


@pytest.mark.parametrize(
    "change",
    [
        ('"did"', '"dxd"'),
        ('"type":"Plan"', '"type":"Plxn"'),
        ('{"voice"', '{"voxce"'),
        ('{"', '{"" '),
        ('"knob":"density"', '"knob":"densxty"'),
        ('"value":2.0', '"value":-2.0'),
    ],
)
def test_a_garbled_line_is_named(change):
    lines = perform(
        8, asked=[(1.0, Command(acts.SetKnob(knob="density", value=2.0), voice=1))]
    ).lines
    index = next(i for i, line in enumerate(lines) if i > 5 and change[0] in line)
    garbled = [*lines[:index], lines[index].replace(*change), *lines[index + 1 :]]
    assert garbled != lines
    with pytest.raises(replay.ReplayError, match=f"broken in line {index + 1}:"):
        replay.parse(garbled)
    begins = '{"format":1,"extempo":"1","versions":{},"begun":"now"}'
    with pytest.raises(replay.ReplayError, match=f"broken in line {index + 2}:"):
        replay.parse([begins, *garbled])
    assert replay.parse([begins, *lines]) == replay.parse(lines)


def test_only_the_first_line_is_a_header():
    lines = perform(4).lines
    with pytest.raises(replay.ReplayError, match="broken in line 2:"):
        replay.parse(
            [lines[0], '{"format":1,"extempo":"1","versions":{},"begun":"now"}', *lines[1:]]
        )
    with pytest.raises(replay.ReplayError, match="its first line is broken: replay a copy without"):
        replay.parse(['{"format":1,"extxmpo":"1"}', *lines])


def test_a_journal_cut_off_by_a_crash_is_read_up_to_there():
    lines = perform(16).lines
    whole = replay.parse(lines)
    cut = replay.parse([*lines[:-1], lines[-1][:10]])
    assert len(cut.lines) + len(cut.tempi) == len(whole.lines) + len(whole.tempi) - 1
    with pytest.raises(replay.ReplayError, match="broken in line 3"):
        replay.parse([*lines[:2], '{"did":', *lines[3:]])


@pytest.mark.parametrize("count", [0, 1, 30])
def test_a_journal_of_an_earlier_extempo_that_answered_otherwise_is_said_to_be_one(count):
    lines = [line.replace(',"held_start":false', "") for line in perform(16).lines]
    place = _at(lines, "Commit", 6)
    lines[place] = re.sub(r'"pitch":\d+', '"pitch":3', lines[place])
    del lines[place - count : place]
    with pytest.raises(replay.ReplayError, match="made by an earlier extempo") as raised:
        replay.replay(replay.parse(lines), opener)
    assert "onnxruntime" not in str(raised.value)


def test_notes_of_a_journal_that_is_let_go_again_and_again_take_no_time():
    def line(did):
        return op.Line(1, 0.0, did)

    def commit(number, ended=()):
        return line(
            op.Commit(
                tick=number, pitch=number % 100, velocity=80, duration=50, number=number, channel=1,
                heard=True, ended=ended,
            )
        )  # fmt: skip

    lines = [commit(number, (127,)) for number in range(20_000)]
    lines += [line(op.Hush(tick=10))] * 20_000
    begun = time.process_time()
    heard = notes_heard(replay.Journal(tuple(lines), ()))
    assert time.process_time() - begun < 10
    assert [note.end * 24 for note in heard] == [10] * 10


def test_notes_end_where_they_are_let_go_or_struck_again():
    def commit(tick, ended=()):
        return op.Commit(
            tick=tick,
            pitch=60,
            velocity=80,
            duration=50,
            number=1,
            channel=1,
            heard=True,
            ended=ended,
        )

    done = [commit(0), op.Hush(tick=9), commit(100), commit(120, (60,)), op.Hush(tick=150)]
    lines = tuple(op.Line(1, 0.0, did) for did in (*done, commit(200)))
    found = [
        (round(note.start * 24), round(note.end * 24))
        for note in notes_heard(replay.Journal(lines, ()))
    ]
    assert found == [(0, 9), (100, 120), (120, 150), (200, 250)]


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ({"type": "Hear", "pitch": 60, "velocity": 80, "lost": 0.5},
         acts.Play(tick=3, pitch=60, velocity=80, lost=0.5)),
        ({"type": "Turn", "knob": "density", "value": 2.0},
         acts.SetKnob(knob="density", value=2.0)),
        ({"type": "Fix", "factor": "time", "code": 0}, acts.Force(factor="time", code=0)),
        ({"type": "Keep", "slot": 'a "type":"Keep"'}, acts.Save(slot='a "type":"Keep"', tick=3)),
        ({"type": "Return", "slot": "a"}, acts.Recall(slot="a", tick=3)),
        ({"type": "Back", "ticks": 24}, acts.Rewind(ticks=24, tick=3)),
        ({"type": "Forget"}, acts.Reset(tick=3)),
        ({"type": "Swap", "path": "a", "digest": "b"}, acts.Load(path="a", digest="b", tick=3)),
    ],
)  # fmt: skip
def test_journals_with_the_words_of_format_1_say_the_same(earlier, now):
    begin = {"type": "Begin", "path": "a", "digest": "b", "knobs": {}, "tick": 0}
    did = [{"voice": 1, "at": 0.0, "did": {"tick": 3} | one} for one in (begin, earlier)]
    [_, line] = replay.parse(json.dumps(one) for one in did).lines
    assert line.did == now
    assert msgspec.json.decode(msgspec.json.encode(line), type=op.Line) == line

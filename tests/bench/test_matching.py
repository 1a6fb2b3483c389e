import pytest

from live.bench import matching
from live.bench.rows import BenchError
from live.engine.notes import operations as op
from live.engine.notes.operations import Line, Tempo
from live.ipc import acts
from live.record.replay import Journal


def journal(*operations):
    lines = tuple(Line(1, 10.0, one) for one in operations)
    return Journal(lines, (Tempo(beat=0.0, at=100.0, tempo=60.0),))


def commit(tick, pitch):
    return op.Commit(
        tick=tick, pitch=pitch, velocity=70, duration=6, number=1, channel=1, heard=True
    )


def hear(pitch):
    return acts.Play(tick=0, pitch=pitch, velocity=70, lost=0.0)


PLAN = op.Plan(floor=0, ceiling=-1, end=-1)


def test_notes_that_came_get_the_times_that_they_carry():
    written = journal(commit(0, 60), commit(24, 62), commit(36, 64), commit(48, 60))
    came = [("a", 62), ("b", 64)]
    assert list(matching.times(written, came)) == [(101.0, "a"), (101.5, "b")]


def test_a_note_sent_as_the_clock_was_held_keeps_its_time():
    held = Tempo(beat=0.9, at=100.9, tempo=0.0)
    written = journal(commit(0, 60), commit(24, 62))
    written = Journal(written.lines, (*written.tempi, held))
    assert list(matching.times(written, [("a", 60), ("b", 62)])) == [(100.0, "a"), (101.0, "b")]


def test_notes_that_were_never_committed_are_refused():
    with pytest.raises(BenchError):
        list(matching.times(journal(commit(0, 60)), [(0, 61)]))


def test_an_answer_is_heard_then_planned_then_committed():
    written = journal(hear(50), PLAN, commit(0, 70), hear(51), PLAN, commit(24, 71))
    assert matching.answers(written) == [(50, 70), (51, 71)]


def test_a_note_that_no_plan_followed_was_not_answered():
    planned_before = journal(PLAN, hear(50), commit(0, 70))
    assert matching.answers(planned_before) == []

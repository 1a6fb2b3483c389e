"""An engine that was killed goes on where it was: the same notes from the same state, on the same clock."""

import re
from pathlib import Path

import pytest

from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import Remembers, Trouble
from live.ipc.wire import Played
from tests.engine.each import EVERY
from tests.engine.keeping import Run
from tests.tiny import tiny_artifact


@pytest.fixture(scope="module", params=EVERY)
def artifact(request, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return EVERY[request.param](tmp_path_factory.mktemp("artifacts") / "one.onnx", name="one")


def _killed(folder: Path, artifact: Path, seconds: float = 5.3, **knobs) -> Run:
    """An engine in the middle of a bar, after something was kept."""
    run = Run(folder, artifact, **knobs)
    run.play(3.9)
    lines = run.stage.lines
    run.play(0.15)
    run.wait_until_kept(lines)
    assert run.now < 4.5
    run.play(seconds - run.now)
    return run


def _next(run: Run, seconds: float):
    """What it plays from now on, until then."""
    count = len(run.notes)
    run.play(seconds)
    return [
        (round(one.at, 4), one.pitch, one.velocity, one.number, round(one.end, 4))
        for one in run.notes[count:]
    ]


@pytest.mark.parametrize("seconds", [4.6, 5.3, 5.9])
def test_it_plays_what_it_would_have_played(tmp_path, artifact, seconds):
    killed = _killed(tmp_path, artifact, seconds)
    other = Run(tmp_path, artifact, killed)
    assert not other.said(Trouble)
    notes = _next(killed, 6.0)
    assert notes == _next(other, 6.0)
    assert len(notes) > 5
    assert other.replayed() == len(other.notes)
    assert other.stage.bars == killed.stage.bars
    assert other.stage.timeline.beat_of(9) == pytest.approx(killed.stage.timeline.beat_of(9))


def test_what_comes_later_goes_on_from_the_same_state_and_number(tmp_path, artifact):
    killed = _killed(tmp_path, artifact)
    last = killed.voice.generator.history.last
    other = Run(tmp_path, artifact, killed, gap=1.7)
    known = other.voice.generator.history.last
    assert (known.tick, known.number) == (last.tick, last.number)
    went_on, was = known.state.whole(), last.state.whole()
    assert all((went_on[name] == was[name]).all() for name in was)
    notes = _next(other, 3.0)
    assert 0 < notes[0][3] - last.number < 20
    assert notes[0][0] >= other.now - 3.0
    assert other.replayed() == len(notes)


def test_its_history_and_its_slots_are_there(tmp_path, artifact):
    killed = Run(tmp_path, artifact)
    killed.play(2.5)
    killed.ask(
        Command(acts.Save(slot="a"), voice=1),
        Command(acts.Force(factor="velocity", code=20), voice=1),
    )
    killed.play(5)
    killed.wait_until_kept(1)
    killed.play(0.7)
    other = Run(tmp_path, artifact, killed)
    assert not other.said(Remembers)
    for run in (killed, other):
        run.ask(Command(acts.Rewind(beats=6), voice=1))
    assert _next(killed, 3) == _next(other, 3)
    for run in (killed, other):
        run.ask(Command(acts.Recall(slot="a"), voice=1))
    assert _next(killed, 3) == _next(other, 3)
    assert other.replayed() == len(other.notes)


def test_a_clock_that_was_held_or_moved_is_as_it_was(tmp_path, artifact):
    killed = _killed(tmp_path, artifact)
    for knob, value in (("tempo", 90), ("metre", "3/4")):
        killed.ask(Command(acts.SetKnob(knob=knob, value=value), voice=0))
    killed.play(0.3)
    other = Run(tmp_path, artifact, killed)
    for one in (killed, other):
        assert one.stage.timeline.last.tempo == 90
        assert one.stage.bars.metre.beats == 3
    assert other.stage.bars == killed.stage.bars
    assert other.stage.timeline.beat_of(9) == pytest.approx(killed.stage.timeline.beat_of(9))
    other.wait_until_kept(1)
    other.ask(Command(acts.Stop()))
    held = Run(tmp_path, artifact, other, gap=3.0)
    assert not held.stage.timeline.running
    assert not _next(held, 2)
    assert held.stage.timeline.beat_of(99) == pytest.approx(other.stage.timeline.beat_of(99))
    held.ask(Command(acts.Start()))
    assert _next(held, 3)
    assert held.replayed() == len(held.notes)


def test_an_answer_goes_on(tmp_path, artifact):
    killed = Run(tmp_path, artifact, mode="respond", bars=4)
    for pitch in (60, 64, 67):
        killed.play(0.4, played=[Played(pitch=pitch, velocity=70, at=killed.now)])
        killed.play(0.1, played=[Played(pitch=pitch, velocity=0, at=killed.now)])
    killed.play(2.5)
    killed.wait_until_kept(1)
    killed.play(0.4)
    assert killed.notes
    other = Run(tmp_path, artifact, killed, mode="respond", bars=4)
    notes = _next(killed, 8)
    assert notes == _next(other, 8)
    assert notes
    # What is answered is not answered again.
    assert not _next(killed, 6)
    assert not _next(other, 6)


@pytest.mark.parametrize("mode", ["continue", "respond"])
def test_what_was_heard_before_the_mode_was_turned_is_not_answered(tmp_path, artifact, mode):
    killed = Run(tmp_path, artifact)
    for pitch in (60, 64, 67):
        killed.play(0.4, played=[Played(pitch=pitch, velocity=70, at=killed.now)])
        killed.play(0.1, played=[Played(pitch=pitch, velocity=0, at=killed.now)])
    killed.wait_until_kept(1)
    killed.ask(Command(acts.SetKnob(knob="mode", value=mode), voice=1))
    killed.play(0.2)
    other = Run(tmp_path, artifact, killed, mode=mode)
    assert not _next(killed, 6)
    assert not _next(other, 6)


@pytest.mark.parametrize(
    ("mode", "silence", "after", "answers"),
    [
        ("respond", 6.0, 2.5, 8.0),
        ("respond", 0.6, 0.3, 3.0),
        ("continue", 0.6, 0.15, 3.0),
    ],
)
def test_silence_goes_on_though_the_engine_is_killed_in_it(
    tmp_path, artifact, mode, silence, after, answers
):
    killed = Run(tmp_path, artifact, mode=mode, silence=silence)
    killed.play(1.0)
    for pitch in (60, 64, 67, 65):
        killed.play(0.45, played=[Played(pitch=pitch, velocity=80, at=killed.now)])
        killed.play(0.05, played=[Played(pitch=pitch, velocity=0, at=killed.now)])
    killed.wait_until_kept(1)
    killed.play(after)
    other = Run(tmp_path, artifact, killed, mode=mode, silence=silence)
    notes = _next(killed, answers)
    assert notes == _next(other, answers)
    assert notes
    assert other.replayed() == len(other.notes)


def test_who_could_draw_nothing_more_before_the_end_rests_on(tmp_path, artifact):
    killed = Run(tmp_path, artifact, mode="respond", silence=0.3, bars=1)
    killed.play(1.0)
    killed.play(0.4, played=[Played(pitch=60, velocity=80, at=killed.now)])
    killed.play(0.1, played=[Played(pitch=60, velocity=0, at=killed.now)])
    killed.wait_until_kept(1)
    while not (killed.voice._scheduler.waiting().rests and killed.voice.generator.coming is None):
        killed.play(0.01)
        assert killed.now < 8
    other = Run(tmp_path, artifact, killed, mode="respond", silence=0.3, bars=1)
    assert other.voice._scheduler.waiting() == killed.voice._scheduler.waiting()
    assert _next(killed, 3.0) == _next(other, 3.0)


def test_a_key_that_was_down_is_up(tmp_path, artifact):
    killed = _killed(tmp_path, artifact, mode="continue")
    killed.play(0.2, played=[Played(pitch=60, velocity=70, at=killed.now)])
    other = Run(tmp_path, artifact, killed, gap=1.0, mode="continue")
    moments = other.voice.generator.history.moments
    assert all(one.note.duration for one in moments if one.note)
    assert _next(other, 4)
    assert other.replayed() == len(other.notes)


def test_another_artifact_that_was_loaded_since_plays_on(tmp_path, artifact):
    second = tiny_artifact(tmp_path / "two.onnx", seed=1, name="two")
    killed = _killed(tmp_path, artifact)
    killed.load(second)
    killed.play(0.4)
    other = Run(tmp_path, second, killed)
    assert not other.said(Trouble)
    assert _next(killed, 4) == _next(other, 4)


def test_where_lines_are_missing_it_goes_on_from_the_last_bar(tmp_path, artifact):
    killed = _killed(tmp_path, artifact)
    killed.last.entry('{"missing":3}')
    other = Run(tmp_path, artifact, killed)
    last = killed.voice.generator.history.last
    assert 0 < other.voice.generator.history.last.number < last.number
    assert _next(other, 3)


def test_where_what_was_done_cannot_be_done_again_it_goes_on_from_the_last_bar(tmp_path, artifact):
    killed = _killed(tmp_path, artifact)
    lines = killed.last._lines
    index = next(i for i, line in enumerate(lines) if '"Commit"' in line)
    lines[index] = re.sub('"pitch":[0-9]+', '"pitch":3', lines[index])
    other = Run(tmp_path, artifact, killed)
    [text] = other.said(Trouble)
    assert "goes on from the last bar line" in text
    assert _next(other, 3)


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"x" * 500), lambda path: path.unlink()])  # fmt: skip
def test_where_nothing_can_be_read_the_voice_begins_afresh_on_the_clock(tmp_path, artifact, spoil):
    killed = _killed(tmp_path, artifact)
    [path] = (tmp_path / "memory").glob("*.memento")
    spoil(path)
    other = Run(tmp_path, artifact, killed)
    [text] = other.said(Trouble)
    assert text.startswith("Voice 1 begins afresh.")
    assert other.stage.timeline.beat_of(9) == pytest.approx(killed.stage.timeline.beat_of(9))
    assert _next(other, 3)
    assert other.replayed() == len(other.notes)


def test_what_another_run_left_is_not_gone_on_from(tmp_path, artifact):
    killed = _killed(tmp_path, artifact)
    assert killed.last.kept
    killed.last._options = type(killed.last._options)(tmp_path / "memory", tmp_path / "takes", "other")  # fmt: skip
    other = Run(tmp_path, artifact, killed)
    assert "Nothing was kept of it yet" in other.said(Trouble)[0]


def test_two_that_hear_each_other_go_on(tmp_path, artifact):
    knobs = {"hears": "all", "second": {"hears": "voice-1", "channel": 2}}
    killed = _killed(tmp_path, artifact, 5.6, **knobs)
    numbers = [one.generator.history.last.number for one in killed.conductor.voices.values()]
    assert all(numbers)
    other = Run(tmp_path, artifact, killed, **knobs)
    assert not other.said(Trouble)
    notes = _next(killed, 4)
    assert notes == _next(other, 4)
    assert len(notes) > 5
    assert other.replayed() == len(other.notes)


@pytest.mark.parametrize("moment", [0.3, 0.6])
@pytest.mark.parametrize("begins", ["voice-1", "none"])
def test_whom_they_heard_since_is_as_it_was_turned(tmp_path, artifact, begins, moment):
    knobs = {"hears": "all", "second": {"hears": begins, "channel": 2}}
    killed = _killed(tmp_path, artifact, 4.6, **knobs)
    last = "none" if begins == "voice-1" else "voice-1"
    killed.play(moment, [Command(acts.SetKnob(knob="hears", value=last), voice=2)])
    other = Run(tmp_path, artifact, killed, hears="all", second={"hears": last, "channel": 2})
    assert not other.said(Trouble)
    assert _next(killed, 4) == _next(other, 4)
    assert other.replayed() == len(other.notes)

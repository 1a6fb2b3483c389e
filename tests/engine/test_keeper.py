"""Slots are there again in the next run, for the artifact that they were saved with; nothing waits for a disk."""

import threading
from pathlib import Path

import pytest

from live.engine import memento
from live.engine.notes import history, remembering
from live.engine.notes import memento as packing
from live.engine.notes import voice as notes_voice
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import Remembers, Trouble
from tests.engine.each import EACH
from tests.engine.keeping import Run
from tests.system_tools import wait_for
from tests.tiny import tiny_artifact


@pytest.fixture(scope="module", params=EACH)
def artifacts(request, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder, make = tmp_path_factory.mktemp("artifacts"), EACH[request.param]
    return make(folder / "one.onnx", name="one"), make(folder / "two.onnx", seed=1, name="two")


def _kept(folder: Path) -> list[Path]:
    return sorted((folder / "memory").glob("*.memento"))


def test_slots_of_last_time_are_there_again_and_the_journal_replays(tmp_path, artifacts):
    first = Run(tmp_path, artifacts[0])
    first.play(4)
    first.ask(Command(acts.Save(slot="verse"), voice=1))
    slot = first.voice.generator.slots["verse"]
    first.play(2)
    first.close()
    [path] = _kept(tmp_path)
    assert memento.read(path).slots == ("verse",)
    second = Run(tmp_path, artifacts[0])
    assert second.said(Remembers) == ["Voice 1: slot 'verse' of last time is there again."]
    # The music itself begins afresh.
    assert second.voice.generator.history.last.number == 0
    second.play(1)
    second.ask(Command(acts.Recall(slot="verse"), voice=1))
    second.play(4)
    assert second.voice.generator.history.last.number > slot.moment.number
    second.close()
    assert second.replayed() > 5
    # What is saved in neither is the same file: journals of many runs go on from one.
    third = Run(tmp_path, artifacts[0])
    third.close()
    assert len(list((tmp_path / "takes").glob("*.memento"))) == 1


def test_without_its_memento_a_journal_says_what_is_missing(tmp_path, artifacts):
    first = Run(tmp_path, artifacts[0])
    first.play(2)
    first.ask(Command(acts.Save(slot="a"), voice=1))
    first.close()
    second = Run(tmp_path, artifacts[0])
    second.play(2)
    second.close()
    [beside] = (tmp_path / "takes").glob("*.memento")
    beside.unlink()
    with pytest.raises(memento.MementoError, match="is not there: put it beside the journal"):
        second.replayed()


def test_slots_are_kept_for_their_artifact_and_another_one_is_said_so(tmp_path, artifacts):
    first = Run(tmp_path, artifacts[0])
    first.play(2)
    for slot in "abcde":
        first.ask(Command(acts.Save(slot=slot), voice=1))
    first.close()
    second = Run(tmp_path, artifacts[1])
    assert second.said(Remembers) == [
        "Voice 1: slots 'a', 'b', 'c' and 2 more belong to one, and are there again when it plays."
    ]
    assert not second.voice.generator.slots
    second.play(2)
    second.close()
    third = Run(tmp_path, artifacts[0])
    assert list(third.voice.generator.slots) == list("abcde")
    third.close()


def test_slots_come_back_as_an_artifact_is_loaded_again_in_the_same_run(tmp_path, artifacts):
    run = Run(tmp_path, artifacts[0])
    run.play(2)
    run.ask(Command(acts.Save(slot="a"), voice=1))
    run.load(artifacts[1])
    run.play(0.2)
    assert run.said(Remembers) == [
        "Voice 1: slot 'a' belongs to one, and is there again when it plays."
    ]
    run.load(artifacts[0])
    wait_for(lambda: run.play(0.05) or run.voice.generator.slots, 10, "the slot")
    run.play(2)
    run.close()
    assert run.replayed() > 3
    assert len(_kept(tmp_path)) == 1


def test_what_is_saved_is_on_the_disk_at_once_and_else_at_every_bar(tmp_path, artifacts):
    run = Run(tmp_path, artifacts[0])
    run.play(0.1)
    wait_for(lambda: _kept(tmp_path), 10, "the first")
    [path] = _kept(tmp_path)
    lines = memento.read(path).lines
    run.play(2.1)
    wait_for(lambda: memento.read(path).lines > lines, 10, "the next bar")
    run.ask(Command(acts.Save(slot="a"), voice=1))
    wait_for(lambda: memento.read(path).slots == ("a",), 10, "the slot")
    run.close()


def test_a_run_that_saved_nothing_leaves_nothing(tmp_path, artifacts):
    run = Run(tmp_path, artifacts[0])
    run.play(3)
    run.close()
    assert not _kept(tmp_path)


def test_a_disk_that_hangs_holds_nobody_up(tmp_path, artifacts, monkeypatch):
    run = Run(tmp_path, artifacts[0])
    opened = threading.Event()
    write = memento.write
    monkeypatch.setattr(memento, "write", lambda *args: (opened.wait(30), write(*args)))
    done = threading.Event()

    def work() -> None:
        run.play(20)
        done.set()

    threading.Thread(target=work, daemon=True).start()
    assert done.wait(30)
    # Of what waited only the latest is kept.
    assert len(run.keeper._storing._latest) <= 1
    opened.set()
    run.close()


def test_a_disk_that_takes_nothing_is_told_of_once(tmp_path, artifacts, monkeypatch):
    run = Run(tmp_path, artifacts[0])
    (tmp_path / "memory").write_text("in the way")
    run.play(6)
    wait_for(lambda: run.play(0.1) or run.said(Trouble), 10, "the trouble")
    run.play(4)
    run.close()
    [text] = run.said(Trouble)
    assert "the music goes on" in text


@pytest.mark.parametrize("spoil", [lambda data: data[:-9], lambda data: b"\0" * 99])
def test_what_is_broken_is_said_and_the_music_begins(tmp_path, artifacts, spoil):
    first = Run(tmp_path, artifacts[0])
    first.play(1)
    first.ask(Command(acts.Save(slot="a"), voice=1))
    first.close()
    [path] = _kept(tmp_path)
    path.write_bytes(spoil(path.read_bytes()))
    second = Run(tmp_path, artifacts[0])
    [text] = second.said(Trouble)
    assert str(path) in text
    second.play(2)
    assert second.voice.generator.history.last.number
    second.close()


def test_what_is_saved_as_another_artifact_takes_over_is_kept(tmp_path, artifacts):
    run = Run(tmp_path, artifacts[0])
    run.play(1)
    # In one turn, before the keeper has its own.
    run.conductor.turn(run.now, [Command(acts.Save(slot="a"), voice=1)], ())
    run.load(artifacts[1])
    run.play(1)
    run.close()
    assert [memento.read(path).slots for path in _kept(tmp_path)] == [("a",)]


@pytest.mark.parametrize("to", [0, 1])
def test_what_is_saved_before_another_takes_over_is_kept_however_slow_the_disk(
    tmp_path, artifacts, monkeypatch, to
):
    run = Run(tmp_path, artifacts[0])
    opened = threading.Event()
    write = memento.write
    monkeypatch.setattr(memento, "write", lambda *args: (opened.wait(30), write(*args)))
    run.play(1)
    run.ask(Command(acts.Save(slot="a"), voice=1))
    run.load(artifacts[to])
    run.play(3)
    opened.set()
    if not to:
        wait_for(lambda: run.play(0.05) or run.voice.generator.slots, 10, "the slot")
    run.close()
    assert [memento.read(path).slots for path in _kept(tmp_path)] == [("a",)]


def test_slots_are_given_to_their_artifact_only_however_late_they_are_found(
    tmp_path, artifacts, monkeypatch
):
    first = Run(tmp_path, artifacts[1])
    first.play(1)
    first.ask(Command(acts.Save(slot="b"), voice=1))
    first.close()
    run = Run(tmp_path, artifacts[0])
    opened = threading.Event()
    read = memento.read
    monkeypatch.setattr(memento, "read", lambda path: (opened.wait(30), read(path))[1])
    run.load(artifacts[1])
    run.play(0.2)
    run.load(artifacts[0])
    run.play(0.2)
    opened.set()
    wait_for(lambda: run.play(0.05) or not run.keeper._looking, 10, "what is kept")
    assert not run.voice.generator.slots
    run.close()
    assert [memento.read(path).slots for path in _kept(tmp_path)] == [("b",)]


def test_slots_are_read_off_the_loop_and_take_no_step_there(tmp_path, artifacts, monkeypatch):
    run = Run(tmp_path, artifacts[0], density=4.0)
    run.play(3)
    # Only every sixteenth state is written down.
    monkeypatch.setattr(packing, "STATES", 0)
    run.ask(Command(acts.Save(slot="a"), voice=1))
    run.load(artifacts[1])
    run.play(0.2)
    where: list[str] = []
    unpack = remembering.unpack
    monkeypatch.setattr(
        remembering,
        "unpack",
        lambda *args: (where.append(threading.current_thread().name), unpack(*args))[1],
    )
    run.load(artifacts[0])
    wait_for(lambda: run.play(0.05) or run.voice.generator.slots, 10, "the slot")
    assert where == ["memory"]
    slot = run.voice.generator.slots["a"]
    run.play(1)
    assert all(one.knowledge.known is not None for one in slot.planned)
    run.close()
    assert run.replayed() > 3


def test_reading_takes_no_step_of_the_model(tmp_path, artifacts, monkeypatch):
    run = Run(tmp_path, artifacts[0], density=4.0)
    run.play(3)
    monkeypatch.setattr(packing, "STATES", 0)
    run.ask(Command(acts.Save(slot="a"), voice=1))
    content = run.voice.memento().pack(True)
    monkeypatch.setattr(history, "feed", lambda *_: pytest.fail("a step"))
    past = remembering.unpack(content, run.voice._model, "it")
    assert any(one.knowledge.known is None for one in past.slots["a"].planned)
    run.close()


def test_what_cannot_be_written_down_is_told_and_the_next_is(tmp_path, artifacts, monkeypatch):
    run = Run(tmp_path, artifacts[0])
    pack = notes_voice.pack
    monkeypatch.setattr(notes_voice, "pack", lambda *_: {}["what nobody foresaw"])
    run.play(3)
    wait_for(lambda: run.play(0.1) or run.said(Trouble), 10, "the trouble")
    monkeypatch.setattr(notes_voice, "pack", pack)
    run.ask(Command(acts.Save(slot="a"), voice=1))
    run.close()
    assert [memento.read(path).slots for path in _kept(tmp_path)] == [("a",)]


def test_what_would_not_be_read_is_not_written_in_the_place_of_what_is(
    tmp_path, artifacts, monkeypatch
):
    run = Run(tmp_path, artifacts[0])
    run.play(1)
    run.ask(Command(acts.Save(slot="a"), voice=1))
    wait_for(lambda: run.play(0.05) or _kept(tmp_path), 10, "the slot")
    run.play(3)
    wait_for(lambda: run.play(0.05) or memento.read(_kept(tmp_path)[0]).slots, 10, "the slot")
    monkeypatch.setattr(memento, "MOST", 100)
    run.ask(Command(acts.Save(slot="b"), voice=1))
    run.play(3)
    run.close()
    run.keeper._take_answers(run.now)
    monkeypatch.undo()
    assert memento.read(_kept(tmp_path)[0]).slots == ("a",)
    [text] = run.said(Trouble)
    assert "more than" in text


@pytest.mark.parametrize("spoil", [b"extempo memento 2\nof a later extempo", b"\0" * 99])
def test_what_is_not_read_is_not_written_over(tmp_path, artifacts, spoil):
    first = Run(tmp_path, artifacts[0])
    first.ask(Command(acts.Save(slot="a"), voice=1))
    first.close()
    [path] = _kept(tmp_path)
    path.write_bytes(spoil)
    second = Run(tmp_path, artifacts[0])
    second.ask(Command(acts.Save(slot="b"), voice=1))
    second.close()
    [text] = second.said(Trouble)
    [aside] = (tmp_path / "memory").glob("*.memento.*")
    assert str(aside) in text
    assert aside.read_bytes() == spoil
    assert memento.read(path).slots == ("b",)


def test_slots_that_are_saved_while_others_are_found_do_not_become_too_many(tmp_path, artifacts):
    run = Run(tmp_path, artifacts[0])
    run.play(1)
    for number in range(memento.SLOTS):
        run.ask(Command(acts.Save(slot=str(number)), voice=1))
    kept = run.voice.reader()(run.voice.memento(), False)
    run.voice.generator.slots.clear()
    run.ask(Command(acts.Save(slot="new"), voice=1))
    run.voice.restore(kept, run.now)
    assert len(run.voice.generator.slots) == memento.SLOTS
    assert "new" in run.voice.generator.slots
    run.close()


def test_what_a_journal_goes_on_from_and_cannot_be_kept_beside_it_is_said_so(tmp_path, artifacts):
    first = Run(tmp_path, artifacts[0])
    first.ask(Command(acts.Save(slot="a"), voice=1))
    first.close()
    (tmp_path / "takes").write_text("in the way")
    second = Run(tmp_path, artifacts[0])
    second.play(3)
    second.close()
    assert list(second.voice.generator.slots) == ["a"]
    [text] = second.said(Trouble)
    assert str(tmp_path / "takes") in text
    assert "replay" in text


def test_slots_of_a_model_that_was_trained_again_are_said_to_be_of_another(tmp_path, artifacts):
    first = Run(tmp_path, artifacts[0])
    first.ask(Command(acts.Save(slot="a"), voice=1))
    first.close()
    again = tiny_artifact(tmp_path / "one.onnx", seed=5, name="one")
    second = Run(tmp_path, again)
    assert second.said(Remembers) == [
        "Voice 1: slot 'a' belongs to another one, and is there again when that one plays."
    ]
    second.close()

"""Another way to write music down: steps of no note, of one, of several, and some that are not fed."""

from collections import Counter
from collections.abc import Iterator
from importlib import import_module

import pytest

from live.declared.knobs import NOTE_KNOBS, defaults
from live.engine.notes import memento, remembering
from live.engine.notes import operations as op
from live.engine.notes.generator import Generator
from live.engine.offline import render
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import EngineOptions, VoiceOptions
from live.ipc.news import Trouble
from live.record import replay
from live.runtime.opening import Opened
from tests.engine.happening import FREE, TEMPO, anything, everything, perform, play
from tests.engine.test_offline import key
from tests.tiny import tiny_artifact
from tests.toys.here import melody_artifact, melody_here, open_here


@pytest.fixture(scope="module", autouse=True)
def _here() -> Iterator[None]:
    with melody_here():
        yield


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return open_here(melody_artifact(tmp_path_factory.mktemp("melody") / "melody.onnx"))


def kinds(done):
    return Counter(type(line.did).__name__ for line in replay.parse(done.lines).lines)


def begun(opened, **knobs):
    voice = Generator(1, lambda path: opened.model)
    settled = defaults(NOTE_KNOBS) | {"seed": 1} | knobs
    voice.do(op.Begin(path="a", digest="", knobs=settled, tick=0, held_start=False))
    return voice


def test_it_plays_notes_chords_rests_and_what_was_once_more(opened):
    done = perform(opened)
    assert len(done.notes) > 60
    together = Counter(note.at for note in done.notes)
    assert max(together.values()) == 3
    voice = begun(opened)
    play(voice, 200)
    moments = voice.history.moments
    assert {len(m.cursor.coming) for m in moments} == {0, 1, 2, 3, 4}
    assert sum(m.note is None for m in moments) > 50
    unfed = [m for m in moments if not m.fed and m.cursor.coming]
    assert unfed


@pytest.mark.parametrize("seed", range(4))
def test_everything_that_happens_to_a_voice_replays(opened, seed):
    done = everything(opened, seed)
    assert {"Play", "Lift", "Save", "Recall", "Rewind", "Reset", "Drop"} <= kinds(done).keys()


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_done_to_a_voice_at_any_time_replays(opened, seed):
    anything(
        opened,
        seed,
        lambda rng: (lambda: acts.Force(factor="word", code=int(rng.integers(-1, 50))),),
    )


@pytest.mark.parametrize("mode", ["continue", "respond"])
@pytest.mark.parametrize("seed", range(6))
def test_an_answer_begins_in_time(opened, mode, seed):
    played = [m for i in range(3) for m in key(60 + i, 1 + 0.5 * i, 1.4 + 0.5 * i)]
    done = perform(opened, 24, played, mode=mode, seed=seed, bars=2)
    first = min(note.at for note in done.notes)
    assert 2.4 < first < 2.4 + 0.6 + 0.6
    if mode == "respond":
        assert max(note.end for note in done.notes) <= 2 * 3.6 + 8 + 1


@pytest.mark.parametrize("seed", range(6))
def test_solo_begins_within_a_beat(opened, seed):
    assert min(note.at for note in perform(opened, 8, seed=seed).notes) < 0.55


def test_each_note_is_answered_at_once(opened):
    played = [m for i in range(6) for m in key(60 + i, 1 + 0.7 * i, 1.4 + 0.7 * i)]
    contract = import_module("models.contract.representations.melody")
    shortest = contract.words(contract.VOCABULARY).index(("length", 6))
    force = (0.0, Command(acts.Force(factor="word", code=shortest), voice=1))
    done = perform(opened, 16, played, [force], mode="continue")
    answers = [s.at for s in done.notes if s.at > 0.9]
    assert len(answers) == 6
    assert all(abs(at - 1 - 0.7 * i) < 0.05 for i, at in enumerate(answers))


def test_two_hear_each_other(opened):
    options = EngineOptions(
        artifact="a", transport={"tempo": TEMPO}, beats=48, knobs={"hears": "all"},
        others=(VoiceOptions("b", "events", {"hears": "all", "seed": 5}),),
    )  # fmt: skip
    done = render(options, lambda path: opened, [], [])
    assert not [one for one in done.news if isinstance(one, Trouble)]
    assert {note.voice for note in done.notes} == {1, 2}
    assert replay.replay(replay.parse(done.lines), lambda path: opened) == len(done.notes)


def test_dropping_a_plan_anywhere_changes_nothing(opened):
    voice, witness = begun(opened), begun(opened)
    for count in range(60):
        for _ in range(count % 7):
            voice.do(FREE)
        voice.do(op.Drop())
        assert play(voice, 1) == play(witness, 1)


@pytest.mark.parametrize("count", range(1, 40, 3))
def test_a_slot_in_the_middle_of_anything_goes_on_note_for_note(opened, count):
    voice = begun(opened)
    kept = play(voice, count)[-1].onset
    voice.do(acts.Save(slot="a", tick=kept))
    later = 96 * 40
    followed = play(voice, 30)
    voice.do(acts.Recall(slot="a", tick=kept + later))
    again = play(voice, 30)
    assert [(n.onset - later, n.pitch, n.duration) for n in again] == [
        (n.onset, n.pitch, n.duration) for n in followed
    ]


@pytest.mark.parametrize("count", range(1, 40, 3))
def test_what_is_written_down_in_the_middle_of_anything_goes_on_note_for_note(opened, count):
    voice = begun(opened)
    play(voice, count)
    for _ in range(count % 3):
        voice.do(FREE)
    past = remembering.unpack(memento.pack(voice.past()), opened.model, "it")
    other = begun(opened)
    other.mementos["a"] = past
    other.do(op.Restore(digest="a", whole=True))
    assert play(other, 40) == play(voice, 40)


def test_a_held_note_is_told_once_it_is_lifted(opened):
    voice = begun(opened)
    play(voice, 5)
    tick = voice.history.last.tick + 60
    voice.do(acts.Play(tick=tick, pitch=60, velocity=80))
    knowledge = voice.history.last.knowledge
    assert voice.history.moments[-2].knowledge is knowledge
    assert voice.do(op.Lift(tick=tick + 12, pitch=60))
    said = [m for m in voice.history.moments if m.tick >= tick and not m.own]
    assert [m.note and m.note.duration for m in said] == [None, 12]
    assert voice.history.last.cursor.tick == tick + 12
    assert not voice.do(op.Lift(tick=tick + 12, pitch=60))


def test_another_way_of_writing_takes_over_and_back(opened, tmp_path):
    ours = open_here(tiny_artifact(tmp_path / "tiny.onnx"))
    # The journal names what was opened by its file.
    both = {"a": opened, "b": ours, str(opened.path): opened, str(ours.path): ours}
    asked = [(2.0 * i, Command(acts.Load(path="ba"[i % 2]), voice=1)) for i in range(1, 6)]
    options = EngineOptions(artifact="a", transport={"tempo": TEMPO}, beats=32)
    done = render(options, both.__getitem__, [], asked)
    assert not [one for one in done.news if isinstance(one, Trouble)]
    journal = replay.parse(done.lines)
    assert replay.replay(journal, both.__getitem__) == len(done.notes) > 30

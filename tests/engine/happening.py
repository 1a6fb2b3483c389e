"""What may happen to a voice of notes, whatever its steps are: rendered, and replayed to the same notes."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from live.engine.notes import operations as op
from live.engine.offline import Rendering, render
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import EngineOptions
from live.ipc.news import Trouble
from live.record import replay
from models.contract.grid import Note
from tests.engine.test_offline import key

TEMPO = 120.0
FREE = op.Plan(floor=-1, ceiling=-1, end=-1)


def perform(opened, beats=64, played=(), asked=(), **knobs) -> Rendering:
    """Render a voice, and see that its journal replays."""
    options = EngineOptions(artifact="a", knobs=knobs, transport={"tempo": TEMPO}, beats=beats)
    done = without_nearest(render(options, lambda path: opened, played, asked))
    troubles = {one.code for one in done.news if isinstance(one, Trouble)}
    # Nothing is saved after another artifact has come, no pitch is left of some ranges, solo answers nobody, and
    # drums have no scale.
    assert troubles <= {"slot", "empty", "motif", "declined"}
    journal = replay.parse(done.lines)
    assert replay.replay(journal, lambda path: opened) == len(done.notes)
    return done


def without_nearest(done: Rendering) -> Rendering:
    """Leave out that not all chords are tokens, which is told whoever plays anything."""
    news = [one for one in done.news if getattr(one, "code", "") != "nearest"]
    return replace(done, news=news)


def play(voice, count) -> list[Note]:
    """Let a voice play so many notes; return them. Each comes within 200 steps."""
    notes: list[Note] = []
    while len(notes) < count:
        for _ in range(200):
            if voice.coming is not None:
                break
            assert voice.do(FREE)
        note, number = voice.coming
        notes.append(note)
        voice.do(op.Commit(tick=note.onset, pitch=note.pitch, velocity=note.velocity,
            duration=note.duration, number=number, channel=1, heard=True))  # fmt: skip
    return notes


def everything(opened, seed) -> Rendering:
    """Render a performance in which everything happens to a voice once."""
    played = [m for i in range(8) for m in key(60 + i, 3 + 0.3 * i, 3.2 + 0.31 * i)]
    played += key(64, 8.0, 9.5) + key(67, 8.2, 8.4) + key(72, 8.2, 12.0)
    asked = [
        (2.03, acts.Save(slot="a")),
        (5.0, acts.SetKnob(knob="scale", value="major")),
        (6.1, acts.Recall(slot="a")),
        (6.3, acts.Save(slot="b")),
        (7.07, acts.Rewind(beats=2.3)),
        (10.0, acts.SetKnob(knob="freeze", value=1)),
        (14.0, acts.Recall(slot="b")),
        (14.5, acts.SetKnob(knob="freeze", value=0)),
        (15.0, acts.SetKnob(knob="polyphony", value=1)),
        (16.0, acts.Reset()),
        (16.5, acts.SetKnob(knob="metre", value=3)),
        (17.2, acts.Rewind(beats=8.0)),
        (18.0, acts.Recall(slot="a")),
        (19.0, acts.Load(path="a")),
    ]
    commands = [
        (at, Command(act, voice=0 if getattr(act, "knob", "") == "metre" else 1))
        for at, act in asked
    ]
    return perform(opened, 64, played, commands, seed=seed)


def anything(
    opened, seed, more: Callable[[np.random.Generator], Iterable[Callable[[], acts.Act]]]
) -> Rendering:
    """Render a performance in which anything happens at any time. more: acts of the representation's own."""
    rng = np.random.default_rng(seed)
    played = []
    for at in np.sort(rng.uniform(0, 24, 30)).tolist():
        played += key(int(rng.integers(30, 100)), at, at + rng.exponential(0.4))
    acts_of = [
        lambda: acts.Save(slot=str(rng.integers(3))),
        lambda: acts.Rewind(beats=float(rng.uniform(0.1, 12))),
        lambda: acts.Reset(),
        lambda: acts.Load(path="a"),
        lambda: acts.SetKnob(knob="freeze", value=int(rng.integers(2))),
        lambda: acts.SetKnob(knob="polyphony", value=int(rng.integers(1, 4))),
        lambda: acts.SetKnob(knob="low", value=int(rng.integers(20, 70))),
        lambda: acts.SetKnob(knob="mode", value=str(rng.choice(["solo", "continue", "respond"]))),
        *more(rng),
    ]
    asked = [(0.1, Command(acts.Save(slot=str(slot)), voice=1)) for slot in range(3)]
    for at in np.sort(rng.uniform(0.2, 24, 60)).tolist():
        act = acts_of[rng.integers(len(acts_of))]()
        asked.append((at, Command(act, voice=1)))
        if rng.random() < 0.3:
            asked.append((at + 1.0, Command(acts.Recall(slot="1"), voice=1)))
    return perform(opened, 56, sorted(played, key=lambda one: one.at), asked, seed=seed)

"""What a voice of sound keeps outlives the engine: its slots, and the last moment that it kept."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from threading import Timer

import numpy as np
import pytest

from live.daemon.memory import Last
from live.engine.conductor import Conductor
from live.engine.keeper import Keeper
from live.engine.loading import Artifacts
from live.engine.memento import Memento, MementoError
from live.engine.sound import memento as keeping
from live.engine.sound.memento import pack, read
from live.engine.sound.offline import Track
from live.engine.stage import Stage
from live.engine.voice import Resources
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import MemoryOptions, VoiceOptions
from live.ipc.news import Entry, Kept, Remembers, Trouble
from live.runtime.sound.instrument import Instrument
from live.time.clock import Timeline
from tests.engine import tone
from tests.engine.tone import FRAME, TONE
from tests.system_tools import wait_for

TURN = 25 * FRAME


def opened(path):
    found = tone.opener(path)
    return replace(found, digest=sha256(path.encode()).hexdigest())


class Run:
    """An engine with one voice of sound, which goes on where `before` was killed, or begins."""

    def __init__(self, folder, path="tone 200", before=None):
        self.now = before.now if before else 0.0
        self.told, self.keeper, self.track = [], None, None
        options = MemoryOptions(folder / "memory", folder / "takes", "run")
        self.last = Last(options)
        if before is not None:
            options = before.last.begin_again()
        stage = Stage(Timeline.start(self.now, 120.0), lambda _: None, self.say)
        resources = Resources(Artifacts(opened, beside=False), self.play_on)
        self.conductor = Conductor(stage, resources, {})
        self.conductor.begin({1: VoiceOptions(Path(path), "audio")}, self.now)
        stage.announce(stage.timeline.last)
        self.keeper = Keeper(stage, self.conductor.voices, options, self.say, self.conductor.go_on)
        self.keeper.begin(self.now)

    def play_on(self, voice):
        self.track = Track(voice)
        return self.track

    def say(self, message):
        if isinstance(message, Entry):
            self.last.entry(message.line)
            return
        if isinstance(message, Kept):
            self.last.keep(message)
        self.told.append(message)
        if self.keeper is not None:
            self.keeper.heed(message)

    def play(self, seconds, *asked):
        until = self.now + seconds
        while self.now < until:
            self.now += TURN
            self.conductor.turn(self.now, asked, ())
            self.track.voice.render(25, self.now)
            self.keeper.turn(self.now)
            asked = ()

    @property
    def instrument(self):
        return self.track.voice.instrument

    def said(self, kind):
        return [one.text for one in self.told if isinstance(one, kind)]


def test_slots_of_last_time_are_there_again(tmp_path):
    first = Run(tmp_path)
    first.play(3.0)
    first.play(1.0, Command(acts.Save(slot="a"), voice=1))
    kept = first.instrument.slots["a"]
    first.keeper.close(first.now)
    second = Run(tmp_path)
    assert second.said(Remembers) == ["Voice 1: slot 'a' of last time is there again."]
    second.play(0.5)
    assert second.instrument.stream.position < kept.state.arrays["position"][0]
    second.play(TURN, Command(acts.Recall(slot="a"), voice=1))
    assert second.instrument.stream.position == kept.state.arrays["position"][0] + 25 * TONE.block
    np.testing.assert_array_equal(second.instrument.slots["a"].row, kept.row)
    assert not second.said(Trouble)


def test_slots_are_for_what_they_were_saved_with(tmp_path):
    first = Run(tmp_path)
    first.play(1.0, Command(acts.Save(slot="a"), voice=1))
    first.keeper.close(first.now)
    other = Run(tmp_path, "tone 300")
    other.play(0.5)
    assert not other.instrument.slots
    assert "tone 200, and is there again when it plays" in other.said(Remembers)[0]


def test_an_engine_that_was_killed_goes_on_from_the_last_moment_that_was_kept(tmp_path):
    first = Run(tmp_path)
    first.play(1.0, Command(acts.Save(slot="a"), voice=1))

    def kept():
        first.play(TURN)
        return first.now > 4.5 and any(isinstance(one, Kept) for one in first.told[-3:])

    wait_for(kept, 10, "a memento")
    second = Run(tmp_path, before=first)
    second.play(TURN)
    went = first.instrument.stream.position - second.instrument.stream.position
    assert 0 < went / TONE.rate < 3.0
    assert set(second.instrument.slots) == {"a"}
    assert not second.said(Trouble)


def test_what_is_no_number_is_refused():
    instrument = Instrument(TONE)
    instrument.save("a", instrument.beginning.row, 0.0)
    instrument.slots["a"].state.arrays["phase"][:] = np.nan
    content = pack(instrument, {"a": 0.0}, slots_only=True)
    kept = Memento("audio", "it", "it", "", ("a",), lambda _: content)
    with pytest.raises(
        MementoError, match=r"^It cannot be gone on from \(.*no number\): remove it\.$"
    ):
        read(kept, False, Instrument(TONE), "It")


def test_a_slot_is_written_once_it_is_heard(monkeypatch):
    monkeypatch.setattr(keeping, "PATIENCE", 0.1)
    instrument = Instrument(TONE)
    instrument.save("a", instrument.beginning.row, 1.0)
    with pytest.raises(MementoError, match="not heard yet"):
        pack(instrument, {"a": 2.0}, slots_only=True)
    monkeypatch.setattr(keeping, "PATIENCE", 10.0)
    Timer(0.05, lambda: instrument.save("a", instrument.beginning.row, 2.0)).start()
    assert pack(instrument, {"a": 2.0}, slots_only=True)


def test_a_moment_that_is_written_over_is_copied_when_that_is_done():
    instrument = Instrument(TONE)
    instrument.keep(instrument.beginning.row, 1.0)
    kept = instrument.last
    kept.turns += 1

    def done():
        kept.at = 2.0
        kept.turns += 1

    Timer(0.05, done).start()
    assert kept.copied().at == 2.0

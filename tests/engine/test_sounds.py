import numpy as np
import pytest
import soundfile

from live.engine.offline import render
from live.engine.sound import offline as offline_sound
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import EngineOptions, VoiceOptions
from live.ipc.news import KnobSet, Ready, Trouble
from live.ipc.wire import Pedal, Played
from live.record import replay
from live.record.heard import notes_heard
from models.contract.samples import KEYS, LOWEST
from tests.engine.tone import opener

BEAT = 0.5


def perform(*others, first="one", kind="events", beats=16, played=(), asked=(), **knobs):
    options = EngineOptions(
        artifact=first,
        kind=kind,
        knobs=knobs,
        transport={"tempo": 60 / BEAT},
        others=tuple(others),
        beats=beats,
    )
    return render(options, opener, played, asked)


def tone(pitch=150, **knobs):
    return VoiceOptions(f"tone {pitch}", "audio", knobs)


def sound(done, seconds=8.0):
    rate, blocks = offline_sound.mix(done.tracks, seconds)
    return rate, np.concatenate(list(blocks))


def rows(done, seconds=8.0):
    """What the only voice of sound was shown, and the seconds of a frame."""
    sound(done, seconds)
    voice = done.tracks[0].voice
    return np.array(voice.instrument.stream.rows), voice.block / voice.rate


def troubles(done):
    return [(news.code, news.text) for news in done.news if isinstance(news, Trouble)]


def test_a_voice_of_sound_plays_every_note_of_the_voice_of_notes_when_it_sounds():
    done = perform(tone(), top_p=0.8)
    shown, frame = rows(done)
    assert len(done.notes) > 10
    for note in [note for note in done.notes if note.at < 7.9]:
        key = note.pitch - LOWEST
        if 0 <= key < KEYS:
            at = np.ceil(note.at / frame - 1e-6).astype(int)
            assert shown[at, key] == 1
            assert shown[at, KEYS + key] == pytest.approx(note.velocity / 127)
            if at and not shown[at - 1, key]:
                assert shown[at - 1, KEYS + key] < note.velocity / 127


def test_a_voice_of_sound_may_play_alone_and_follows_the_player():
    played = [
        Played(pitch=60, velocity=80, at=1.0),
        Pedal(down=True, at=1.1),
        Played(pitch=60, velocity=0, at=1.5),
        Pedal(down=False, at=2.0),
    ]
    done = perform(first="tone 150", kind="audio", beats=8, played=played)
    shown, frame = rows(done, 4.0)
    (down,) = np.nonzero(shown[:, 60 - LOWEST])
    assert (down[0] * frame, down[-1] * frame) == pytest.approx((1.0, 2.0), abs=2 * frame)
    # What was played alone is in the take.
    (hand,) = notes_heard(replay.parse(done.lines))
    assert (hand.start, hand.end, hand.pitch) == (pytest.approx(2.0, abs=0.1), 4.0, 60)


def test_every_voice_says_that_it_is_ready_and_how_its_knobs_stand():
    done = perform(tone(gain=-6.0), VoiceOptions("other", "events", {}))
    assert [(n.voice, n.name) for n in done.news if isinstance(n, Ready)] == [
        (1, "one"), (2, "tone 150"), (3, "other"),
    ]  # fmt: skip
    second = {n.knob: n.value for n in done.news if isinstance(n, KnobSet) and n.voice == 2}
    assert second["gain"] == -6.0
    assert second["top_p"] == 0.9
    assert "scale" not in second


def test_two_voices_of_notes_play_on_one_clock_and_both_are_replayed():
    done = perform(VoiceOptions("other", "events", {"channel": 5}))
    assert {note.voice for note in done.notes} == {1, 2}
    assert {note.channel for note in done.notes if note.voice == 2} == {5}
    assert replay.replay(replay.parse(done.lines), opener) == len(done.notes)


def test_a_journal_with_a_voice_of_sound_in_it_replays_the_notes():
    asked = [
        (1.0, Command(acts.SetKnob(knob="temperature", value=0.5), voice=2)),
        (2.0, Command(acts.Save(slot="a"), voice=2)),
        (3.0, Command(acts.Recall(slot="a"), voice=2)),
        (3.5, Command(acts.Rewind(beats=2.0), voice=2)),
        (4.0, Command(acts.Reset(), voice=2)),
    ]
    done = perform(tone(), asked=asked)
    assert replay.replay(replay.parse(done.lines), opener) == len(done.notes) > 10
    did = [type(line.did).__name__ for line in replay.parse(done.lines).lines if line.voice == 2]
    assert did == ["Begin", "SetKnob", "Save", "Recall", "Rewind", "Reset"]


def test_the_same_performance_is_the_same_sound():
    first, again = sound(perform(tone()))[1], sound(perform(tone()))[1]
    assert (first == again).all()
    assert np.abs(first).max() > 0.2


def test_stop_is_silence_and_start_goes_on():
    asked = [(2.0, Command(acts.Stop())), (4.0, Command(acts.Start()))]
    rate, made = sound(perform(tone(), asked=asked, beats=16))
    silent = made[round(2.05 * rate) : round(3.95 * rate)]
    assert not silent.any()
    assert np.abs(made[round(4.05 * rate) : round(4.5 * rate)]).max() > 0.2


def test_panic_lifts_every_key_and_the_voice_plays_on():
    done = perform(
        tone(), played=[Played(pitch=60, velocity=80, at=1.0)], asked=[(2.0, Command(acts.Panic()))]
    )
    rate, _ = sound(done)
    shown = np.array(done.tracks[0].voice.instrument.stream.rows)
    assert shown[round(1.9 * rate / 64), 60 - LOWEST] == 1
    assert not shown[round(2.01 * rate / 64), :KEYS].any()


def test_gain_and_pan_place_a_voice():
    left = sound(perform(tone(pan=-1.0)))[1]
    assert np.abs(left[:, 0]).max() > 0.2
    assert np.abs(left[:, 1]).max() < 1e-6
    half = sound(perform(tone(pan=-1.0, gain=-6.0206)))[1]
    assert half == pytest.approx(left / 2, abs=1e-4)
    assert not sound(perform(tone(mute=1)))[1].any()
    assert not sound(perform(tone(gain=-60.0)))[1].any()


def test_rewind_goes_back_by_beats():
    done = perform(
        first="tone 150", kind="audio", asked=[(3.0, Command(acts.Rewind(beats=2.0), voice=1))]
    )
    rate, made = sound(done, 4.0)
    # What was heard at second 2, or a quarter before, is heard again.
    again = made[round(3.02 * rate) : round(3.5 * rate), 0]
    past = made[: round(3.0 * rate), 0]
    fits = [
        begin for begin in range(round(1.7 * rate), round(2.1 * rate))
        if np.abs(past[begin : begin + 400] - again[:400]).max() < 1e-3
    ]  # fmt: skip
    assert fits


def test_what_a_voice_of_sound_cannot_do_is_told():
    asked = [
        (1.0, Command(acts.Recall(slot="x"), voice=2)),
        (1.1, Command(acts.Force(factor="time", code=0), voice=2)),
        (1.2, Command(acts.Prime(path="a.wav", seconds=1.0), voice=1)),
        (1.3, Command(acts.Prime(path="", seconds=1.0), voice=2)),
        (1.4, Command(acts.Prime(path="/no/such.wav", seconds=1.0), voice=2)),
        (1.5, Command(acts.Load(path="notes"), voice=2)),
        (1.6, Command(acts.Load(path="tone 99"), voice=1)),
        (1.7, Command(acts.Save(slot="x"), voice=3)),
    ]
    done = perform(tone(), asked=asked)
    told = dict(enumerate(troubles(done)))
    assert [code for code, _ in told.values()] == [
        "slot", "force", "prime", "prime", "prime", "load", "load", "voice",
    ]  # fmt: skip
    assert "plays notes, and this voice plays sound" in told[5][1]
    assert "plays sound, and this voice plays notes" in told[6][1]
    assert "2 play here" in told[7][1]
    assert len(done.notes) > 10


def test_another_network_takes_over_on_the_bar():
    done = perform(tone(), asked=[(2.3, Command(acts.Load(path="tone 300"), voice=2))])
    ready = [news for news in done.news if isinstance(news, Ready) and news.voice == 2]
    assert [news.name for news in ready] == ["tone 150", "tone 300"]
    (load,) = [line for line in replay.parse(done.lines).lines if type(line.did).__name__ == "Load"]
    assert (load.at + 0.01) % (4 * BEAT) == pytest.approx(0, abs=0.02)
    sound(done)
    assert done.tracks[0].voice.instrument.model.pitch == 300


def test_a_voice_is_primed_from_a_file(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, 0.3 * np.sin(np.arange(32000) / 9), 32000)
    plain = perform(first="tone 150", kind="audio", beats=8)
    primed = perform(
        first="tone 150",
        kind="audio",
        beats=8,
        asked=[(1.0, Command(acts.Prime(path=str(path), seconds=0.5), voice=1))],
    )
    assert not troubles(primed)
    rate, before = sound(plain, 4.0)
    after = sound(primed, 4.0)[1]
    assert (before[: round(0.99 * rate)] == after[: round(0.99 * rate)]).all()
    assert (before[round(1.1 * rate) :] != after[round(1.1 * rate) :]).any()
    # It has heard half a second of the file instead of its own first second.
    count, counted = (d.tracks[0].voice.instrument.stream.position for d in (plain, primed))
    assert count - counted == pytest.approx(0.5 * rate, abs=200)


def test_notes_are_committed_early_enough_for_a_voice_that_follows_them(monkeypatch):
    def leads(**knobs):
        from live.engine.conductor import Conductor

        found = []
        turn = Conductor.turn

        def watched(self, *arguments):
            due = turn(self, *arguments)
            found.append(self.stage.lead)
            return due

        with monkeypatch.context() as patch:
            patch.setattr(Conductor, "turn", watched)
            patch.setattr(offline_sound.Track, "depth", 0.04)
            perform(tone(**knobs), beats=4)
        return set(found)

    assert [*leads()] == pytest.approx([0.043])
    assert leads(hears="player") == {0.005}


def test_voices_of_two_rates_are_mixed_at_the_higher(monkeypatch):
    from tests.engine import tone as tones

    def two(path):
        loaded = opener(path)
        if path == "tone 200":
            model = tones.ToneModel(rate=22050, pitch=200.0)
            loaded.made[:] = [tones.Instrument(model)]
        return loaded

    options = EngineOptions(
        artifact="tone 150", kind="audio", others=(tone(200, pan=1.0),), beats=8,
        transport={"tempo": 120.0}, knobs={"pan": -1.0},
    )  # fmt: skip
    rate, made = sound(render(options, two), 4.0)
    assert rate == 22050
    spectrum = np.abs(np.fft.rfft(made[:rate] * np.hanning(rate)[:, None], axis=0))
    assert spectrum.argmax(0).tolist() == [150, 200]

"""Answers as a player expects them: as soft as the phrase, no sooner than the pause, and no blip at the end."""

import pytest

from live.engine.offline import Rendering, render
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import EngineOptions, VoiceOptions
from live.ipc.wire import Pedal
from live.record import replay
from live.record.heard import notes_heard
from tests.engine.numeric import opener
from tests.engine.test_offline import BEAT, key, perform


def _line(gap, count=6, velocity=80, begin=1.0, length=0.4):
    """Return a line of so many notes, `gap` seconds from onset to onset."""
    pitches = (60, 62, 64, 67, 65, 64, 62, 60)
    played = []
    for number in range(count):
        at = begin + number * gap
        on, off = key(pitches[number % 8], at, at + length * gap)
        played += [type(on)(**{**_fields(on), "velocity": velocity}), off]
    return played


def _fields(message):
    return {name: getattr(message, name) for name in message.__struct_fields__}


@pytest.mark.parametrize("velocity", [8, 30, 60, 90, 120])
def test_an_answer_is_as_loud_as_the_phrase(velocity):
    loud = []
    for seed in range(4):
        done = perform(24, _line(0.3, 8, velocity), mode="respond", silence=0.5, seed=seed)
        loud += [one.velocity for one in done.notes]
        assert replay.replay(replay.parse(done.lines), opener) == len(done.notes)
    assert len(loud) > 20
    assert abs(sum(loud) / len(loud) - velocity) < 12


def test_a_loud_phrase_is_forgotten_after_a_soft_one():
    played = _line(0.3, 8, 110) + _line(0.3, 4, 30, begin=12.0)
    done = perform(40, played, mode="respond", silence=0.5, seed=2)
    first, second = (
        [one.velocity for one in done.notes if begin < one.at < begin + 6] for begin in (3.0, 13.0)
    )
    assert sum(first) / len(first) > 90
    assert sum(second) / len(second) < 45


def test_the_knob_is_louder_or_softer_than_the_player():
    done = perform(24, _line(0.3, 8, 50), mode="respond", silence=0.5, velocity=100, spread=4)
    assert 65 < sum(one.velocity for one in done.notes) / len(done.notes) < 90


def test_nobody_heard_is_played_as_the_knob_says():
    done = perform(24, velocity=40, spread=4)
    assert abs(sum(one.velocity for one in done.notes) / len(done.notes) - 40) < 8


@pytest.mark.parametrize("seed", range(12))
def test_no_answer_ends_in_a_blip(seed):
    played = _line(0.3, 4)
    free = {"entry": "now", "closing": 0, "texture": 0}
    done = perform(24, played, mode="respond", silence=0.5, bars=1, density=3, seed=seed, **free)
    last = max(note.at for note in played)
    begin = last + 0.5
    # The answer ends on the first beat after a bar.
    end = -(-(begin / BEAT + 4) // 1) * BEAT
    assert done.notes
    assert max(one.at for one in done.notes) <= end - BEAT / 2 + 1e-6
    assert max(one.end for one in done.notes) * BEAT <= end + BEAT + 1e-6


@pytest.mark.parametrize("gap", [0.15, 0.5, 1.0, 2.0, 3.0])
def test_continue_waits_for_a_gap_that_is_longer_than_the_players(gap):
    played = _line(gap)
    done = perform(60, played, mode="continue", seed=3)
    last = max(note.at for note in played if note.velocity)
    assert not [one for one in done.notes if 1.0 + gap < one.at <= last + gap]
    after = min(one.at for one in done.notes if one.at > last)
    assert after <= last + max(1.3 * gap, 0.4 * gap + 0.1) + 1.1 * BEAT


def test_a_single_note_is_gone_on_from_soon():
    done = perform(16, key(60, 1.0, 1.1), mode="continue")
    assert 1.4 < done.notes[0].at < 1.5 + 1.1 * BEAT


def _hands(done: Rendering):
    taken = notes_heard(replay.parse(done.lines))
    hands = [note for note in taken if note.who == "player"]
    return [(note.pitch, round(note.start * 24), round(note.end * 24)) for note in hands]


def test_the_take_has_every_note_that_is_struck_again_under_the_pedal():
    played = [Pedal(down=True, at=0.9)]
    for at in (1.0, 1.5, 2.0, 2.5):
        played += key(60, at, at + 0.2)
    done = perform(16, [*played, Pedal(down=False, at=4.0)], mode="continue")
    assert _hands(done) == [(60, 48, 72), (60, 72, 96), (60, 96, 120), (60, 120, 192)]


@pytest.mark.parametrize("voice", [1, 2, None])
def test_the_take_has_what_was_played_to_any_voice_once(voice):
    quiet = {"mode": "respond", "silence": 8.0}
    options = EngineOptions(
        "one", knobs=quiet, transport={"tempo": 120.0}, beats=16,
        others=(VoiceOptions("two", "events", quiet),),
    )  # fmt: skip
    played = key(60, 1.0, 1.2) + key(64, 1.5, 1.9) + key(64, 2.0, 2.5)
    asked = []
    if voice:
        asked = [
            (
                one.at,
                Command(acts.Play(pitch=one.pitch, velocity=one.velocity), voice=voice, at=one.at),
            )
            for one in played
        ]
        played = []
    done = render(options, opener, played, asked)
    assert _hands(done) == [(60, 48, 58), (64, 72, 91), (64, 96, 120)]

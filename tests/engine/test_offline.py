import itertools

import pytest

from live.engine.offline import render
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import EngineOptions
from live.ipc.news import Beat, KnobSet, Trouble
from live.ipc.wire import Pedal, Played
from live.record import replay
from live.record.heard import notes_heard
from tests.engine.numeric import opener

TEMPO = 120.0
BEAT = 60 / TEMPO


def perform(beats=16, played=(), asked=(), **knobs):
    options = EngineOptions(artifact="one", knobs=knobs, transport={"tempo": TEMPO}, beats=beats)
    return render(options, opener, played, asked)


def key(pitch, at, until):
    return [Played(pitch=pitch, velocity=80, at=at), Played(pitch=pitch, velocity=0, at=until)]


PHRASE = [m for i, p in enumerate((60, 64, 67)) for m in key(p, 1 + i * BEAT, 1.4 + i * BEAT)]


def test_solo_plays_at_once_and_in_order():
    done = perform()
    assert done.notes[0].at < 1.1 * BEAT
    assert len(done.notes) > 10
    assert [note.at for note in done.notes] == sorted(note.at for note in done.notes)
    assert all(note.end > note.at / BEAT - 1e-9 for note in done.notes)


@pytest.mark.parametrize("seed", range(6))
def test_solo_plays_at_once_again_after_another_mode(seed):
    mode = [Command(acts.SetKnob(knob="mode", value=mode), voice=1) for mode in ("respond", "solo")]
    done = perform(40, asked=[(2.0, mode[0]), (12.0, mode[1])], seed=seed, density=0.2)
    assert min(one.at for one in done.notes if one.at > 4.0) < 12.0 + 1.2 * BEAT


def test_beats_are_told_on_time():
    beats = [news for news in perform(8).news if isinstance(news, Beat)]
    assert [(b.bar, b.beat) for b in beats[:8]] == [(1 + i // 4, 1 + i % 4) for i in range(8)]
    assert [b.at for b in beats[:8]] == pytest.approx([i * BEAT for i in range(8)])


def test_continue_waits_for_the_player_and_goes_on_within_a_beat():
    assert not perform(mode="continue").notes
    done = perform(16, PHRASE, mode="continue")
    last = max(note.at for note in PHRASE)
    after = [note.at for note in done.notes if note.at > last]
    assert after[0] - last < 1.1 * BEAT
    assert len(after) > 5


def test_continue_is_silent_while_a_key_is_held():
    done = perform(16, key(60, 1.0, 5.0), mode="continue")
    assert min(note.at for note in done.notes) > 5.0


@pytest.mark.parametrize("mode", ["continue", "respond"])
def test_a_key_whose_end_was_lost_does_not_silence_it_for_ever(mode):
    played = [Played(pitch=60, velocity=80, at=1.0)]
    done = perform(60, played, mode=mode, silence=0.5, patience=0)
    assert 21.0 < min(note.at for note in done.notes) < 23.0


def test_the_pedal_holds_what_the_hand_lets_go():
    played = [Pedal(down=True, at=0.9), *key(60, 1.0, 1.2), Pedal(down=False, at=4.0)]
    done = perform(16, played, mode="continue")
    assert min(note.at for note in done.notes) > 4.0
    (hand,) = [n for n in notes_heard(replay.parse(done.lines)) if n.who == "player"]
    assert hand.end == pytest.approx(4.0 / BEAT, abs=0.05)


def test_respond_answers_after_the_silence_and_ends_on_a_beat():
    free = {"entry": "now", "closing": 0, "texture": 0}
    done = perform(40, PHRASE, mode="respond", silence=0.5, bars=2, **free)
    last = max(note.at for note in PHRASE)
    first, end = done.notes[0].at, max(note.end for note in done.notes)
    assert last + 0.5 <= first < last + 0.5 + 1.2 * BEAT
    begin = (last + 0.5) / BEAT
    assert end <= -(-(begin + 8.1) // 1)
    assert all(note.at / BEAT < begin + 9 for note in done.notes)


def test_respond_stops_when_the_player_starts():
    again = key(72, 5.0, 5.3)
    done = perform(14, [*PHRASE, *again], mode="respond", silence=0.5, bars=8)
    assert any(note.at < 5.0 for note in done.notes)
    assert not [note for note in done.notes if 5.02 < note.at < 5.8]
    assert any(abs(at - 5.0) < 0.01 for at in done.let_go)
    assert [note for note in done.notes if note.at > 5.8]


def test_the_player_is_heard_in_every_mode():
    for mode in ("solo", "continue", "respond"):
        journal = replay.parse(perform(12, PHRASE, mode=mode).lines)
        hands = [note.pitch for note in notes_heard(journal) if note.who == "player"]
        assert hands == [60, 64, 67]


def test_forced_time_answers_each_note_at_once():
    force = (0.1, Command(acts.Force(factor="time", code=0), voice=1))
    done = perform(12, PHRASE, [force], mode="continue")
    downs = [note.at for note in PHRASE if note.velocity]
    assert [note.at for note in done.notes if note.at > 0.9] == pytest.approx(downs, abs=0.001)


@pytest.mark.parametrize(("factor", "code"), [("loudness", 0), ("pitch", 128)])
def test_what_a_model_does_not_have_is_not_forced_and_the_asker_is_told(factor, code):
    asker = "127.0.0.1", 9000
    done = perform(
        4, (), [(0.1, Command(acts.Force(factor=factor, code=code), voice=1, asker=asker))]
    )
    (told,) = [one for one in done.news if isinstance(one, Trouble)]
    assert (told.code, told.asker) == ("value", asker)
    assert factor in told.text
    assert not any('"Force"' in line for line in done.lines)


def test_an_answer_at_once_does_not_wait_for_the_grid():
    force = (0.1, Command(acts.Force(factor="time", code=0), voice=1))
    tick = BEAT / 24
    onsets = [1 + (15 * i + 0.1 * i + 0.3) * tick for i in range(8)]
    off = [note for i, at in enumerate(onsets) for note in key(60 + i, at, at + 0.1)]
    done = perform(12, off, [force], mode="continue")
    downs = [note.at for note in off if note.velocity]
    assert [note.at for note in done.notes if note.at > 0.9] == pytest.approx(downs, abs=1e-4)


def test_a_fader_in_motion_does_not_starve_the_music():
    moves = [
        (i * 0.01, Command(acts.SetKnob(knob="temperature", value=1.0 + (i % 10) * 0.01), voice=1))
        for i in range(800)
    ]
    still, moving = perform(16), perform(16, (), moves)
    assert len(moving.notes) > 0.7 * len(still.notes)
    gaps = [b.at - a.at for a, b in zip(moving.notes, moving.notes[1:], strict=False)]
    assert max(gaps) < 4 * BEAT


def test_knobs_that_shape_only_the_output_leave_the_notes_alone():
    moves = [(2.0, Command(acts.SetKnob(knob="channel", value=5), voice=1))]
    still, moved = perform(), perform(asked=moves)
    assert [s.pitch for s in still.notes] == [s.pitch for s in moved.notes]
    assert {s.channel for s in moved.notes if s.at > 2.1} == {5}
    muted = perform(asked=[(2.0, Command(acts.SetKnob(knob="mute", value=1), voice=1))])
    assert not [s for s in muted.notes if s.at > 2.1]


@pytest.mark.parametrize(("when", "beat"), [("now", 4.2), ("beat", 5.0), ("bar", 8.0)])
def test_a_knob_takes_effect_when_it_is_told_to(when, beat):
    turned = Command(acts.SetKnob(knob="low", value=90), voice=1)
    done = perform(24, (), [(4.2 * BEAT, turned)], when=when)
    (moved,) = [line for line in replay.parse(done.lines).lines if "knob='low'" in repr(line.did)]
    assert moved.at / BEAT == pytest.approx(beat, abs=0.05)
    assert all(s.pitch >= 90 for s in done.notes if s.at / BEAT >= beat - 0.01)
    assert any(s.pitch < 90 for s in done.notes if 2 < s.at / BEAT < beat)


def test_a_time_tag_is_obeyed():
    turned = Command(acts.SetKnob(knob="mute", value=1), voice=1, at=3.0)
    done = perform(16, (), [(1.0, turned)])
    assert [s for s in done.notes if 2.0 < s.at < 3.0]
    assert not [s for s in done.notes if s.at > 3.02]


def test_a_note_that_is_sent_ahead_is_heard_at_its_time():
    notes = [
        (0.5, Command(acts.Play(pitch=60, velocity=v), voice=1, at=at))
        for v, at in ((80, 3.0), (0, 4.0))
    ]
    done = perform(16, (), notes, mode="continue")
    (hand,) = [note for note in notes_heard(replay.parse(done.lines)) if note.who == "player"]
    assert (hand.start * BEAT, hand.end * BEAT) == pytest.approx((3.0, 4.0), abs=0.02)
    assert min(note.at for note in done.notes) > 4.0


def test_tempo_moves_what_is_planned_and_keeps_what_was_played():
    faster = (4.0, Command(acts.SetKnob(knob="tempo", value=240.0), voice=0))
    slow, fast = perform(32), perform(32, (), [faster])
    assert [s.pitch for s in slow.notes] == [s.pitch for s in fast.notes]
    for a, b in zip(slow.notes, fast.notes, strict=True):
        beat = a.at / BEAT
        at = a.at if beat <= 8 else 4.0 + (beat - 8) * 60 / 240
        assert b.at == pytest.approx(at, abs=0.006)


def test_stop_lets_go_and_start_goes_on():
    asked = [(3.0, Command(acts.Stop())), (6.0, Command(acts.Start()))]
    done = perform(24, (), asked)
    assert done.let_go
    assert not [s for s in done.notes if 3.02 < s.at < 6.0]
    assert [s for s in done.notes if s.at > 6.0]


def test_panic_lets_go_and_the_music_goes_on():
    done = perform(32, (), [(3.0, Command(acts.Panic()))])
    assert done.let_go[0] == pytest.approx(3.0)
    assert [s for s in done.notes if s.at > 3.5]


def test_metre_moves_the_bars():
    done = perform(16, (), [(0.1, Command(acts.SetKnob(knob="metre", value=3), voice=0))])
    beats = [(n.bar, n.beat) for n in done.news if isinstance(n, Beat)]
    assert beats[:7] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (3, 1)]


def test_what_cannot_be_done_is_told():
    asked = [
        (1.0, Command(acts.Recall(slot="x"), voice=1)),
        (1.1, Command(acts.Save(slot="x"), voice=7)),
        (1.2, Command(acts.SetKnob(knob="low", value=120), voice=1)),
    ]
    codes = [n.code for n in perform(8, (), asked).news if isinstance(n, Trouble)]
    assert codes == ["slot", "voice", "empty"]


@pytest.mark.parametrize("count", [0, 2, 40])
def test_who_recalls_what_was_never_saved_is_told_what_was(count):
    asker = ("127.0.0.1", 9300)
    slots = [f"{'slot' * 15}{number}" for number in range(count)]
    asked = [(0.5, Command(acts.Save(slot=slot), voice=1)) for slot in slots]
    asked.append((1.0, Command(acts.Recall(slot="nope"), voice=1, asker=asker)))
    (told,) = [news for news in perform(4, (), asked).news if isinstance(news, Trouble)]
    assert told.asker == asker
    kept = ", ".join(slots[:8]) or "nothing yet"
    more = " and 32 more" if count == 40 else ""
    assert told.text == f"Nothing is saved in slot 'nope'; saved are: {kept}{more}."


def test_a_start_without_a_pitch_to_play_is_told():
    done = perform(4, low=90, high=20)
    assert not done.notes
    assert [news.text for news in done.news if isinstance(news, Trouble)] == [
        "Voice 1 rests: low (90) is above high (20); move one past the other."
    ]
    narrow = perform(4, low=61, high=61, scale="major")
    assert [news.text for news in narrow.news if isinstance(news, Trouble)] == [
        "Voice 1 rests: its scale leaves no pitch from low to high; widen them."
    ]


def test_every_knob_is_announced_at_the_start():
    moved = {n.knob for n in perform(1).news if isinstance(n, KnobSet) and n.voice == 1}
    assert {"temperature", "mode", "seed"} <= moved


def test_an_artifact_takes_over_on_the_bar_and_the_music_goes_on():
    # No rare rests, and none for want of room, which would look like music that stopped.
    done = perform(
        200, (), [(2.3, Command(acts.Load(path="longer name"), voice=1))], polyphony=16, min_p=0.05
    )
    loads = [line for line in replay.parse(done.lines).lines if type(line.did).__name__ == "Load"]
    (load,) = loads
    assert (load.at + 0.01) % (4 * BEAT) == pytest.approx(0, abs=0.02)
    gaps = [b.at - a.at for a, b in zip(done.notes, done.notes[1:], strict=False)]
    assert max(gaps) < 4 * BEAT


def test_with_a_polyphony_of_one_the_take_is_one_line():
    done = perform(32, polyphony=1)
    line = [note for note in notes_heard(replay.parse(done.lines)) if note.who == 1]
    assert len(line) > 20
    assert all(one.end <= two.start for one, two in itertools.pairwise(line))


@pytest.mark.parametrize(
    ("metre", "beats", "length"), [("6/8", 6, 3), ("5/8", 5, 2.5), ("2/2", 2, 4), (3, 3, 3)]
)
def test_bars_and_beats_are_those_of_the_metre(metre, beats, length):
    options = EngineOptions("one", transport={"tempo": TEMPO, "metre": metre}, beats=16)
    done = render(options, opener)
    told = [news for news in done.news if isinstance(news, Beat)]
    assert [(one.bar, one.beat) for one in told[: 2 * beats]] == [
        (1 + i // beats, 1 + i % beats) for i in range(2 * beats)
    ]
    assert told[beats].at == pytest.approx(length * BEAT)
    assert replay.replay(replay.parse(done.lines), opener) == len(done.notes) > 5


def test_a_metre_that_changes_within_a_bar_counts_from_where_the_bar_began():
    asked = [(2.3 * BEAT, Command(acts.SetKnob(knob="metre", value="6/8"), voice=0))]
    done = perform(12, (), asked)
    told = [(n.bar, n.beat, round(n.at / BEAT, 2)) for n in done.news if isinstance(n, Beat)]
    assert told[2:6] == [(1, 3, 2.0), (1, 6, 2.5), (2, 1, 3.0), (2, 2, 3.5)]
    assert [n.value for n in done.news if isinstance(n, KnobSet) and n.knob == "metre"] == ["6/8"]
    assert replay.replay(replay.parse(done.lines), opener) == len(done.notes)

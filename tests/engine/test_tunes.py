"""Tunes written letter by letter: in time, in key, whatever the network writes and whatever is done to the voice."""

from collections import Counter
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from live.declared.knobs import NOTE_KNOBS, defaults
from live.declared.metre import Metre
from live.declared.scales import KEYS, SCALES
from live.engine.notes import masks, memento, remembering
from live.engine.notes import operations as op
from live.engine.notes.declining import MOST, Declining
from live.engine.notes.generator import Generator
from live.engine.offline import render
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import EngineOptions, VoiceOptions
from live.ipc.news import Trouble
from live.record import replay
from live.runtime.opening import Opened
from live.time.clock import Bars
from models.abc.reader import closed, read
from tests.engine.happening import FREE, TEMPO, anything, everything, perform, play
from tests.engine.test_offline import key
from tests.engine.tunes import LETTERS, open_tunes, tune_artifact, tunes
from tests.tiny import tiny_artifact

METRES = [(4, 4), (3, 4), (6, 8), (9, 8), (7, 8), (2, 2), (5, 4), (3, 8)]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return open_tunes(tune_artifact(tmp_path_factory.mktemp("tunes") / "noise.onnx"))


def begun(opened, metre=(4, 4), tick=0, **knobs) -> Generator:
    voice = Generator(1, lambda path: opened.model)
    voice.do(op.SetMetre(metre=metre[0], unit=metre[1], tick=0, bar=1))
    settled = defaults(NOTE_KNOBS) | {"seed": 1} | knobs
    voice.do(op.Begin(path="a", digest="", knobs=settled, tick=tick, held_start=False))
    return voice


def text_of(voice) -> str:
    """What its network has been told, but for where tunes begin."""
    fed = (m for m in voice.history.moments if m.fed and m.codes[0] < len(LETTERS))
    return "".join(LETTERS[m.codes[0]] for m in fed)


@pytest.mark.parametrize("metre", METRES)
def test_noise_becomes_tunes_in_the_clocks_bars_and_in_key(opened, metre):
    rng = np.random.default_rng(metre)
    for _ in range(3):
        knobs = {
            "scale": str(rng.choice(list(SCALES))),
            "key": str(rng.choice(KEYS)),
            "low": (low := int(rng.integers(20, 70))),
            "high": low + int(rng.integers(12, 40)),
            "temperature": float(rng.choice([0.7, 2.0])),
        }
        bars = Bars(Metre(*metre))
        voice = begun(opened, metre, int(rng.integers(0, 200)), **knobs)
        notes = play(voice, 60)
        assert all(masks.pitches(voice.knobs)[note.pitch] for note in notes)
        assert all(one.onset <= after.onset for one, after in pairwise(notes))
        assert max(after.onset - one.onset for one, after in pairwise(notes)) <= 2 * bars.length
        moments = voice.history.moments
        # No tune is broken off for want of a letter.
        ends = (after for one, after in pairwise(moments) if ended(after) and not ended(one))
        assert all(one.fed for one in ends)
        for one, after in pairwise(moments):
            if after.fed and text_bar(after) != text_bar(one) and not after.anew:
                state = after.cursor.state
                line = after.cursor.tick_of(state.bar)
                section = state.began == state.bar or state.turn == state.bar
                assert section or line == bars.start_of(line)


def ended(moment) -> bool:
    return moment.cursor.state.ended


def text_bar(moment) -> int:
    return moment.cursor.state.bars


def test_what_sounds_is_what_its_text_says(opened):
    voice = begun(opened)
    notes = play(voice, 40)
    cursor = voice.history.last.cursor
    sounds = [
        (cursor.tick_of(one.onset), pitch)
        for one in read(text_of(voice))
        for pitch in one.pitches
        if one.voice >= 0 and cursor.tick_of(one.onset) >= notes[0].onset
    ]
    assert sorted(sounds)[:35] == [(note.onset, note.pitch) for note in notes][:35]


def test_an_upbeat_before_the_bar_line_on_which_a_tune_begins_is_left_out(opened):
    voice = begun(opened, key="G", scale="major")
    tune = "M:C\nL:1/8\nK:G\nD|G2Bc dBAG|F2A>d (3BAG A2|B"
    for letter in tune:
        voice.forced = {"character": LETTERS.index(letter)}
        assert voice.do(FREE)
    assert text_of(voice) + "".join(LETTERS[m.codes[0]] for m in voice.plan) == tune
    assert [m.note.pitch for m in voice.plan if m.note][:3] == [67, 71, 72]
    assert [m.note.onset for m in voice.plan if m.note][:3] == [0, 24, 36]
    voice = begun(opened, tick=72 + 12, key="G", scale="major")
    for letter in tune:
        voice.forced = {"character": LETTERS.index(letter)}
        assert voice.do(FREE if voice.plan else op.Plan(floor=84, ceiling=90, end=-1))
    assert [m.note.onset for m in voice.plan if m.note][:3] == [84, 96, 120]


def test_the_fields_are_those_of_the_clock_and_the_knobs(opened):
    for metre, name, scale, expected in (
        ((4, 4), "D", "major", "K:D\n"),
        ((6, 8), "A", "minor", "K:Am"),
        ((3, 4), "E", "dorian", "K:Edor"),
        ((2, 4), "C#", "major", "K:D\n"),
        ((7, 8), "G", "mixolydian", "K:Gmix"),
    ):
        voice = begun(opened, metre, key=name, scale=scale)
        play(voice, 1)
        text = (
            text_of(voice)
            .replace(" Minor", "m")
            .replace(" Dorian", "dor")
            .replace(" Mixolydian", "mix")
        )
        assert expected in text
        said = text[2 : text.index("\n")]
        assert said in {(4, 4): ("C", "C|", "4/4"), (7, 8): ("6/8", "3/4", "C")}.get(
            metre, (f"{metre[0]}/{metre[1]}",)
        )


def test_another_key_moves_the_tune_and_another_metre_begins_a_new_one(opened):
    voice = begun(opened, key="D", scale="major")
    play(voice, 10)
    voice.do(op.Drop())
    voice.do(acts.SetKnob(knob="key", value="F"))
    notes = play(voice, 30)
    allowed = masks.pitches(voice.knobs)
    assert all(allowed[note.pitch] for note in notes)
    assert text_of(voice).count("K:") == 1
    voice.do(op.Drop())
    voice.do(op.SetMetre(metre=3, unit=4, tick=Bars().next_bar(notes[-1].onset), bar=9))
    play(voice, 10)
    assert text_of(voice).count("K:") == 2
    assert "M:3/4" in text_of(voice)


def test_what_is_heard_is_written_down_and_never_sounds(opened):
    voice = begun(opened, key="G", scale="major")
    tune = [(0, 67, 24), (24, 71, 12), (36, 74, 10), (48, 66, 20), (96, 61, 48), (160, 79, 12)]
    for onset, pitch, duration in tune:
        voice.do(acts.Play(tick=onset, pitch=pitch, velocity=80))
        assert voice.do(op.Lift(tick=onset + duration, pitch=pitch))
    text = text_of(voice)
    assert text.startswith("M:C\nL:1/8\nK:G\n")
    assert text.split("K:G\n")[1] == "G2BdF2z2|^C4z3/g"
    floor = 200
    assert voice.do(op.Plan(floor=floor, ceiling=-1, end=-1))
    assert all(note.onset >= floor for note in play(voice, 20))
    assert all(m.tick <= after.tick for m, after in pairwise(voice.history.moments))


@pytest.mark.parametrize(
    ("lifted", "expected"),
    [((95, 95, 95), "[CEG]8|[CEG]8"), ((40, 70, 95), "[CEG]4z4|[CEG]4")],
)
def test_a_chord_that_is_heard_is_written_in_one_bar(opened, lifted, expected):
    voice = begun(opened, key="C", scale="major")
    for onset in (0, 96):
        for pitch in (60, 64, 67):
            voice.do(acts.Play(tick=onset, pitch=pitch, velocity=80))
        for pitch, ticks in zip((60, 64, 67), lifted, strict=True):
            assert voice.do(op.Lift(tick=onset + ticks, pitch=pitch))
    assert text_of(voice).split("K:C\n")[1] == expected


@pytest.mark.parametrize("count", [3, 8, 13, 22])
def test_a_frozen_voice_comes_back_to_its_text_and_is_not_moved(opened, count):
    voice = begun(opened, bars=2, key="G", scale="major", polyphony=1)
    play(voice, count)
    voice.do(op.Drop())
    for knob, value in (("temperature", 0.0), ("freeze", 1)):
        voice.do(acts.SetKnob(knob=knob, value=value))
    begins, span = voice.history.last.cursor.coming, 2 * Bars().length
    loops = []
    for loop in range(4):
        until, notes = begins + (loop + 1) * span, []
        while True:
            while voice.coming is None:
                assert voice.do(FREE)
            if voice.coming[0].onset >= until:
                break
            notes += play(voice, 1)
        loops.append([(n.onset - until, n.pitch, n.duration) for n in notes])
        voice.do(op.Drop())
        if loop == 1:
            voice.do(acts.Play(tick=until - 1, pitch=61, velocity=80))
            assert voice.do(op.Lift(tick=until, pitch=61))
    assert loops[0]
    assert loops[0] == loops[1] == loops[2] == loops[3]


@pytest.mark.parametrize("seed", range(3))
def test_everything_that_happens_to_a_voice_replays(opened, seed):
    assert len(everything(opened, seed).notes) > 30


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_done_to_a_voice_at_any_time_replays(opened, seed):
    anything(
        opened,
        seed,
        lambda rng: (
            lambda: acts.SetKnob(knob="key", value=str(rng.choice(KEYS))),
            lambda: acts.SetKnob(knob="scale", value=str(rng.choice(list(SCALES)))),
            lambda: acts.Force(factor="character", code=int(rng.integers(-1, len(LETTERS)))),
        ),
    )


@pytest.mark.parametrize("mode", ["continue", "respond"])
@pytest.mark.parametrize("seed", range(4))
def test_an_answer_begins_in_time_and_ends(opened, mode, seed):
    played = [m for i in range(3) for m in key(60 + i, 1 + 0.5 * i, 1.4 + 0.5 * i)]
    done = perform(opened, 24, played, mode=mode, seed=seed, bars=2)
    first = min(note.at for note in done.notes)
    assert 2.4 < first < 2.4 + 0.6 + 0.6
    if mode == "respond":
        last = max(note.end for note in done.notes)
        assert last <= 2 * 3.6 + 8 + 1
        assert last > 2 * 3.0 + 6


@pytest.mark.parametrize(
    ("hangs", "pitches"),
    [("A2-", {69}), ("(3AB", {69, 71}), ("A>", {69}), ("A", {69}), ("[Ac]2", {69, 73}), ("{B}A2", {69, 71})],
)  # fmt: skip
def test_at_an_answers_end_what_hangs_is_decided(opened, hangs, pitches):
    voice = begun(opened, key="D", scale="major", mode="respond")
    for letter in "M:C\nL:1/8\nK:D\nD8|F4" + hangs:
        voice.forced = {"character": LETTERS.index(letter)}
        while True:
            step = len(voice.plan)
            assert voice.do(FREE)
            if voice.plan[step].fed:
                break
    voice.forced = {}
    cursor = voice.latest.cursor
    ends = cursor.tick_of(closed(cursor.state)[0].at) + op.LAST - 1
    notes = []
    while voice.coming is not None or voice.do(op.Plan(floor=-1, ceiling=-1, end=ends)):
        if voice.coming is not None:
            notes += play(voice, 1)
    assert {note.pitch for note in notes if note.onset >= 96 + 48} == pitches
    assert all(note.onset + note.duration <= ends for note in notes[2:])
    assert all(note.onset + op.LAST <= ends for note in notes)


@pytest.mark.parametrize("seed", range(4))
def test_solo_begins_within_a_beat(opened, seed):
    assert min(note.at for note in perform(opened, 8, seed=seed).notes) < 0.55


def test_two_hear_each_other(opened, tmp_path):
    other = open_tunes(tiny_artifact(tmp_path / "tiny.onnx"))
    both = {"a": opened, "b": other, str(opened.path): opened, str(other.path): other}
    options = EngineOptions(
        artifact="a", transport={"tempo": TEMPO}, beats=32, knobs={"hears": "all"},
        others=(VoiceOptions("b", "events", {"hears": "all", "seed": 5}),),
    )  # fmt: skip
    done = render(options, both.__getitem__, [], [])
    assert not [one for one in done.news if isinstance(one, Trouble)]
    counts = Counter(note.voice for note in done.notes)
    assert min(counts[1], counts[2]) > 10
    assert replay.replay(replay.parse(done.lines), both.__getitem__) == len(done.notes)


def test_two_tunes_that_hear_each_other_are_traded_bar_for_bar(opened):
    def bars(hears):
        options = EngineOptions(
            artifact="a", transport={"tempo": TEMPO}, beats=4 * 48, knobs={"hears": hears},
            others=(VoiceOptions("a", "events", {"hears": hears, "seed": 5}),),
        )  # fmt: skip
        done = render(options, lambda path: opened, [], [])
        assert replay.replay(replay.parse(done.lines), lambda path: opened) == len(done.notes)
        return Counter((note.voice, int(note.at * TEMPO / 240)) for note in done.notes)

    alone, shared = bars("player"), bars("voices")
    assert shared.total() < 0.8 * alone.total()
    # From the first note on, though neither has heard the other yet.
    assert not [(voice, bar) for voice, bar in shared if voice != 1 + bar // 2 % 2]
    silent = [bar for bar in range(4, 48) if not shared[1, bar] + shared[2, bar]]
    assert not any(one + 1 == after for one, after in pairwise(silent))


def test_a_knob_that_does_nothing_to_letters_says_so_once(opened):
    patch = ("127.0.0.1", 9001)
    asked = [
        (0.5 * i, Command(acts.SetKnob(knob="density", value=2.0 - i / 4), voice=1, asker=asker))
        for i, asker in enumerate((None, patch, patch, None))
    ]
    options = EngineOptions(artifact="a", transport={"tempo": TEMPO}, beats=8)
    done = render(options, lambda path: opened, [], asked)
    told = [(one.text, one.asker) for one in done.news if isinstance(one, Trouble)]
    text = "Voice 1 plays what is written as 'abc', to which density does nothing."
    assert told == [(text, None), (text, patch)]


def test_who_is_told_so_from_ever_new_ports_fills_no_memory():
    told: list[Trouble] = []
    declining = Declining(1, SimpleNamespace(news=told.append))
    for port in range(3 * MOST):
        for _ in range(2):
            declining.tell({"density": 2.0}, tunes(), ("127.0.0.1", port))
    assert len(told) == 3 * MOST
    assert len(declining._told) == MOST


def test_dropping_a_plan_anywhere_changes_nothing(opened):
    voice, witness = begun(opened), begun(opened)
    for count in range(40):
        for _ in range(count % 7):
            voice.do(FREE)
        voice.do(op.Drop())
        assert play(voice, 1) == play(witness, 1)


@pytest.mark.parametrize("count", range(1, 40, 4))
def test_a_slot_and_what_is_written_down_go_on_note_for_note(opened, count):
    voice = begun(opened)
    kept = play(voice, count)[-1].onset
    for _ in range(count % 3):
        voice.do(FREE)
    past = remembering.unpack(memento.pack(voice.past()), opened.model, "it")
    voice.do(op.Drop())
    voice.do(acts.Save(slot="a", tick=kept))
    later = 96 * 40
    followed = play(voice, 30)
    voice.do(acts.Recall(slot="a", tick=kept + later))
    again = play(voice, 30)
    assert [(n.onset - later, n.pitch, n.duration) for n in again] == [
        (n.onset, n.pitch, n.duration) for n in followed
    ]
    other = begun(opened)
    other.mementos["a"] = past
    other.do(op.Restore(digest="a", whole=True))
    assert play(other, 30) == followed


def test_an_alphabet_that_lacks_letters_plays_too(tmp_path):
    for letters in ("ABCDEFG|\n", "abc", LETTERS.replace("|", ""), LETTERS.replace("K", "")):
        opened = open_tunes(tune_artifact(tmp_path / "few.onnx", letters=letters))
        voice = begun(opened)
        voice.do(acts.Play(tick=5, pitch=61, velocity=80))
        voice.do(op.Lift(tick=30, pitch=61))
        assert len(play(voice, 30)) == 30
    opened = open_tunes(tune_artifact(tmp_path / "none.onnx", letters="|\n:"))
    assert not begun(opened).do(FREE)


@pytest.mark.parametrize("ticks", [37, -50, 960, 12])
def test_after_a_jump_the_bars_are_the_clocks_again(opened, ticks):
    voice = begun(opened)
    last = play(voice, 20)[-1].onset
    voice.do(op.Drop())
    voice.do(op.Jump(ticks=ticks))
    floor = last + ticks + 3
    assert voice.do(op.Plan(floor=floor, ceiling=-1, end=-1))
    notes = play(voice, 30)
    assert notes[0].onset >= floor
    assert notes[0].onset < floor + 2 * Bars().length
    assert voice.history.last.cursor.in_bars(Bars())

"""A form that was asked for is played: what was played at a letter's first time comes back at its next."""

from itertools import pairwise
from types import SimpleNamespace

import pytest

from live.declared.actions import ACTIONS, FieldError
from live.declared.knobs import NOTE_KNOBS, defaults
from live.engine.notes import declining, memento, remembering
from live.engine.notes import operations as op
from live.engine.notes.generator import Generator
from live.engine.notes.sections import Sections, earlier, section_at
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.news import Trouble
from live.runtime import library, opening
from live.time.clock import Bars
from models.contract.asked import BARS_LEFT, NEAR, asked_code, asked_vocabulary
from models.contract.representations.performance import PERFORMANCE, of
from tests.engine import happening
from tests.engine.each import EACH
from tests.engine.numeric import opener
from tests.engine.test_offline import perform
from tests.tiny import tiny_artifact

BAR = 96


@pytest.fixture(scope="module", params=EACH)
def opened(request, tmp_path_factory: pytest.TempPathFactory):
    return opening.opened(EACH[request.param](tmp_path_factory.mktemp("tiny") / "tiny.onnx"))


@pytest.fixture
def musical(opened):
    """As they are, but for noise that ends its tunes at once and begins others in other keys."""
    if opened.document.representation != "abc":
        return opened
    return opening.opened(library.find("folk-abc"))


def _voice(opened, sections="AABA", bars=4, tick=0, **knobs):
    voice = Generator(1, lambda path: opened.model)
    settled = defaults(NOTE_KNOBS) | {"seed": 1, "form": 0.0, "vary": 0.0} | knobs
    voice.do(op.Begin(path="a", digest="", knobs=settled, tick=0, held_start=False))
    if sections:
        voice.do(acts.Plan(sections=sections, bars=bars, tick=tick))
    return voice


def _play(voice, bars):
    """Let a voice play so many bars; return their notes."""
    notes = []
    while not notes or notes[-1].onset < bars * BAR:
        notes += happening.play(voice, 1)
    return notes[:-1]


def _same(notes, one, other, bars=4):
    """Return the share of the notes of a section that stand at the same place of another."""
    places = {(note.onset, note.pitch) for note in notes}
    inside = [note for note in notes if one * bars * BAR <= note.onset < (one + 1) * bars * BAR]
    there = [(note.onset + (other - one) * bars * BAR, note.pitch) in places for note in inside]
    return sum(there) / len(there)


def test_aaba_comes_back(musical):
    notes = _play(_voice(musical), 16)
    assert _same(notes, 1, 0) > 0.8
    assert _same(notes, 3, 0) > 0.8
    assert _same(notes, 2, 0) < 0.4
    plain = _play(_voice(musical, ""), 16)
    assert _same(plain, 1, 0) < 0.6


def test_it_is_played_over_and_over_until_it_is_off(musical):
    voice = _voice(musical, "AB", 2)
    notes = _play(voice, 10)
    assert all(_same(notes, number, number - 2, 2) > 0.8 for number in (2, 3, 4))
    voice.do(acts.Plan(sections="off", bars=8, tick=notes[-1].onset))
    assert voice.sections is None
    assert voice.history.last.pointer is None


def test_b_begins_otherwise_than_a_even_where_it_would_be_the_same():
    # With one likely way on, all sections would be alike.
    knobs = {"temperature": 0.0, "low": 60, "high": 64}
    plain = _play(_voice(opener("a"), "", **knobs), 8)
    notes = _play(_voice(opener("a"), "AB", **knobs), 8)
    assert _same(notes, 1, 0) < _same(plain, 1, 0)


def test_it_begins_on_the_next_bar_line():
    sections, bars = Sections("AABA", 2, 100), Bars()
    assert section_at(sections, bars, 2 * BAR - 1) is None
    first = section_at(sections, bars, 2 * BAR)
    assert first == (0, 2 * BAR, 4 * BAR)
    fourth = section_at(sections, bars, 9 * BAR)
    assert fourth == (3, 8 * BAR, 10 * BAR)
    assert earlier(sections, bars, fourth) == (6 * BAR, 4 * BAR)
    assert earlier(sections, bars, first) == ()
    third = section_at(sections, bars, 7 * BAR)
    assert earlier(sections, bars, third) == ()


def test_a_memento_and_a_jump_keep_it(opened):
    voice = _voice(opened, "AB", 2)
    _play(voice, 3)
    other = _voice(opened, "")
    other.mementos["a"] = remembering.unpack(memento.pack(voice.past()), opened.model, "it")
    assert other.do(op.Restore(digest="a", whole=True))
    assert other.sections == voice.sections
    assert happening.play(other, 60) == happening.play(voice, 60)
    voice.do(op.Jump(ticks=3 * BAR))
    assert voice.sections == Sections("AB", 2, 3 * BAR)


@pytest.mark.parametrize("back", [1, 2, 3])
def test_a_rewind_plays_the_same_again_whatever_section_the_clock_is_in(opened, back):
    voice = _voice(opened, "AAB", 1, vary=0.1)
    notes = _play(voice, 12)
    voice.do(op.Drop())
    voice.do(acts.Rewind(ticks=back * BAR, tick=voice.history.last.tick))
    last = voice.history.last.tick - back * BAR
    followed = [(note.onset, note.pitch) for note in notes if note.onset > last]
    again = happening.play(voice, len(followed))
    assert [(note.onset - back * BAR, note.pitch) for note in again] == followed


@pytest.mark.parametrize("away", [5, 7])
def test_a_recall_plays_the_same_again_also_from_a_memento(opened, away):
    voice = _voice(opened, "AAB", 1, vary=0.1)
    _play(voice, 5)
    voice.do(op.Drop())
    tick = voice.history.last.tick
    voice.do(acts.Save(slot="a", tick=tick))
    first = happening.play(voice, 30)
    voice.do(op.Drop())
    other = _voice(opened, "", vary=0.1)
    other.mementos["a"] = remembering.unpack(memento.pack(voice.past()), opened.model, "it")
    assert other.do(op.Restore(digest="a", whole=True))
    for one in (voice, other):
        one.do(acts.Recall(slot="a", tick=tick + away * BAR))
        again = happening.play(one, 30)
        moved = [(note.onset - away * BAR, note.pitch) for note in again]
        assert moved == [(note.onset, note.pitch) for note in first]


def test_it_is_journalled_and_replayed(opened):
    asked = [
        (at, Command(act, voice=1))
        for at, act in (
            (1.0, acts.Plan(sections="aab", bars=1)),
            (7.0, acts.Save(slot="a")),
            (11.0, acts.Recall(slot="a")),
            (16.0, acts.Plan(sections="off", bars=8)),
        )
    ]
    assert happening.perform(opened, 48, asked=asked, vary=0.1).notes


@pytest.mark.parametrize("sections", ["", "A" * 300, "A1", "4", "Ä", "A A"])
def test_what_is_no_plan_is_refused(sections):
    letters, _ = next(one for one in ACTIONS if one.name == "plan").fields
    with pytest.raises(FieldError, match="a plan is"):
        letters.check(sections)
    assert letters.check("AaBa") == "AaBa"


def test_a_plan_where_nothing_can_come_back_is_refused_in_a_sentence(monkeypatch):
    asker = ("127.0.0.1", 9001)
    asked = [
        (0.5, Command(acts.Plan(sections=sections, bars=2), voice=1, asker=asker))
        for sections in ("AABA", "off")
    ]
    without = SimpleNamespace(tracing=None, declines=frozenset())
    monkeypatch.setattr(declining, "decoder", lambda _written: without)
    done = perform(8, asked=asked)
    (told,) = [one for one in done.news if isinstance(one, Trouble)]
    assert told.asker == asker
    said = "Voice 1 plays what is written as 'performance', of which nothing comes back: no plan holds."
    assert told.text == said
    plans = [line for line in done.lines if '"sections"' in line]
    assert len(plans) == 1
    assert '"off"' in plans[0]


def test_a_network_that_may_be_asked_knows_how_many_bars_of_a_section_are_left(tmp_path):
    asked = asked_vocabulary([BARS_LEFT])
    written = of({**PERFORMANCE.vocabulary, **asked}, "it")
    voice = _voice(opening.opened(tiny_artifact(tmp_path / "it.onnx", written=written)), "", 3)
    happening.play(voice, 20)
    began = voice.history.last.tick
    voice.do(acts.Plan(sections="AB", bars=3, tick=began))
    start = -(-began // BAR) * BAR
    notes = happening.play(voice, 100)
    moments = [one for one in voice.history.moments if one.own]
    seen = set()
    for before, one in pairwise(moments):
        tick = before.tick + NEAR
        left = 3 - (tick - start) // BAR % 3 if tick >= start else 0
        assert one.conditions[3] == (left and asked_code(BARS_LEFT, left)), (tick, start)
        seen.add(left)
    assert seen == {0, 1, 2, 3}
    voice.do(acts.Rewind(ticks=4 * BAR, tick=notes[-1].onset))
    last = voice.history.last.tick - 4 * BAR
    followed = [(note.onset + 4 * BAR, note.pitch) for note in notes if note.onset > last]
    again = happening.play(voice, len(followed))
    assert [(note.onset, note.pitch) for note in again] == followed

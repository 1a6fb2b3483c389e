"""The novelty guard: runs of intervals that stand in what a model has learned from are not played on to their end."""

import numpy as np
import pytest
from numpy.random import default_rng

from live.declared.knobs import NOTE_KNOBS
from live.engine.notes import memento, remembering
from live.engine.notes import operations as op
from live.engine.notes.guard import KEPT, Guard, led
from live.engine.offline import render
from live.ipc import acts
from live.ipc.commands import Command
from live.ipc.config import EngineOptions
from live.ipc.news import Trouble
from live.record import replay
from live.runtime.opening import opened
from models.contract.index import LENGTHS, NONE, Index
from tests.engine.guarding import begun, copied, index_of, intervals, knowing, opening, top_of
from tests.engine.happening import play
from tests.engine.test_offline import TEMPO, key
from tests.tiny import tiny_artifact

CORPUS = (60 + np.cumsum(default_rng(5).integers(-4, 5, 60)) % 12).tolist()
"""A line that a model has learned."""


@pytest.fixture(scope="module")
def index():
    return index_of(CORPUS)


def hear(voice, pitches, chord=()):
    """Let the player play a line in eighths over chords; return where it ends."""
    for place, pitch in enumerate(pitches):
        for one in (*chord, pitch):
            voice.do(acts.Play(tick=12 * place, pitch=one, velocity=80))
        for one in (*chord, pitch):
            voice.do(op.Lift(tick=12 * place + 10, pitch=one))
    return 12 * len(pitches)


def answer(voice, tick, pitch):
    """Return the pitch that comes next where it is to be `pitch`, on its own at a tick."""
    voice.forced = {"pitch": pitch}
    assert voice.do(op.Plan(floor=tick, ceiling=-1, end=-1))
    return voice.plan[0].note.pitch


@pytest.mark.parametrize("novelty", LENGTHS)
@pytest.mark.parametrize("moved", [0, 7])
@pytest.mark.parametrize("chord", [(), (40, 47)])
def test_what_the_player_quotes_is_not_gone_on_with_in_any_key(index, novelty, moved, chord):
    begin = 11
    phrase = [pitch + moved for pitch in CORPUS[begin : begin + novelty]]
    coming = CORPUS[begin + novelty] + moved
    for knob, goes_on in (("off", True), (str(novelty), False)):
        voice = begun(knowing(index), novelty=knob)
        tick = hear(voice, phrase, chord)
        assert (answer(voice, tick, coming) == coming) == goes_on
    # One interval less is nobody's yet.
    voice = begun(knowing(index), novelty=str(novelty))
    assert answer(voice, hear(voice, phrase[1:], chord), coming) == coming
    # Anything else may follow.
    voice = begun(knowing(index), novelty=str(novelty))
    assert answer(voice, hear(voice, phrase, chord), coming + 1) == coming + 1


def test_a_note_that_joins_the_last_onset_is_refused_where_it_would_be_the_highest(index):
    coming = CORPUS[8]
    for phrase, refused in ((CORPUS[:8], True), (CORPUS[1:8], False)):
        voice = begun(knowing(index), novelty="8")
        tick = hear(voice, [*phrase, coming - 5])
        voice.forced = {"pitch": coming, "time": 0}
        assert voice.do(op.Plan(floor=0, ceiling=-1, end=-1))
        note = voice.plan[0].note
        assert note.onset == tick - 12
        assert (note.pitch != coming) == refused


@pytest.mark.parametrize("novelty", ["8", "12"])
def test_a_voice_that_would_play_what_it_has_learned_plays_none_of_its_runs(novelty):
    learned = top_of(play(begun(knowing(NONE)), 300))
    model = knowing(index_of(learned))
    assert copied(top_of(play(begun(model), 300)), learned, int(novelty)) > 100
    guarded = top_of(play(begun(model, novelty=novelty), 300))
    assert copied(guarded, learned, int(novelty)) == 0
    assert len(set(guarded)) > 5


def test_off_or_without_an_index_nothing_is_changed(index):
    free = play(begun(knowing(NONE)), 80)
    assert play(begun(knowing(index)), 80) == free
    assert play(begun(knowing(NONE), novelty="8"), 80) == free
    # A journal that names no index was played without.
    assert play(begun(knowing(index), index="", novelty="8"), 80) == free
    assert play(begun(knowing(index), index="0" * 64, novelty="8"), 80) == free


def test_it_can_be_turned_on_in_the_middle_of_a_phrase(index):
    voice = begun(knowing(index))
    tick = hear(voice, CORPUS[:8])
    voice.forced = {"pitch": CORPUS[8]}
    assert voice.do(op.Plan(floor=tick, ceiling=-1, end=-1))
    assert voice.plan[0].note.pitch == CORPUS[8]
    voice.do(op.Drop())
    voice.do(acts.SetKnob(knob="novelty", value="8"))
    assert voice.do(op.Plan(floor=tick, ceiling=-1, end=-1))
    assert voice.plan[0].note.pitch != CORPUS[8]
    voice.do(op.Drop())
    voice.do(acts.SetKnob(knob="novelty", value="12"))
    assert voice.do(op.Plan(floor=tick, ceiling=-1, end=-1))
    assert voice.plan[0].note.pitch == CORPUS[8]


def test_what_led_to_a_moment_goes_with_it(index, tmp_path):
    """Recall, rewind, a jump and a memento lead back to the line that was played up to then."""
    model = opened(tiny_artifact(tmp_path / "tiny.onnx")).model
    model.index = index
    voice = begun(model, novelty="8")
    tick = hear(voice, CORPUS[:8])
    voice.do(acts.Save(slot="it", tick=tick - 12))
    kept = memento.pack(voice.past())
    play(voice, 12)

    def refuses(voice):
        tick = voice.history.last.tick + 12
        return answer(voice, tick, CORPUS[8]) != CORPUS[8]

    assert not refuses(voice)
    now = voice.history.last.tick
    assert voice.do(acts.Recall(slot="it", tick=now))
    assert refuses(voice)
    voice.do(op.Drop())
    voice.do(op.Jump(ticks=500))
    assert refuses(voice)
    voice.do(acts.Reset(tick=now + 600))
    assert not refuses(voice)
    again = begun(model, novelty="8")
    again.mementos["it"] = remembering.unpack(kept, model, "it")
    assert again.do(op.Restore(digest="it", whole=True))
    assert refuses(again)
    rewound = begun(model, novelty="8")
    tick = hear(rewound, CORPUS[:8])
    play(rewound, 6)
    back = rewound.history.last.tick - (tick - 12)
    rewound.do(acts.Rewind(beats=1.0, ticks=back, tick=rewound.history.last.tick))
    assert refuses(rewound)


def test_a_model_that_takes_over_is_guarded_from_what_it_has_learned_itself(index):
    other = index_of([pitch + place % 2 for place, pitch in enumerate(CORPUS)])
    models = {"a": knowing(other), "b": knowing(index)}
    voice = begun(models["a"], novelty="8")
    voice._loader = models.__getitem__
    tick = hear(voice, CORPUS[:8])
    voice.do(acts.Load(path="b", digest="", tick=tick, index=index.digest))
    assert answer(voice, tick, CORPUS[8]) != CORPUS[8]


def perform(index, beats=24, played=(), asked=(), **knobs):
    options = EngineOptions(artifact="one", knobs=knobs, transport={"tempo": TEMPO}, beats=beats)
    return render(options, opening(index), played, asked)


def turn(knob, value):
    return Command(acts.SetKnob(knob=knob, value=value), voice=1)


def learned_by_playing():
    done = perform(NONE, 40)
    tops = {}
    for note in done.notes:
        tops[note.at] = max(tops.get(note.at, 0), note.pitch)
    return index_of([tops[at] for at in sorted(tops)])


def test_a_journal_under_the_guard_replays_to_the_same_notes_where_its_index_is_there():
    index = learned_by_playing()
    phrase = [one for i in range(9) for one in key(60 + i, 2.0 + i / 4, 2.2 + i / 4)]
    asked = [
        (1.0, Command(acts.Save(slot="a"), voice=1)),
        (4.3, turn("novelty", "8")),
        (7.0, Command(acts.Recall(slot="a"), voice=1)),
        (9.0, Command(acts.Rewind(beats=3.0), voice=1)),
    ]
    done = perform(index, 32, phrase, asked)
    journal = replay.parse(done.lines)
    assert replay.replay(journal, opening(index)) == len(done.notes) > 20
    assert [n.pitch for n in perform(NONE, 32, phrase, asked).notes] != [
        n.pitch for n in done.notes
    ]
    for other in (NONE, index_of(CORPUS)):
        with pytest.raises(replay.ReplayError, match="index") as refused:
            replay.replay(journal, opening(other))
        assert str(refused.value).count(". ") == 0


def test_a_journal_that_was_never_guarded_needs_no_index():
    index = learned_by_playing()
    done = perform(index, 16)
    assert replay.replay(replay.parse(done.lines), opening(NONE)) == len(done.notes)
    without = perform(NONE, 16, novelty="8")
    assert replay.replay(replay.parse(without.lines), opening(index)) == len(without.notes)


def troubles(done, code):
    return [news.text for news in done.news if isinstance(news, Trouble) and news.code == code]


def test_where_the_guard_leaves_no_pitch_the_voice_rests_and_says_so_once():
    index = index_of([60] * 12)
    done = perform(index, 60, (), [(6.0, turn("high", 64))], low=60, high=60, novelty="8")
    (told,) = troubles(done, "novelty")
    assert told.startswith("Voice 1 rests: every pitch")
    before = [note for note in done.notes if note.at < 6.0]
    assert len({note.at for note in before}) == 8
    assert len([note for note in done.notes if note.at >= 6.0]) > 5
    assert not troubles(perform(index, 24, low=60, high=60), "novelty")
    assert replay.replay(replay.parse(done.lines), opening(index)) == len(done.notes)


def test_an_artifact_without_its_index_says_so_once_and_one_that_never_had_any_when_it_is_wanted():
    lacking = Index(lacks="one.index is not there, so that novelty does nothing: put it there.")
    turns = [
        (1.0, turn("novelty", "8")),
        (2.0, turn("novelty", "off")),
        (3.0, turn("novelty", "12")),
    ]
    assert troubles(perform(lacking, 8, (), turns), "index") == [lacking.lacks]
    assert troubles(perform(lacking, 8), "index") == [lacking.lacks]
    (told,) = troubles(perform(NONE, 8, (), turns), "index")
    assert told.startswith("one has no index")
    assert not troubles(perform(NONE, 8), "index")
    assert not troubles(perform(index_of(CORPUS), 8, (), turns), "index")


def test_the_knob_takes_its_numbers():
    knob = NOTE_KNOBS["novelty"]
    assert [knob.check(value) for value in (0, 8, 12.0, "16", 24)] == ["off", "8", "12", "16", "24"]
    assert [knob.check(knob.from_unit(knob.to_unit(one))) for one in knob.choices] == list(
        knob.choices
    )


def test_a_line_keeps_what_the_longest_run_needs():
    line = ()
    for pitch in range(40, 90):
        line = led(line, pitch, False)
    assert line == tuple(range(90 - KEPT, 90))
    assert led((60, 62), 64, True) == (60, 64)
    assert led((60, 62), 50, True) == (60, 62)
    assert led((), 50, True) == (50,)
    long = CORPUS[:26]
    guard = Guard(index_of(CORPUS), 24)
    tops = ()
    for pitch in long[:-1]:
        tops = led(tops, pitch, False)
    assert guard.next(tops)[long[-1]]
    assert guard.joining(led(tops, 20, False))[long[-1]]
    assert intervals(tops) == intervals(long[-26:-1])

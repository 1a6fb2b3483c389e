"""The novelty guard for tunes in ABC: letter by letter, what can still be reached copies nothing."""

from dataclasses import replace

import pytest

from live.declared.knobs import NOTE_KNOBS, defaults
from live.engine.notes import memento, remembering
from live.engine.notes import operations as op
from live.engine.notes.generator import Generator
from live.engine.offline import render
from live.ipc import acts
from live.ipc.config import EngineOptions
from live.ipc.news import Trouble
from live.record import replay
from models.abc.reader import read
from models.contract.index import NONE
from models.corpus.readers.abc import TunePiece
from tests.engine.guarding import copied, index_of, top_of
from tests.engine.happening import play
from tests.engine.test_tunes import text_of
from tests.engine.tunes import LETTERS, open_tunes, tune_artifact

TUNE = "M:C\nL:1/8\nK:C\nCDEF GEDB,|CEGc BGEC|DFAd cAFD|B,DGB AFDB,|CEGA GEcA|G4 c4|]\n"
LINE = TunePiece("it", TUNE).line().tolist()


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    return open_tunes(tune_artifact(tmp_path_factory.mktemp("tunes") / "noise.onnx"))


def begun(opened, index, **knobs) -> Generator:
    opened.model.index = index
    voice = Generator(1, lambda path: opened.model)
    voice.do(op.SetMetre(metre=4, unit=4, tick=0, bar=1))
    settled = defaults(NOTE_KNOBS) | {"seed": 1} | knobs
    voice.do(
        op.Begin(path="a", digest="", knobs=settled, tick=0, held_start=False, index=index.digest)
    )
    return voice


def hear(voice, pitches, tick=0):
    """Let the player play a line in eighths; return where it ends."""
    for place, pitch in enumerate(pitches):
        voice.do(acts.Play(tick=tick + 12 * place, pitch=pitch, velocity=80))
        voice.do(op.Lift(tick=tick + 12 * place + 10, pitch=pitch))
    return tick + 12 * len(pitches)


def written(voice, text) -> bool:
    """Have a voice write a text, letter by letter; return whether it did."""
    for letter in text:
        voice.forced = {"character": LETTERS.index(letter)}
        fed = None
        while fed is None:
            before = len(voice.plan)
            assert voice.do(op.Plan(floor=-1, ceiling=-1, end=-1))
            # What was decided is played in between.
            fed = next((one for one in voice.plan[before:] if one.fed), None)
        if LETTERS[fed.codes[0]] != letter:
            return False
    return True


def test_a_piece_of_the_corpus_has_its_line():
    assert [one.pitches[-1] for one in read(TUNE)] == LINE
    assert len(LINE) > 40


@pytest.mark.parametrize("novelty", ["8", "12", "16", "24"])
@pytest.mark.parametrize("moved", [0, 5])
def test_what_the_player_quotes_is_not_gone_on_with_in_any_key(opened, novelty, moved):
    count = int(novelty)
    phrase, coming = [pitch + moved for pitch in LINE[:count]], LINE[count] + moved
    known = index_of(LINE)

    def next_notes(**knobs):
        notes = []
        for seed in range(12):
            voice = begun(opened, known, low=coming - 1, high=coming + 1, seed=seed, **knobs)
            tick = hear(voice, phrase)
            for _ in range(40):
                voice.do(op.Plan(floor=tick, ceiling=-1, end=-1))
                if (note := voice.coming) is not None:
                    notes.append(note[0].pitch)
                    break
        return notes

    assert coming in next_notes()
    guarded = next_notes(novelty=novelty)
    assert len(guarded) > 8
    assert coming not in guarded


def test_letters_that_lead_to_a_refused_note_are_not_written_and_others_of_its_name_are(opened):
    head = "M:C\nL:1/8\nK:C\n"
    begin = "CDEF GEDB,|"
    voice = begun(opened, index_of(LINE), novelty="8")
    assert written(voice, head + begin)
    assert not written(voice, "C2")
    for other in ("c", "^C", "D", "C,"):
        voice = begun(opened, index_of(LINE), novelty="8")
        assert written(voice, head + begin + other + " "), other
    voice = begun(opened, index_of(LINE), novelty="12")
    assert written(voice, head + begin + "CEGc ")
    assert not written(voice, "B2")


def test_notes_before_a_note_and_in_a_chord_are_of_the_line(opened):
    head, known = "M:C\nL:1/8\nK:C\n", index_of(LINE)
    for text, last in (
        ("CDEF GED{B,}", "C "),
        ("[C,C][C,D]EF GEDB,|", "C2"),
        ("CDEF G{ED}B,2", "C "),
    ):
        voice = begun(opened, known, novelty="8")
        assert written(voice, head + text), text
        assert not written(voice, last), text
        assert written(begun(opened, known), head + text + last), text


def test_a_voice_that_would_write_what_it_has_learned_plays_none_of_its_runs(opened):
    learned = top_of(play(begun(opened, NONE), 250))
    known = index_of(learned)
    assert copied(top_of(play(begun(opened, known), 250)), learned, 8) > 100
    voice = begun(opened, known, novelty="8")
    notes = play(voice, 250)
    assert copied(top_of(notes), learned, 8) == 0
    assert "|" in text_of(voice)
    # Whatever is played in between, what a text leads to is known.
    assert voice.history.last.cursor.top == tuple(top_of(notes)[-25:])


def test_what_would_be_played_again_copies_nothing(opened):
    head, section = "M:C\nL:1/8\nK:C\n", "CDEF GEDB,|c8|"
    line = TunePiece("it", head + section).line().tolist()
    seam = [*line[-6:], *line[:5]]
    for known, lets in ((index_of(seam), False), (index_of(line[::-1]), True)):
        voice = begun(opened, known, novelty="8")
        assert written(voice, head + "|:" + section[:-1])
        assert written(voice, ":|") == lets
        voice = begun(opened, known, novelty="8")
        assert written(voice, head + "|:" + section[:-4] + "|[1c8||\n")
        assert written(voice, "[2") == lets


def test_off_or_without_an_index_nothing_is_changed(opened):
    free = play(begun(opened, NONE), 120)
    assert play(begun(opened, index_of(LINE)), 120) == free
    assert play(begun(opened, NONE, novelty="8"), 120) == free


def test_a_memento_leads_back_to_the_line(opened):
    known = index_of(LINE)
    voice = begun(opened, known, novelty="8")
    assert written(voice, "M:C\nL:1/8\nK:C\nCDEF GEDB,|")
    voice.forced = {}
    kept = memento.pack(voice.past())
    again = begun(opened, known, novelty="8")
    again.mementos["it"] = remembering.unpack(kept, opened.model, "it")
    assert again.do(op.Restore(digest="it", whole=True))
    assert not written(again, "C2")


def perform(opened, index, **knobs):
    opened.model.index = index
    options = EngineOptions(artifact="one", knobs=knobs, transport={"tempo": 120.0}, beats=60)
    return render(options, lambda path: replace(opened, made=[]))


def test_a_tune_under_the_guard_replays_and_one_that_is_left_no_note_rests(opened):
    learned = perform(opened, NONE)
    known = index_of([note.pitch for note in learned.notes])
    done = perform(opened, known, novelty="8")
    journal = replay.parse(done.lines)
    assert replay.replay(journal, lambda path: replace(opened, made=[])) == len(done.notes) > 20
    assert [n.pitch for n in done.notes] != [n.pitch for n in learned.notes]
    resting = perform(opened, index_of([60] * 12), low=60, high=60, novelty="8")
    told = [one.text for one in resting.news if isinstance(one, Trouble) and one.code == "novelty"]
    assert len(told) == 1
    assert len({note.at for note in resting.notes}) == 8

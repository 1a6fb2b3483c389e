"""The contract of representations, of every one of the table and of the toy: what is written is what is played."""

from collections.abc import Iterator
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from live.declared.knobs import NOTE_KNOBS, NoteKnobs, defaults, turned
from live.engine.notes import operations as op
from live.engine.notes.decoders import roll
from live.engine.notes.decoders.table import DECODERS, decoder
from live.engine.notes.draw import Draw
from live.engine.notes.generator import Generator
from live.engine.notes.history import History, together
from live.ipc import acts
from live.runtime.steps import OnnxModel
from live.time.clock import Bars
from models.contract.grid import DRUM_KIT, Note
from models.contract.representations.performance import PARTS
from models.contract.representations.table import REPRESENTATIONS
from models.corpus.encoders.phrase import prelude
from models.corpus.encoders.table import ENCODERS, encoder, encoder_of
from models.corpus.encoders.tokens import PHRASE
from tests.engine.tunes import tune_artifact
from tests.parts import parts_artifact
from tests.pieces import pieces
from tests.rolls import roll_artifact
from tests.tiny import tiny_artifact
from tests.tokens import eighths_artifact, tokens_artifact
from tests.toys.here import melody_artifact, melody_here, open_here

NAMES = (*REPRESENTATIONS, "melody", "eighths", "parts")
ARTIFACTS = {
    "melody": melody_artifact,
    "abc": tune_artifact,
    "tokens": tokens_artifact,
    "eighths": eighths_artifact,
    "parts": parts_artifact,
    "roll": roll_artifact,
}
"""What plays a representation, where it is not a tiny model with all that its encoder writes."""
MANY_WAYS = ("abc",)
"""Where the same notes can be written in several ways."""
BARS = Bars()
OPEN = turned(NoteKnobs(), {"low": 0, "high": 127, "polyphony": 16})
FREE = op.Plan(floor=-1, ceiling=-1, end=-1)


@pytest.fixture(scope="module", autouse=True)
def _here() -> Iterator[None]:
    with melody_here():
        yield


@pytest.fixture(scope="module", params=NAMES)
def model(request, tmp_path_factory) -> OnnxModel:
    path = tmp_path_factory.mktemp("it") / "it.onnx"
    if request.param in ARTIFACTS:
        return open_here(ARTIFACTS[request.param](path)).model
    written = encoder(request.param, (), None, "it").representation
    return open_here(tiny_artifact(path, written=written)).model


def begun(model, **knobs) -> Generator:
    voice = Generator(1, lambda path: model)
    voice.do(
        op.Begin(path="a", digest="", knobs=defaults(NOTE_KNOBS) | knobs, tick=0, held_start=False)
    )
    return voice


def take(voice) -> list[Note]:
    """Take all that is planned; return its notes."""
    notes = []
    while voice.coming:
        note, number = voice.coming
        notes.append(note)
        voice.do(op.Commit(tick=note.onset, pitch=note.pitch, velocity=note.velocity,
            duration=note.duration, number=number, channel=1, heard=True))  # fmt: skip
    voice.do(op.Pass(tick=1 << 30))
    return notes


def went(model, count, **knobs):
    """A voice that has drawn so many steps and taken all of their notes."""
    voice = begun(model, **knobs)
    for _ in range(count):
        assert voice.do(FREE)
        take(voice)
    return voice


def draws(model, moment, knobs=OPEN, limits=FREE, first=None):
    """What a decoder draws after a moment. first: the floor under which it was drawn before."""
    draw = Draw(model, knobs, {}, 1, BARS, moment)
    first = limits.floor if first is None else first
    return decoder(model.representation).draw(draw, limits, first)


def notes_of_phrase(written):
    """The notes of the phrase that an encoder proves itself with."""
    name = written.name
    if written.names == ("token",):
        onsets = sorted({row[0] for row in PHRASE})
        return [Note(12 * onsets.index(row[0]), *row[1:3], 12) for row in PHRASE]
    if name == "performance":
        return [Note(*map(int, row)) for row in prelude().notes]
    module = __import__(ENCODERS[name].__module__, fromlist=["PHRASE"])
    late = getattr(module, "LATE", {})
    return [Note(*row, offset=late.get(row[1], 0)) for row in module.PHRASE]


def test_every_representation_has_an_encoder_and_a_decoder():
    assert REPRESENTATIONS.keys() == ENCODERS.keys() == DECODERS.keys()


def read(model, steps):
    """Yield a step at a time what these codes are read as, and its notes; only what came before is known."""
    written = model.representation
    voice = begun(model, low=0, high=127, polyphony=16)
    for codes, scored in zip(steps.codes[1:], steps.scored, strict=True):
        known = [factor for factor, one in zip(written.factors, scored, strict=True) if one]
        told = {one.name: codes[written.place_of(one.name) :][: one.width] for one in known}
        voice.forced = {one.name: int(told[one.name][0]) for one in known if not one.shape}
        with pytest.MonkeyPatch.context() as patch:
            # Codes side by side can be forced to one and the same only.
            patch.setattr(
                Draw, "codes", lambda draw, factor, *_, told=told: told[draw.name(factor)]
            )
            patch.setattr(roll, "struck", lambda *_, told=told: told["struck"])
            assert voice.do(FREE)
        step = voice.plan[-1]
        for name, said in told.items():
            assert step.codes[written.place_of(name) :][: len(said)].tolist() == said.tolist()
        yield step, take(voice)


def test_what_is_encoded_is_decoded_to_the_same_notes(model):
    steps = encoder_of(model.representation).golden()
    found = [note for _, notes in read(model, steps) for note in notes]
    expected = notes_of_phrase(model.representation)
    assert len(found) == len(expected)
    for here, there in zip(sorted(found), sorted(expected), strict=True):
        assert (here.onset, here.pitch) == (there.onset, there.pitch)
        assert not there.velocity or abs(here.velocity - there.velocity) <= 2
        assert here.offset == there.offset
        # One that is held still has no duration yet.
        assert not there.duration or here.duration == there.duration


def test_what_is_given_with_a_step_is_as_in_training(model):
    steps = encoder_of(model.representation).golden()
    given = [step.conditions for step, _ in read(model, steps)]
    np.testing.assert_array_equal(given, steps.conditions[1:])


def test_to_write_what_was_drawn_leads_to_the_same_cursor(model, monkeypatch):
    # A note that makes room for another is not as it was drawn any more.
    monkeypatch.setattr(History, "shorten", lambda *_: None)
    moments = went(model, 300).history.moments
    plays = decoder(model.representation)
    count, last, group = 0, moments[0], []
    for moment, after in pairwise(moments[1:]):
        group.append(moment)
        if moment.note is None or together(moment, after):
            continue
        first = [two for one, two in pairwise((last, *group)) if not together(one, two)]
        # What is played out again is not told, so nobody would write it.
        if all(one.fed for one in first):
            notes = tuple(one.note for one in group if one.note is not None)
            steps = plays.write(last.cursor, notes, 0, BARS, OPEN)
            if model.representation.name not in MANY_WAYS:
                assert steps[-1].cursor == moment.cursor
            assert steps[-1].tick == moment.tick
            assert tuple(note for step in steps for note in step.notes) == notes
            count += 1
        last, group = moment, []
    assert count > 30


@pytest.mark.parametrize("seed", range(3))
def test_what_is_drawn_keeps_within_what_is_allowed_or_nothing_is(model, seed):
    rng = np.random.default_rng(seed)
    moments = went(model, 150, seed=seed).history.moments
    nothing = 0
    for moment in moments[1:]:
        low, room = int(rng.integers(0, 120)), int(rng.integers(1, 5))
        set_to = {"low": low, "high": int(rng.integers(low, 128)), "polyphony": room}
        set_to["scale"] = str(rng.choice(["chromatic", "major", "pentatonic"]))
        knobs = turned(NoteKnobs(), set_to | {"top_k": int(rng.integers(0, 3))})
        floor = moment.tick + int(rng.integers(-5, 60))
        ceiling = floor + int(rng.integers(0, 200)) if rng.random() < 0.5 else -1
        end = floor + int(rng.integers(0, 200)) if rng.random() < 0.5 else -1
        limits = op.Plan(floor=floor, ceiling=ceiling, end=end)
        step = draws(model, moment, knobs=knobs, limits=limits)
        if step is None:
            nothing += 1
            # It says so whatever is tried again.
            assert draws(model, moment, knobs=knobs, limits=limits) is None
            continue
        for note in step.notes:
            assert floor <= note.onset <= (ceiling if ceiling >= 0 else 1 << 30)
            assert low <= note.pitch <= set_to["high"] or note.part == DRUM_KIT
            assert end < 0 or note.onset + op.LAST <= end
            assert step.tick == note.onset
        assert step.cursor.tick >= floor or not step.notes
    assert 0 < nothing < len(moments) - 1


def test_what_was_to_come_later_than_is_left_now_still_comes(model):
    last = went(model, 40).history.moments[-1]
    for floor in range(last.tick + 1, last.tick + 40, 3):
        limits = op.Plan(floor=floor, ceiling=floor + 24, end=-1)
        for later in (24, 25, 200):
            step = draws(model, last, limits=limits, first=floor + later)
            assert step is None or all(floor <= note.onset <= floor + 24 for note in step.notes)


def test_every_cursor_that_is_kept_can_be_gone_on_from(model):
    """Written down and read back, and as far on as the clock may have jumped."""
    plays, later = decoder(model.representation), 4 * BARS.length
    for moment in went(model, 150).history.moments:
        kept = msgspec.json.decode(msgspec.json.encode(moment.cursor), type=plays.cursor)
        assert kept == moment.cursor
        kept.check(model.representation)
        step = draws(model, moment)
        assert step is not None
        moved = draws(model, moment.shifted(later))
        assert moved.codes.tolist() == step.codes.tolist()
        assert moved.cursor == step.cursor.shifted(later)
        assert moved.notes == tuple(
            msgspec.structs.replace(note, onset=note.onset + later) for note in step.notes
        )
        said = plays.write(moment.cursor, (Note(moment.tick + 30, 64, 80, 12),), 0, BARS, OPEN)
        assert [note.pitch for one in said for note in one.notes] == [64]


def test_a_vocabulary_is_what_the_artifact_says(model):
    written = model.representation
    again = REPRESENTATIONS[written.name](written.vocabulary, "it")
    assert again == written
    assert encoder_of(written).representation == written
    settings = {"times": 0} if written.names == ("token",) else {}
    settings |= {"parts": 1} if PARTS in written.vocabulary else {}
    learned = encoder(written.name, pieces(written.name), None, "it", (), settings).representation
    assert learned.vocabulary.keys() == written.vocabulary.keys()


def test_what_the_player_plays_at_any_time_is_taken(model):
    rng = np.random.default_rng(0)
    voice = begun(model)
    for _ in range(200):
        tick = voice.history.last.tick + int(rng.integers(-8, 30))
        pitch = int(rng.integers(0, 128))
        voice.do(op.Drop())
        voice.do(acts.Play(tick=tick, pitch=pitch, velocity=int(rng.integers(1, 128))))
        if rng.random() < 0.7:
            assert voice.do(op.Lift(tick=tick + int(rng.integers(0, 40)), pitch=pitch))
        for _ in range(int(rng.integers(4))):
            voice.do(op.Plan(floor=voice.history.last.tick, ceiling=-1, end=-1))
            take(voice)
    codes = np.array([moment.codes for moment in voice.history.moments])
    classes = [
        column.classes for column in model.representation.inputs for _ in range(column.width)
    ]
    assert (codes >= 0).all()
    assert (codes < classes).all()

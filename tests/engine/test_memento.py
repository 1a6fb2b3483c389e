"""A voice of notes goes on from what was written down of it, note for note; what is hostile is refused."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from live.declared.knobs import NOTE_KNOBS, defaults
from live.engine import memento as file
from live.engine.memento import MementoError, Stored
from live.engine.notes import memento, remembering, states, written
from live.engine.notes import operations as op
from live.engine.notes.generator import Generator
from live.ipc import acts
from live.ipc.news import Clock
from live.runtime import opening
from live.runtime.steps import OnnxModel
from models.contract.errors import ExtempoError
from models.contract.representations.performance import PERFORMANCE
from models.contract.state import State
from models.contract.stepping import feed
from models.contract.stream import TensorSpec
from tests.copying import copying_artifact
from tests.engine.each import EACH
from tests.engine.happening import FREE, play
from tests.engine.numeric import WIDTH, NumericModel
from tests.engine.test_voice import hear
from tests.engine.tunes import LETTERS, tunes

DIGEST = "0" * 64


def _letters(path: Path) -> Path:
    """Letters that copy, each as likely as any other."""
    return copying_artifact(path, written=tunes(), likely={"character": range(len(LETTERS))})


MODELS = {**EACH, "abc that copies": _letters}


@pytest.fixture(scope="module", params=MODELS)
def model(request, tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    path = tmp_path_factory.mktemp("tiny") / "tiny.onnx"
    return opening.opened(MODELS[request.param](path)).model


def _begun(model, **knobs):
    voice = Generator(1, lambda path: model)
    settled = defaults(NOTE_KNOBS) | {"top_p": 1.0, "min_p": 0.0, "seed": 1} | knobs
    voice.do(op.Begin(path="a", digest="", knobs=settled, tick=0, held_start=False))
    return voice


def _restored(voice, model, whole=True, **knobs):
    """Another voice that goes on from what is written down of this one."""
    other = _begun(model, **knobs)
    other.mementos[DIGEST] = remembering.unpack(memento.pack(voice.past(), not whole), model, "it")
    assert other.do(op.Restore(digest=DIGEST, whole=whole))
    return other


def test_it_goes_on_note_for_note(model):
    voice = _begun(model)
    play(voice, 70)
    hear(voice, voice.history.last.tick + 5, 64, voice.history.last.tick + 20)
    play(voice, 9)
    other = _restored(voice, model)
    steps = sum(one.own and one.fed for one in voice.history.moments)
    assert other.history.last.number == voice.history.last.number >= steps > 30
    assert play(other, 40) == play(voice, 40)


def test_it_points_where_it_would_have(model):
    often = {"form": 1.0, "vary": 0.0}
    voice = _begun(model, **often)
    play(voice, 100)
    other = _restored(voice, model, **often)
    last = voice.history.last.tick
    for one in (voice, other):
        one.do(acts.Rewind(ticks=96, tick=last))
    assert play(other, 80) == play(voice, 80)


def test_a_plan_is_drawn_again_where_it_was(model):
    voice = _begun(model)
    play(voice, 20)
    last = voice.history.last.tick
    voice.do(op.Plan(floor=last + 7, ceiling=-1, end=-1))
    other = _restored(voice, model)
    voice.do(op.Drop())
    for one in (voice, other):
        one.do(op.Plan(floor=last + 9, ceiling=-1, end=-1))
    assert other.plan[0].codes.tolist() == voice.plan[0].codes.tolist()
    assert other.plan[0].cursor == voice.plan[0].cursor


def test_it_rewinds_into_what_was_before(model):
    voice = _begun(model)
    notes = play(voice, 300)
    other = _restored(voice, model)
    # Of fewer, for states between are worked out again.
    packed = written.decoder.decode(memento.pack(voice.past()))
    assert len(packed.known) < len(packed.moments) / written.EVERY + 8
    for one in (voice, other):
        one.do(acts.Rewind(ticks=notes[-1].onset - notes[200].onset, tick=notes[-1].onset))
    assert other.history.last.number == voice.history.last.number
    for name, array in voice.history.last.state.whole().items():
        np.testing.assert_array_equal(other.history.last.state.whole()[name], array)
    assert play(other, 30) == play(voice, 30)


def test_slots_are_there_again_and_what_they_were_about_to_play(model):
    voice = _begun(model)
    play(voice, 30)
    kept = voice.history.last.tick
    for _ in range(5):
        voice.do(FREE)
    voice.do(acts.Save(slot="good", tick=kept + 3))
    planned = [one.note for one in voice.plan]
    voice.do(op.Drop())
    play(voice, 10)
    other = _restored(voice, model, whole=False)
    assert len(other.history.moments) == 1
    other.do(acts.Recall(slot="good", tick=kept + 3, planned=True))
    assert [one.note for one in other.plan] == planned
    voice.do(acts.Recall(slot="good", tick=kept + 3, planned=True))
    assert play(other, 30) == play(voice, 30)


def test_what_is_frozen_and_forced_stands(model):
    voice = _begun(model, bars=1)
    play(voice, 30)
    voice.do(acts.SetKnob(knob="freeze", value=1))
    factor = model.representation.factors[-1].name
    voice.do(acts.Force(factor=factor, code=1))
    play(voice, 3)
    other = _restored(voice, model, bars=1, freeze=1)
    assert other.forced == {factor: 1}
    assert play(other, 30) == play(voice, 30)


def _differ(one, other):
    """Which moments lead to other states, from the last one back."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return [
        place
        for place, (moment, again) in enumerate(pairs)
        if not np.array_equal(moment.context, again.context)
    ]


def test_what_a_frozen_voice_plans_goes_on_from_what_it_came_back_to(model):
    voice = _begun(model, bars=1)
    play(voice, 10)
    voice.do(acts.SetKnob(knob="freeze", value=1))
    begins = voice.history.last.tick
    while voice.history.last.tick < begins + 400:
        while voice.coming is None:
            assert voice.do(FREE)
        other = _restored(voice, model, bars=1, freeze=1)
        assert not _differ(voice.plan, other.plan)
        play(voice, 1)


def test_it_rewinds_into_what_was_frozen(model):
    voice = _begun(model, bars=1)
    play(voice, 30)
    voice.do(acts.SetKnob(knob="freeze", value=1))
    play(voice, 60)
    voice.do(acts.SetKnob(knob="freeze", value=0))
    play(voice, 20)
    first = _restored(voice, model, bars=1)
    for other in (first, _restored(first, model, bars=1)):
        assert len(other.history.moments) > 80
        assert not _differ(voice.history.moments, other.history.moments)


def test_a_second_generation_is_as_good_as_the_first(model):
    voice = _begun(model)
    play(voice, 200)
    other = voice
    for _ in range(4):
        other = _restored(other, model)
        for one in {id(one): one for one in (voice, other)}.values():
            play(one, 7)
    assert play(other, 20) == play(voice, 20)


def _stored(content=b"", **others):
    clock = Clock(0.0, 0.0, 120.0, 4, 4, 0, 1)
    given = {"voice": 1, "kind": "events", "name": "tiny", "path": "/a", "digest": DIGEST, "slots": ()}  # fmt: skip
    return Stored(**given | {"clock": clock, "run": "r", "lines": 3, "content": content} | others)


def test_a_file_comes_back_as_it_was(tmp_path: Path):
    path = tmp_path / "deep" / "one.memento"
    file.write(path, _stored(b"abc"))
    assert file.read(path) == _stored(b"abc")
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("spoil", "so"),
    [
        (lambda data: data[:-1], "is broken"),
        (lambda data: data[:20], "is broken"),
        (lambda data: data[:5], "is not a memento"),
        (lambda data: b"\0" * 100, "is not a memento"),
        (lambda data: data.replace(b"memento 1", b"memento 9"), "of format 9"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "is broken"),
    ],
)
def test_a_spoilt_file_is_refused_in_a_sentence(tmp_path: Path, spoil, so):
    path = tmp_path / "one.memento"
    file.write(path, _stored(b"abc"))
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(MementoError, match=so) as raised:
        file.read(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    "others",
    [{"digest": "../../x"}, {"voice": -1}, {"slots": ("x",) * 65}, {"lines": -1}, {"kind": "text"}],
)
def test_a_file_that_says_what_cannot_be_is_refused(tmp_path: Path, others):
    path = tmp_path / "one.memento"
    file.write(path, _stored(**others))
    with pytest.raises(MementoError, match="is not a memento"):
        file.read(path)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path):
    path = tmp_path / "one.memento"
    with path.open("wb") as sparse:
        sparse.truncate(file.MOST + 1)
    with pytest.raises(ExtempoError, match="more than"):
        file.read(path)


def _with(where, value):
    """Spoil packed content: `where` is a way into what msgpack holds."""

    def spoil(data):
        raw = msgspec.msgpack.decode(data)
        inside = raw
        for key in where[:-1]:
            inside = inside[key]
        inside[where[-1]] = value
        return msgspec.msgpack.encode(raw)

    return spoil


NAN = np.full((1, 1, 16), np.nan, np.float32).tobytes()
HUGE = ["float32", [1 << 20, 1 << 20, 1 << 20], b""]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-3],
        lambda data: b"\x91" * 5000,
        _with(("representation",), "roll"),
        _with(("known", 0, 1, "h", 2), NAN),
        _with(("known", 0, 1, "h"), HUGE),
        _with(("known", 0, 1, "h", 1), [1, 16]),
        _with(("known", 0, 1, "h", 0), "object"),
        _with(("known", 0, 1, "h", 2), b"\0"),
        _with(("known", 0, 1), {}),
        _with(("known", 0, 0), HUGE),
        _with(("moments", 0, 4), -1),
        _with(("moments", 0, 4), 4000),
        _with(("moments", 5, 0), 1 << 60),
        _with(("moments", 5, 1, 0), 9999),
        _with(("moments", 5, 1), [0, 0]),
        _with(("moments", 5, 2), [[0, 300, 0, 0]]),
        _with(("moments", 5, 2), []),
        _with(("moments", 5, 6), True),
        _with(("slots", "good", 0, 4), -1),
        _with(("slots", "good", 0, 15), [0, [[0, -2]], False]),
        _with(("slots", "good", 0, 15), 3),
        _with(("moments", 0, 15), 1),
        _with(("sections",), ["a1", 4, 0]),
        _with(("sections",), ["AB", 0, 0]),
        _with(("sections",), ["A" * 300, 4, 0]),
        _with(("slots", "good", 0, 15), [0, [[0, 60]] * 500, False]),
        _with(("slots", "good", 0, 16), [[1 << 60, 60]]),
        _with(("slots", "good", 0, 16), [[0, 60]] * 5000),
        _with(("forced",), {"pitch": 5000}),
        _with(("forced",), {"character": 5000}),
        _with(("forced",), {"smell": 1}),
        _with(("knobs", "temperature"), "NaN"),
        _with(("metre",), [0, 4]),
        _with(("metre",), [4, 3]),
    ],
)
def test_hostile_content_is_refused_in_a_sentence(model, spoil):
    voice = _begun(model)
    play(voice, 10)
    voice.do(acts.Save(slot="good", tick=voice.history.last.tick))
    data = memento.pack(voice.past())
    remembering.unpack(data, model, "it")
    with pytest.raises(MementoError, match="it cannot be gone on from"):
        remembering.unpack(spoil(data), model, "it")


class Backward(NumericModel):
    """It also looks back at a log of its own rows."""

    past = TensorSpec("past", "float32", (1, 1, WIDTH), log=500)
    spec = PERFORMANCE.stream(WIDTH, (TensorSpec("h", "float32", (1, WIDTH)), past))

    def initial_state(self) -> State:
        return State.start(self.spec.state)

    def _step(self, event, place, state):
        context, after = super()._step(event, place, state)
        log = state.logs["past"]
        context = context + log.window()[0].mean(0) * np.float32(9)
        h = after.tensors["h"].astype(np.float32)
        return context, state.after({"h": h, "past": h[None]})


def test_logs_are_written_once_and_gone_on_from():
    model = Backward()
    voice = _begun(model)
    play(voice, 900)
    voice.do(acts.Save(slot="good", tick=voice.history.last.tick))
    data = memento.pack(voice.past())
    rows = 900 * WIDTH * 4
    assert rows < len(data) < 4.5 * rows
    other = _restored(voice, model)
    assert play(other, 40) == play(voice, 40)
    assert len(memento.pack(other.past())) < 4.5 * rows
    for one in (voice, other):
        one.do(acts.Recall(slot="good", tick=one.history.last.tick))
    assert play(other, 20) == play(voice, 20)


def test_logs_count_among_what_finds_room(monkeypatch):
    model = Backward()
    voice = _begun(model)
    play(voice, 900)
    whole = memento.pack(voice.past())
    monkeypatch.setattr(memento, "STATES", 36_000)
    part = memento.pack(voice.past())
    assert len(part) < len(whole) - 10_000
    monkeypatch.undo()
    assert len(remembering.unpack(part, model, "it").moments) > 50


def test_a_state_that_is_gone_on_from_while_it_is_written_is_whole(monkeypatch):
    model = Backward()
    voice = _begun(model)
    play(voice, 100)
    voice.do(FREE)
    past, state = voice.past(), voice.plan[0].state
    write = states.Writer._log

    def meanwhile(writer, log):
        written = write(writer, log)
        _, after = feed(model, PERFORMANCE.start_codes(), np.zeros(3, np.int64), state)
        feed(model, PERFORMANCE.start_codes(), np.zeros(3, np.int64), after)
        return written

    monkeypatch.setattr(states.Writer, "_log", meanwhile)
    read = remembering.unpack(memento.pack(past), model, "it")
    for name, tensor in read.planned[0].state.whole().items():
        np.testing.assert_array_equal(tensor, state.whole()[name])


@pytest.mark.parametrize(
    "spoil",
    [
        _with(("known", 0, 2, "past"), [[], 1, None]),
        _with(("known", -1, 2, "past", 0), [4000]),
        _with(("known", -1, 2, "past", 0), [0] * 900),
        _with(("known", -1, 2, "past", 1), 1 << 40),
        _with(("known", -1, 2, "past", 1), -1),
        _with(("known", -1, 2, "past", 2), HUGE),
        _with(("known", -1, 2), {}),
        _with(("chunks",), []),
        _with(("chunks", 0), HUGE),
        _with(("chunks", 0, 1), []),
        _with(("chunks", 0, 2), b"\0"),
        _with(("chunks", 0, 0), "int64"),
    ],
)
def test_hostile_logs_are_refused_in_a_sentence(spoil):
    model = Backward()
    voice = _begun(model)
    play(voice, 300)
    data = memento.pack(voice.past())
    with pytest.raises(MementoError, match="it cannot be gone on from"):
        remembering.unpack(spoil(data), model, "it")


def test_states_of_another_network_are_refused(model, tmp_path: Path):
    voice = _begun(model)
    play(voice, 3)
    other = opening.opened(EACH[model.representation.name](tmp_path / "it", hidden=8)).model
    with pytest.raises(MementoError, match="float32"):
        remembering.unpack(memento.pack(voice.past()), other, "it")

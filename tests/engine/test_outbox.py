"""Control is held up, and what the engine says meanwhile is not lost, or is said to be."""

from collections.abc import Iterator

import pytest

from live.engine import outbox
from live.engine.outbox import Outbox
from live.ipc.news import Beat, Entry, FromEngine, Hole, KnobSet, Ready, Trouble
from live.ipc.ring import Ring

SLOTS = 8
BEAT = Beat(bar=1, beat=1, tempo=100.0, at=0.0)


@pytest.fixture
def ring() -> Iterator[Ring[FromEngine]]:
    made: Ring[FromEngine] = Ring(FromEngine, slots=SLOTS, width=256)
    yield made
    made.close()
    made.unlink()


def lines(messages: list[FromEngine]) -> list[str]:
    return [message.line for message in messages if isinstance(message, Entry)]


def hears_all(ring: Ring[FromEngine], tell: Outbox) -> list[FromEngine]:
    """Return all that control hears once it is not held up any more."""
    heard = ring.drain()
    while tell.catch_up() or len(ring):
        heard += ring.drain()
    return heard


def knob(value: float, name: str = "density") -> KnobSet:
    return KnobSet(voice=1, knob=name, value=value)


def test_lines_wait_for_room_in_their_order(ring: Ring[FromEngine]) -> None:
    tell = Outbox(ring)
    for number in range(50):
        tell(Entry(line=str(number)))
    assert len(ring) == SLOTS
    assert hears_all(ring, tell) == [Entry(line=str(number)) for number in range(50)]


def test_other_news_leaves_lines_half_of_the_room_and_the_newest_is_told(
    ring: Ring[FromEngine],
) -> None:
    tell = Outbox(ring)
    for value in range(50):
        tell(knob(value))
        tell(knob(-value, "temperature"))
        tell(BEAT)
    assert len(ring) == SLOTS // 2
    for number in range(SLOTS // 2):
        tell(Entry(line=str(number)))
    assert len(ring) == SLOTS
    tell(Ready(voice=1, name="duo", path="duo.onnx"))
    tell(Trouble(code="slot", text="Nothing is saved."))
    heard = hears_all(ring, tell)
    assert lines(heard) == ["0", "1", "2", "3"]
    assert heard[-4:] == [
        knob(49),
        knob(-49, "temperature"),
        Ready(voice=1, name="duo", path="duo.onnx"),
        Trouble(code="slot", text="Nothing is saved."),
    ]


def test_an_older_value_never_follows_a_newer_one(ring: Ring[FromEngine]) -> None:
    tell = Outbox(ring)
    for value in range(20):
        tell(knob(value))
    ring.drain()
    tell(knob(20))
    assert [message.value for message in hears_all(ring, tell) if isinstance(message, KnobSet)] == [
        20
    ]


def test_lines_that_are_lost_are_told_of_and_written_down_where_they_are_missing(
    ring: Ring[FromEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LINES", 10)
    tell = Outbox(ring)
    for number in range(SLOTS + 10):
        tell(Entry(line=str(number)))
    for number in range(6):
        tell(Entry(line=f"lost {number}"))
    tell(Entry(line="a note", sounds=True))
    tell(Entry(line="lost too"))
    heard = ring.drain()
    tell.catch_up()
    tell(Entry(line="goes on"))
    heard += hears_all(ring, tell)
    kept = [str(number) for number in range(SLOTS + 10)]
    assert lines(heard) == [
        *kept, str(Hole(6)), "a note", str(Hole(1)), "goes on",
    ]  # fmt: skip
    (told,) = [message for message in heard if isinstance(message, Trouble)]
    assert told.code == "journal"
    assert "7 lines of the journal are lost" in told.text


def test_who_never_listens_again_fills_no_memory(
    ring: Ring[FromEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "LINES", 10)
    monkeypatch.setattr(outbox, "NEWS", 10)
    monkeypatch.setattr(outbox, "PATIENCE", 0.0)
    tell = Outbox(ring)
    for number in range(100):
        tell(Entry(line=str(number), sounds=True))
        tell(Trouble(code="load", text=str(number)))
    tell.close()
    heard = hears_all(ring, tell)
    assert len(heard) < SLOTS + 2 * 10 + 10 + 3
    assert lines(heard)[: SLOTS + 10] == [str(number) for number in range(SLOTS + 10)]


def test_a_line_that_is_too_wide_holds_up_no_other(ring: Ring[FromEngine]) -> None:
    tell = Outbox(ring)
    tell(Entry(line="x" * 1000))
    tell(Entry(line="next"))
    heard = hears_all(ring, tell)
    assert lines(heard) == [str(Hole(1)), "next"]
    assert [message.code for message in heard if isinstance(message, Trouble)] == ["journal"]

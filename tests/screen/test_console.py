"""What the player reads: few lines, whatever reads them."""

import io
import threading
import time

import pytest

from live.ipc.news import Beat, Sent, Trouble
from live.screen.console import Console
from live.screen.falling import HIGHEST, LOWEST, ROWS, Falling, Lines
from live.screen.terminal import Screen
from live.screen.told import Card, ShowNotes, Told


def _note(pitch: int, at: float, seconds: float = 0.3, velocity: int = 80) -> Sent:
    return Sent(
        voice=1,
        pitch=pitch,
        velocity=velocity,
        channel=1,
        seconds=seconds,
        at=at,
        late=0.0,
        number=1,
    )


def _beat(bar: int, beat: int = 1) -> Beat:
    return Beat(bar=bar, beat=beat, tempo=100.0, at=0.0)


def test_notes_fall_in_the_column_of_their_pitch() -> None:
    falling = Falling(plain=True)
    falling.add(_note(60, 10.0, velocity=120))
    rows = falling.rows(10.01, 100)
    assert rows[0] == " " * (60 - LOWEST) + "#"
    assert "C4" in rows[-1]
    assert rows[-1].index("C4") == 60 - LOWEST
    later = falling.rows(10.01 + 0.45, 100)
    assert later[3] == rows[0]
    assert [row.strip() for row in later[1:3]] == ["|", "|"]
    assert not any(row.strip() for row in falling.rows(20.0, 100)[:ROWS])


def test_of_what_comes_and_goes_the_last_line_says_how_it_is() -> None:
    out, errors = io.StringIO(), io.StringIO()
    screen = Screen(out, errors)
    for at, text in ((0.0, "stopped"), (1.0, "stopped"), (4.0, "runs again"), (20.0, "stopped")):
        screen.tell(Trouble(code="jack", text=text), at)
    assert errors.getvalue().split("\n")[:-1] == ["stopped", "runs again", "stopped"]


def test_a_narrow_terminal_shares_columns() -> None:
    falling = Falling()
    for pitch in range(128):
        falling.add(_note(pitch, 1.0))
    for width in (1, 10, 30, 44, 87, 88, 200):
        assert all(len(row) <= max(width + 2, 4) for row in falling.rows(1.0, width))
    assert len(falling.rows(1.0, 200)[0]) == HIGHEST - LOWEST + 1


def test_a_pipe_gets_a_line_for_every_four_bars() -> None:
    lines = Lines()
    said = []
    for bar in range(1, 101):
        said.append(lines.bar(bar))
        for _ in range(30):
            lines.add(_note(60 + bar % 12, 0.0))
    shown = [line for line in said if line]
    assert len(shown) == 24
    assert shown[0].startswith("bars 1-4: 120 notes: C#4 C#4")
    assert max(map(len, shown)) < 120
    assert lines.rest(100) == f"bars 97-100: 120 notes: {' '.join(['C#4'] * 16)} ..."


def test_a_pipe_gets_plain_lines_and_troubles_elsewhere() -> None:
    out, errors = io.StringIO(), io.StringIO()
    screen = Screen(out, errors)
    screen.tell(
        Card("extempo plays tiny", (("heard", "nowhere"), ("OSC", "port " + "7" * 200))), 0.0
    )
    screen.tell(ShowNotes(), 0.0)
    screen.tell(_note(60, 0.0), 0.0)
    for at in (0.0, 1.0, 40.0):
        screen.tell(Trouble(code="x", text="JACK [has] stopped"), at)
    screen.tell(_beat(5), 0.0)
    screen.tell(ShowNotes(on=False), 0.0)
    screen.tell("The take is a.mid.", 0.0)
    screen.close()
    assert out.getvalue().splitlines() == [
        "extempo plays tiny",
        "  heard  nowhere",
        "  OSC    port " + "7" * 200,
        "bars 1-4: 1 notes: C4",
        "The take is a.mid.",
    ]
    assert errors.getvalue() == "JACK [has] stopped\n" * 2


class _Stopped:
    """A terminal that somebody stopped with Ctrl-S."""

    def __init__(self) -> None:
        self.moving = False
        self.gate = threading.Event()
        self.told = 0

    def tell(self, message: Told, now: float) -> None:
        self.gate.wait(10)
        self.told += 1

    def draw(self, now: float) -> None:
        pass

    def close(self) -> None:
        pass


def test_letters_that_the_terminal_does_not_have_cost_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", out)
    Screen().tell(Card("extempo plays Dvořák", (("kept", "takes/1.jsonl"),)), 0.0)
    said = out.buffer.getvalue().decode()
    assert "extempo plays Dvo\\u0159\\xe1k" in said
    assert "takes/1.jsonl" in said


def test_a_stopped_terminal_stops_nobody() -> None:
    screen = _Stopped()
    console = Console(screen)
    begun = time.monotonic()
    for number in range(5000):
        console.tell(f"line {number}")
    console.close(0.05)
    assert time.monotonic() - begun < 1.0
    screen.gate.set()


@pytest.mark.parametrize(
    "told",
    ["y" * 100_000, Card("a", (("b", "y" * 100_000),)), Trouble(code="take", text="y" * 100_000)],
    ids=["line", "card", "trouble"],
)
def test_of_a_path_that_is_a_page_some_letters_are_shown(told: Told) -> None:
    out = io.StringIO()
    Screen(out, out).tell(told, 0.0)
    assert 100 < len(out.getvalue()) < 1000

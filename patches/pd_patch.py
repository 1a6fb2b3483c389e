"""The Pure Data patch: the main knobs on the left, the others on the right, notes below."""

import pd_inside as inside
import pd_knobs
from pd_canvas import DARK, LIGHT, QUIET, Canvas

from live.declared.knobs import KNOBS
from live.ipc.config import OSC_PORT

VOICE = 1
"""The voice that it is for."""
SHOWN = [knob for knob in KNOBS if {"events", "transport"} & set(knob.scopes)]
WIDTH = 900
HEIGHT = 800
TOP = 96
RED = "#e05050"
KEYS = 25
KEY = 22
BLACK = (1, 3, 6, 8, 10)
HELP = (
    "Start extempo: make play. The patch finds it by itself: click the box with connect for another.",
    "Turn anything: the numbers show what extempo took. What moves elsewhere moves here too.",
    "Play a MIDI keyboard (menu Media for its port) or click the keys: extempo hears it.",
    "Switch on sound here to hear extempo in Pd or MIDI out to send it on to an instrument.",
    "The knobs on the left are on MIDI controllers too. What each does: extempo knobs.",
)
START = (("slot", 1), ("beats", 4), ("touch", 80), ("volume", 0.5))
"""What the patch's own numbers are when it opens."""


def patch() -> str:
    """Return the whole file."""
    canvas = Canvas(width=WIDTH, height=HEIGHT)
    _head(canvas)
    bottom = TOP
    for x, main in ((20, True), (470, False)):
        y = TOP
        for knob in (one for one in SHOWN if (one.cc is not None) == main):
            y += pd_knobs.show(canvas, knob, x, y)
        if main:
            _state(canvas, x, y)
        bottom = max(bottom, y)
    _notes(canvas, bottom + 6)
    _foot(canvas, bottom + 112)
    return "\n".join(canvas.lines()) + "\n"


def _head(canvas: Canvas) -> None:
    canvas.panel((0, 0), WIDTH, TOP - 8, QUIET, "extempo")
    connect = canvas.message(f"connect 127.0.0.1 {OSC_PORT}", (110, 6))
    network = canvas.canvas(inside.network(VOICE), (110, 29))
    canvas.chain(network, connect, network)
    canvas.toggle((180, 31), "empty", "\\$0-connected")
    canvas.text("connected", (200, 29))
    canvas.text("plays", (330, 17))
    canvas.word((380, 17), "\\$0-model", 26)
    for x, name in ((610, "bar"), (700, "beat")):
        canvas.text(name, (x, 17))
        canvas.number((x + 40, 17), "-", f"\\$0-{name}", letters=4)
    canvas.button((800, 18), "empty", "\\$0-pulse")
    canvas.toggle((20, 59), "\\$0-play", "\\$0-playing")
    canvas.text("play", (40, 57))
    buttons = ((85, "downbeat"), (178, "tap"), (236, "panic"), (308, "reset"), (380, "load"))
    for x, name in buttons:
        canvas.button((x, 59), f"\\$0-{name}", colour=RED if name == "panic" else LIGHT)
        canvas.text(name, (x + 20, 57))
    canvas.text("slot", (440, 57))
    canvas.number((478, 57), "\\$0-slot", "\\$0-slot-set", 1, 99, 3)
    for x, name in ((525, "save"), (597, "recall"), (690, "rewind")):
        canvas.button((x, 59), f"\\$0-{name}")
        canvas.text(name, (x + 20, 57))
    canvas.number((768, 57), "\\$0-beats", "\\$0-beats-set", 1, 64, 4)
    canvas.text("beats", (810, 57))


def _state(canvas: Canvas, x: int, y: int) -> None:
    canvas.text("an event takes", (x, y + 8))
    canvas.number((x + pd_knobs.LABELS, y + 8), "-", "\\$0-event")
    canvas.text("microseconds", (x + 225, y + 8))
    canvas.text("too late so far", (x, y + 34))
    canvas.number((x + pd_knobs.LABELS, y + 34), "-", "\\$0-late")


def _notes(canvas: Canvas, y: int) -> None:
    canvas.panel((0, y), WIDTH, 96, QUIET)
    canvas.radio((20, y + 28), "\\$0-key", "empty", KEYS, size=KEY)
    for key in range(KEYS):
        if key % 12 in BLACK:
            canvas.panel((21 + KEY * key, y + 10), KEY - 2, 16, DARK)
        elif key % 12 == 0:
            canvas.text(f"C{key // 12 + 3}", (18 + KEY * key, y + 8))
    canvas.text("touch", (20, y + 62))
    canvas.slider((70, y + 64), "\\$0-touch", "\\$0-touch-set", (1, 127, False), 127)
    for x, name, text in ((230, "midi", "MIDI out"), (340, "sound", "sound here")):
        canvas.toggle((x, y + 64), f"\\$0-{name}", "empty")
        canvas.text(text, (x + 20, y + 62))
    canvas.slider((460, y + 64), "\\$0-volume", "\\$0-volume-set", (0, 1, False), 110)
    for row, name in enumerate(("pitch", "force", "seconds")):
        canvas.text(f"last {name}", (620, y + 8 + 26 * row))
        canvas.number((720, y + 8 + 26 * row), "-", f"\\$0-out-{name}")


def _foot(canvas: Canvas, y: int) -> None:
    canvas.button((20, y), "empty", "\\$0-flash", RED)
    canvas.panel((45, y), WIDTH - 65, 18, LIGHT, receive="\\$0-trouble", size=12)
    for row, line in enumerate(HELP):
        canvas.text(line, (20, y + 28 + 20 * row), 100)
    insides = (
        inside.transport(VOICE),
        inside.notes_in(VOICE),
        inside.notes_out(),
        inside.begins(START),
        pd_knobs.wires("events", "\\$0-news-voice", VOICE),
        pd_knobs.wires("transport", "\\$0-news-transport", VOICE),
    )
    for index, one in enumerate(insides):
        canvas.canvas(one, (20 + 140 * index, y + 34 + 20 * len(HELP)))

"""The Pure Data patch for a voice of sound: its knobs, its memory, and its sound through Pd."""

import pd_inside as inside
import pd_knobs
from pd_canvas import LIGHT, QUIET, Box, Canvas

from live.declared.knobs import SOUND_KNOBS
from live.ipc.config import OSC_PORT

VOICE = 2
"""The voice that it is for."""
WIDTH = 690
HEIGHT = 680
TOP = 96
RED = "#e05050"
FULL = 100
"""What env~ says of the loudest sound, in dB."""
HELP = (
    'Start extempo with a voice of sound: make play ARGS="--voice piano-wavenet".',
    "It is voice 2 that is turned here. What the knobs do: extempo knobs.",
    "Its sound in Pd: start Pd as pd -jack, and extempo with --sound-connect pure_data;",
    "the two bars above then show it, and sound here passes it on.",
    "This patch switches on Pd's DSP: without it Pd has no ports on JACK.",
    "The knobs need no DSP: switch it off (menu Media) where Pd is not on JACK and takes the",
    "sound card from others.",
)
START = (("slot", 1), ("beats", 4), ("listened", 2), ("volume", 0.5))
"""What the patch's own numbers are when it opens."""


def patch() -> str:
    """Return the whole file."""
    canvas = Canvas(width=WIDTH, height=HEIGHT)
    _head(canvas)
    y = TOP
    for knob in SOUND_KNOBS.values():
        y += pd_knobs.show(canvas, knob, 20, y)
    _sound(canvas, y + 8)
    _foot(canvas, y + 120)
    return "\n".join(canvas.lines()) + "\n"


def _head(canvas: Canvas) -> None:
    canvas.panel((0, 0), WIDTH, TOP - 8, QUIET, "sound")
    connect = canvas.message(f"connect 127.0.0.1 {OSC_PORT}", (110, 6))
    network = canvas.canvas(inside.network(VOICE), (110, 29))
    canvas.chain(network, connect, network)
    canvas.toggle((180, 31), "empty", "\\$0-connected")
    canvas.text("connected", (200, 29))
    canvas.text("plays", (330, 17))
    canvas.word((380, 17), "\\$0-model", 30)
    for x, name in ((20, "reset"), (95, "load"), (160, "prime"), (230, "listen")):
        canvas.button((x, 59), f"\\$0-{name}")
        canvas.text(name, (x + 20, 57))
    canvas.number((300, 57), "\\$0-listened", "\\$0-listened-set", 0.05, 30, 4)
    canvas.text("slot", (345, 57))
    canvas.number((380, 57), "\\$0-slot", "\\$0-slot-set", 1, 99, 3)
    for x, name in ((415, "save"), (475, "recall"), (545, "rewind")):
        canvas.button((x, 59), f"\\$0-{name}")
        canvas.text(name, (x + 20, 57))
    canvas.number((630, 57), "\\$0-beats", "\\$0-beats-set", 1, 64, 3)


def _sound(canvas: Canvas, y: int) -> None:
    canvas.panel((0, y), WIDTH, 104, QUIET)
    for row, side in enumerate(("left", "right")):
        canvas.text(side, (20, y + 8 + 26 * row))
        bar = f"\\$0-level-{side}"
        canvas.slider((80, y + 10 + 26 * row), "empty", bar, (0, FULL, False), 220)
    canvas.toggle((20, y + 68), "\\$0-sound", "empty")
    canvas.text("sound here", (40, y + 66))
    canvas.slider((140, y + 70), "\\$0-volume", "\\$0-volume-set", (0, 1, False), 160)
    for row, (name, text) in enumerate(
        (
            ("share", "of the time it has"),
            ("late", "blocks too late so far"),
            ("depth", "seconds until it is heard"),
        )
    ):
        canvas.number((340, y + 8 + 26 * row), "-", f"\\$0-{name}", letters=6)
        canvas.text(text, (410, y + 8 + 26 * row))


def _foot(canvas: Canvas, y: int) -> None:
    canvas.button((20, y), "empty", "\\$0-flash", RED)
    canvas.panel((45, y), WIDTH - 65, 18, LIGHT, receive="\\$0-trouble", size=12)
    for row, line in enumerate(HELP):
        canvas.text(line, (20, y + 28 + 20 * row), 90)
    insides = (
        _voice(),
        _through(),
        inside.begins(START),
        pd_knobs.wires("audio", "\\$0-news-voice", VOICE),
    )
    for index, one in enumerate(insides):
        canvas.canvas(one, (20 + 140 * index, y + 34 + 20 * len(HELP)))


def _voice() -> Canvas:
    """Return the canvas of the voice's memory, what it goes on from, and how it does."""
    canvas = Canvas("voice", 900, 700)
    inside.memory(canvas, VOICE)
    place = f"{inside.ROOT}/voice/{VOICE}"
    seconds = canvas.add("r \\$0-listened")
    listen = canvas.chain(canvas.add("r \\$0-listen"), canvas.add("f 2"))
    canvas.cord(seconds, listen, 0, 1)
    inside.sends(canvas, listen, f"{place}/listen")
    file = canvas.chain(canvas.add("r \\$0-prime"), canvas.add("openpanel"))
    named = canvas.add("list append 2")
    canvas.cord(file, named)
    canvas.cord(seconds, named, 0, 1)
    inside.sends(canvas, named, f"{place}/prime")
    news = canvas.chain(canvas.add("r \\$0-news-voice"), canvas.add("route model sound"))
    inside.sets(canvas, news, "model")
    state = canvas.add("unpack f f f")
    canvas.cord(news, state, 1)
    for outlet, name in enumerate(("share", "late", "depth")):
        inside.sets(canvas, state, name, outlet)
    inside.errors(canvas)
    return canvas


def _through() -> Canvas:
    """Return the canvas that shows the sound that comes in, and passes it on."""
    canvas = Canvas("through", 620, 420)
    sound, out = canvas.add("adc~ 1 2"), canvas.add("dac~ 1 2")
    on = canvas.add("r \\$0-sound")
    smooth = _volume(canvas, on)
    for side, name in enumerate(("left", "right")):
        level = canvas.add("env~ 4096 2048")
        canvas.cord(sound, level, side)
        inside.sets(canvas, level, f"level-{name}")
        passed = canvas.add("*~")
        canvas.cord(sound, passed, side)
        canvas.cord(smooth, passed, 0, 1)
        canvas.cord(passed, out, 0, side)
    # Pd has ports on JACK only while its DSP is on.
    starts = canvas.message("\\; pd dsp 1")
    canvas.chain(canvas.add("loadbang"), starts)
    canvas.chain(on, canvas.add("sel 1"), starts)
    return canvas


def _volume(canvas: Canvas, on: Box) -> Box:
    """Return the box that gives the volume, smoothed, and 0 while the switch is off."""
    loud, kept = canvas.add("*"), canvas.add("f")
    canvas.cord(on, loud)
    canvas.cord(on, kept, 0, 1)
    turned = canvas.chain(canvas.add("r \\$0-volume"), canvas.add("t b f"))
    canvas.cord(turned, loud, 1, 1)
    canvas.chain(turned, kept, loud)
    return canvas.chain(loud, canvas.add("pack f 30"), canvas.add("line~"))

"""The knobs of the Pure Data patch: what is seen of each, and the wires behind it.

A knob's news sets what is seen without sending it again. While a slider is in the hand its news
waits, so that it is not pulled away; the number beside it always shows what the daemon took.
"""

from pd_canvas import Box, Canvas

from live.declared.knob import Knob, Scope
from live.declared.knobs import SCOPES

ROW = 26
CELL = 15
LABELS = 158
"""From a knob's name to what is turned."""
BAR = 172
"""From a slider to its number."""
HAND = 300
"""Milliseconds after its last movement that a slider is still in the hand."""
FEW = 4
"""Choices that are written out, each beside its cell."""
WIDE = 1000
"""A span that is too wide for a slider."""


def address(knob: Knob, voice: int) -> str:
    """Return where a patch for a voice sends a knob."""
    return f"/extempo/{'transport' if 'transport' in knob.scopes else f'voice/{voice}'}/{knob.name}"


def show(canvas: Canvas, knob: Knob, x: int, y: int) -> int:
    """Put what is seen of a knob on the canvas; return the height that it takes."""
    send, bar, number = (f"\\$0-knob-{knob.name}{part}" for part in ("", "-bar", "-number"))
    canvas.text(knob.name.replace("_", " "), (x, y - 2))
    x += LABELS
    if knob.kind == "switch":
        canvas.toggle((x, y), send, bar)
    elif knob.kind == "signature":
        canvas.word((x, y - 1), number, 8, send)
    elif knob.choices:
        return _choice(canvas, knob, x, y)
    elif knob.high - knob.low > WIDE:
        canvas.number((x, y - 1), send, number, knob.low, knob.high)
    else:
        canvas.slider((x, y), send, bar, (knob.low, knob.high, knob.curve == "exponential"))
        canvas.number((x + BAR, y - 1), send, number, knob.low, knob.high)
    return ROW


def _choice(canvas: Canvas, knob: Knob, x: int, y: int) -> int:
    few = len(knob.choices) <= FEW
    cells = len(knob.choices)
    canvas.radio((x, y), f"\\$0-knob-{knob.name}", f"\\$0-knob-{knob.name}-bar", cells, upright=few)
    if not few:
        canvas.word((x + BAR + 20, y - 1), f"\\$0-knob-{knob.name}-number", 11)
        return ROW
    for index, choice in enumerate(knob.choices):
        canvas.text(choice, (x + 18, y - 3 + CELL * index))
    return ROW + CELL * (cells - 1)


def wires(scope: Scope, receive: str, voice: int) -> Canvas:
    """Return the canvas that ties a scope's knobs to OSC.

    `receive` brings messages that begin with a name; voice: whose knobs they are, unless the transport's.
    """
    canvas = Canvas(f"{scope}-knobs", 1000, 700)
    here = list(SCOPES[scope].values())
    names = canvas.add(f"route {' '.join(knob.name for knob in here)}")
    canvas.cord(canvas.add(f"r {receive}"), names)
    begin = canvas.add("loadbang")
    for index, knob in enumerate(here):
        wire = canvas.canvas(_wire(knob, voice))
        canvas.cord(names, wire, index)
        first = knob.default if isinstance(knob.default, str) else f"{knob.default:.10g}"
        canvas.chain(begin, canvas.message(first), wire)
    return canvas


def _wire(knob: Knob, voice: int) -> Canvas:
    canvas = Canvas(knob.name.replace("_", "-"), 520, 420)
    came = canvas.add("inlet")
    turned = canvas.add(f"r \\$0-knob-{knob.name}")
    if knob.kind == "signature":
        canvas.chain(
            turned,
            canvas.add("list"),
            canvas.add(f"oscformat {address(knob, voice)}"),
            canvas.add("s \\$0-send"),
        )
        _shows_what_is_typed(canvas, knob, came)
        return canvas
    out = canvas.add("t b f")
    canvas.cord(turned, out)
    sent = canvas.add(f"oscformat {address(knob, voice)}")
    canvas.chain(sent, canvas.add("s \\$0-send"))
    if knob.kind == "int":
        # A slider has places between whole numbers too.
        nearest = canvas.add("+ 0.5")
        canvas.chain(canvas.cord(out, nearest, 1), canvas.add("i"), sent)
    else:
        canvas.cord(out, sent, 1)
    if knob.choices:
        _shows_words(canvas, knob, came)
        return canvas
    number = canvas.add("route float")
    canvas.cord(came, number)
    bar = _setter(canvas, f"\\$0-knob-{knob.name}-bar")
    canvas.cord(number, _setter(canvas, f"\\$0-knob-{knob.name}-number"))
    if knob.kind == "switch":
        canvas.cord(number, bar)
    else:
        _waits_for_the_hand(canvas, number, out, bar)
    return canvas


def _waits_for_the_hand(canvas: Canvas, number: Box, hand: Box, bar: Box) -> None:
    kept, gate = canvas.add("f"), canvas.add("spigot 1")
    canvas.cord(number, kept, 0, 1)
    canvas.chain(number, gate, bar)
    away = canvas.add("t b b")
    canvas.chain(hand, canvas.add(f"del {HAND}"), away)
    canvas.cord(canvas.chain(hand, canvas.message("0")), gate, 0, 1)
    canvas.cord(canvas.cord(away, canvas.message("1"), 1), gate, 0, 1)
    canvas.chain(away, kept, gate)


def _shows_words(canvas: Canvas, knob: Knob, came: Box) -> None:
    words = canvas.add(f"route {' '.join(map(_word, knob.choices))}")
    canvas.cord(came, words)
    bar = canvas.add(f"s \\$0-knob-{knob.name}-bar")
    name = canvas.add(f"s \\$0-knob-{knob.name}-number")
    for index, choice in enumerate(knob.choices):
        canvas.cord(canvas.cord(words, canvas.message(f"set {index}"), index), bar)
        canvas.cord(canvas.cord(words, canvas.message(f"set {_word(choice)}"), index), name)


def _word(choice: str) -> str:
    """Return a choice as Pd reads it as a symbol, which a number would not be."""
    return f"\\{choice}" if choice.isdecimal() else choice


def _shows_what_is_typed(canvas: Canvas, knob: Knob, came: Box) -> None:
    kinds, shown = canvas.add("route float"), _setter(canvas, f"\\$0-knob-{knob.name}-number")
    canvas.cord(came, kinds)
    # A box for words shows no number.
    canvas.chain(kinds, canvas.add("makefilename %g"), shown)
    canvas.cord(kinds, shown, 1)


def _setter(canvas: Canvas, receive: str) -> Box:
    """Return the first box of a chain that sets what is seen without sending it again."""
    first = canvas.add("list prepend set")
    canvas.chain(first, canvas.add("list trim"), canvas.add(f"s {receive}"))
    return first

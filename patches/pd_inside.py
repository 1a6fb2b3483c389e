"""The closed canvases of the Pure Data patch: the network, the transport, notes in and notes out."""

from collections.abc import Iterable

from pd_canvas import Box, Canvas

ROOT = "/extempo"
SILENT = 3000
"""Milliseconds without status after which the daemon is asked again."""
READ = 20000
"""Milliseconds that an error is shown."""
VOICES = 8
"""Notes that the little synth sounds at once."""
LOWEST = 48
"""The keyboard's first pitch."""


def sends(canvas: Canvas, source: Box, address: str, outlet: int = 0) -> None:
    """Send what comes from a box to an OSC address."""
    canvas.cord(source, out := canvas.add(f"oscformat {address}"), outlet)
    canvas.cord(out, canvas.add("s \\$0-send"))


def sets(canvas: Canvas, source: Box, receive: str, outlet: int = 0, what: str = "set") -> None:
    """Set what is seen (its value, or its `label`) to what comes from a box."""
    canvas.cord(source, first := canvas.add(f"list prepend {what}"), outlet)
    canvas.chain(first, canvas.add("list trim"), canvas.add(f"s \\$0-{receive}"))


def network(voice: int) -> Canvas:
    """Return the canvas that talks to the daemon, and hears of one voice.

    A message to its inlet chooses where that is; its outlet asks for that message at the start.
    """
    canvas = Canvas("osc", 900, 640)
    canvas.chain(canvas.add("loadbang"), canvas.add("outlet"))
    net = canvas.add("netsend -u -b")
    canvas.cord(canvas.add("inlet"), net)
    canvas.chain(
        canvas.add("r \\$0-send"), canvas.add("list prepend send"), canvas.add("list trim"), net
    )
    news = canvas.add("route voice transport beat status error")
    parsed = canvas.add("oscparse")
    canvas.cord(net, parsed, 1)
    canvas.chain(parsed, canvas.add("list trim"), canvas.add("route extempo"), news)
    _only_one_voice(canvas, news, voice)
    for outlet, name in enumerate(("transport", "beat", "status", "error"), 1):
        canvas.cord(news, canvas.add(f"s \\$0-news-{name}"), outlet)
    _asks_until_it_answers(canvas)
    return canvas


def _only_one_voice(canvas: Canvas, news: Box, voice: int) -> None:
    # A voice's number arrives as a word, which route cannot name: 49 is the letter 1.
    both, gate = canvas.add("t a a"), canvas.add("spigot")
    canvas.cord(news, both)
    first = canvas.add("list split 1")
    canvas.cord(both, first, 1)
    is_first = canvas.chain(
        first, canvas.add("list fromsymbol"), canvas.add(f"== {ord(str(voice))}")
    )
    canvas.cord(is_first, gate, 0, 1)
    rest = canvas.chain(both, gate, canvas.add("list split 1"))
    trim = canvas.add("list trim")
    canvas.chain(canvas.cord(rest, trim, 1), canvas.add("s \\$0-news-voice"))


def _asks_until_it_answers(canvas: Canvas) -> None:
    ask, wait = canvas.add("t b b"), canvas.add(f"del {SILENT}")
    canvas.chain(canvas.add("loadbang"), canvas.add("del 100"), ask)
    canvas.cord(ask, wait, 1)
    sends(canvas, ask, f"{ROOT}/subscribe")
    alive = canvas.chain(canvas.add("r \\$0-news-status"), canvas.add("t b b"))
    canvas.cord(alive, wait, 1)
    seen = canvas.add("s \\$0-connected")
    canvas.chain(alive, canvas.message("set 1"), seen)
    lost = canvas.chain(wait, canvas.add("t b b"))
    canvas.cord(lost, ask)
    canvas.cord(canvas.cord(lost, canvas.message("set 0"), 1), seen)


def transport(voice: int) -> Canvas:
    """Return the canvas of transport, a voice's memory, status and errors."""
    canvas = Canvas("transport", 900, 700)
    play = canvas.chain(canvas.add("r \\$0-play"), canvas.add("sel 1 0"))
    sends(canvas, play, f"{ROOT}/transport/start")
    sends(canvas, play, f"{ROOT}/transport/stop", 1)
    for button in ("downbeat", "tap"):
        sends(canvas, canvas.add(f"r \\$0-{button}"), f"{ROOT}/transport/{button}")
    sends(canvas, canvas.add("r \\$0-panic"), f"{ROOT}/panic")
    memory(canvas, voice)
    _status(canvas)
    errors(canvas)
    return canvas


def memory(canvas: Canvas, voice: int) -> None:
    """Add what a voice keeps and forgets: load, reset, save, recall, rewind."""
    place = f"{ROOT}/voice/{voice}"
    sends(canvas, canvas.add("r \\$0-reset"), f"{place}/reset")
    load = canvas.chain(canvas.add("r \\$0-load"), canvas.add("openpanel"))
    sends(canvas, load, f"{place}/load")
    for what, amount, first in (("save", "slot", 1), ("recall", "slot", 1), ("rewind", "beats", 4)):
        value = canvas.chain(canvas.add(f"r \\$0-{what}"), canvas.add(f"f {first}"))
        canvas.cord(canvas.add(f"r \\$0-{amount}"), value, 0, 1)
        sends(canvas, value, f"{place}/{what}")


def _status(canvas: Canvas) -> None:
    status = canvas.chain(canvas.add("r \\$0-news-status"), canvas.add("unpack f s f f f f f"))
    for outlet, name in ((0, "playing"), (1, "model"), (5, "late")):
        sets(canvas, status, name, outlet)
    sets(canvas, canvas.cord(status, canvas.add("i"), 3), "event")
    beat = canvas.chain(canvas.add("r \\$0-news-beat"), canvas.add("unpack f f f"))
    for outlet, name in enumerate(("bar", "beat")):
        sets(canvas, beat, name, outlet)
    canvas.chain(beat, canvas.add("b"), canvas.add("s \\$0-pulse"))


def errors(canvas: Canvas) -> None:
    """Add what shows an error for a while."""
    parts = canvas.chain(canvas.add("r \\$0-news-error"), canvas.add("list split 1"))
    text = canvas.add("t b a b")
    canvas.cord(parts, text, 1)
    canvas.cord(text, canvas.add("s \\$0-flash"), 2)
    sets(canvas, text, "trouble", 1, "label")
    clear = canvas.chain(text, canvas.add(f"del {READ}"), canvas.message("label empty"))
    canvas.cord(clear, canvas.add("s \\$0-trouble"))


def notes_in(voice: int) -> Canvas:
    """Return the canvas that sends a voice what is played, on a MIDI keyboard or on the one that is seen."""
    place = f"{ROOT}/voice/{voice}"
    canvas = Canvas("play", 620, 420)
    note = canvas.add("pack f f")
    sends(canvas, note, f"{place}/play")
    keys = canvas.add("notein")
    canvas.cord(keys, note)
    canvas.cord(keys, note, 1, 1)
    pedal = canvas.chain(canvas.add("ctlin 64"), canvas.add(">= 64"), canvas.add("change"))
    sends(canvas, pedal, f"{place}/pedal")
    make = canvas.add("makenote 80 400")
    canvas.chain(canvas.add("r \\$0-key"), canvas.add(f"+ {LOWEST}"), make)
    canvas.cord(canvas.add("r \\$0-touch"), make, 0, 1)
    canvas.cord(make, note)
    canvas.cord(make, note, 1, 1)
    return canvas


def notes_out() -> Canvas:
    """Return the canvas that shows what is played, and sends it to MIDI or sounds it."""
    canvas = Canvas("sound", 900, 700)
    note = canvas.chain(
        canvas.add("r \\$0-news-voice"),
        canvas.add("route out"),
        canvas.add("route note"),
        canvas.add("unpack f f f f"),
    )
    for outlet, name in enumerate(("pitch", "force", "seconds")):
        canvas.cord(note, canvas.add(f"s \\$0-out-{name}"), outlet)
    length = canvas.add("* 1000")
    canvas.cord(note, length, 2)
    midi = _made(canvas, note, length, "midi")
    out = canvas.add("noteout")
    canvas.cord(midi, out)
    canvas.cord(midi, out, 1, 1)
    canvas.cord(note, out, 3, 2)
    _synth(canvas, _made(canvas, note, length, "sound"))
    on = canvas.chain(canvas.add("r \\$0-sound"), canvas.add("sel 1"))
    canvas.cord(on, canvas.message("\\; pd dsp 1"))
    return canvas


def _made(canvas: Canvas, note: Box, length: Box, switch: str) -> Box:
    # The switch is before makenote, so that a note that has begun is ended also when it goes off.
    gate, make = canvas.add("spigot"), canvas.add("makenote")
    canvas.cord(canvas.add(f"r \\$0-{switch}"), gate, 0, 1)
    canvas.cord(length, make, 0, 2)
    canvas.cord(note, make, 1, 1)
    canvas.chain(note, gate, make)
    canvas.chain(canvas.add("r \\$0-panic"), canvas.message("stop"), make)
    return make


def _synth(canvas: Canvas, notes: Box) -> None:
    each = canvas.add(f"poly {VOICES} 1")
    canvas.cord(notes, each)
    canvas.cord(notes, each, 1, 1)
    packed = canvas.add("pack f f f")
    for outlet in range(3):
        canvas.cord(each, packed, outlet, outlet)
    route = canvas.chain(packed, canvas.add("route " + " ".join(map(str, range(1, VOICES + 1)))))
    level = canvas.add("*~")
    for index in range(VOICES):
        voice = canvas.canvas(_voice(index + 1))
        canvas.cord(route, voice, index)
        canvas.cord(voice, level)
    volume = canvas.chain(
        canvas.add("r \\$0-volume"), canvas.message("\\$1 30"), canvas.add("line~")
    )
    canvas.cord(volume, level, 0, 1)
    out = canvas.cord(level, canvas.add("dac~"))
    canvas.cord(level, out, 0, 1)


def _voice(number: int) -> Canvas:
    canvas = Canvas(f"voice{number}", 420, 420)
    note = canvas.chain(canvas.add("inlet"), canvas.add("unpack f f"))
    hertz = canvas.add("mtof")
    canvas.cord(note, hertz)
    off = canvas.add("sel 0")
    canvas.cord(note, off, 1)
    envelope = canvas.add("vline~")
    canvas.chain(off, canvas.message("0 120"), envelope)
    touch = canvas.add("/ 127")
    canvas.cord(off, touch, 1)
    canvas.chain(touch, canvas.message("\\$1 4 \\, 0 2500 4"), envelope)
    # A squared straight line falls as a string does.
    shape = canvas.cord(envelope, canvas.add("*~"))
    canvas.cord(envelope, shape, 0, 1)
    level = canvas.add("*~")
    for partial, strength in ((1, 0.2), (2, 0.06), (3, 0.02)):
        tone = canvas.chain(hertz, canvas.add(f"* {partial}"), canvas.add("osc~"))
        canvas.chain(tone, canvas.add(f"*~ {strength}"), level)
    canvas.cord(shape, level, 0, 1)
    canvas.cord(level, canvas.add("outlet~"))
    return canvas


def begins(values: Iterable[tuple[str, float]]) -> Canvas:
    """Return the canvas that sets the patch's own numbers when it opens."""
    canvas = Canvas("begin")
    begin = canvas.add("loadbang")
    for name, value in values:
        canvas.chain(begin, canvas.message(f"{value:g}"), canvas.add(f"s \\$0-{name}-set"))
    return canvas

"""Every OSC address: what it takes, what it is for, and who handles it.

Knobs come from their declaration. The reference page is made from these tables.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from live.control.surfaces.osc import actions, queries
from live.control.surfaces.osc.request import Desk, Request
from live.declared.knobs import KINDS, Kind
from live.ipc.commands import LISTENED, REMEMBERED


class Address(NamedTuple):
    """A line of the reference: a path, its arguments, and what it is for."""

    path: str
    arguments: str
    help: str


class Action(NamedTuple):
    """An address that is handled; see live.control.surfaces.osc.actions for `handle`.

    kinds: of which voices, for an address below one.
    """

    path: str
    arguments: str
    help: str
    handle: Callable[[Desk, Request, int], None]
    kinds: tuple[Kind, ...] = KINDS


VOICE: Final = (
    Action(
        "note",
        "pitch velocity",
        "what you play, each 0 to 127; velocity 0 ends the note",
        actions.note,
    ),
    Action("pedal", "0|1", "your sustain pedal, up or down", actions.pedal),
    Action(
        "save",
        "slot",
        "keeps the voice's memory of this moment under a name or a number",
        actions.save,
    ),
    Action("recall", "slot", "goes back to what a slot keeps", actions.recall),
    Action(
        "rewind",
        "beats",
        "gives the voice the memory that it had so many beats ago; a voice of sound remembers the last "
        f"{REMEMBERED:g} seconds and tells where that is less; frozen, it holds the keys of then",
        actions.rewind,
    ),
    Action("reset", "", "forgets everything that was played", actions.reset),
    Action(
        "load",
        "artifact",
        "checks an artifact (a name or a path) and plays it from the next bar on; knobs that still stand "
        "where the last artifact put them go where this one wants them, those that you turned stay",
        actions.load,
    ),
    Action(
        "force",
        "factor code",
        "gives a factor (time, pitch, velocity, duration) of every coming event this code; "
        "-1 draws it again",
        actions.force,
        ("events",),
    ),
    Action(
        "prime",
        "path [seconds]",
        "a voice of sound goes on from the end of a sound file, as if it had played its last so many "
        f"seconds ({LISTENED:g}, if you do not say)",
        actions.prime,
        ("audio",),
    ),
    Action(
        "listen",
        "[seconds]",
        "the same, from the audio input: what came in just now where JACK plays, else a microphone for so "
        f"long; {actions.LONGEST_LISTEN:g} seconds at most, which is more than networks remember",
        actions.listen,
        ("audio",),
    ),
)
"""Below /extempo/voice/N."""

TRANSPORT: Final = (
    Action("start", "", "lets a held clock run on, from the first beat of a bar", actions.start),
    Action("stop", "", "holds the clock and lets go of what sounds", actions.stop),
    Action(
        "downbeat",
        "",
        "now is the first beat of a bar; what waits for a bar line comes now",
        actions.downbeat,
    ),
    Action(
        "tap",
        "",
        "one beat of a tapped tempo (in 6/8 three eighths); the beat comes to where the taps fall",
        actions.tap,
    ),
    Action("source", "name", f"the clock that leads: {actions.SOURCE}", actions.source),
)
"""Below /extempo/transport."""

TOP: Final = (
    Action(
        "panic",
        "",
        "lets go of every note and forgets what is planned and what waits for its time; "
        "any argument will do, but for a button's release (0)",
        actions.panic,
    ),
    Action(
        "get",
        "address",
        "replies with what is there now; a pattern, /extempo/voice/1/*, gets all that matches",
        queries.get,
    ),
    Action(
        "subscribe",
        "[port]",
        "sends all that there is now, and from then on the news, to the sender's host: "
        "to this port, or the one that it was sent from",
        queries.subscribe,
    ),
    Action("unsubscribe", "[port]", "ends that", queries.unsubscribe),
    Action(
        "knobs",
        "",
        "replies with every knob, /extempo/knob name kind low high unit default help address "
        "choices..., and with /extempo/knobs and their number at the end",
        queries.knobs,
    ),
)
"""Below /extempo."""

NEWS: Final = (
    Address(
        "/extempo/voice/N/out/note",
        "pitch velocity seconds channel",
        "a note goes out, and sounds so long",
    ),
    Address(
        "/extempo/voice/N/KNOB",
        "value",
        "a knob has changed, to the value that was taken; its /unit comes too",
    ),
    Address("/extempo/voice/N/model", "name", "what the voice plays"),
    Address("/extempo/beat", "bar beat tempo", "a beat begins; bar and beat count from 1"),
    Address(
        "/extempo/status",
        "running model tempo event_us worst_us holds planned",
        "twice a second: what an event takes in microseconds (median, worst), how often one "
        "came too late, and how many are planned",
    ),
    Address(
        "/extempo/error",
        "code text",
        "what went wrong in one sentence; the code is one word for programs",
    ),
    Address("/extempo/subscribed", "port", "reply to subscribe; /extempo/unsubscribed likewise"),
    Address(
        "/extempo/voice/N/saved",
        "slot",
        "a slot keeps this moment; told to who asked too, as /extempo/voice/N/recalled is",
    ),
    Address(
        "/extempo/voice/N/loading",
        "artifact",
        "reply to load: the file is good and plays from the next bar on",
    ),
    Address(
        "/extempo/voice/N/priming",
        "path",
        "reply to prime: the file is good, and the voice goes on from it",
    ),
    Address(
        "/extempo/voice/N/sound",
        "share late depth",
        "how a voice of sound does, twice a second: the share of real time that its network takes "
        "(1 is all), how many blocks came too late, and the seconds from drawing to hearing",
    ),
)
"""What is sent."""

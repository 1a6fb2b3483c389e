"""The addresses that are OSC's own, and what is sent: what each takes, what it is for, and who handles it.

Knobs and actions come from their declaration. The reference page is made from all of them.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from live.control.surfaces.osc import queries
from live.control.surfaces.osc.request import Context, Request


class Address(NamedTuple):
    """A line of the reference: a path, its arguments, and what it is for."""

    path: str
    arguments: str
    help: str


class Own(NamedTuple):
    """An address below /extempo that only OSC has; see `queries` for `handle`."""

    path: str
    arguments: str
    help: str
    handle: Callable[[Context, Request], None]


OWN: Final = (
    Own(
        "get",
        "address",
        "replies with what is there now; a pattern, /extempo/voice/1/*, gets all that matches",
        queries.get,
    ),
    Own(
        "subscribe",
        queries.PORT.usage,
        "sends all that there is now, and from then on the news, to the sender's host: "
        "to this port, or the one that it was sent from",
        queries.subscribe,
    ),
    Own("unsubscribe", queries.PORT.usage, "ends that", queries.unsubscribe),
    Own(
        "knobs",
        "",
        "replies with every knob, /extempo/knob name kind low high unit default help address "
        "choices..., and with /extempo/knobs and their number at the end",
        queries.knobs,
    ),
)
"""The addresses of OSC's own: values, the knobs, and subscribing to news."""

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
        "/extempo/transport/confidence",
        "confidence follows",
        "how likely your next beat is right to .06 of it, 0 to 1; whether the clock follows you (1) or stays (0)",
    ),
    Address(
        "/extempo/status",
        "running model tempo event_us worst_us holds planned",
        "twice a second: what a step takes in microseconds (median, worst), how often one "
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

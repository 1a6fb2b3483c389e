"""What control asks of the engine: small immutable values in a bounded inbox, taken between steps."""

import msgspec

from live.ipc.acts import Act


class Command(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An act that is asked for.

    voice: whose it is; 0 is the clock, or all. at: when it is meant to act, in `time.monotonic()` seconds; 0
    is as soon as it is taken. asker: who is told when it is done, or why it is not: a host and a port.
    """

    act: Act
    voice: int = 0
    at: float = 0.0
    asker: tuple[str, int] | None = None

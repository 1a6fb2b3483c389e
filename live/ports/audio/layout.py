"""What the compiled mix remembers, as numpy records that it is handed by address."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

USER_DATA: Final = 48
"""Where miniaudio keeps a device's `pUserData`, in bytes from its beginning."""
LOOKAHEAD: Final = 64
"""Frames that the limiter sees before they are heard: so much later is all sound."""
CEILING: Final = 10.0 ** (-0.3 / 20.0)
"""The loudest sample that leaves the mix."""
HISTORY: Final = 2048
"""Frames of a voice that are kept for its fade; a power of two."""
PIECE: Final = 4096
"""Frames that are mixed at a time, where more are asked for."""
TAP_FRAMES: Final = 1 << 18
"""Frames of the mix that a slow disk or a slow client may be behind: a power of two."""

VOICE: Final = np.dtype(
    [
        # Addresses of its blocks' header and frames, and how many samples a frame has: 1 or 2.
        ("header", "i8"),
        ("frames", "i8"),
        ("channels", "i8"),
        # Gains of both sides, smoothed twice, and whether they have a value yet.
        ("left", "f8"),
        ("right", "f8"),
        ("left_before", "f8"),
        ("right_before", "f8"),
        ("levelled", "i8"),
        # How far the voice is faded in, and how many frames of its dying away are left.
        ("swell", "f8"),
        ("ghost", "i8"),
        ("broke", "i8"),
        # What the voice gave last at either side, by the number of the frame.
        ("frame", "i8"),
        ("history", "f8", (HISTORY, 2)),
        # Whether it gave anything since the rate changed: before, nothing is late.
        ("begun", "i8"),
    ]
)

MIXER: Final = np.dtype(
    [
        ("voices", "i8"),
        ("count", "i8"),
        ("rate", "i8"),
        # Who drives the mix: nobody else is let in.
        ("driver", "i8"),
        # The fade of everything: where it is and where it goes, 0 or 1.
        ("swell", "f8"),
        ("open", "i8"),
        # The sums over all voices.
        ("sum_left", "f8", (PIECE,)),
        ("sum_right", "f8", (PIECE,)),
        # The limiter: what waits, the gain that each frame allows, the mean over them.
        ("waiting_left", "f8", (LOOKAHEAD,)),
        ("waiting_right", "f8", (LOOKAHEAD,)),
        ("allowed", "f8", (LOOKAHEAD,)),
        ("eased", "f8", (LOOKAHEAD,)),
        ("place", "i8"),
        ("lowest", "f8"),
        ("lowest_for", "i8"),
        # When the next period should begin, by the clock of all three processes.
        ("expected", "f8"),
        ("periods", "i8"),
        ("peak", "f8"),
        # The mix once more, for a file and for clients: its address, how much was written to it.
        ("tap", "i8"),
        ("tapped", "i8"),
        # The clock: its address, its two arguments, where it leaves two numbers and what they mean.
        ("clock", "i8"),
        ("clock_first", "i8"),
        ("clock_second", "i8"),
        ("clock_found", "i8", (2,)),
        ("clock_units", "f8", (2,)),
        ("clock_zero", "f8"),
        # What comes in: the address of a ring's header and frames, 0 for none, and how many it holds.
        ("capture", "i8"),
        ("captured", "i8"),
        ("capture_length", "i8"),
    ]
)
"""One for a run. periods and peak are counted for the ports to read."""

WIRING: Final = np.dtype(
    [
        ("mixer", "i8"),
        ("driver", "i8"),
        ("calls", "i8"),
        ("inside", "i8"),
        # JACK's: the address of `jack_port_get_buffer`, and our ports.
        ("buffer_of", "i8"),
        ("left", "i8"),
        ("right", "i8"),
        ("listen", "i8"),
    ]
)
"""What JACK or a device hands to its callback: whose mix, as which driver. calls counts; inside is 1
while the callback runs.
"""


def begin(state: NDArray[Any]) -> None:
    """Let the limiter of a new mix, one record of MIXER, begin with nothing loud in sight."""
    state["allowed"] = state["eased"] = state["lowest"] = 1.0
    state["lowest_for"] = LOOKAHEAD

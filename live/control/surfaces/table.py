"""The surfaces, one line each."""

from collections.abc import Callable
from typing import Final

from live.control.surfaces.midi import Midi
from live.control.surfaces.osc.osc import Osc
from live.control.surfaces.surface import Setting, Surface

SURFACES: Final[tuple[Callable[[Setting], Surface], ...]] = (
    Osc.of,
    Midi,
)
"""Each makes one; raises ExtempoError where it cannot be had."""

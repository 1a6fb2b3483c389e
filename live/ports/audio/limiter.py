"""The end of the mix, compiled: it opens and closes with a fade, and is never too loud."""

import math
from typing import Any, Final

from live.machine.compiling import carray, compiled, pointer
from live.ports.audio.instructions import ease
from live.ports.audio.layout import CEILING, LOOKAHEAD, MIXER

_OPEN: Final = 0.02
_RECOVER: Final = 0.15


@compiled("float64(int64, float64)")
def _hold(mixer: int, needed: float) -> float:
    """Return the lowest gain that the frames in sight allow, this one's `needed` among them."""
    m = carray(pointer(mixer), 1, MIXER)[0]
    allowed = m.allowed
    allowed[m.place] = needed
    m.lowest_for -= 1
    if needed <= m.lowest:
        m.lowest = needed
        m.lowest_for = LOOKAHEAD
    elif m.lowest_for <= 0:
        m.lowest = needed
        m.lowest_for = LOOKAHEAD
        for age in range(1, LOOKAHEAD):
            old = allowed[(m.place - age) & (LOOKAHEAD - 1)]
            if old < m.lowest:
                m.lowest = old
                m.lowest_for = LOOKAHEAD - age
    return float(m.lowest)


@compiled("void(int64, int64, float64[::1], float64[::1])")
def limit(mixer: int, count: int, left: Any, right: Any) -> None:
    """Open or close the whole mix, and keep it under the ceiling, in place and LOOKAHEAD - 1 frames later.

    Each frame's gain is the mean of the lowest gains around it, so it is low enough at every peak
    and bends nowhere sharply.
    """
    m = carray(pointer(mixer), 1, MIXER)[0]
    eased = m.eased
    total = 0.0
    for i in range(LOOKAHEAD):
        total += eased[i]
    recover = 1.0 - math.exp(-1.0 / (_RECOVER * m.rate))
    step = 1.0 / (_OPEN * m.rate)
    level = eased[(m.place - 1) & (LOOKAHEAD - 1)]
    peak = 0.0
    for i in range(count):
        m.swell = min(m.swell + step, 1.0) if m.open else max(m.swell - step, 0.0)
        opening = ease(m.swell)
        x, y = left[i] * opening, right[i] * opening
        loud = max(abs(x), abs(y))
        level = min(
            _hold(mixer, CEILING / loud if loud > CEILING else 1.0),
            level + (1.0 - level) * recover,
        )
        total += level - eased[m.place]
        eased[m.place] = level
        m.waiting_left[m.place] = x
        m.waiting_right[m.place] = y
        m.place = (m.place + 1) & (LOOKAHEAD - 1)
        gain = total / LOOKAHEAD
        left[i] = min(max(m.waiting_left[m.place] * gain, -CEILING), CEILING)
        right[i] = min(max(m.waiting_right[m.place] * gain, -CEILING), CEILING)
        peak = max(peak, abs(left[i]), abs(right[i]))
    m.peak = peak

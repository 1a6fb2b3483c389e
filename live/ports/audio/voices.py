"""One voice on its way from its blocks into the mix, compiled."""

import math
from typing import Any, Final

import numpy as np

from live.ipc.soundring import FRAMES, HEADER
from live.machine.compiling import carray, compiled, pointer
from live.ports.audio.instructions import ease, fence
from live.ports.audio.layout import HISTORY, VOICE

LOUDEST: Final = 16.0
"""Samples beyond this are taken for errors, as NaN is."""

_FADE: Final = 0.005
_TURN: Final = 0.2
"""The share of the fade over which one kind of turning passes into the other."""
_SMOOTH: Final = 0.004
"""Seconds of each of the two stages that gain and pan pass."""


@compiled("int64(int64, int64, int64)")
def _available(voice: int, rate: int, count: int) -> int:
    """Return how many of the next frames can be taken from a voice's ring, and count what is late."""
    v = carray(pointer(voice), 1, VOICE)[0]
    h = carray(pointer(v.header), 1, HEADER)[0]
    sounding = h.sounding != 0 and h.ended == 0
    fence()
    waiting = int(min(max(h.written - h.read, 0), FRAMES))
    fence()
    take = min(waiting, count)
    if take == count:
        return count
    if not sounding:
        return take
    # A voice that fell silent comes back with a whole period, not with scraps.
    if v.swell == 0.0:
        take = 0
    if v.begun:
        h.late += 1
        h.missing += count - take
    return take


@compiled("UniTuple(float64, 2)(float64, float64)")
def _levels(gain: float, pan: float) -> tuple[float, float]:
    """Return how loud a voice is to be at the left and at the right."""
    gain = gain if math.isfinite(gain) else 0.0
    pan = pan if math.isfinite(pan) else 0.0
    gain = min(max(gain, 0.0), LOUDEST)
    angle = (min(max(pan, -1.0), 1.0) + 1.0) * (math.pi / 4.0)
    return gain * math.cos(angle), gain * math.sin(angle)


@compiled("float64(int64, int64, int64)")
def _dying(voice: int, side: int, fade: int) -> float:
    """Return the next sample at one side of a voice that dies away over `fade` frames."""
    v = carray(pointer(voice), 1, VOICE)[0]
    after = fade - v.ghost + 1
    last = v.history[(v.broke - 1) & (HISTORY - 1), side]
    past = v.history[(v.broke - 1 - after) & (HISTORY - 1), side]
    # Turned round in time and about the last value it goes on with its slope; only in time
    # it is no louder than it was.
    turned = past + 2.0 * (last - past) * ease(max(1.0 - after / (_TURN * fade), 0.0))
    return float(turned * ease(v.ghost / (fade + 1.0)))


@compiled("void(int64, int64)")
def _break_off(voice: int, fade: int) -> None:
    """Let a voice that sounds begin to die away."""
    v = carray(pointer(voice), 1, VOICE)[0]
    if v.swell > 0.0:
        v.swell = 0.0
        v.ghost = fade
        v.broke = v.frame


@compiled("void(int64, float64, float64)")
def _remember(voice: int, left: float, right: float) -> None:
    """Keep a frame, in case the voice must die away from it."""
    v = carray(pointer(voice), 1, VOICE)[0]
    v.history[v.frame & (HISTORY - 1), 0] = left
    v.history[v.frame & (HISTORY - 1), 1] = right
    v.frame += 1


@compiled("void(int64, float64, float64, float64)")
def _approach(voice: int, left: float, right: float, near: float) -> None:
    """Bring gain and pan a frame nearer to what they are to be; they begin there."""
    v = carray(pointer(voice), 1, VOICE)[0]
    if not v.levelled:
        v.levelled = 1
        v.left = v.left_before = left
        v.right = v.right_before = right
    v.left_before += near * (left - v.left_before)
    v.right_before += near * (right - v.right_before)
    v.left += near * (v.left_before - v.left)
    v.right += near * (v.right_before - v.right)


@compiled("void(int64, float64, float64)")
def _settle(voice: int, left: float, right: float) -> None:
    """Finish a change of gain and pan: values that only come ever nearer turn into denormals, which are slow."""
    v = carray(pointer(voice), 1, VOICE)[0]
    if abs(v.left - left) + abs(v.left_before - left) < 1e-7:
        v.left = v.left_before = left
    if abs(v.right - right) + abs(v.right_before - right) < 1e-7:
        v.right = v.right_before = right


@compiled("void(int64, int64, int64, float64[::1], float64[::1])")
def add_voice(voice: int, rate: int, count: int, left: Any, right: Any) -> None:
    """Mix the next frames of a voice in; where they are missing it dies away, and comes back softly.

    It dies away as its last frames turned round: no step, and no sharper bend than they have.
    """
    v = carray(pointer(voice), 1, VOICE)[0]
    h = carray(pointer(v.header), 1, HEADER)[0]
    frames = carray(pointer(v.frames), (FRAMES, v.channels), np.float32)
    right_of = v.channels - 1
    begin = h.read
    before = take = _available(voice, rate, count)
    to_left, to_right = _levels(h.gain, h.pan)
    fade = min(max(int(rate * _FADE), 1), HISTORY // 2 - 1)
    near = 1.0 - math.exp(-1.0 / (_SMOOTH * rate))
    refused = 0
    for i in range(count):
        y = z = 0.0
        good = i < take
        if good:
            place = (begin + i) & (FRAMES - 1)
            y, z = float(frames[place, 0]), float(frames[place, right_of])
            if not (abs(y) <= LOUDEST and abs(z) <= LOUDEST):
                y = z = 0.0
                good = False
                refused += 1
            elif v.ghost == 0:
                v.swell = min(v.swell + 1.0 / fade, 1.0)
                opening = ease(v.swell)
                y, z = y * opening, z * opening
        if not good:
            _break_off(voice, fade)
        if v.ghost > 0:
            y, z = _dying(voice, 0, fade), _dying(voice, right_of, fade)
            v.ghost -= 1
        _remember(voice, y, z)
        _approach(voice, to_left, to_right, near)
        left[i] += y * v.left
        right[i] += z * v.right
    _settle(voice, to_left, to_right)
    if before > 0:
        v.begun = 1
    h.refused += refused
    fence()
    h.read = begin + take


@compiled("void(int64, float64, int64, int64)")
def publish(voice: int, heard_at: float, rate: int, period: int) -> None:
    """Tell the voice when its next frame is heard."""
    v = carray(pointer(voice), 1, VOICE)[0]
    h = carray(pointer(v.header), 1, HEADER)[0]
    h.turn |= 1
    fence()
    h.heard_at = heard_at
    h.heard = h.read
    h.rate = rate
    h.period = period
    fence()
    h.turn += 1

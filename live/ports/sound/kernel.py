"""The mix, compiled: what JACK's or a device's thread runs, with no Python, no lock, no allocation.

Importing this imports numba, and compiles where nothing is cached: before anything plays.
All memory is handed over by address, see layout.py. What one side writes for the other to follow
(`written`, `read`, `tapped`) is written after the frames that it stands for, with a fence between, so
that it also holds on processors that change the order of writes.
"""

import math
from typing import Any, Final

import numpy as np

from live import soundring
from live.ports.sound import layout
from live.ports.sound.compiling import callback, carray, compiled, intrinsic, ir, keep, types
from live.ports.sound.layout import (
    HISTORY,
    LOOKAHEAD,
    MIXER,
    PIECE,
    TAP_FRAMES,
    VOICE,
    WIRING,
)
from live.soundring import FRAMES, HEADER

CEILING: Final = 10.0 ** (-0.3 / 20.0)
"""Nothing leaves that is louder."""
LOUDEST: Final = 16.0
"""A sample beyond this is as wrong as one that is no number."""
USER_DATA: Final = 48
"""Where miniaudio keeps a device's `pUserData`, in bytes from its beginning."""

_VOICE_SIZE: Final = VOICE.itemsize
_FADE: Final = 0.005
_TURN: Final = 0.2
"""How much of the fade it takes from the one kind of turning to the other."""
_OPEN: Final = 0.02
_SMOOTH: Final = 0.004
"""Seconds of each of the two stages that gain and pan pass."""
_RECOVER: Final = 0.15
_FOLLOW: Final = 0.05
"""How much of a period's error the clock takes over."""
_LOST: Final = 0.05
"""Seconds of error from which on it begins anew."""

keep(__file__, layout.__file__, soundring.__file__)


@intrinsic
def _pointer(_typing: Any, address: Any) -> Any:
    """Turn an address into a pointer."""

    def build(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())

    return types.voidptr(types.int64), build


@intrinsic
def _address(_typing: Any, pointer: Any) -> Any:
    """Turn a pointer into an address."""

    def build(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ptrtoint(arguments[0], ir.IntType(64))

    return types.int64(types.voidptr), build


@intrinsic
def _call(_typing: Any, function: Any, first: Any, second: Any) -> Any:
    """Call a C function by its address, with two whole numbers or addresses; return its result."""

    def build(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        whole = ir.IntType(64)
        kind = ir.FunctionType(whole, [whole, whole]).as_pointer()
        return builder.call(builder.inttoptr(arguments[0], kind), arguments[1:])

    return types.int64(types.int64, types.int64, types.int64), build


@intrinsic
def _fence(_typing: Any) -> Any:
    """Let nobody see what is written after this without what was written before it."""

    def build(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), build


@compiled("float64(float64)")
def _ease(x: float) -> float:
    """Return a fade's factor where it has come to `x` of 1: it begins and ends level."""
    return x * x * (3.0 - 2.0 * x)


@compiled("float64(int64)")
def clock(mixer: int) -> float:
    """Return `time.monotonic()`."""
    m = carray(_pointer(mixer), 1, MIXER)[0]
    _call(m.clock, m.clock_first, m.clock_second)
    _fence()
    found, units = m.clock_found, m.clock_units
    return float(found[0] * units[0] + found[1] * units[1] + m.clock_zero)


@compiled("int64(int64, int64, int64)")
def _available(voice: int, rate: int, count: int) -> int:
    """Return how many of the next frames can be taken from a voice's ring, and count what is late."""
    v = carray(_pointer(voice), 1, VOICE)[0]
    h = carray(_pointer(v.header), 1, HEADER)[0]
    sounding = h.sounding != 0 and h.ended == 0
    _fence()
    waiting = int(min(max(h.written - h.read, 0), FRAMES))
    _fence()
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


@compiled("void(int64, int64, int64, float64[::1], float64[::1])")
def _add_voice(voice: int, rate: int, count: int, left: Any, right: Any) -> None:
    """Mix the next frames of a voice in; where they are missing it dies away, and comes back softly.

    It dies away as its last frames turned round: no step, and no sharper bend than they have.
    """
    v = carray(_pointer(voice), 1, VOICE)[0]
    h = carray(_pointer(v.header), 1, HEADER)[0]
    frames = carray(_pointer(v.frames), FRAMES, np.float32)
    history = v.history
    begin = h.read
    before = take = _available(voice, rate, count)
    gain = h.gain if math.isfinite(h.gain) else 0.0
    pan = h.pan if math.isfinite(h.pan) else 0.0
    gain = min(max(gain, 0.0), LOUDEST)
    angle = (min(max(pan, -1.0), 1.0) + 1.0) * (math.pi / 4.0)
    to_left, to_right = gain * math.cos(angle), gain * math.sin(angle)
    if not v.levelled:
        v.levelled = 1
        v.left = v.left_before = to_left
        v.right = v.right_before = to_right
    fade = min(max(int(rate * _FADE), 1), HISTORY // 2 - 1)
    near = 1.0 - math.exp(-1.0 / (_SMOOTH * rate))
    refused = 0
    for i in range(count):
        y = 0.0
        good = i < take
        if good:
            x = float(frames[(begin + i) & (FRAMES - 1)])
            if not abs(x) <= LOUDEST:
                good = False
                refused += 1
            elif v.ghost == 0:
                v.swell = min(v.swell + 1.0 / fade, 1.0)
                y = x * _ease(v.swell)
        if not good and v.swell > 0.0:
            v.swell = 0.0
            v.ghost = fade
            v.broke = v.frame
        if v.ghost > 0:
            after = fade - v.ghost + 1
            last = history[(v.broke - 1) & (HISTORY - 1)]
            past = history[(v.broke - 1 - after) & (HISTORY - 1)]
            # Turned round in time and about the last value it goes on with its slope; only in time
            # it is no louder than it was.
            y = past + 2.0 * (last - past) * _ease(max(1.0 - after / (_TURN * fade), 0.0))
            y *= _ease(v.ghost / (fade + 1.0))
            v.ghost -= 1
        history[v.frame & (HISTORY - 1)] = y
        v.frame += 1
        v.left_before += near * (to_left - v.left_before)
        v.right_before += near * (to_right - v.right_before)
        v.left += near * (v.left_before - v.left)
        v.right += near * (v.right_before - v.right)
        left[i] += y * v.left
        right[i] += y * v.right
    # What only comes nearer for ever becomes numbers that processors are slow with.
    if abs(v.left - to_left) + abs(v.left_before - to_left) < 1e-7:
        v.left = v.left_before = to_left
    if abs(v.right - to_right) + abs(v.right_before - to_right) < 1e-7:
        v.right = v.right_before = to_right
    if before > 0:
        v.begun = 1
    h.refused += refused
    _fence()
    h.read = begin + take


@compiled("void(int64, float64, int64, int64)")
def _publish(voice: int, heard_at: float, rate: int, period: int) -> None:
    """Tell the voice when its next frame is heard."""
    v = carray(_pointer(voice), 1, VOICE)[0]
    h = carray(_pointer(v.header), 1, HEADER)[0]
    h.turn |= 1
    _fence()
    h.heard_at = heard_at
    h.heard = h.read
    h.rate = rate
    h.period = period
    _fence()
    h.turn += 1


@compiled("float64(int64, float64)")
def _hold(mixer: int, needed: float) -> float:
    """Return the lowest gain that the frames in sight allow, this one's `needed` among them."""
    m = carray(_pointer(mixer), 1, MIXER)[0]
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
def _limit(mixer: int, count: int, left: Any, right: Any) -> None:
    """Open or close the whole mix, and keep it under the ceiling, in place and LOOKAHEAD - 1 frames later.

    Each frame's gain is the mean of the lowest gains around it, so it is low enough at every peak
    and bends nowhere sharply.
    """
    m = carray(_pointer(mixer), 1, MIXER)[0]
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
        opening = _ease(m.swell)
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
        m.reduced += gain < 0.999
    m.peak = peak


@compiled("void(int64, int64, float64[::1], float64[::1])")
def _tap(mixer: int, count: int, left: Any, right: Any) -> None:
    """Leave the mix where a file and clients find it."""
    m = carray(_pointer(mixer), 1, MIXER)[0]
    tap = carray(_pointer(m.tap), (TAP_FRAMES, 2), np.float32)
    for i in range(count):
        place = (m.tapped + i) & (TAP_FRAMES - 1)
        tap[place, 0] = left[i]
        tap[place, 1] = right[i]
    _fence()
    m.tapped += count


@compiled("void(int64, int64, int64, int64, int64, float64)")
def mix(mixer: int, left: int, right: int, stride: int, count: int, now: float) -> None:
    """Write the next `count` frames of all voices to two addresses, float32, `stride` apart.

    now: when they are asked for. The caller is the driver.
    """
    m = carray(_pointer(mixer), 1, MIXER)[0]
    out_left = carray(_pointer(left), count * stride, np.float32)
    out_right = carray(_pointer(right), count * stride, np.float32)
    error = now - m.expected
    m.expected = now if abs(error) > _LOST else m.expected + _FOLLOW * error
    done = 0
    while done < count:
        part = min(count - done, PIECE)
        # Sound that is taken now waits in the limiter first.
        heard_at = m.expected + (done + LOOKAHEAD - 1) / m.rate
        a, b = m.sum_left[:part], m.sum_right[:part]
        a[:] = 0.0
        b[:] = 0.0
        for index in range(m.count):
            voice = m.voices + index * _VOICE_SIZE
            _publish(voice, heard_at, m.rate, count)
            _add_voice(voice, m.rate, part, a, b)
        _limit(mixer, part, a, b)
        for i in range(part):
            out_left[(done + i) * stride] = a[i]
            out_right[(done + i) * stride] = b[i]
        _tap(mixer, part, a, b)
        done += part
    m.expected += count / m.rate
    m.frames += count
    m.periods += 1


@compiled("void(int64, int64, int64)")
def hear(mixer: int, source: int, count: int) -> None:
    """Take in `count` frames, float32 at an address, over what nobody has read."""
    m = carray(_pointer(mixer), 1, MIXER)[0]
    if m.capture == 0:
        return
    h = carray(_pointer(m.capture), 1, HEADER)[0]
    frames = carray(_pointer(m.captured), FRAMES, np.float32)
    came = carray(_pointer(source), count, np.float32)
    for i in range(count):
        x = came[i]
        frames[(h.written + i) & (FRAMES - 1)] = x if abs(x) <= LOUDEST else np.float32(0.0)
    _fence()
    h.written += count
    h.rate = m.rate
    h.period = count


@compiled("void(int64, int64)")
def take_over(mixer: int, driver: int) -> None:
    """Let one driver in from now on, and no other."""
    m = carray(_pointer(mixer), 1, MIXER)[0]
    m.driver = driver
    _fence()


@compiled("void(int64, int64, int64, int64, int64)")
def _drive(wiring: int, left: int, right: int, stride: int, count: int) -> None:
    """Mix for a callback, or leave silence where another driver has taken over."""
    w = carray(_pointer(wiring), 1, WIRING)[0]
    m = carray(_pointer(w.mixer), 1, MIXER)[0]
    w.inside = 1
    _fence()
    if m.driver == w.driver:
        mix(w.mixer, left, right, stride, count, clock(w.mixer))
    else:
        out_left = carray(_pointer(left), count * stride, np.float32)
        out_right = carray(_pointer(right), count * stride, np.float32)
        for i in range(count):
            out_left[i * stride] = out_right[i * stride] = 0.0
    _fence()
    w.inside = 0
    w.calls += 1


@callback("int32(uint32, voidptr)")
def jack_process(count: int, argument: Any) -> int:
    """JACK's process callback."""
    w = carray(argument, 1, WIRING)[0]
    frames = int(np.int64(count))
    left = _call(w.buffer_of, w.left, frames)
    right = _call(w.buffer_of, w.right, frames)
    _drive(_address(argument), left, right, 1, frames)
    hear(w.mixer, _call(w.buffer_of, w.listen, frames), frames)
    return 0


@callback("void(voidptr, voidptr, voidptr, uint32)")
def device_process(device: Any, out: Any, _came: Any, count: int) -> None:
    """Miniaudio's data callback, stereo float32."""
    left = _address(out)
    wiring = carray(device, USER_DATA // 8 + 1, np.int64)[USER_DATA // 8]
    _drive(wiring, left, left + 4, 2, int(np.int64(count)))

"""The mix, compiled: what JACK's or a device's thread runs, with no Python, no lock, no allocation.

Importing this imports numba, and compiles where nothing is cached; what plays loads it through `code.py`,
which does without.
All memory is handed over by address, see layout.py. What one side writes for the other to follow
(`written`, `read`, `tapped`) is written after the frames that it stands for, with a fence between, so
that it also holds on processors that change the order of writes.
"""

from typing import Any, Final

import numpy as np

from live.ipc.soundring import HEADER
from live.machine.compiling import callback, carray, compiled, pointer
from live.ports.audio.instructions import address, call, fence
from live.ports.audio.layout import LOOKAHEAD, MIXER, PIECE, TAP_FRAMES, USER_DATA, VOICE, WIRING
from live.ports.audio.limiter import limit
from live.ports.audio.voices import LOUDEST, add_voice, publish

_VOICE_SIZE: Final = VOICE.itemsize
_FOLLOW: Final = 0.05
"""How much of a period's error the clock takes over."""
_LOST: Final = 0.05
"""Seconds of error from which on it begins anew."""


@compiled("float64(int64)")
def clock(mixer: int) -> float:
    """Return `time.monotonic()`."""
    m = carray(pointer(mixer), 1, MIXER)[0]
    call(m.clock, m.clock_first, m.clock_second)
    fence()
    found, units = m.clock_found, m.clock_units
    return float(found[0] * units[0] + found[1] * units[1] + m.clock_zero)


@compiled("void(int64, int64, float64[::1], float64[::1])")
def _tap(mixer: int, count: int, left: Any, right: Any) -> None:
    """Leave the mix where a file and clients find it."""
    m = carray(pointer(mixer), 1, MIXER)[0]
    tap = carray(pointer(m.tap), (TAP_FRAMES, 2), np.float32)
    for i in range(count):
        place = (m.tapped + i) & (TAP_FRAMES - 1)
        tap[place, 0] = left[i]
        tap[place, 1] = right[i]
    fence()
    m.tapped += count


@compiled("void(int64, int64, int64, int64, int64, float64)")
def mix(mixer: int, left: int, right: int, stride: int, count: int, now: float) -> None:
    """Write the next `count` frames of all voices to two addresses, float32, `stride` apart.

    now: when they are asked for. The caller is the driver.
    """
    m = carray(pointer(mixer), 1, MIXER)[0]
    out_left = carray(pointer(left), count * stride, np.float32)
    out_right = carray(pointer(right), count * stride, np.float32)
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
            publish(voice, heard_at, m.rate, count)
            add_voice(voice, m.rate, part, a, b)
        limit(mixer, part, a, b)
        for i in range(part):
            out_left[(done + i) * stride] = a[i]
            out_right[(done + i) * stride] = b[i]
        _tap(mixer, part, a, b)
        done += part
    m.expected += count / m.rate
    m.periods += 1


@compiled("void(int64, int64, int64, int64, int64)")
def hear(mixer: int, left: int, right: int, stride: int, count: int) -> None:
    """Take in the mean of two sides, `count` frames, float32 at addresses, `stride` apart."""
    m = carray(pointer(mixer), 1, MIXER)[0]
    if m.capture == 0:
        return
    h = carray(pointer(m.capture), 1, HEADER)[0]
    frames = carray(pointer(m.captured), m.capture_length, np.float32)
    came_left = carray(pointer(left), count * stride, np.float32)
    came_right = carray(pointer(right), count * stride, np.float32)
    for i in range(count):
        x = np.float32(0.5) * (came_left[i * stride] + came_right[i * stride])
        frames[(h.written + i) & (m.capture_length - 1)] = (
            x if abs(x) <= LOUDEST else np.float32(0.0)
        )
    fence()
    h.written += count
    h.rate = m.rate
    h.period = count


@compiled("void(int64, int64)")
def take_over(mixer: int, driver: int) -> None:
    """Let one driver in from now on, and no other."""
    m = carray(pointer(mixer), 1, MIXER)[0]
    m.driver = driver
    fence()


@compiled("void(int64, int64, int64, int64, int64, int64)")
def _drive(wiring: int, left: int, right: int, stride: int, came: int, count: int) -> None:
    """Mix for a callback, or leave silence where another driver has taken over.

    came: what comes in, at an address; 0 is nothing.
    """
    w = carray(pointer(wiring), 1, WIRING)[0]
    m = carray(pointer(w.mixer), 1, MIXER)[0]
    w.inside = 1
    fence()
    if m.driver == w.driver:
        mix(w.mixer, left, right, stride, count, clock(w.mixer))
        if came:
            hear(w.mixer, came, came, 1, count)
    else:
        out_left = carray(pointer(left), count * stride, np.float32)
        out_right = carray(pointer(right), count * stride, np.float32)
        for i in range(count):
            out_left[i * stride] = out_right[i * stride] = 0.0
    fence()
    w.inside = 0
    w.calls += 1


@callback("int32(uint32, voidptr)")
def jack_process(count: int, argument: Any) -> int:
    """JACK's process callback."""
    w = carray(argument, 1, WIRING)[0]
    frames = int(np.int64(count))
    left = call(w.buffer_of, w.left, frames)
    right = call(w.buffer_of, w.right, frames)
    came = call(w.buffer_of, w.listen, frames)
    _drive(address(argument), left, right, 1, came, frames)
    return 0


@callback("void(voidptr, voidptr, voidptr, uint32)")
def device_process(device: Any, out: Any, _came: Any, count: int) -> None:
    """Miniaudio's data callback, stereo float32."""
    left = address(out)
    wiring = carray(device, USER_DATA // 8 + 1, np.int64)[USER_DATA // 8]
    _drive(wiring, left, left + 4, 2, 0, int(np.int64(count)))


@callback("void(voidptr, voidptr, voidptr, uint32)")
def microphone_process(device: Any, _out: Any, came: Any, count: int) -> None:
    """Miniaudio's data callback for what comes in, stereo float32; its user data is the mix itself."""
    left = address(came)
    mixer = carray(device, USER_DATA // 8 + 1, np.int64)[USER_DATA // 8]
    hear(mixer, left, left + 4, 2, int(np.int64(count)))


@callback("float64(int64)")
def clock_entry(mixer: int) -> float:
    """`clock` for who calls it from outside."""
    return clock(mixer)


@callback("void(int64, int64, int64, int64, int64, float64)")
def mix_entry(mixer: int, left: int, right: int, stride: int, count: int, now: float) -> None:
    """`mix` for who calls it from outside."""
    mix(mixer, left, right, stride, count, now)


@callback("void(int64, int64, int64, int64)")
def limit_entry(mixer: int, count: int, left: int, right: int) -> None:
    """`limit` for who calls it from outside, with the addresses of two sides, float64."""
    a = carray(pointer(left), count, np.float64)
    b = carray(pointer(right), count, np.float64)
    limit(mixer, count, a, b)


@callback("void(int64, int64)")
def take_over_entry(mixer: int, driver: int) -> None:
    """`take_over` for who calls it from outside."""
    take_over(mixer, driver)


ENTRIES: Final = {
    "clock": clock_entry,
    "limit": limit_entry,
    "mix": mix_entry,
    "take_over": take_over_entry,
    "jack_process": jack_process,
    "device_process": device_process,
    "microphone_process": microphone_process,
}
"""What C and Python call, by name."""

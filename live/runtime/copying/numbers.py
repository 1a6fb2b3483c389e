"""Powers and logarithms of 32 bits in plain arithmetic: several at once, and no library is called. And bounds.

After Moshier's Cephes (expf, logf), which err in the last place at most.
"""

from typing import Any, Final

import numpy as np

from live.machine.compiling import compiled, intrinsic, ir, types

_LOWEST, _HIGHEST = np.float32(-87.0), np.float32(88.0)
_LOG2E, _HALF, _ONE = np.float32(1.4426950408889634), np.float32(0.5), np.float32(1.0)
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_ROOT: Final = np.float32(0.70710678)
_E0, _E1, _E2, _E3, _E4, _E5 = (
    np.float32(value)
    for value in (
        *(1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3),
        *(4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1),
    )
)
_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7, _L8 = (
    np.float32(value)
    for value in (
        *(7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1),
        *(-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1),
    )
)
_LEAST: Final = np.float32(1.17549435e-38)


@intrinsic
def _power_of_two(_typing: Any, exponent: Any) -> Any:
    """Return 2 to a whole power."""

    def build(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        whole = ir.IntType(32)
        biased = builder.add(builder.fptosi(arguments[0], whole), whole(127))
        return builder.bitcast(builder.shl(biased, whole(23)), ir.FloatType())

    return types.float32(types.float32), build


@intrinsic
def _exponent(_typing: Any, number: Any) -> Any:
    """Return the power of two that a positive number has, when what is left is from a half to 1."""

    def build(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        whole = ir.IntType(32)
        power = builder.lshr(builder.bitcast(arguments[0], whole), whole(23))
        return builder.sitofp(builder.sub(power, whole(126)), ir.FloatType())

    return types.float32(types.float32), build


@intrinsic
def _mantissa(_typing: Any, number: Any) -> Any:
    """Return what is left, from a half to 1."""

    def build(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        whole = ir.IntType(32)
        bits = builder.and_(builder.bitcast(arguments[0], whole), whole(0x007FFFFF))
        return builder.bitcast(builder.or_(bits, whole(0x3F000000)), ir.FloatType())

    return types.float32(types.float32), build


@compiled("float32(float32)")
def exp(x: Any) -> Any:
    """Return e to the power of x; below -87 as at -87."""
    x = min(max(x, _LOWEST), _HIGHEST)
    n = np.floor(x * _LOG2E + _HALF)
    r = x - n * _LN2_HIGH - n * _LN2_LOW
    found = ((((_E0 * r + _E1) * r + _E2) * r + _E3) * r + _E4) * r + _E5
    return (found * r * r + r + _ONE) * _power_of_two(n)


@compiled("float32(float32)")
def log(x: Any) -> Any:
    """Return the natural logarithm of x; of what is no positive number, that of the least there is."""
    x = max(x, _LEAST)
    power, r = _exponent(x), _mantissa(x)
    if r < _ROOT:
        power -= _ONE
        r += r
    r -= _ONE
    square = r * r
    found = (((_L0 * r + _L1) * r + _L2) * r + _L3) * r + _L4
    found = (((found * r + _L5) * r + _L6) * r + _L7) * r + _L8
    return r + (power * _LN2_LOW + found * r * square - _HALF * square) + power * _LN2_HIGH


@compiled("int64(int64, int64)")
def within(value: int, count: int) -> int:
    """Return a number from 0 to less than `count`."""
    return min(max(value, 0), count - 1)

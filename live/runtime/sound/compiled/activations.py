"""The functions between a network's products: tanh and the logistic function, and both together."""

from typing import Final

from live.runtime.sound.compiled.vectors import Code, Value

_TANH: Final = (
    *(-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08),
    *(1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03),
)
_TANH_BELOW: Final = (
    *(1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03),
)
"""tanh(x) = x * _TANH(x^2) / _TANH_BELOW(x^2), to 3e-7, the rational function of the Eigen library."""
_SATURATED: Final = 7.90531110763549805
"""Beyond this tanh is 1 in single precision."""


def gate(code: Code, one: Value, other: Value) -> Value:
    """Return tanh(one) * sigmoid(other), with one division for both."""
    build = code.build
    above, below = _tanh(code, one)
    above_2, below_2 = _tanh(code, build.fmul(other, code.full(0.5)))
    top = build.fmul(build.fmul(above, code.full(0.5)), build.fadd(below_2, above_2))
    return build.fdiv(top, build.fmul(below, below_2))


def sigmoid(code: Code, x: Value) -> Value:
    """Return 1 / (1 + exp(-x))."""
    above, below = _tanh(code, code.build.fmul(x, code.full(0.5)))
    half = code.build.fdiv(code.build.fmul(above, code.full(0.5)), below)
    return code.build.fadd(half, code.full(0.5))


def _tanh(code: Code, x: Value) -> tuple[Value, Value]:
    """Return numerator and denominator of tanh."""
    x = code.smaller(code.larger(x, code.full(-_SATURATED)), code.full(_SATURATED))
    square = code.build.fmul(x, x)
    above = code.build.fmul(x, code.polynomial(square, _TANH))
    return above, code.polynomial(square, _TANH_BELOW)

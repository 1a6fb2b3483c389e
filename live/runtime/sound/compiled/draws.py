"""The code that draws a sample's class from the logits: nucleus, temperature, and a counted number."""

from typing import Final

from llvmlite import ir

from live.runtime.sound.compiled.vectors import FLOAT, LONG, POINTER, WORD, Code, Value
from models.contract.samples import CLASSES

_LOG_2: Final = 0.6931471805599453
_EXP: Final = (1 / 720, 1 / 120, 1 / 24, 1 / 6, 0.5, 1.0, 1.0)
"""exp(x) near 0, from the sixth power down: within 2e-7 for |x| <= log(2) / 2."""
_LEAST: Final = -87.0
"""exp of less than this is 0."""
_ONE: Final = 0x3F800000
"""The bits of 1.0: those of the positive numbers are in the same order as the numbers."""
_GOLDEN: Final = 0x9E3779B97F4A7C15
_MIX: Final = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
"""The constants of SplitMix64 (Steele, Lea and Flood 2014), the mixing function of Stafford's 13th kind."""


def write_draw(module: ir.Module, lanes: int) -> None:
    """Write draw(logits, weights, key, position, temperature, top_p) -> class.

    weights: 256 floats to work in. The number drawn is SplitMix64's of (key, position): the same
    for both whatever was drawn before. top_p: the likeliest classes whose weights first come to this
    share are kept, and only then is the temperature applied: it makes the plausible daring, and nothing
    implausible likely. Temperature 0 takes the likeliest class.
    """
    takes = (POINTER, POINTER, LONG, LONG, FLOAT, FLOAT)
    code = Code(module, "draw", takes, LONG, lanes)
    logits, weights, key, position, temperature, top_p = code.function.args
    build = code.build
    places = range(0, CLASSES, lanes)
    held = [code.load(logits, v) for v in places]
    most = held[0]
    for vector in held[1:]:
        most = code.larger(most, vector)
    highest = code.most(most)
    warm = build.fcmp_ordered(">", temperature, ir.Constant(FLOAT, 0.0))
    with build.if_then(build.not_(warm)):
        build.ret(_first(code, logits, highest))
    peak = code.spread(highest)
    below = [build.fsub(vector, peak) for vector in held]
    least = _nucleus(code, below, weights, top_p)
    cold = code.spread(build.fdiv(ir.Constant(FLOAT, 1.0), temperature))
    sums = []
    for v, vector in zip(places, below, strict=True):
        kept = build.fcmp_ordered(">=", vector, code.spread(least))
        weight = _exp(code, build.fmul(vector, cold))
        weight = build.select(kept, weight, code.full(0.0))
        code.store(weight, weights, v)
        sums.append(code.sum(weight))
    build.ret(_fall(code, weights, sums, _uniform(code, key, position)))


def _first(code: Code, logits: Value, highest: Value) -> Value:
    """Return the first class that has the highest logit."""

    def look(j: Value, found: list[Value]) -> list[Value]:
        back = code.build.sub(code.long(CLASSES - 1), j)
        here = code.build.fcmp_ordered("==", code.scalar(logits, back), highest)
        return [code.build.select(here, back, found[0])]

    return code.fold(CLASSES, [code.long(0)], look)[0]


def _nucleus(code: Code, below: list[Value], weights: Value, top_p: Value) -> Value:
    """Return the lowest logit, less the highest, that belongs to the nucleus."""
    build = code.build
    before = build.block
    everything = ir.Constant(FLOAT, float("-inf"))
    cut = build.fcmp_ordered("<", top_p, ir.Constant(FLOAT, 1.0))
    with build.if_then(cut):
        places = range(0, len(below) * code.lanes, code.lanes)
        shares = [_exp(code, vector) for vector in below]
        for v, share in zip(places, shares, strict=True):
            code.store(share, weights, v)
        wanted = build.fmul(code.sum(code.add_up(shares)), top_p)
        threshold = _bisect(code, weights, wanted)
        lowest = code.full(0.0)
        for v, vector in zip(places, below, strict=True):
            kept = build.fcmp_ordered(">=", code.load(weights, v), code.spread(threshold))
            lowest = code.smaller(lowest, build.select(kept, vector, code.full(0.0)))
        found = build.fneg(code.most(build.fneg(lowest)))
        inside = build.block
    least = build.phi(FLOAT)
    least.add_incoming(everything, before)
    least.add_incoming(found, inside)
    return least


def _bisect(code: Code, weights: Value, wanted: Value) -> Value:
    """Return the largest threshold such that the weights at or above it come to `wanted`."""
    build = code.build

    def halve(_: Value, ends: list[Value]) -> list[Value]:
        low, high = ends
        middle = build.lshr(build.add(low, high), ir.Constant(WORD, 1))
        threshold = code.spread(build.bitcast(middle, FLOAT))
        kept = []
        for v in range(0, CLASSES, code.lanes):
            vector = code.load(weights, v)
            reached = build.fcmp_ordered(">=", vector, threshold)
            kept.append(build.select(reached, vector, code.full(0.0)))
        enough = build.fcmp_ordered(">=", code.sum(code.add_up(kept)), wanted)
        return [build.select(enough, middle, low), build.select(enough, high, middle)]

    ends = [ir.Constant(WORD, 0), ir.Constant(WORD, _ONE + 1)]
    low, _ = code.fold(30, ends, halve)
    return build.bitcast(low, FLOAT)


def _fall(code: Code, weights: Value, sums: list[Value], uniform: Value) -> Value:
    """Return the class in which the share `uniform` of the summed weights falls."""
    build = code.build
    zero, none = ir.Constant(FLOAT, 0.0), code.long(0)
    rising = [sums[0]]
    for total in sums[1:]:
        rising.append(build.fadd(rising[-1], total))
    at = build.fmul(rising[-1], uniform)
    group, before = none, zero
    for n, total in enumerate(rising[:-1], 1):
        beyond = build.fcmp_ordered("<=", total, at)
        group = build.select(beyond, code.long(n), group)
        before = build.select(beyond, total, before)
    start = build.mul(group, code.long(code.lanes))
    last, chosen, total = none, none, before
    for lane in range(code.lanes):
        weight = code.scalar(weights, build.add(start, code.long(lane)))
        last = build.select(build.fcmp_ordered(">", weight, zero), code.long(lane), last)
        total = build.fadd(total, weight)
        beyond = build.fcmp_ordered("<=", total, at)
        chosen = build.select(beyond, code.long(lane + 1), chosen)
    # Sums in another order differ in their last bits: what falls off the end is the last class.
    return build.add(start, code.least(chosen, last))


def _uniform(code: Code, key: Value, position: Value) -> Value:
    """Return a number in [0, 1) made of a key and a position, a multiple of 2**-23."""
    build = code.build
    number = build.add(position, code.long(1))
    mixed = build.add(key, build.mul(number, ir.Constant(LONG, _GOLDEN)))
    for shift, factor in _MIX:
        mixed = build.xor(mixed, build.lshr(mixed, code.long(shift)))
        mixed = build.mul(mixed, ir.Constant(LONG, factor))
    mixed = build.xor(mixed, build.lshr(mixed, code.long(31)))
    whole = build.uitofp(build.lshr(mixed, code.long(41)), FLOAT)
    return build.fmul(whole, ir.Constant(FLOAT, 2.0**-23))


def _exp(code: Code, x: Value) -> Value:
    """Return exp(x) of numbers that are not above 0."""
    build = code.build
    near = code.larger(x, code.full(_LEAST))
    name = f"llvm.rint.v{code.lanes}f32"
    times = code.call(name, code.vector, build.fmul(near, code.full(1 / _LOG_2)))
    # The logarithm in two pieces, so that the rest keeps its last bits.
    rest = code.fma(times, code.full(-0.693359375), near)
    rest = code.fma(times, code.full(2.12194440e-4), rest)
    power = build.add(build.fptosi(times, code.whole), code.bits(127))
    scale = build.bitcast(build.shl(power, code.bits(23)), code.vector)
    value = build.fmul(code.polynomial(rest, _EXP), scale)
    return build.select(build.fcmp_ordered(">=", x, code.full(_LEAST)), value, code.full(0.0))

"""The parts of a step that are functions of their own: keys, past taps, and what comes next."""

from llvmlite import ir

from live.runtime.sound.compiled.activations import sigmoid
from live.runtime.sound.compiled.products import product, sparse_product, tiles, vector_product
from live.runtime.sound.compiled.vectors import BYTE, FLOAT, LONG, POINTER, VOID, Code, Value
from live.runtime.sound.compiled.wavenet.layout import Layout
from models.contract.samples import CHANNELS, HEARD


def write_condition(module: ir.Module, layout: Layout) -> None:
    """Write condition(weights, keys, scratch): what a frame of keys adds to every layer's gates."""
    code = Code(module, "condition", (POINTER, POINTER, POINTER), VOID, layout.lanes)
    weights, keys, scratch = code.function.args
    places = range(0, layout.condition, code.lanes)
    biases = code.at(weights, layout.keys_in_bias, BYTE)
    hidden = code.at(scratch, layout.scratch["hidden"])
    sums = _struck(code, layout, weights, keys, [code.load(biases, v) for v in places])
    for v, vector in zip(places, sums, strict=True):
        code.store(code.build.fmul(vector, sigmoid(code, vector)), hidden, v)
    gates = code.at(scratch, layout.scratch["gates"])
    vector_product(code, weights, layout.keys_out, hidden, layout.keys_out_bias, gates)
    still = code.at(scratch, layout.scratch["still"])
    for v in range(0, layout.gates, code.lanes):
        code.store(code.load(gates, v), still, v)
    code.build.ret_void()


def write_excite(module: ir.Module, layout: Layout) -> None:
    """Write excite(weights, excitation, scratch): what is added to the first layer's gates for a sample."""
    code = Code(module, "excite", (POINTER, POINTER, POINTER), VOID, layout.lanes)
    weights, excitation, scratch = code.function.args
    still = code.at(scratch, layout.scratch["still"])
    gates = code.at(scratch, layout.scratch["gates"])
    matrix = code.at(weights, layout.excite, BYTE)
    sums = [code.load(still, v) for v in range(0, layout.gates, code.lanes)]
    for channel in range(CHANNELS):
        spread = code.spread(code.scalar(excitation, code.long(channel)))
        row = code.at(matrix, channel * layout.gates)
        sums = [code.fma(spread, code.load(row, v * code.lanes), old) for v, old in enumerate(sums)]
    for v, vector in enumerate(sums):
        code.store(vector, gates, v * code.lanes)
    code.build.ret_void()


def _struck(
    code: Code, layout: Layout, weights: Value, keys: Value, sums: list[Value]
) -> list[Value]:
    """Add the rows of the keys that are heard."""
    table = code.at(weights, layout.keys_in, BYTE)

    def row(key: Value, sums: list[Value]) -> list[Value]:
        value = code.scalar(keys, key)
        # A key that was never struck, or so long ago that nothing is left of it, costs nothing.
        heard = code.build.fcmp_ordered(">", value, ir.Constant(FLOAT, 1e-9))
        before = code.build.block
        with code.build.if_then(heard):
            place = code.at(table, code.build.mul(key, code.long(layout.condition)))
            spread = code.spread(value)
            added = [
                code.fma(spread, code.load(place, v * code.lanes), old)
                for v, old in enumerate(sums)
            ]
            inside = code.build.block
        merged = []
        for old, new in zip(sums, added, strict=True):
            phi = code.build.phi(code.vector)
            phi.add_incoming(old, before)
            phi.add_incoming(new, inside)
            merged.append(phi)
        return merged

    return code.fold(HEARD, sums, row)


def write_past(module: ir.Module, layout: Layout) -> None:
    """Write past(matrix, taps, position, mask, count, gates, sums): products of past taps.

    For `count` samples from `position` on; each begins with `gates`, what the keys add.
    """
    takes = (POINTER, POINTER, LONG, LONG, LONG, POINTER, POINTER)
    code = Code(module, "past", takes, VOID, layout.lanes)
    place, taps, position, mask, count, gates, sums = code.function.args
    matrix = layout.layers[0].past

    def some(first: Value, many: int) -> None:
        rows, ends = [], []
        for sample in range(many):
            at = code.build.add(first, code.long(sample))
            tap = code.build.and_(code.build.add(position, at), mask)
            rows.append(code.at(taps, code.build.mul(tap, code.long(layout.residual))))
            ends.append(code.at(sums, code.build.mul(at, code.long(layout.gates))))
        product(
            code,
            place,
            matrix,
            rows,
            lambda _, v: code.load(gates, v * code.lanes),
            lambda s, v, value: code.store(value, ends[s], v * code.lanes),
        )

    tiles(code, count, layout.tile(matrix), some)
    code.build.ret_void()


def write_head(module: ir.Module, layout: Layout) -> None:
    """Write head(weights, outs, scratch, logits): what comes next, from what all layers gave out."""
    code = Code(module, "head", (POINTER,) * 4, VOID, layout.lanes)
    weights, outs, scratch, logits = code.function.args
    skips, deep, listed = (
        code.at(scratch, layout.scratch[name]) for name in ("skips", "deep", "listed")
    )
    vector_product(code, weights, layout.skips, outs, layout.skip_bias, skips, relu=True)
    bias = layout.first_bias
    sparse_product(code, weights, layout.first, skips, bias, deep, listed, relu=True)
    sparse_product(code, weights, layout.second, deep, layout.second_bias, logits, listed)
    code.build.ret_void()

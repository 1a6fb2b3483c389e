"""The code of one network that plays sound: generating sample by sample, and listening in blocks.

Written as van den Oord et al. 2016 draw the network, in the order that costs least.
"""

import ctypes
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from llvmlite import ir

from live.runtime.sound.compiled.draws import write_draw
from live.runtime.sound.compiled.layout import Target
from live.runtime.sound.compiled.products import tiles
from live.runtime.sound.compiled.vectors import BYTE, FLOAT, LONG, POINTER, VOID, Code, Value
from live.runtime.sound.compiled.wavenet.layer import Given, Layer, outs
from live.runtime.sound.compiled.wavenet.layout import CHUNK, Layout
from live.runtime.sound.compiled.wavenet.parts import (
    write_condition,
    write_excite,
    write_head,
    write_past,
)
from models.contract.samples import CHANNELS, CLASSES, FEATURES

GENERATE: Final = "generate"
LISTEN: Final = "listen"
"""The names of the two functions that are called from outside."""
_POINTER, _LONG, _FLOAT = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float


class Program:
    """The code of a network; see `live.runtime.sound.compiled.compiling.Program`. layout: where its numbers lie."""

    functions: Mapping[str, tuple[type[Any], ...]] = {
        GENERATE: (
            *[_POINTER] * 5,
            *[_LONG] * 3,
            ctypes.c_uint64,
            _FLOAT,
            _FLOAT,
            _POINTER,
        ),
        LISTEN: (*[_POINTER] * 5, *[_LONG] * 3, _POINTER, _POINTER),
    }

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.target: Target = layout.target
        self.shape: object = layout.shape

    def write(self) -> str:
        """Return the network's code as LLVM's text."""
        module, layout = ir.Module("extempo"), self.layout
        write_condition(module, layout)
        write_excite(module, layout)
        write_past(module, layout)
        write_head(module, layout)
        write_draw(module, layout.lanes)
        _write_generate(module, layout)
        _write_listen(module, layout)
        return str(module)


def _write_generate(module: ir.Module, layout: Layout) -> None:
    """(weights, state, scratch, keys, excitation, frames, hop, position, key, temperature, top_p, codes)."""
    takes = (*[POINTER] * 5, *[LONG] * 4, FLOAT, FLOAT, POINTER)
    code = Code(module, GENERATE, takes, VOID, layout.lanes)
    *addresses, keys, excited, frames, hop, position, key, heat, top, codes = code.function.args
    given = Given(*addresses)
    logits = code.at(given.state, layout.taps[-1])
    likely = code.at(given.scratch, layout.scratch["weights"])

    def chunk(begin: Value, count: Value, done: Value) -> None:
        def one(i: Value) -> None:
            now = code.build.add(begin, i)
            drawn = code.run("draw", logits, likely, key, now, heat, top)
            at = code.at(codes, code.build.add(done, i), BYTE)
            code.build.store(code.build.trunc(drawn, BYTE), at)
            _excite(code, given, excited, code.build.add(done, i))
            _step(code, layout, given, drawn, begin, i, count)

        code.repeat(count, one)

    _frames(code, given, (keys, frames, hop, position), chunk)
    code.build.ret_void()


def _write_listen(module: ir.Module, layout: Layout) -> None:
    """(weights, state, scratch, keys, excitation, frames, hop, position, codes, said); said may be null."""
    takes = (*[POINTER] * 5, *[LONG] * 3, POINTER, POINTER)
    code = Code(module, LISTEN, takes, VOID, layout.lanes)
    *addresses, keys, excited, frames, hop, position, codes, said = code.function.args
    given = Given(*addresses)
    build = code.build
    samples = build.mul(frames, hop)
    all_said = build.icmp_unsigned("!=", said, ir.Constant(POINTER, None))

    def say(i: Value, logits: Value) -> None:
        row = outs(code, layout, given, i)
        code.run("head", given.weights, row, given.scratch, logits)

    def chunk(begin: Value, count: Value, done: Value) -> None:
        row = code.at(excited, build.mul(done, code.long(CHANNELS)))
        _take_in(code, layout, given, (code.at(codes, done, BYTE), row), begin, count)

        def each(i: Value) -> None:
            say(i, code.at(said, build.mul(build.add(done, i), code.long(CLASSES))))

        with build.if_then(all_said):
            code.repeat(count, each)
        ends = build.icmp_signed("==", build.add(done, count), samples)
        with build.if_then(ends):
            say(build.sub(count, code.long(1)), code.at(given.state, layout.taps[-1]))

    _frames(code, given, (keys, frames, hop, position), chunk)
    build.ret_void()


def _frames(
    code: Code,
    given: Given,
    heard: tuple[Value, Value, Value, Value],
    chunk: Callable[[Value, Value, Value], None],
) -> None:
    """Run chunk(position, count, samples done before) for each chunk of each frame."""
    keys, frames, hop, position = heard

    def frame(index: Value) -> None:
        row = code.at(keys, code.build.mul(index, code.long(FEATURES)))
        code.run("condition", given.weights, row, given.scratch)
        first = code.build.mul(index, hop)

        def part(start: Value) -> None:
            count = code.least(CHUNK, code.build.sub(hop, start))
            done = code.build.add(first, start)
            chunk(code.build.add(position, done), count, done)

        code.repeat(hop, part, CHUNK)

    code.repeat(frames, frame)


def _excite(code: Code, given: Given, excited: Value, i: Value) -> None:
    """Add what excites sample i to the gates of the first layer."""
    row = code.at(excited, code.build.mul(i, code.long(CHANNELS)))
    code.run("excite", given.weights, row, given.scratch)


def _step(
    code: Code, layout: Layout, given: Given, drawn: Value, begin: Value, i: Value, count: Value
) -> None:
    """Take in one sample, number `i` of its chunk, and say what comes next."""
    embed = code.at(given.weights, layout.embed, BYTE)
    row = code.at(embed, code.build.mul(drawn, code.long(layout.residual)))
    position = code.build.add(begin, i)

    def through(index: Value, now: list[Value]) -> Sequence[Value]:
        layer = Layer(code, layout, given, index)
        layer.look_ahead(begin, i, count)
        tap = layer.tap(position)
        for v, vector in enumerate(now):
            code.store(vector, tap, v * code.lanes)
        # Each sample is done with before the next one comes: all of them have the first one's place.
        out = layer.out(code.long(0))
        layer.gated([tap], [layer.sums(i)], [out])
        return layer.added(out, now)

    code.fold(layout.shape.layers, _row(code, layout, row), through)
    every = outs(code, layout, given, code.long(0))
    logits = code.at(given.state, layout.taps[-1])
    code.run("head", given.weights, every, given.scratch, logits)


def _take_in(
    code: Code,
    layout: Layout,
    given: Given,
    heard: tuple[Value, Value],
    begin: Value,
    count: Value,
) -> None:
    """Take in a chunk of samples, layer by layer; heard: their codes, and what excites them."""
    build = code.build
    codes, excited = heard
    rows = code.at(given.scratch, layout.scratch["now"])
    residual = code.long(layout.residual)

    def copy(source: Value, target: Value) -> None:
        for v, vector in enumerate(_row(code, layout, source)):
            code.store(vector, target, v * code.lanes)

    def embed(i: Value) -> None:
        drawn = build.zext(code.scalar(codes, i, BYTE), LONG)
        table = code.at(given.weights, layout.embed, BYTE)
        copy(code.at(table, build.mul(drawn, residual)), code.at(rows, build.mul(i, residual)))

    def through(index: Value) -> None:
        layer = Layer(code, layout, given, index)

        def keep(i: Value) -> None:
            with build.if_then(build.icmp_signed("==", index, code.long(0))):
                _excite(code, given, excited, i)
            layer.look_ahead(begin, i, count)
            copy(code.at(rows, build.mul(i, residual)), layer.tap(build.add(begin, i)))

        code.repeat(count, keep)
        _through_several(code, layout, layer, rows, count)

    code.repeat(count, embed)
    code.repeat(layout.shape.layers, through)


def _through_several(code: Code, layout: Layout, layer: Layer, rows: Value, count: Value) -> None:
    """Turn what a layer takes in, sample after sample, into what the next one takes in."""

    def some(first: Value, many: int) -> None:
        each = [code.build.add(first, code.long(s)) for s in range(many)]
        now = [code.at(rows, code.build.mul(i, code.long(layout.residual))) for i in each]
        given_out = [layer.out(i) for i in each]
        layer.gated(now, [layer.sums(i) for i in each], given_out)
        for row, out in zip(now, given_out, strict=True):
            for v, vector in enumerate(layer.added(out, _row(code, layout, row))):
                code.store(vector, row, v * code.lanes)

    tiles(code, count, layout.tile(layout.layers[0].now), some)


def _row(code: Code, layout: Layout, place: Value) -> list[Value]:
    """Return what a layer takes in, as vectors."""
    return [code.load(place, v) for v in range(0, layout.residual, code.lanes)]

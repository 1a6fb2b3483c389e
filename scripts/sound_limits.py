#!/usr/bin/env python3
"""How near the code of networks of sound is to what this processor can do (docs/performance.md).

    .venv-dev/bin/python scripts/sound_limits.py [layers x residual x skip ...]

Measures the processor with small loops of its own, and the networks beside them. About a minute.
"""

import argparse
import ctypes
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import llvmlite.binding as llvm
from llvmlite import ir

from live.bench.apart import ENGINE, alone
from live.bench.sound.kernel import drawn
from live.bench.sound.sizes import SIZES, sized
from live.runtime.sound.compiled.compiling import this_machine
from live.runtime.sound.compiled.layout import Matrix, room
from live.runtime.sound.compiled.products import is_sparse
from live.runtime.sound.compiled.vectors import BYTE, FLOAT, LONG, POINTER, Code, Value
from live.runtime.sound.compiled.wavenet.layout import CHUNK, Layout, Shape

CHAIN: Final = 4
"""Cycles of a whole number's product and exclusive or, one after the other, on all usual processors."""
SUMS: Final = 8
REPEATS: Final = 30
AGAIN: Final = 1_000_000
"""Vectors, or links of the chain, of one measurement: long enough for the clock."""
SECONDS: Final = 2.0
STEPS: Final = (4096, 65536, 131072, 196608, 393216, 786432, 1572864)
"""So many numbers are read again and again."""
KIND: Final = "fp32"


def _floats(code: Code, place: Value, pair: int) -> list[Value]:
    return [code.load(place, 2 * pair * code.lanes), code.load(place, (2 * pair + 1) * code.lanes)]


def _halves(code: Code, place: Value, pair: int) -> list[Value]:
    kind = ir.VectorType(ir.HalfType(), code.lanes)
    places = [code.at(place, (2 * pair + n) * code.lanes, ir.HalfType()) for n in range(2)]
    read = [code.build.load(at, align=2, typ=kind) for at in places]
    return [code.build.fpext(vector, code.vector) for vector in read]


def _words(code: Code, place: Value, pair: int) -> list[Value]:
    """Return two vectors of 16 bits a lane, each in the upper half of 32: they are read at once."""
    both = code.build.load(code.at(place, pair * code.lanes), align=4, typ=code.whole)
    low = code.build.shl(both, code.bits(16))
    return [low, code.build.and_(both, code.bits(0xFFFF0000))]


def _brain_floats(code: Code, place: Value, pair: int) -> list[Value]:
    return [code.build.bitcast(word, code.vector) for word in _words(code, place, pair)]


def _whole_numbers(code: Code, place: Value, pair: int) -> list[Value]:
    return [code.build.sitofp(word, code.vector) for word in _words(code, place, pair)]


READ: Final[Mapping[str, tuple[int, Callable[[Code, Value, int], list[Value]]]]] = {
    "fp32": (4, _floats),
    "fp16": (2, _halves),
    "bf16": (2, _brain_floats),
    "int16": (2, _whole_numbers),
}
"""Kinds of weights: bytes, and how two vectors of them become floats. What networks have is KIND."""


def loops(lanes: int) -> str:
    """Return the code of the loops: `clock`, `multiply`, and one for each kind of weights."""
    module = ir.Module("limits")
    code = Code(module, "clock", (LONG,), LONG, lanes)

    def link(_: Value, x: list[Value]) -> list[Value]:
        return [code.build.xor(code.build.mul(x[0], code.long(0x9E3779B97F4A7C15)), x[0])]

    code.build.ret(code.fold(code.function.args[0], [code.long(1)], link)[0])
    _sums(module, "multiply", lanes, None)
    for name in READ:
        _sums(module, name, lanes, name)
    return str(module)


def _sums(module: ir.Module, name: str, lanes: int, kind: str | None) -> None:
    """Write name(memory, vectors, times): a product for each vector, read or the first one again."""
    code = Code(module, name, (POINTER, LONG, LONG), FLOAT, lanes)
    memory, count, times = code.function.args
    first = code.load(memory)

    def body(index: Value, sums: list[Value]) -> list[Value]:
        if kind is None:
            return [code.fma(total, first, first) for total in sums]
        size, read = READ[kind]
        place = code.at(memory, code.build.mul(index, code.long(lanes * size)), BYTE)
        held = [vector for pair in range(SUMS // 2) for vector in read(code, place, pair)]
        return [code.fma(first, vector, total) for vector, total in zip(held, sums, strict=True)]

    def once(_: Value, sums: list[Value]) -> list[Value]:
        return code.fold(count, sums, body, SUMS)

    sums = code.fold(times, [code.full(0.0)] * SUMS, once)
    code.build.ret(code.sum(code.add_up(sums)))


def compiled() -> Any:
    """Return what holds the compiled loops."""
    target = this_machine()
    machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        cpu=target.name, features=target.features, opt=3, codemodel="jitdefault"
    )
    module = llvm.parse_assembly(loops(target.lanes))
    options = llvm.create_pipeline_tuning_options(2)
    options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return engine


def fastest(work: Callable[[], object]) -> float:
    """Return the seconds of the fastest of several times, with a rest after each."""
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
        time.sleep(0.002)
    return min(taken)


def processor(sizes: tuple[int, ...]) -> dict[str, float]:
    """Return cycles a second, vector products a second, and by kind and numbers the vectors read."""
    engine, lanes = compiled(), this_machine().lanes
    chain = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)
    sums = ctypes.CFUNCTYPE(ctypes.c_float, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    clock = chain(engine.get_function_address("clock"))
    multiply = sums(engine.get_function_address("multiply"))
    memory = room(max(sizes))
    # Pages that nobody ever wrote to are all the same one.
    memory[:] = 0.5
    address = memory.ctypes.data
    found = {
        "clock": CHAIN * AGAIN / fastest(partial(clock, AGAIN)),
        "multiply": AGAIN / fastest(partial(multiply, address, AGAIN, 1)),
    }
    for kind in READ:
        read = sums(engine.get_function_address(kind))
        for size in sizes:
            count = size // lanes // SUMS * SUMS
            times = -(-AGAIN // count)
            taken = fastest(partial(read, address, count, times))
            found[f"{kind} {size}"] = times * count / taken
    return found


def layout_of(name: str) -> Layout:
    """Return where the weights of a network of this size lie."""
    sizes = sized(name)
    shape = Shape.of(sizes)
    return Layout(shape, this_machine())


def needed(layout: Layout) -> tuple[float, float]:
    """Return the vector products of a sample, and how many vectors of weights it has to read.

    Of the rows that may be 0, half are: random weights without biases.
    """
    head = [(one, 0.5 if is_sparse(one) else 1.0) for one in (layout.first, layout.second)]
    once: list[tuple[Matrix, float]] = [(layout.skips, 1.0), *head]
    past = 0.0
    for layer, dilation in zip(layout.layers, layout.shape.dilations, strict=True):
        once += [(layer.now, 1.0), (layer.out, 1.0)]
        past += layer.past.size / min(dilation, CHUNK)
    vector = layout.lanes * 4
    each = sum(matrix.size * share for matrix, share in once)
    products = each + sum(layer.past.size for layer in layout.layers)
    return products / vector, (each + past) / vector


def main() -> None:
    """Print the processor's figures, then a line for each network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", default=list(SIZES), help="such as 20x32x64")
    names = parser.parse_args().sizes
    layouts = {name: layout_of(name) for name in names}
    numbers = {name: layout.bytes // 4 for name, layout in layouts.items()}
    machine = alone(ENGINE, processor, (*STEPS, *numbers.values()))
    hertz = machine["clock"]
    print(
        f"clock {hertz / 1e9:.2f} GHz; products {machine['multiply'] / hertz:.2f} vectors a cycle"
    )
    print("vectors read a cycle, by their kind and how many numbers there are:")
    for step in STEPS:
        found = (f"{kind} {machine[f'{kind} {step}'] / hertz:.2f}" for kind in READ)
        print(f"  {step:9,} numbers: {', '.join(found)}")
    small, large = (min(alone(ENGINE, drawn, name, SECONDS)) for name in ("10x16x16", "20x16x16"))
    layer = (large - small) / 10
    draw = small - 10 * layer
    print(f"a layer of 16: {layer * 1e6:.3f} us; the draw and a head of 16: {draw * 1e6:.2f} us")
    for name in names:
        products, vectors = needed(layouts[name])
        multiplied, read = (
            products / machine["multiply"],
            vectors / machine[f"{KIND} {numbers[name]}"],
        )
        taken = min(alone(ENGINE, drawn, name, SECONDS))
        print(
            f"{name}: {products:.0f} vector products {multiplied * 1e6:.2f} us, "
            f"{vectors * layouts[name].lanes * 4 / 1024:.0f} KiB read {read * 1e6:.2f} us, "
            f"with the draw {(max(read, multiplied) + draw) * 1e6:.2f} us, taken {taken * 1e6:.2f} us"
        )


if __name__ == "__main__":
    main()

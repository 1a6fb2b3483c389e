"""The code of one network that plays sound: generating sample by sample, and listening in blocks.

Written as van den Oord et al. 2016 draw the network, in the order that costs least. A layer of
dilation d reads what it took in d samples ago, so the products of the next d samples' past taps are
known in advance: they are made for up to a whole chunk at once, and weights are read once for all.
"""

from collections.abc import Callable, Sequence
from typing import Final

from llvmlite import ir

from live.runtime.sound_draw import write_draw
from live.runtime.sound_layout import CHUNK, Layout, Matrix
from live.runtime.sound_vectors import BYTE, FLOAT, LONG, POINTER, Code, Value
from models.contract.samples import CLASSES, FEATURES

GENERATE: Final = "generate"
LISTEN: Final = "listen"
"""The names of the two functions that are called from outside."""
_VOID: Final = ir.VoidType()
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


def write(layout: Layout) -> str:
    """Return the network's code as LLVM's text."""
    module = ir.Module("extempo")
    writer = _Writer(module, layout)
    writer.condition()
    writer.past()
    writer.head()
    write_draw(module, layout.lanes)
    writer.generate()
    writer.listen()
    return str(module)


class _Writer:
    def __init__(self, module: ir.Module, layout: Layout) -> None:
        self.module, self.layout = module, layout
        self.lanes, self.layers = layout.lanes, layout.shape.layers

    def function(self, name: str, takes: Sequence[Value]) -> Code:
        return Code(self.module, name, takes, _VOID, self.lanes)

    def run(self, code: Code, name: str, *arguments: Value) -> Value:
        return code.build.call(self.module.globals[name], [code.long(a) for a in arguments])

    def place(self, code: Code, memory: Value, name: str) -> Value:
        return code.at(memory, self.layout.scratch[name])

    # The four parts of a step

    def condition(self) -> None:
        """(weights, keys, memory): what a frame of keys adds to every layer's gates."""
        code = self.function("condition", (POINTER, POINTER, POINTER))
        weights, keys, memory = code.function.args
        layout = self.layout
        wide = layout.condition // self.lanes
        table = code.at(weights, layout.keys_in, BYTE)

        def row(key: Value, hidden: list[Value]) -> list[Value]:
            value = code.scalar(keys, key)
            # A key that was never struck, or so long ago that nothing is left of it, costs nothing.
            heard = code.build.fcmp_ordered(">", value, ir.Constant(FLOAT, 1e-9))
            before = code.build.block
            with code.build.if_then(heard):
                start = code.build.mul(key, code.long(layout.condition))
                spread, place = code.spread(value), code.at(table, start)
                added = [
                    code.fma(spread, code.load(place, v * self.lanes), hidden[v])
                    for v in range(wide)
                ]
                inside = code.build.block
            merged = []
            for old, new in zip(hidden, added, strict=True):
                phi = code.build.phi(code.vector)
                phi.add_incoming(old, before)
                phi.add_incoming(new, inside)
                merged.append(phi)
            return merged

        biases = code.at(weights, layout.keys_in_bias, BYTE)
        begin = [code.load(biases, v * self.lanes) for v in range(wide)]
        hidden = self.place(code, memory, "hidden")
        for v, vector in enumerate(code.fold(FEATURES, begin, row)):
            bent = code.build.fmul(vector, self.sigmoid(code, vector))
            code.store(bent, hidden, v * self.lanes)
        bias = code.at(weights, layout.keys_out_bias, BYTE)
        gates = self.place(code, memory, "gates")
        self.vector_product(code, weights, layout.keys_out, hidden, bias, gates)
        code.build.ret_void()

    def past(self) -> None:
        """(matrix, taps, position, mask, count, gates, sums): the products of `count` past taps."""
        code = self.function("past", (POINTER, POINTER, LONG, LONG, LONG, POINTER, POINTER))
        matrix, taps, position, mask, count, gates, sums = code.function.args
        layout = self.layout

        def some(first: Value, many: int) -> None:
            rows, ends = [], []
            for sample in range(many):
                at = code.build.add(first, code.long(sample))
                tap = code.build.and_(code.build.add(position, at), mask)
                rows.append(code.at(taps, code.build.mul(tap, code.long(layout.residual))))
                ends.append(code.at(sums, code.build.mul(at, code.long(layout.gates))))
            self.product(
                code,
                matrix,
                layout.past[0],
                rows,
                lambda _, v: code.load(gates, v * self.lanes),
                lambda s, v, value: code.store(value, ends[s], v * self.lanes),
            )

        self.tiles(code, count, layout.tile(layout.past[0]), some)
        code.build.ret_void()

    def head(self) -> None:
        """(weights, outs, memory, logits): what comes next, from what all layers gave out."""
        code = self.function("head", (POINTER, POINTER, POINTER, POINTER))
        weights, outs, memory, logits = code.function.args
        layout = self.layout
        skips, deep = (self.place(code, memory, name) for name in ("skips", "deep"))
        bias = [
            code.at(weights, start, BYTE)
            for start in (layout.skip_bias, layout.first_bias, layout.second_bias)
        ]
        self.vector_product(code, weights, layout.skips, outs, bias[0], skips, relu=True)
        self.vector_product(code, weights, layout.first, skips, bias[1], deep, relu=True)
        self.vector_product(code, weights, layout.second, deep, bias[2], logits)
        code.build.ret_void()

    # The two ways through the network

    def generate(self) -> None:
        """(weights, state, memory, keys, frames, hop, position, key, temperature, top_p, codes)."""
        code = self.function(GENERATE, (*[POINTER] * 4, *[LONG] * 4, FLOAT, FLOAT, POINTER))
        weights, state, memory, keys, frames, hop, position, key, heat, top, codes = (
            code.function.args
        )
        logits = code.at(state, self.layout.taps[-1])
        likely = self.place(code, memory, "weights")

        def sample(begin: Value, count: Value, done: Value) -> None:
            def one(i: Value) -> None:
                at = code.build.add(done, i)
                now = code.build.add(begin, i)
                drawn = code.build.call(
                    self.module.globals["draw"], [logits, likely, key, now, heat, top]
                )
                byte = code.build.trunc(drawn, BYTE)
                code.build.store(byte, code.at(codes, at, BYTE))
                self.step(code, (weights, state, memory), drawn, begin, i, count)

            code.repeat(count, one)

        self.frames(code, (weights, memory, keys, frames, hop, position), sample)
        code.build.ret_void()

    def listen(self) -> None:
        """(weights, state, memory, keys, frames, hop, position, codes, said); said may be null."""
        code = self.function(LISTEN, (*[POINTER] * 4, *[LONG] * 3, POINTER, POINTER))
        weights, state, memory, keys, frames, hop, position, codes, said = code.function.args
        layout = self.layout
        logits = code.at(state, layout.taps[-1])
        outs = self.place(code, memory, "outs")
        width = self.layers * layout.residual
        all_said = code.build.icmp_unsigned("!=", said, ir.Constant(POINTER, None))

        def chunk(begin: Value, count: Value, done: Value) -> None:
            self.block(code, (weights, state, memory), codes, begin, count, done)

            def say(i: Value) -> None:
                at = code.build.mul(code.build.add(done, i), code.long(CLASSES))
                row = code.at(outs, code.build.mul(i, code.long(width)))
                self.run(code, "head", weights, row, memory, code.at(said, at))

            with code.build.if_then(all_said):
                code.repeat(count, say)
            last = code.build.sub(count, code.long(1))
            samples = code.build.mul(frames, hop)
            ends = code.build.icmp_signed("==", code.build.add(done, count), samples)
            with code.build.if_then(ends):
                row = code.at(outs, code.build.mul(last, code.long(width)))
                self.run(code, "head", weights, row, memory, logits)

        self.frames(code, (weights, memory, keys, frames, hop, position), chunk)
        code.build.ret_void()

    def frames(
        self,
        code: Code,
        given: tuple[Value, ...],
        chunk: Callable[[Value, Value, Value], None],
    ) -> None:
        """Run chunk(position, count, samples done before) for each chunk of each frame."""
        weights, memory, keys, frames, hop, position = given

        def frame(index: Value) -> None:
            row = code.at(keys, code.build.mul(index, code.long(FEATURES)))
            self.run(code, "condition", weights, row, memory)
            first = code.build.mul(index, hop)

            def part(start: Value) -> None:
                count = code.least(CHUNK, code.build.sub(hop, start))
                done = code.build.add(first, start)
                chunk(code.build.add(position, done), count, done)

            code.repeat(hop, part, CHUNK)

        code.repeat(frames, frame)

    def step(
        self,
        code: Code,
        given: tuple[Value, Value, Value],
        drawn: Value,
        begin: Value,
        i: Value,
        count: Value,
    ) -> None:
        """Take in one sample, number `i` of its chunk, and say what comes next."""
        weights, state, memory = given
        layout, build = self.layout, code.build
        position = build.add(begin, i)
        embed = code.at(weights, layout.embed, BYTE)
        start = build.mul(drawn, code.long(layout.residual))
        places = range(0, layout.residual, self.lanes)
        now = [code.load(embed, build.add(start, code.long(v))) for v in places]
        outs = self.place(code, memory, "outs")

        def layer(index: Value, now: list[Value]) -> list[Value]:
            taps, mask, known = self.tables(code, state, index)
            fresh = build.icmp_signed("==", build.and_(i, known), code.long(0))
            with build.if_then(fresh):
                several = build.add(known, code.long(1))
                many = code.least(several, build.sub(count, i))
                self.past_of(code, given, index, position, many, i, taps, mask)
            tap = build.mul(build.and_(position, mask), code.long(layout.residual))
            row = code.at(taps, tap)
            for v, vector in zip(places, now, strict=True):
                code.store(vector, row, v)
            sums = self.sums_of(code, memory, index, i)
            out = code.at(outs, build.mul(index, code.long(layout.residual)))
            self.gated(code, weights, index, [row], [sums], [out])
            return self.added(code, weights, index, out, now)

        code.fold(self.layers, now, layer)
        self.run(code, "head", weights, outs, memory, code.at(state, layout.taps[-1]))

    def block(
        self,
        code: Code,
        given: tuple[Value, Value, Value],
        codes: Value,
        begin: Value,
        count: Value,
        done: Value,
    ) -> None:
        """Take in a chunk of samples, layer by layer."""
        weights, state, memory = given
        layout, build = self.layout, code.build
        rows = self.place(code, memory, "now")
        places = range(0, layout.residual, self.lanes)

        def copy(source: Value, target: Value) -> None:
            for v in places:
                code.store(code.load(source, v), target, v)

        def row(base: Value, i: Value) -> Value:
            return code.at(base, build.mul(i, code.long(layout.residual)))

        def embed(i: Value) -> None:
            byte = code.scalar(codes, build.add(done, i), BYTE)
            table = code.at(weights, layout.embed, BYTE)
            copy(row(table, build.zext(byte, LONG)), row(rows, i))

        def layer(index: Value) -> None:
            taps, mask, known = self.tables(code, state, index)

            def some(i: Value) -> None:
                fresh = build.icmp_signed("==", build.and_(i, known), code.long(0))
                position = build.add(begin, i)
                with build.if_then(fresh):
                    several = build.add(known, code.long(1))
                    many = code.least(several, build.sub(count, i))
                    self.past_of(code, given, index, position, many, i, taps, mask)
                copy(row(rows, i), row(taps, build.and_(position, mask)))

            code.repeat(count, some)
            self.block_products(code, weights, memory, index, count)

        code.repeat(count, embed)
        code.repeat(self.layers, layer)

    def block_products(
        self, code: Code, weights: Value, memory: Value, index: Value, count: Value
    ) -> None:
        layout, build = self.layout, code.build
        rows, outs = (self.place(code, memory, name) for name in ("now", "outs"))
        begin = code.at(outs, build.mul(index, code.long(layout.residual)))

        def some(first: Value, many: int) -> None:
            each = [build.add(first, code.long(s)) for s in range(many)]
            now = [code.at(rows, build.mul(i, code.long(layout.residual))) for i in each]
            width = code.long(self.layers * layout.residual)
            out = [code.at(begin, build.mul(i, width)) for i in each]
            sums = [self.sums_of(code, memory, index, i) for i in each]
            self.gated(code, weights, index, now, sums, out)
            for s in range(many):
                places = range(0, layout.residual, self.lanes)
                before = [code.load(now[s], v) for v in places]
                after = self.added(code, weights, index, out[s], before)
                for v, vector in zip(places, after, strict=True):
                    code.store(vector, now[s], v)

        self.tiles(code, count, layout.tile(layout.layers[0][0]), some)

    # What both ways share

    def tables(self, code: Code, state: Value, index: Value) -> tuple[Value, Value, Value]:
        """Return a layer's taps, its dilation - 1, and how many samples ahead are known - 1."""
        taps = code.at(state, self.entry(code, "starts", self.layout.taps[:-1], index))
        dilations = self.layout.shape.dilations
        mask = self.entry(code, "masks", [d - 1 for d in dilations], index)
        known = self.entry(code, "known", [min(d, CHUNK) - 1 for d in dilations], index)
        return taps, mask, known

    def entry(self, code: Code, name: str, numbers: Sequence[int], index: Value) -> Value:
        held = self.module.globals.get(name) or code.table(name, numbers)
        return code.scalar(held, index, LONG)

    def past_of(
        self,
        code: Code,
        given: tuple[Value, Value, Value],
        index: Value,
        position: Value,
        many: Value,
        i: Value,
        taps: Value,
        mask: Value,
    ) -> None:
        """Make the products of a layer's past taps for `many` samples from the chunk's i-th on."""
        weights, _, memory = given
        matrix = self.matrix_of(code, weights, [past.start for past in self.layout.past], index)
        start = code.build.mul(index, code.long(self.layout.gates))
        gates = code.at(self.place(code, memory, "gates"), start)
        sums = self.sums_of(code, memory, index, i)
        self.run(code, "past", matrix, taps, position, mask, many, gates, sums)

    def matrix_of(self, code: Code, weights: Value, starts: Sequence[int], index: Value) -> Value:
        """Return the address of a layer's matrix; those of all layers are equally far apart."""
        apart = starts[1] - starts[0] if len(starts) > 1 else 0
        first = code.at(weights, starts[0], BYTE)
        return code.at(first, code.build.mul(index, code.long(apart)), BYTE)

    def sums_of(self, code: Code, memory: Value, index: Value, i: Value) -> Value:
        """Return the address of what a layer's gates begin with, for the chunk's i-th sample."""
        row = code.build.add(code.build.mul(index, code.long(CHUNK)), i)
        start = code.build.mul(row, code.long(self.layout.gates))
        return code.at(self.place(code, memory, "sums"), start)

    def gated(
        self,
        code: Code,
        weights: Value,
        index: Value,
        now: Sequence[Value],
        sums: Sequence[Value],
        outs: Sequence[Value],
    ) -> None:
        """Write tanh(gates) * sigmoid(gates) of a layer, for some samples."""
        layout = self.layout
        matrices = [pair[0] for pair in layout.layers]
        matrix = self.matrix_of(code, weights, [m.start for m in matrices], index)
        found: list[list[Value]] = [[] for _ in now]
        self.product(
            code,
            matrix,
            matrices[0],
            now,
            lambda s, v: code.load(sums[s], v * self.lanes),
            lambda s, v, value: found[s].append(value),
        )
        half = layout.residual // self.lanes
        for sample, gates in enumerate(found):
            for v in range(half):
                bent = self.gate(code, gates[v], gates[half + v])
                code.store(bent, outs[sample], v * self.lanes)

    def added(
        self, code: Code, weights: Value, index: Value, out: Value, now: Sequence[Value]
    ) -> list[Value]:
        """Return what the next layer takes in."""
        layout = self.layout
        matrices = [pair[1] for pair in layout.layers]
        matrix = self.matrix_of(code, weights, [m.start for m in matrices], index)
        bias = code.at(weights, layout.out_bias, BYTE)
        start = code.at(bias, code.build.mul(index, code.long(layout.residual)))
        found: list[Value] = []
        self.product(
            code,
            matrix,
            matrices[0],
            [out],
            lambda _, v: code.build.fadd(now[v], code.load(start, v * self.lanes)),
            lambda _, v, value: found.append(value),
        )
        return found

    def gate(self, code: Code, one: Value, other: Value) -> Value:
        """Return tanh(one) * sigmoid(other), with one division for both."""
        build = code.build
        above, below = self.tanh(code, one)
        above_2, below_2 = self.tanh(code, build.fmul(other, code.full(0.5)))
        top = build.fmul(build.fmul(above, code.full(0.5)), build.fadd(below_2, above_2))
        return build.fdiv(top, build.fmul(below, below_2))

    def sigmoid(self, code: Code, x: Value) -> Value:
        above, below = self.tanh(code, code.build.fmul(x, code.full(0.5)))
        half = code.build.fdiv(code.build.fmul(above, code.full(0.5)), below)
        return code.build.fadd(half, code.full(0.5))

    def tanh(self, code: Code, x: Value) -> tuple[Value, Value]:
        """Return numerator and denominator of tanh."""
        x = code.smaller(code.larger(x, code.full(-_SATURATED)), code.full(_SATURATED))
        square = code.build.fmul(x, x)
        above = code.build.fmul(x, code.polynomial(square, _TANH))
        return above, code.polynomial(square, _TANH_BELOW)

    # Products

    def tiles(
        self, code: Code, count: Value, widest: int, some: Callable[[Value, int], None]
    ) -> None:
        """Run some(first, how many) over `count` samples, as many at a time as there is room for."""
        build = code.build
        done: Value = code.long(0)
        many = widest
        while many:
            start = done
            left = build.sub(count, start)
            whole = build.mul(build.sdiv(left, code.long(many)), code.long(many))
            code.repeat(whole, self.tile(code, start, many, some), many)
            done = build.add(start, whole)
            many //= 2

    def tile(
        self, code: Code, start: Value, many: int, some: Callable[[Value, int], None]
    ) -> Callable[[Value], None]:
        return lambda i: some(code.build.add(start, i), many)

    def vector_product(
        self,
        code: Code,
        weights: Value,
        matrix: Matrix,
        source: Value,
        bias: Value,
        target: Value,
        relu: bool = False,
    ) -> None:
        """Write source @ matrix + bias, at once or with what is below 0 set to 0."""

        def end(_: int, v: int, value: Value) -> None:
            kept = code.larger(value, code.full(0.0)) if relu else value
            code.store(kept, target, v * self.lanes)

        place = code.at(weights, matrix.start, BYTE)

        def begin(_: int, v: int) -> Value:
            return code.load(bias, v * self.lanes)

        self.product(code, place, matrix, [source], begin, end)

    def product(
        self,
        code: Code,
        place: Value,
        matrix: Matrix,
        rows: Sequence[Value],
        begin: Callable[[int, int], Value],
        end: Callable[[int, int, Value], None],
    ) -> None:
        """Multiply some rows with a matrix; sums begin with begin(row, vector) and go to `end`."""
        kind = 2 if matrix.half else 4
        start = 0
        for first, width in matrix.groups:
            group = code.at(place, start * kind, BYTE)
            self.group_product(code, group, matrix, width, rows, first, begin, end)
            start += matrix.rows * width * self.lanes

    def group_product(
        self,
        code: Code,
        group: Value,
        matrix: Matrix,
        width: int,
        rows: Sequence[Value],
        first: int,
        begin: Callable[[int, int], Value],
        end: Callable[[int, int, Value], None],
    ) -> None:
        # A sum waits some cycles for itself: with few of them, odd and even rows get their own.
        parts = 1 if len(rows) * width >= 8 or len(rows) > 1 else 2
        unrolled = self.unrolled(matrix.rows, width * len(rows))
        sums = [begin(s, first + v) for s in range(len(rows)) for v in range(width)]
        sums += [code.full(0.0)] * (len(sums) * (parts - 1))
        load = code.load_half if matrix.half else code.load

        def body(row: Value, sums: list[Value]) -> list[Value]:
            for r in range(unrolled):
                at = code.build.add(row, code.long(r))
                start = code.build.mul(at, code.long(width * self.lanes))
                held = [
                    load(group, code.build.add(start, code.long(v * self.lanes)))
                    for v in range(width)
                ]
                part = (r % parts) * len(rows) * width
                for s, source in enumerate(rows):
                    spread = code.spread(code.scalar(source, at))
                    for v in range(width):
                        n = part + s * width + v
                        sums[n] = code.fma(spread, held[v], sums[n])
            return sums

        sums = code.fold(matrix.rows, sums, body, unrolled)
        count = len(rows) * width
        for n in range(count):
            total = sums[n]
            for part in range(1, parts):
                total = code.build.fadd(total, sums[part * count + n])
            end(n // width, first + n % width, total)

    def unrolled(self, rows: int, sums: int) -> int:
        """Return how many rows are written out in a loop's body; it divides their number."""
        for many in (32, 16, 8, 4):
            if rows % many == 0 and many * sums <= 256:
                return many
        return 4 if rows % 4 == 0 else 1

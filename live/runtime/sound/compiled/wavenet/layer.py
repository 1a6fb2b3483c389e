"""One layer of a network that plays sound, as code whose layer is known only when it runs.

A layer of dilation d reads what it took in d samples ago, so the products of the next d samples' past
taps are known in advance: they are made for up to a whole chunk at once, and weights are read
once for all.
"""

from collections.abc import Sequence
from typing import NamedTuple

from live.runtime.sound.compiled.activations import gate
from live.runtime.sound.compiled.layout import Matrix
from live.runtime.sound.compiled.products import product
from live.runtime.sound.compiled.vectors import BYTE, LONG, Code, Value
from live.runtime.sound.compiled.wavenet.layout import CHUNK, Layout


class Given(NamedTuple):
    """The addresses of a network's weights, of a stream's state, and of room to work in."""

    weights: Value
    state: Value
    scratch: Value


def outs(code: Code, layout: Layout, given: Given, i: Value) -> Value:
    """Return the address of what all layers give out, in a row, for the chunk's i-th sample."""
    row = code.build.mul(i, code.long(layout.shape.layers * layout.residual))
    return code.at(code.at(given.scratch, layout.scratch["outs"]), row)


class Layer:
    """Writes the code of the layer number `index`."""

    def __init__(self, code: Code, layout: Layout, given: Given, index: Value) -> None:
        self.code, self.layout, self.given, self.index = code, layout, given, index
        dilations = layout.shape.dilations
        self.taps = code.at(given.state, self._entry("starts", layout.taps[:-1]))
        self.mask = self._entry("masks", [dilation - 1 for dilation in dilations])
        self.known = self._entry("known", [min(dilation, CHUNK) - 1 for dilation in dilations])
        """How many samples' past taps are known ahead, less 1."""

    def look_ahead(self, begin: Value, i: Value, count: Value) -> None:
        """Make the products of past taps of a chunk's i-th sample, and of as many more as can be.

        begin: the position of the chunk's first sample. count: samples of the chunk.
        """
        code, build, given, layout = self.code, self.code.build, self.given, self.layout
        fresh = build.icmp_signed("==", build.and_(i, self.known), code.long(0))
        with build.if_then(fresh):
            many = code.least(build.add(self.known, code.long(1)), build.sub(count, i))
            place = self._place([matrices.past for matrices in layout.layers])
            gates = code.at(given.scratch, layout.scratch["gates"])
            own = code.at(gates, build.mul(self.index, code.long(layout.gates)))
            code.run(
                "past", place, self.taps, build.add(begin, i), self.mask, many, own, self.sums(i)
            )

    def tap(self, position: Value) -> Value:
        """Return the address where what is taken in at a position is kept."""
        at = self.code.build.and_(position, self.mask)
        return self.code.at(
            self.taps, self.code.build.mul(at, self.code.long(self.layout.residual))
        )

    def sums(self, i: Value) -> Value:
        """Return the address of what the gates begin with, for the chunk's i-th sample."""
        build, code = self.code.build, self.code
        row = build.add(build.mul(self.index, code.long(CHUNK)), i)
        sums = code.at(self.given.scratch, self.layout.scratch["sums"])
        return code.at(sums, build.mul(row, code.long(self.layout.gates)))

    def out(self, i: Value) -> Value:
        """Return the address of what the layer gives out for the chunk's i-th sample."""
        code, layout = self.code, self.layout
        start = code.build.mul(self.index, code.long(layout.residual))
        return code.at(outs(code, layout, self.given, i), start)

    def gated(self, now: Sequence[Value], sums: Sequence[Value], outs: Sequence[Value]) -> None:
        """Write tanh(gates) * sigmoid(gates) for some samples."""
        code, layout = self.code, self.layout
        matrices = [each.now for each in layout.layers]
        found: list[list[Value]] = [[] for _ in now]
        product(
            code,
            self._place(matrices),
            matrices[0],
            now,
            lambda s, v: code.load(sums[s], v * code.lanes),
            lambda s, _, value: found[s].append(value),
        )
        half = layout.residual // code.lanes
        for gates, out in zip(found, outs, strict=True):
            for v in range(half):
                code.store(gate(code, gates[v], gates[half + v]), out, v * code.lanes)

    def added(self, out: Value, now: Sequence[Value]) -> list[Value]:
        """Return what the next layer takes in."""
        code, layout = self.code, self.layout
        matrices = [each.out for each in layout.layers]
        biases = code.at(self.given.weights, layout.out_bias, BYTE)
        bias = code.at(biases, code.build.mul(self.index, code.long(layout.residual)))
        found: list[Value] = []
        product(
            code,
            self._place(matrices),
            matrices[0],
            [out],
            lambda _, v: code.build.fadd(now[v], code.load(bias, v * code.lanes)),
            lambda _s, _v, value: found.append(value),
        )
        return found

    def _entry(self, name: str, numbers: Sequence[int]) -> Value:
        return self.code.scalar(self.code.table(name, numbers), self.index, LONG)

    def _place(self, matrices: Sequence[Matrix]) -> Value:
        """Return the address of the layer's matrix; those of all layers are equally far apart."""
        apart = matrices[1].start - matrices[0].start if len(matrices) > 1 else 0
        first = self.code.at(self.given.weights, matrices[0].start, BYTE)
        return self.code.at(first, self.code.build.mul(self.index, self.code.long(apart)), BYTE)

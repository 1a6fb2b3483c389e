"""Write machine code in vectors: the few words in which the sound kernel says what it does.

A thin layer over llvmlite's builder. A vector has as many lanes as the processor's registers; LLVM
turns every word into that processor's own instructions, whichever it is.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from llvmlite import ir

BYTE: Final = ir.IntType(8)
WORD: Final = ir.IntType(32)
LONG: Final = ir.IntType(64)
FLOAT: Final = ir.FloatType()
POINTER: Final = ir.PointerType()
VOID: Final = ir.VoidType()

Value = Any
"""What an instruction gives; llvmlite ships no types."""

_FUSED: Final = ("contract",)
"""Let a product and a sum be one instruction where the processor has it."""


class Code:
    """One function being written. Indices and counts are Python numbers or 64-bit values.

    Threads: one.
    """

    def __init__(
        self, module: ir.Module, name: str, takes: Sequence[Value], gives: Value, lanes: int
    ) -> None:
        self.module = module
        self.lanes = lanes
        self.vector = ir.VectorType(FLOAT, lanes)
        self.whole = ir.VectorType(WORD, lanes)
        self.function = ir.Function(module, ir.FunctionType(gives, takes), name)
        self.function.attributes.add("nounwind")
        for argument in self.function.args:
            if argument.type == POINTER:
                argument.add_attribute("noalias")
        self.build = ir.IRBuilder(self.function.append_basic_block("entry"))

    # Numbers

    def long(self, number: Value) -> Value:
        """Return a 64-bit whole number."""
        return ir.Constant(LONG, number) if isinstance(number, int) else number

    def full(self, number: float) -> Value:
        """Return a vector that holds this number in every lane."""
        return ir.Constant(self.vector, [number] * self.lanes)

    def bits(self, number: int) -> Value:
        """Return a vector of 32-bit whole numbers, all the same."""
        return ir.Constant(self.whole, [number] * self.lanes)

    def spread(self, scalar: Value) -> Value:
        """Return a vector of one number in every lane."""
        kind = ir.VectorType(scalar.type, self.lanes)
        one = self.build.insert_element(
            ir.Constant(kind, ir.Undefined), scalar, ir.Constant(WORD, 0)
        )
        zeros = ir.Constant(ir.VectorType(WORD, self.lanes), [0] * self.lanes)
        return self.build.shuffle_vector(one, ir.Constant(kind, ir.Undefined), zeros)

    # Memory

    def at(self, pointer: Value, index: Value, kind: Value = FLOAT) -> Value:
        """Return the address of the element `index`."""
        if isinstance(index, int) and index == 0:
            return pointer
        return self.build.gep(pointer, [self.long(index)], inbounds=True, source_etype=kind)

    def load(self, pointer: Value, index: Value = 0) -> Value:
        """Return `lanes` floats in a row, from element `index` on."""
        return self.build.load(self.at(pointer, index), align=4, typ=self.vector)

    def store(self, vector: Value, pointer: Value, index: Value = 0) -> None:
        """Write a vector from element `index` on."""
        self.build.store(vector, self.at(pointer, index), align=4)

    def scalar(self, pointer: Value, index: Value = 0, kind: Value = FLOAT) -> Value:
        """Return one element."""
        return self.build.load(self.at(pointer, index, kind), align=1, typ=kind)

    def table(self, name: str, numbers: Sequence[int]) -> Value:
        """Return the address of constant 64-bit numbers; a name has the same ones every time."""
        if name in self.module.globals:
            return self.module.globals[name]
        kind = ir.ArrayType(LONG, len(numbers))
        held = ir.GlobalVariable(self.module, kind, name)
        held.initializer = ir.Constant(kind, list(numbers))
        held.global_constant, held.linkage = True, "internal"
        return held

    # Arithmetic

    def fma(self, one: Value, other: Value, sum_: Value) -> Value:
        """Return one * other + sum_, rounded once where the processor can."""
        return self.build.fadd(self.build.fmul(one, other, flags=_FUSED), sum_, flags=_FUSED)

    def polynomial(self, x: Value, coefficients: Sequence[float]) -> Value:
        """Return the polynomial's value; the highest power's coefficient comes first."""
        value = self.full(coefficients[0])
        for coefficient in coefficients[1:]:
            value = self.fma(value, x, self.full(coefficient))
        return value

    def larger(self, one: Value, other: Value) -> Value:
        """Return the larger of each pair."""
        return self.build.select(self.build.fcmp_ordered(">", one, other), one, other)

    def smaller(self, one: Value, other: Value) -> Value:
        """Return the smaller of each pair."""
        return self.build.select(self.build.fcmp_ordered("<", one, other), one, other)

    def call(self, name: str, gives: Value, *arguments: Value) -> Value:
        """Call one of LLVM's own functions, such as `llvm.rint.v16f32`."""
        kind = ir.FunctionType(gives, [argument.type for argument in arguments])
        known = self.module.globals.get(name) or ir.Function(self.module, kind, name)
        return self.build.call(known, arguments)

    def add_up(self, vectors: Sequence[Value]) -> Value:
        """Return the sum of some vectors, in pairs and pairs of pairs: none waits for all others."""
        while len(vectors) > 1:
            odd = vectors[len(vectors) // 2 * 2 :]
            pairs = zip(vectors[::2], vectors[1::2], strict=False)
            vectors = [*(self.build.fadd(one, other) for one, other in pairs), *odd]
        return vectors[0]

    def sum(self, vector: Value) -> Value:
        """Return the sum over the lanes."""
        while vector.type.count > 1:
            half = vector.type.count // 2
            low = self._part(vector, 0, half)
            vector = self.build.fadd(low, self._part(vector, half, half))
        return self.build.extract_element(vector, ir.Constant(WORD, 0))

    def most(self, vector: Value) -> Value:
        """Return the largest of the lanes."""
        while vector.type.count > 1:
            half = vector.type.count // 2
            vector = self.larger(self._part(vector, 0, half), self._part(vector, half, half))
        return self.build.extract_element(vector, ir.Constant(WORD, 0))

    def _part(self, vector: Value, first: int, count: int) -> Value:
        which = ir.Constant(ir.VectorType(WORD, count), list(range(first, first + count)))
        return self.build.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), which)

    # Calls and loops

    def run(self, name: str, *arguments: Value) -> Value:
        """Call a function of the same module."""
        given = [self.long(argument) for argument in arguments]
        return self.build.call(self.module.globals[name], given)

    def fold(
        self,
        count: Value,
        values: Sequence[Value],
        body: Callable[[Value, list[Value]], Sequence[Value]],
        step: int = 1,
    ) -> list[Value]:
        """Run body(index, values) for 0, step, ... below `count`; return the last values."""
        build, before = self.build, self.build.block
        head = self.function.append_basic_block()
        inside = self.function.append_basic_block()
        after = self.function.append_basic_block()
        build.branch(head)
        build.position_at_end(head)
        index = build.phi(LONG)
        index.add_incoming(self.long(0), before)
        carried = [build.phi(value.type) for value in values]
        for phi, value in zip(carried, values, strict=True):
            phi.add_incoming(value, before)
        build.cbranch(build.icmp_signed("<", index, self.long(count)), inside, after)
        build.position_at_end(inside)
        results = body(index, list(carried))
        index.add_incoming(build.add(index, self.long(step)), build.block)
        for phi, value in zip(carried, results, strict=True):
            phi.add_incoming(value, build.block)
        build.branch(head)
        build.position_at_end(after)
        return carried

    def repeat(self, count: Value, body: Callable[[Value], None], step: int = 1) -> None:
        """Run body(index) for 0, step, ... below `count`."""

        def run(index: Value, _: list[Value]) -> Sequence[Value]:
            body(index)
            return ()

        self.fold(count, (), run, step)

    def least(self, one: Value, other: Value) -> Value:
        """Return the smaller of two 64-bit numbers."""
        one, other = self.long(one), self.long(other)
        return self.build.select(self.build.icmp_signed("<", one, other), one, other)

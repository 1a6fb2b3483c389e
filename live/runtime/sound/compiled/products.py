"""Products of rows and matrices: what a network that plays sound spends nearly all its time on.

Sums stay in the processor's registers while a matrix goes by once, in the order in which it lies
in memory. Every vector of weights is read for one product a row: with a single row it is the reading that
takes the time, so several rows are taken together wherever they are known.
"""

from collections.abc import Callable, Sequence
from math import gcd
from typing import Final

from llvmlite import ir

from live.runtime.sound.compiled.layout import Matrix
from live.runtime.sound.compiled.vectors import BYTE, FLOAT, LONG, Code, Value

_CHAINS: Final = 8
"""A sum waits some cycles for itself: so many of them keep the processor busy."""
_WRITTEN_OUT: Final = 64
"""Products in a loop's body: with more of them the code leaves the cache of decoded instructions."""
_WIDE: Final = 8
"""Vectors in a row from which on it pays to ask whether the row is needed."""

Begin = Callable[[int, int], Value]
"""Returns what the sum of a row's n-th vector begins with."""
End = Callable[[int, int, Value], None]
"""Takes the sum of a row's n-th vector."""


def tiles(code: Code, count: Value, widest: int, some: Callable[[Value, int], None]) -> None:
    """Run some(first, how many) over `count` samples, as many at a time as there is room for."""
    build = code.build
    done: Value = code.long(0)
    many = widest
    while many:
        left = build.sub(count, done)
        whole = build.mul(build.sdiv(left, code.long(many)), code.long(many))
        code.repeat(whole, _tile(code, done, many, some), many)
        done = build.add(done, whole)
        many //= 2


def _tile(
    code: Code, start: Value, many: int, some: Callable[[Value, int], None]
) -> Callable[[Value], None]:
    return lambda i: some(code.build.add(start, i), many)


def product(
    code: Code, place: Value, matrix: Matrix, rows: Sequence[Value], begin: Begin, end: End
) -> None:
    """Multiply some rows with the matrix at `place`."""
    for first, width, start in matrix.groups:

        def first_of(row: int, v: int, first: int = first) -> Value:
            return begin(row, first + v)

        group = code.at(place, start)
        sums = _group_product(code, group, matrix.rows, width, rows, first_of)
        for n, total in enumerate(sums):
            end(n // width, first + n % width, total)


def _group_product(
    code: Code, group: Value, length: int, width: int, rows: Sequence[Value], begin: Begin
) -> list[Value]:
    """Return the sums of one group of columns, row after row."""
    count, step = len(rows) * width, width * code.lanes
    # With few sums, the rows that follow each other have sums of their own.
    parts = max(1, _CHAINS // width) if len(rows) == 1 else 1
    unrolled = _unrolled(length, count)
    sums = [begin(s, v) for s in range(len(rows)) for v in range(width)]
    sums += [code.full(0.0)] * (count * (parts - 1))

    def body(row: Value, sums: list[Value]) -> list[Value]:
        place = code.at(group, code.build.mul(row, code.long(step)))
        sources = [code.at(source, row) for source in rows]
        for r in range(unrolled):
            held = [code.load(place, r * step + v * code.lanes) for v in range(width)]
            n = r % parts * count
            for source in sources:
                spread = code.spread(code.scalar(source, r))
                for vector in held:
                    sums[n] = code.fma(spread, vector, sums[n])
                    n += 1
        return sums

    sums = code.fold(length, sums, body, unrolled)
    return [code.add_up(sums[n::count]) for n in range(count)]


def _unrolled(rows: int, sums: int) -> int:
    """Return how many rows are written out in a loop's body; it divides their number."""
    many = gcd(rows, 32)
    while many > 4 and many * sums > _WRITTEN_OUT:
        many //= 2
    return many


def vector_product(
    code: Code,
    weights: Value,
    matrix: Matrix,
    source: Value,
    bias: int,
    target: Value,
    relu: bool = False,
) -> None:
    """Write source @ matrix + bias, at once or with what is below 0 set to 0."""
    biases = code.at(weights, bias, BYTE)

    def begin(_: int, v: int) -> Value:
        return code.load(biases, v * code.lanes)

    def end(_: int, v: int, value: Value) -> None:
        kept = code.larger(value, code.full(0.0)) if relu else value
        code.store(kept, target, v * code.lanes)

    product(code, code.at(weights, matrix.start, BYTE), matrix, [source], begin, end)


def is_sparse(matrix: Matrix) -> bool:
    """Return whether `sparse_product` leaves out rows of this matrix."""
    return matrix.groups[0][1] >= _WIDE


def sparse_product(
    code: Code,
    weights: Value,
    matrix: Matrix,
    source: Value,
    bias: int,
    target: Value,
    listed: Value,
    relu: bool = False,
) -> None:
    """Do what `vector_product` does for a source that nowhere is below 0 and often is 0.

    The rows that 0 is multiplied with are not even read. listed: room for the numbers of the others.
    """
    if not is_sparse(matrix):
        vector_product(code, weights, matrix, source, bias, target, relu)
        return
    count = _above_0(code, source, matrix.rows, listed)
    for first, width, start in matrix.groups:
        group = code.at(code.at(weights, matrix.start, BYTE), start)
        biases = code.at(weights, bias, BYTE)
        sums = [code.load(biases, (first + v) * code.lanes) for v in range(width)]
        for v, total in enumerate(_sparse_sums(code, group, source, listed, count, sums)):
            kept = code.larger(total, code.full(0.0)) if relu else total
            code.store(kept, target, (first + v) * code.lanes)


def _above_0(code: Code, source: Value, length: int, listed: Value) -> Value:
    """Write down where the source is above 0, and return in how many places it is."""

    def note(row: Value, count: list[Value]) -> list[Value]:
        code.build.store(row, code.at(listed, count[0], LONG), align=4)
        above = code.build.fcmp_ordered(">", code.scalar(source, row), ir.Constant(FLOAT, 0.0))
        return [code.build.add(count[0], code.build.zext(above, LONG))]

    return code.fold(length, [code.long(0)], note)[0]


def _sparse_sums(
    code: Code, group: Value, source: Value, listed: Value, count: Value, sums: list[Value]
) -> list[Value]:
    step = code.long(len(sums) * code.lanes)

    def add(n: Value, sums: list[Value]) -> list[Value]:
        row = code.scalar(listed, n, LONG)
        spread = code.spread(code.scalar(source, row))
        place = code.at(group, code.build.mul(row, step))
        return [
            code.fma(spread, code.load(place, v * code.lanes), total)
            for v, total in enumerate(sums)
        ]

    return code.fold(count, sums, add)

"""What the mix needs besides numba: addresses, C functions, fences, and a fade's curve."""

from typing import Any

from live.machine.compiling import compiled, intrinsic, ir, types


@intrinsic
def address(_typing: Any, pointer: Any) -> Any:
    """Turn a pointer into an address."""

    def build(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ptrtoint(arguments[0], ir.IntType(64))

    return types.int64(types.voidptr), build


@intrinsic
def call(_typing: Any, function: Any, first: Any, second: Any) -> Any:
    """Call a C function by its address, with two whole numbers or addresses; return its result."""

    def build(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        whole = ir.IntType(64)
        kind = ir.FunctionType(whole, [whole, whole]).as_pointer()
        return builder.call(builder.inttoptr(arguments[0], kind), arguments[1:])

    return types.int64(types.int64, types.int64, types.int64), build


@intrinsic
def fence(_typing: Any) -> Any:
    """A memory fence: nobody sees what is written after it without what was written before."""

    def build(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), build


@compiled("float64(float64)")
def ease(x: float) -> float:
    """Return a fade's factor where it has come to `x` of 1: it begins and ends level."""
    return x * x * (3.0 - 2.0 * x)

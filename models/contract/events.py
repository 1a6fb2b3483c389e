"""What every event model is, seen from outside: its entry points by name, type and shape."""

from typing import Final

from models.contract.performance import CLASSES, FACTORS
from models.contract.stream import Entry, StreamSpec, TensorSpec

ADVANCE: Final = "advance"
"""The entry that feeds one event to the trunk; the heads are called as their factors."""
CONTEXT: Final = "context"
EVENT: Final = TensorSpec("event", "int64", (1, 5))
PLACE: Final = TensorSpec("place", "int64", (1, 3))
ONSET: Final = TensorSpec("onset", "int64", (1, 3))


def drawn_name(factor: str) -> str:
    """Return the name of the head's input that holds the codes of the factors before this one."""
    return f"drawn_{factor}"


def logits_name(factor: str) -> str:
    """Return the name of the head's output."""
    return f"{factor}_logits"


def event_stream(width: int, state: tuple[TensorSpec, ...]) -> StreamSpec:
    """Return the spec of an event model with this width of context and this state."""
    context = TensorSpec(CONTEXT, "float32", (1, width))
    return StreamSpec(
        entries=(
            Entry(ADVANCE, (EVENT, PLACE), (context,), state),
            *(_head(factor, context) for factor in FACTORS),
        )
    )


def _head(factor: str, context: TensorSpec) -> Entry:
    logits = TensorSpec(logits_name(factor), "float32", (1, CLASSES[factor]))
    earlier = FACTORS.index(factor)
    if not earlier:
        return Entry(factor, (context,), (logits,))
    drawn = TensorSpec(drawn_name(factor), "int64", (1, earlier))
    return Entry(factor, (context, ONSET, drawn), (logits,))

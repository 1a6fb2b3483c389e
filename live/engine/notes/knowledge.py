"""What a model knows after a step: worked out when it is first asked for."""

from collections.abc import Callable
from weakref import ref

from models.contract.state import State
from models.contract.stream import Array

Known = tuple[Array, State]
"""What the heads read, float32 (1, width), and the model's state."""


class Knowledge:
    """What a model knows after a step, worked out once, when it is first asked for.

    A note can so go out before the step that it leads to. before: what it follows from. Threads: the engine's only.
    """

    __slots__ = ("__weakref__", "_before", "_known", "_work")

    def __init__(self, work: Callable[[], Known], before: "Knowledge | None" = None) -> None:
        self._work: Callable[[], Known] | None = work
        self._known: Known | None = None
        self._before = before and ref(before)

    @classmethod
    def of(cls, known: Known) -> "Knowledge":
        """Return knowledge that is computed already."""
        made = cls(lambda: known)
        made()
        return made

    @property
    def known(self) -> Known | None:
        """The value where it has been computed; any thread may ask."""
        return self._known

    def follows(self, before: "Knowledge") -> bool:
        """Return whether it is worked out from another, as far as that is remembered; any thread may ask."""
        return self._before is not None and self._before() is before

    def __call__(self) -> Known:
        """Return the context for the heads and the state."""
        if self._known is None:
            assert self._work is not None
            self._known = self._work()
            # It holds on to the moment before, and that one would to all that were.
            self._work = None
        return self._known

"""What is made in a thread of its own while a network learns from what was made before."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Beside(Generic[T]):
    """Numbered things, of which the next is made beside. One thread asks; `make` runs in another.

    make: returns the one of a number, always the same; what it raises is raised where that is asked for.
    """

    def __init__(self, make: Callable[[int], T]) -> None:
        self._make = make
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="beside")
        self._ahead: tuple[int, Future[T]] | None = None

    def take(self, number: int) -> T:
        """Return the one of a number, and begin with the next."""
        ahead = self._ahead
        if ahead is None or ahead[0] != number:
            ahead = number, self._pool.submit(self._make, number)
        self._ahead = number + 1, self._pool.submit(self._make, number + 1)
        return ahead[1].result()

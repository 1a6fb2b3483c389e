"""The border between what strangers wrote and us: whatever goes wrong there becomes one of our own errors."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from models.contract.errors import ExtempoError, line

MOST_SAID: Final = 300
"""Characters of what a library says of a file that are handed on."""


@contextmanager
def border(refusal: Callable[[str], ExtempoError]) -> Iterator[None]:
    """Let nothing out of a block that reads what a stranger wrote but errors of our own.

    refusal: returns the error for what was said, a few words without a full stop. Libraries
    share no base for what they raise, and broken bytes make them raise what nobody has foreseen.
    """
    try:
        yield
    except ExtempoError:
        raise
    except Exception as error:
        raise refusal(said(error)) from error


def said(error: Exception) -> str:
    """Return in a few words on one line what an error says, whatever it is."""
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return line(str(error), MOST_SAID).rstrip(".:") or type(error).__name__

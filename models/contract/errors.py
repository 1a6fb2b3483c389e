"""Errors whose text is shown to the musician as it is."""

from typing import ClassVar, Final

LONGEST: Final = 1200
"""Characters of a sentence: names out of a file may have millions."""


class ExtempoError(Exception):
    """Something that the user can mend; its text is one sentence that says what is wrong and what to do."""

    status: ClassVar[int] = 1
    """The exit status of a command that ends by it."""

    def __str__(self) -> str:
        """Return the sentence, on one line, as a terminal may show it."""
        return line(super().__str__(), LONGEST)


class GivenError(ExtempoError):
    """An option, a setting or a file that was given, and is wrong."""

    status = 2


class ArtifactError(GivenError):
    """An artifact that cannot be played: truncated, lying, hostile or of another format."""


def line(text: str, most: int) -> str:
    """Return a text on one line, without control characters, its middle left out where it is longer than `most`."""
    if len(text) > most:
        text = f"{text[: most // 2]} ... {text[-most // 2 :]}"
    short = " ".join(text.split())
    return short if short.isprintable() else "".join(map(_printable, short))


def _printable(character: str) -> str:
    # What a terminal would obey, and what cannot be written as UTF-8, is spelled out.
    return character if character.isprintable() else character.encode("unicode_escape").decode()

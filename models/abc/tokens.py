"""Where one token of ABC ends and the next begins, known from its letters so far and the next one."""

import re
from functools import lru_cache
from typing import Final

MOST: Final = 64
"""Letters of a token that are kept; those of a longer one are passed over until it ends."""
BODY_FIELDS: Final = "IKLMmNPQRrsTUVWwX"
"""Fields that may stand in the tune itself: none has the name of a note."""
_LENGTH: Final = r"(?:\d*/*\d*)"
# In their order: where a token is begun in two ways, the first wins.
_KINDS: Final = {
    "note": rf"(?:\^{{1,2}}|_{{1,2}}|=)?(?:[A-Ga-g](?:[,']*{_LENGTH})?)?",
    "rest": rf"[zxZX]{_LENGTH}",
    "bar": r"(?:\[(?=\|)|[|:\]])[|:\]]{0,7}(?:(?<=\|)\d(?:[,-]?\d?){0,8})?",
    "ending": r"\[\d(?:[,-]?\d?){0,8}",
    "bracket": r"\[",
    "chord": rf"\[(?!\d)[A-Ga-gzx^_=,'/\d()~.HLMOPSTuv-]+(?:\]{_LENGTH})?",
    "field": r"\[[A-Za-z](?::[^\]\n]*\]?)?",
    "tuplet": r"\((?:[2-9](?::\d?){0,2})?",
    "text": r'"[^"\n]*"?',
    "ornament": r"![A-Za-z0-9().<>+-]*!?|\+[A-Za-z0-9().<>-]*\+?",
    "grace": r"\{[^}\n|]*\}?",
    "comment": r"%[^\n]*",
    "broken": r">{1,3}|<{1,3}",
    "spacer": rf"y{_LENGTH}",
}
_READ: Final = tuple((name, re.compile(pattern)) for name, pattern in _KINDS.items())
_CLOSING: Final = frozenset(']}"!+')


@lru_cache(1 << 14)
def kind(token: str) -> str:
    """Return what a token is, or may become: a name of those above, or `other`."""
    for name, pattern in _READ:
        if pattern.fullmatch(token):
            return name
    return "other"


def goes_on(token: str, letter: str) -> bool:
    """Return whether a letter belongs to the token that the ones before it have begun."""
    return kind(token + letter) != "other"


def extended(token: str, letter: str) -> str:
    """Return a token with one more letter; what is too long is not kept, but for the sign that closes it."""
    return token + letter if len(token) < MOST or letter in _CLOSING else token


def tokens(line: str) -> list[str]:
    """Return the tokens of a line of a tune, whole; a sign that begins none of its kind stands alone."""
    found: list[str] = []
    at = 0
    while at < len(line):
        end = at + 1
        while end < len(line) and goes_on(line[at : min(end, at + MOST)], line[end]):
            end += 1
        token = line[at] if unclosed(line[at:end]) else line[at:end]
        found.append(token)
        at += len(token)
    return found


def unclosed(token: str) -> bool:
    """Return whether a sign was none of an ornament, such as the old sign for the end of a line."""
    return len(token) > 1 and token[0] in "!+" and token[0] != token[-1]

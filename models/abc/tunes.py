"""Files of ABC to tunes: split, and each written as a network reads it, or left out with its reason.

A clean tune is its fields M:, L: and K:, a line each, then the tune: nothing in it that nobody hears but slurs
and lines. It sounds as it did before, if it was ABC.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

from models.abc.chords import SYMBOL
from models.abc.fields import metre_said, tempo_said, unit_of
from models.abc.keys import named
from models.abc.reader import feed, finish
from models.abc.repeats import lines, unfinished
from models.abc.state import WHOLE, Sounded, State
from models.abc.tokens import BODY_FIELDS, kind, tokens
from models.contract import errors

LONGEST: Final = 1 << 16
"""Letters of a tune; one that has more never ends."""
_ENDLESS: Final = f"it never ends: it has more than {LONGEST} letters"
_BETWEEN: Final = re.compile(r"\n[ \t]*\n|\n(?=X:)")
_TOLD: Final = 1000
"""How many of the tunes that are left out have a line of their own."""
_SAID: Final = 400
"""Letters of who wrote a tune down, at most."""
_FIELD: Final = re.compile(r"([A-Za-z]):(.*)", re.DOTALL)
_AGAIN: Final = re.compile(r"^\|+(?![:\]\d|]) ?")
_LINED: Final = re.compile(r"(?:\|\]?|::)$")
_ROUNDS: Final = 8
_METRE: Final = re.compile(r"C\|?|\d{1,2}(?:\+\d{1,2}){0,4}/\d{1,2}")
_UNIT: Final = re.compile(r"\d{1,2}/\d{1,3}")
_KEPT: Final = frozenset(
    ("note", "rest", "chord", "bar", "ending", "tuplet", "broken", "grace", "field")
)
_SIGNS: Final = frozenset(" .-()")
"""What stands by itself and stays."""
_HEARD: Final = "KLMV"
"""Fields in a tune that change what sounds."""


class Broken(ValueError):
    """Why a tune is left out, in a few words."""


class Tune(NamedTuple):
    """A tune, what its file calls it, its number there, and who wrote it down, where the file says so (Z:).

    tempi: where it says so (Q:), from which of `models.abc.state`'s parts on a quarter has how many microseconds.
    """

    name: str
    text: str
    number: int
    transcriber: str
    tempi: tuple[tuple[int, int], ...]


class Found(NamedTuple):
    """What a file holds: tunes, and the names of those that were left out, each with its reason."""

    tunes: tuple[Tune, ...]
    left_out: tuple[tuple[str, str], ...]


def found(written: bytes, fewest: int = 1) -> Found:
    """Return the tunes of a file, whatever is in it; text between them is passed over.

    fewest: notes that a tune has at least.
    """
    tunes: list[Tune] = []
    left_out: list[tuple[str, str]] = []
    more = 0
    for number, part in enumerate(parts(decoded(written)), 1):
        title = re.search(r"^T:(.*)", part, re.MULTILINE)
        name = (title and errors.line(title[1], 60)) or f"tune {number}"
        try:
            said = " ".join(re.findall(r"^Z:(.*)", part, re.MULTILINE))
            text = _cleaned(part, fewest)
            tunes.append(Tune(name, text, number, errors.line(said, _SAID), tuple(_tempi(part))))
        except Broken as why:
            # A file may hold millions.
            if len(left_out) < _TOLD:
                left_out.append((name, str(why)))
            else:
                more += 1
    if more:
        left_out.append((f"{more} more", "they are none either"))
    return Found(tuple(tunes), tuple(left_out))


def _tempi(part: str) -> Iterator[tuple[int, int]]:
    """Yield the tempi of the first voice. What follows the last need not be read."""
    last = part.rfind("Q:")
    if last < 0:
        return
    state = State()
    for letter in part[:last] + part[last:].partition("\n")[0] + "\n":
        after, _ = feed(state, letter)
        if not after.token.startswith(state.token) and not state.voice:
            unit = state.unit or unit_of(state.metre)
            if microseconds := tempo_said(state.token, unit):
                yield state.at, microseconds
        state = after


def decoded(written: bytes) -> str:
    """Return a file's text: UTF-8, or else Latin-1, which every file is; lines end as on Unix."""
    try:
        text = written.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = written.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parts(text: str) -> Iterator[str]:
    """Yield what may be tunes: what begins with X: or has a K:, up to an empty line or the next X:."""
    begin = 0
    for end, after in chain(map(re.Match.span, _BETWEEN.finditer(text)), [(len(text),) * 2]):
        part = text[begin:end].strip("\n")
        begin = after
        if re.search(r"^[XK]:", part, re.MULTILINE):
            yield part


def cleaned(text: str) -> str:
    """Return a tune with its fields in their order and nothing that nobody hears; an empty line ends it.

    Raises Broken where it is none, or one that cannot be played.
    """
    return _cleaned(text, 1)


def _cleaned(text: str, fewest: int) -> str:
    if len(text) > 4 * LONGEST:
        raise Broken(_ENDLESS)
    written = text.split("\n")
    head = next((at for at, line in enumerate(written) if re.match(r"\s*K:", line)), None)
    if head is None:
        raise Broken("it has no key (K:)")
    body = written[head + 1 :]
    for _ in range(_ROUNDS):
        # Where something went, its neighbours may be read in another way: until nothing goes.
        before, body = body, _body(body)
        if body == before:
            break
    tune = "\n".join((*_fields(written[: head + 1]), *body)) + "\n\n"
    notes = sum(one.voice >= 0 for one in check(tune))
    if notes < fewest:
        raise Broken(f"it has fewer than {fewest} notes")
    return tune


def _body(written: list[str]) -> list[str]:
    body: list[str] = []
    for one in written:
        line = _line(one)
        if body and _LINED.search(body[-1]):
            # A bar line at a line's beginning, where there is one at the end of that before it.
            line = _AGAIN.sub("", line)
        body += [line] if line else []
    return body


def check(tune: str) -> list[Sounded]:
    """Return what a clean tune sounds like. Raises Broken where that is nothing, or does not come to an end."""
    if len(tune) > LONGEST:
        raise Broken(_ENDLESS)
    if "&" in tune:
        raise Broken("voices are laid over each other in it (&), which is not read")
    state = State()
    sounds: list[Sounded] = []
    for letter in tune:
        state, more = feed(state, letter)
        sounds += more
        if len(sounds) > LONGEST:
            raise Broken(f"it never ends: it plays more than {LONGEST} notes")
    state, more = finish(state)
    sounds += more
    if all(one.voice < 0 for one in sounds):
        raise Broken("it has no notes")
    if unfinished(state):
        raise Broken("a repeat begins in it (|:) and does not end")
    return sounds


def _fields(head: list[str]) -> tuple[str, str, str]:
    said: dict[str, str] = {}
    for line in head:
        field = _FIELD.match(re.sub(r"%.*", "", line).strip())
        if field:
            said[field[1]] = field[2].strip()
    metre = "".join(said.get("M", "").split())
    if not _METRE.fullmatch(metre):
        metre = "none"
    unit = "".join(said.get("L", "").split())
    if not _UNIT.fullmatch(unit):
        unit = "1/16" if unit_of(metre_said(metre)) == WHOLE // 16 else "1/8"
    return f"M:{metre}", f"L:{unit}", f"K:{named(said['K'])}"


def _line(line: str) -> str:
    """Return a line of a tune without what nobody hears; nothing where nothing is left."""
    line = line.replace("\t", " ")
    if len(line) > 1 and line[1] == ":" and line[0] in BODY_FIELDS:
        return _heard(re.sub(r"%.*", "", line).strip())
    kept = "".join(_token(token) for token in tokens(line))
    return re.sub(" +", " ", kept).strip()


def _heard(field: str) -> str:
    found = _FIELD.match(field)
    if not found or found[1] not in _HEARD:
        return ""
    said = found[2].strip()
    return f"{found[1]}:{named(said) if found[1] == 'K' else said.split(' ')[0]}"


def _bar(token: str) -> str:
    """Return a bar line as it is most often written: what is more than that is not heard."""
    signs = token.rstrip("0123456789,-")
    drawn = lines(signs)
    ends = ":|" in drawn or "::" in drawn
    begins = "|:" in drawn or "::" in drawn
    line = "::" if ends and begins else ":|" if ends else "|:" if begins else ""
    if not line and any(one in ("||", "|]", "[|") for one in drawn):
        line = "||" if drawn[0] == "||" else "|]"
    return (line or "|" * ("|" in drawn)) + token[len(signs) :]


def _token(token: str) -> str:
    what = kind(token)
    if what == "field":
        heard = _heard(token.strip("[]"))
        return heard and f"[{heard}]"
    if what == "text":
        return token if SYMBOL.fullmatch(token.strip('"')) else ""
    if what == "chord":
        heard = re.sub(r"[~HLMOPSTuv]", "", token)
        return (heard if "]" in heard else heard + "]") if re.search("[A-Ga-g]", heard) else ""
    if what == "note" and not token.strip("^_="):
        return ""
    if what == "bar":
        return _bar(token)
    return token if what in _KEPT or token in _SIGNS or token == "&" else ""

"""Dispatching what comes over OSC: which addresses there are, which a pattern matches, who handles them."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Final

from live.control.surfaces.osc import actions, queries
from live.control.surfaces.osc.addresses import OWN
from live.control.surfaces.osc.news import ROOT, place
from live.control.surfaces.osc.packets import OscError
from live.control.surfaces.osc.request import Context, Request
from live.declared import actions as declared
from live.declared.actions import Action
from live.declared.knob import KINDS, PLAYS, Kind
from live.declared.knobs import SCOPES
from models.contract.nearest import nearest

PATTERNS: Final = 64
"""How many address patterns' matches are cached."""
_ASKS: Final = frozenset(f"{ROOT}/{name}" for name in ("get", "subscribe", "knobs"))
_PATTERN: Final = frozenset("*?[{")


class Dispatch:
    """Finds who handles a request. Threads: built on main, handle() on the receiving one."""

    def __init__(self, context: Context) -> None:
        self._voices = context.control.voices
        self._handlers = dict(_handlers(context))
        self._works = {
            f"{place(voice)}/{name}": action
            for voice in context.control.voices
            for action in _actions(context, voice)
            for name in action.names
        }
        """Voices' actions, by their addresses."""
        self._matched: dict[str, Sequence[str]] = {}

    def handle(self, request: Request) -> None:
        """Do what a request asks, at every address that a pattern matches, and then say what failed.

        Raises OscError for the first that could not be done.
        """
        failed: OscError | None = None
        for address in self.found(request.address):
            try:
                self._handlers[address](request._replace(address=address))
            except OscError as error:
                failed = failed or error
        if failed is not None:
            raise failed

    def found(self, address: str) -> Sequence[str]:
        """Return the addresses that one, or a pattern, stands for. Raises OscError where there is none."""
        if address in self._handlers:
            return (address,)
        if _PATTERN.isdisjoint(address):
            raise OscError("address", self._unknown(address[:200]))
        found = self._matching(address)
        if not found:
            raise OscError("address", f"Nothing here matches {address!r}.")
        return found

    def asks(self, address: str) -> bool:
        """Return whether an address asks for answers, or has to be looked for: what is bounded for each peer."""
        if _PATTERN.isdisjoint(address):
            return address in _ASKS
        found = self._matched.get(address)
        return found is None or not _ASKS.isdisjoint(found)

    def works(self, request: Request) -> int:
        """Return how many things a request has voices do. Raises OscError where its address means none.

        To end a note, or to lift the pedal, counts for none: what began must not be kept from ending.
        """
        ends = list(request.arguments[-1:]) == [0]
        asked = (self._works.get(one) for one in self.found(request.address))
        return sum(action is not None and not (action.played and ends) for action in asked)

    def _matching(self, pattern: str) -> Sequence[str]:
        """Return the addresses that a pattern matches; the last patterns are remembered, for faders send many."""
        if pattern not in self._matched:
            if len(self._matched) >= PATTERNS:
                self._matched.clear()
            match = queries.matcher(pattern).fullmatch
            self._matched[pattern] = [address for address in self._handlers if match(address)]
        return self._matched[pattern]

    def _unknown(self, address: str) -> str:
        top, _, rest = address.partition("/voice/")
        number, _, name = rest.partition("/")
        if top == ROOT and number.isdecimal():
            kind = {str(voice): kind for voice, kind in self._voices.items()}.get(number)
            if kind is None:
                there = ", ".join(map(str, self._voices))
                return f"There is no voice {number}, only {there}."
            name = name.removesuffix("/unit")
            whose = [PLAYS[other] for other in KINDS if name in _names(other) - _names(kind)]
            if whose:
                return f"Voice {number} plays {PLAYS[kind]}, and {name} is for voices of {' or '.join(whose)}."
        return f"There is nothing at {address}{_near(address, tuple(self._handlers))}."


@lru_cache(256)
def _near(address: str, known: tuple[str, ...]) -> str:
    """Return a hint for a mistyped last word; bounded, for a flood may ask for many."""
    stem, _, name = address.rpartition("/")
    names = [one.rpartition("/")[2] for one in known if one.rpartition("/")[0] == stem]
    found = nearest(name, names)
    return f"; {stem}/{found} is near" if found else f"; {ROOT}/knobs lists the knobs"


def _handlers(context: Context) -> Iterator[tuple[str, Callable[[Request], None]]]:
    for action in declared.of("top"):
        for name in action.names:
            yield f"{ROOT}/{name}", actions.handler(context, action, 0)
    for own in OWN:
        yield f"{ROOT}/{own.path}", partial(own.handle, context)
    for voice in (0, *context.control.voices):
        for action in _actions(context, voice):
            for name in action.names:
                yield f"{place(voice)}/{name}", actions.handler(context, action, voice)
        for knob in context.control.knobs(voice).values():
            path = f"{place(voice)}/{knob.name}"
            yield path, partial(actions.turn, context, voice=voice, knob=knob)
            yield f"{path}/unit", partial(actions.slide, context, voice=voice, knob=knob)


def _actions(context: Context, voice: int) -> Sequence[Action]:
    if not voice:
        return declared.of("transport")
    return declared.of("voice", context.control.voices[voice])


def _names(kind: Kind) -> set[str]:
    """Return the addresses below a voice of a kind."""
    return {
        *SCOPES[kind],
        *(name for action in declared.of("voice", kind) for name in action.names),
    }

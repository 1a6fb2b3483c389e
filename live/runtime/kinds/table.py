"""The kinds of models, one line each: the module that opens them, imported when it is needed."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final, cast

from live.declared.knob import Kind
from live.runtime.kinds.kind import Reader

KINDS: Final[Mapping[Kind, str]] = {
    "events": "live.runtime.kinds.notes",
    "audio": "live.runtime.kinds.sound",
}


def reader(kind: Kind) -> Reader:
    """Return what opens models of this kind."""
    return cast(Reader, import_module(KINDS[kind]))

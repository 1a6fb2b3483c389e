"""The networks that can be trained: a new one is a file, a line here and a recipe."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Final

from models.contract.errors import ExtempoError
from models.nets.events import EventNet
from models.nets.lstm import LstmNet
from models.nets.wavenet import WavenetNet

NETS: Final[dict[str, type[EventNet]]] = {"lstm": LstmNet, "wavenet": WavenetNet}


def build(name: str, config: Mapping[str, int | float | str]) -> EventNet:
    """Return a fresh network by its name in `NETS`, with the fields of its Config.

    Raises ExtempoError for a name that is not in `NETS`, or a field that the Config does not have.
    """
    if name not in NETS:
        raise ExtempoError(f"there is no network called {name!r}: choose one of {', '.join(NETS)}.")
    net = NETS[name]
    known = {field.name for field in dataclasses.fields(net.Config)}
    unknown = sorted(set(config) - known)
    if unknown:
        raise ExtempoError(
            f"the network {name} has no setting {unknown[0]!r}: it has {', '.join(sorted(known))}."
        )
    make: Callable[..., EventNet] = net
    return make(net.Config(**config))

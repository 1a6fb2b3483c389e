"""The networks that can be trained: a new one is a file, its line here and a recipe."""

import dataclasses
import warnings
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from models.contract.errors import ExtempoError
from models.contract.representation import Representation
from models.nets.audio import AudioNet
from models.nets.audio_wavenet import AudioWavenetNet
from models.nets.lstm import LstmNet
from models.nets.notes import NotesNet
from models.nets.own import OwnNet
from models.nets.wavenet import WavenetNet

NETS: Final[dict[str, type[NotesNet]]] = {
    "lstm": LstmNet,
    "wavenet": WavenetNet,
}
AUDIO_NETS: Final[dict[str, type[AudioNet]]] = {
    "audio-wavenet": AudioWavenetNet,
}

Config = Mapping[str, int | float | str]
Net = TypeVar("Net", NotesNet, AudioNet)


def build(
    name: str, config: Config, representation: Representation, own: OwnNet | None = None
) -> NotesNet:
    """Return a fresh network of notes by its name in `NETS`, or one's own, with the fields of its Config.

    Raises ExtempoError for a name that is not in `NETS`, a field that the Config does not have, or what the
    representation has no columns for.
    """
    if own is not None:
        return own.build(config, representation)
    return _build(NETS, name, config, representation)


def build_audio(name: str, config: Config) -> AudioNet:
    """Return a fresh network of audio by its name in `AUDIO_NETS`; it raises as `build` does."""
    return _build(AUDIO_NETS, name, config)


def check(name: str, config: Config, own: OwnNet | None = None) -> None:
    """Raise ExtempoError if there is no network of notes of this name, or it has no such setting."""
    if own is not None:
        own.check(config)
    else:
        _check(NETS, name, config)


def _check(nets: Mapping[str, type[Net]], name: str, config: Config) -> None:
    if name not in nets:
        how = f", or name its class with --net {name}" if ":" in name else ""
        raise ExtempoError(
            f"there is no network called {name!r}: choose one of {', '.join(nets)}{how}."
        )
    known = {field.name for field in dataclasses.fields(nets[name].Config)}
    unknown = sorted(set(config) - known)
    if unknown:
        raise ExtempoError(
            f"the network {name} has no setting {unknown[0]!r}: it has {', '.join(sorted(known))}."
        )


def _build(nets: Mapping[str, type[Net]], name: str, config: Config, *given: Representation) -> Net:
    _check(nets, name, config)
    net = nets[name]
    make: Callable[..., Net] = net
    try:
        with warnings.catch_warnings():
            # Torch warns of weights without a number; they are refused below.
            warnings.simplefilter("ignore")
            made = make(net.Config(**config), *given)
        if not all(weights.numel() for weights in made.parameters()):
            raise ValueError("some of its weights have no size")
    except (ValueError, TypeError, RuntimeError, ZeroDivisionError, IndexError) as error:
        # What a network cannot be made of, it says in its own way.
        reason = str(error).partition("\n")[0]
        raise ExtempoError(
            f"the network {name} cannot be made with these settings ({reason}): change its [config]."
        ) from error
    return made

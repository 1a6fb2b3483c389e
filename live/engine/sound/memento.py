"""What a voice of sound knows, written down as a memento's content: its slots, and the last moment that it kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from time import monotonic, sleep
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from live.engine.memento import SLOTS, Memento, MementoError, Tensor
from live.runtime.opening import Opened
from live.runtime.sound.instrument import Instrument, Kept
from live.runtime.sound.stream import Snapshot
from models.contract.border import border

LONG_AGO: Final = float("-inf")
"""When what is read back was saved."""
PATIENCE: Final = 0.5
"""Seconds within which what is saved is heard, and so kept."""
_LOOK: Final = 0.005


class WrittenMoment(msgspec.Struct, frozen=True, array_like=True):
    """A moment: the stream's arrays by name, and the keys then."""

    state: dict[str, Tensor]
    row: Tensor


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """last: where it goes on; None where nothing was kept yet, or slots alone are written."""

    last: WrittenMoment | None
    slots: Annotated[
        dict[Annotated[str, Meta(max_length=4096)], WrittenMoment], Meta(max_length=SLOTS)
    ]


_decoder: Final = msgspec.msgpack.Decoder(Content)


@dataclass(frozen=True, slots=True)
class Read:
    """A memento that was read back. digest: SHA-256 of its content. whole: all of it, or its slots only."""

    digest: str
    slots: Mapping[str, Kept]
    last: Kept | None
    whole: bool


def known(artifact: Opened, instrument: Instrument, saved: Mapping[str, float]) -> Memento:
    """Return what an instrument keeps, as it will be when that is written down. saved: see `pack`."""
    packs = partial(pack, instrument, dict(saved))
    name, path = artifact.name, str(artifact.path)
    return Memento(artifact.kind, name, path, artifact.digest, tuple(saved), packs)


def checked(memento: Memento, artifact: Opened, where: str) -> Memento:
    """Return a memento. Raises MementoError, naming it as `where`, if it is of another artifact."""
    if memento.digest != artifact.digest:
        raise MementoError(f"{where} is of {memento.name}, and it plays {artifact.name}.")
    return memento


def pack(instrument: Instrument, saved: Mapping[str, float], slots_only: bool) -> bytes:
    """Write down what an instrument keeps while it is played; any thread may call it that may wait.

    saved: its slots, and when each was saved last. Raises MementoError where what was saved is not heard.
    """
    ends = monotonic() + PATIENCE
    slots = {slot: _written(_saved(instrument, slot, at, ends)) for slot, at in saved.items()}
    last = None if slots_only else instrument.last
    return msgspec.msgpack.encode(
        Content(last=None if last is None else _written(last.copied()), slots=slots)
    )


def _saved(instrument: Instrument, slot: str, at: float, ends: float) -> Kept:
    """Return what a slot keeps, once that is from `at` or later."""
    while True:
        kept = instrument.slots.get(slot)
        if kept is not None and (found := kept.copied()).at >= at:
            return found
        if monotonic() > ends:
            raise MementoError(f"slot {slot!r} was saved, and not heard yet")
        sleep(_LOOK)


def _written(kept: Kept) -> WrittenMoment:
    state = {name: Tensor.of(array) for name, array in kept.state.arrays.items()}
    return WrittenMoment(state, Tensor.of(kept.row))


def read(memento: Memento, whole: bool, instrument: Instrument, where: str) -> Read:
    """Read a memento, or its slots only, for an instrument of the same artifact; any thread may call it.

    where: what it is called in messages. Raises MementoError, one sentence, where it is no such thing.
    """
    content = memento.pack(not whole)
    with border(lambda said: MementoError(f"{where} cannot be gone on from ({said}): remove it.")):
        found = _decoder.decode(content)
        slots = {slot: _kept(one, instrument) for slot, one in found.slots.items()}
        last = _kept(found.last, instrument) if whole and found.last is not None else None
        return Read(sha256(content).hexdigest(), slots, last, whole)


def _kept(written: WrittenMoment, instrument: Instrument) -> Kept:
    """Return a moment. Raises ValueError or LookupError where the instrument has no such."""
    like = instrument.beginning
    state = {
        name: written.state[name].array(str(array.dtype), array.shape)
        for name, array in like.state.arrays.items()
    }
    row = written.row.array(str(like.row.dtype), like.row.shape)
    return Kept(Snapshot(state), row, LONG_AGO)

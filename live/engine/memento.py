"""What a voice knows, as a file: written whole or not at all, and read back only where it is what it says."""

import errno
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from live.declared.knob import Kind
from live.engine.routing import Listening
from live.ipc.news import Clock
from models.contract import files
from models.contract.errors import GivenError
from models.contract.whole import whole

FORMAT: Final = 1
MOST: Final = 64 << 20
"""Bytes of a file that is written or read."""
SLOTS: Final = 64
"""Slots that a voice keeps at most."""
SUFFIX: Final = ".memento"
_MAGIC: Final = b"extempo memento "
_SUM: Final = hashlib.sha256().digest_size
_HEAD: Final = 64 + _SUM
"""Bytes of a file at most before its body."""


class MementoError(GivenError):
    """A memento that is not gone on from: broken, hostile, or of something else."""


class Tensor(msgspec.Struct, frozen=True, array_like=True):
    """A tensor: element type, shape, and its elements in C order, little endian."""

    dtype: Literal["float32", "int64", "float64", "uint64", "int32", "uint8", "complex64"]
    shape: Annotated[tuple[Annotated[int, Meta(ge=0, le=1 << 24)], ...], Meta(max_length=8)]
    data: bytes

    @classmethod
    def of(cls, array: NDArray[Any]) -> "Tensor":
        """Write an array down."""
        # Anything else is refused as it is read.
        return cls(str(array.dtype), array.shape, array.tobytes())  # type: ignore[arg-type]

    def array(self, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
        """Return it. Raises ValueError where it is of another type or shape, or holds what is no number."""
        if (self.dtype, self.shape) != (dtype, shape):
            raise ValueError(f"a tensor is {self.dtype} {self.shape}, not {dtype} {shape}")
        # Of the wrong length it raises ValueError too.
        array = np.frombuffer(self.data, np.dtype(dtype).newbyteorder("<")).reshape(shape)
        if not np.isfinite(array).all():
            raise ValueError("a tensor holds what is no number")
        return array.astype(dtype)


@dataclass(frozen=True, slots=True)
class Memento:
    """What a voice knows at one moment. Values only: what it refers to does not change any more.

    name, path, digest: of the artifact. slots: names of those that it keeps. pack: writes all of it
    down, or its slots only, which takes milliseconds; any thread may call it.
    """

    kind: Kind
    name: str
    path: str
    digest: str
    slots: tuple[str, ...]
    pack: Callable[[bool], bytes]


NAME: Final = 4096
"""Letters of a name."""
_Name = Annotated[str, Meta(max_length=NAME)]


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A memento in a file.

    run: of which run of extempo. lines: how many lines of that engine's journal came before it.
    hears: whom the voice heard, see `routing.Listening`. content: what `Memento.pack` wrote.
    """

    voice: Annotated[int, Meta(ge=0, le=1 << 16)]
    kind: Kind
    name: _Name
    path: _Name
    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    slots: Annotated[tuple[_Name, ...], Meta(max_length=SLOTS)]
    clock: Clock
    run: _Name
    lines: Annotated[int, Meta(ge=0)]
    content: bytes
    hears: Listening | None = None

    @property
    def memento(self) -> Memento:
        """Return it as a voice takes it; its content is whatever was kept."""
        content = self.content
        return Memento(
            self.kind, self.name, self.path, self.digest, self.slots, lambda _slots: content
        )

    @property
    def content_digest(self) -> str:
        """Return the SHA-256 of what was packed: what a journal calls it."""
        return hashlib.sha256(self.content).hexdigest()


_decoder = msgspec.msgpack.Decoder(Stored)


def beside(folder: Path, digest: str) -> Path:
    """Return where a journal in a folder has the memento of this content, which it goes on from."""
    return folder / f"{digest[:32]}{SUFFIX}"


def write(path: Path, stored: Stored) -> None:
    """Write a memento, whole or not at all. Raises OSError where the disk does not take it, or it is too large."""
    body = msgspec.msgpack.encode(stored)
    if len(body) > MOST - _HEAD:
        raise OSError(errno.EFBIG, f"they are more than {MOST >> 20} MB")
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as fresh, fresh.open("wb") as file:
        file.write(_MAGIC + b"%d\n" % FORMAT)
        file.write(hashlib.sha256(body).digest())
        file.write(body)


def read(path: Path) -> Stored:
    """Read a memento. Raises MementoError, one sentence, where it is none, or FileError."""
    data = files.read(path, MOST)
    first, newline, _ = data[:64].partition(b"\n")
    if not newline or not first.startswith(_MAGIC):
        raise MementoError(f"{path} is not a memento: remove it.")
    if first != _MAGIC + b"%d" % FORMAT:
        said = first.removeprefix(_MAGIC).decode("ascii", "replace")
        raise MementoError(
            f"{path} is a memento of format {said}, and this extempo reads format {FORMAT}: "
            "remove it, or play with the extempo that wrote it."
        )
    body = data[len(first) + 1 + _SUM :]
    if hashlib.sha256(body).digest() != data[len(first) + 1 : len(first) + 1 + _SUM]:
        raise MementoError(f"{path} is broken: remove it.")
    try:
        return _decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MementoError(f"{path} is not a memento ({error}): remove it.") from error

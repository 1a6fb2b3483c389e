"""What an artifact is once it has passed every check; `live.runtime.prepare` makes it."""

from pathlib import Path

import msgspec

from models.contract.document import Document


class Prepared(msgspec.Struct, frozen=True):
    """An artifact that has passed every check.

    digest: the file's SHA-256, in hexadecimal.
    graphs: each entry's ONNX model, or the file in the cache that it lies in.
    weights: a network of sound's, as `live.runtime.sound.table.Maker.packed` gave them, or their file in the cache.
    ignored: a sentence on what this version does not know of the document, or empty.
    slow: why it is too slow to play in time on this machine, one sentence, where it was found to be.
    """

    path: Path
    digest: str
    document: Document
    ignored: str
    graphs: dict[str, str | bytes]
    weights: str | bytes = b""
    slow: str = ""

"""Hold what an artifact says of its WaveNet against what the code here can play."""

from typing import Final

from live.runtime.golden import check_pair
from models.contract import samples
from models.contract.document import Document
from models.contract.errors import ArtifactError
from models.contract.sizes import NET, Sizes

RATES: Final = (8_000, 192_000)
"""The lowest and the highest number of samples a second."""
LIMITS: Final = {
    "residual": (1, 1024),
    "skip": (1, 4096),
    "stacks": (1, 64),
    "depth": (1, 16),
    "hop": (1, 1 << 12),
    "condition": (1, 4096),
    "keys": (0, 1),
    "rate": RATES,
}
"""The least and the most of every size: far beyond what any machine plays in time."""
MAX_LAYERS: Final = 128
MAX_TAPS: Final = 1 << 22
"""The most numbers that a state may have: it is kept many times over."""


def check(document: Document, where: str) -> None:
    """Raise ArtifactError unless the document describes a model of sound that can be played here."""
    if document.representation != samples.NAME:
        raise ArtifactError(
            f"{where} makes sound as {document.representation!r} by the network {document.net!r}; "
            f"this extempo knows {NET!r} by {samples.NAME!r}."
        )
    if document.precision != "fp32":
        raise ArtifactError(
            f"{where} holds its weights as {document.precision}; this extempo plays sound from "
            f"weights of 32 bits: export the model again."
        )
    sizes = Sizes.of(document.config, where)
    _check_sizes(sizes, where)
    if document.sample_rate != sizes.rate:
        raise ArtifactError(
            f"{where} says that it plays {document.sample_rate} samples a second, and that its "
            f"network was trained with {sizes.rate}: export the model again."
        )
    if document.stream != sizes.stream:
        raise ArtifactError(
            f"{where} describes other inputs and outputs than a network of its sizes has: "
            f"export the model again."
        )
    check_pair(document, sizes.given, where)


def _check_sizes(sizes: Sizes, where: str) -> None:
    for name, (least, most) in LIMITS.items():
        size = getattr(sizes, name)
        if not least <= size <= most:
            raise ArtifactError(
                f"{where} has {size} as {name!r}, which has to be {least} to {most}: "
                f"train another network."
            )
    if sizes.stacks * sizes.depth > MAX_LAYERS:
        raise ArtifactError(
            f"{where} has {sizes.stacks * sizes.depth} layers, more than the {MAX_LAYERS} that "
            f"can be played: train a smaller network."
        )
    if sizes.residual * sum(sizes.dilations) > MAX_TAPS:
        raise ArtifactError(
            f"{where} keeps a state of more than {MAX_TAPS} numbers, too large to play live."
        )

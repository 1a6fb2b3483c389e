"""The document in the artifact: one `.onnx` file says all that is needed to play it, and proves itself.

`metadata_props["extempo"]` holds the JSON dump of `Document`. A reader answers a version with yes,
partial (says what it ignores) or no (says what to do).
"""

from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta

from models.contract.border import border
from models.contract.copied import Copied
from models.contract.errors import ArtifactError
from models.contract.older import older_pair
from models.contract.pair import Pair
from models.contract.stream import StreamSpec

KEY: Final = "extempo"
"""Where the document lies in the ONNX file's metadata."""
FORMAT: Final = 1
"""The format that is written; a change that old readers may ignore raises `minor`."""
MINOR: Final = 5
LONGEST_NAME: Final = 255
"""Bytes of a name: it is on the screen, in messages and in the names of files."""

Kind = Literal["events", "audio"]
"""What a model plays: notes, or sound."""


class Corpus(msgspec.Struct, frozen=True):
    """What a model was trained on."""

    name: str
    licence: str
    attribution: str
    source: str
    pieces: int
    tier: Literal["A", "B", "C", ""] = ""
    """A: its licence is clear. B: its encoder's terms are not stated. C: it may not be learned from
    for what is passed on. Empty: nothing is known but what the user says."""


class Training(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a model's training; each begins with the weights of the one before."""

    recipe: str
    corpora: dict[str, float]
    """With their weights."""
    steps: int
    minutes: float
    batch: int
    rate: float
    """The highest learning rate."""
    seed: int
    date: str = ""
    """When these weights were kept, as YYYY-MM-DD; empty if that is not known."""
    author: str = ""


class Figure(msgspec.Struct, frozen=True):
    """One held-out figure: nats a step for one factor (or `all`), or a sample, beside its floor.

    factor: of a model of audio it is `sample`.
    """

    split: Literal["valid", "test"]
    factor: str
    nats: float
    floor: float
    """A simple model's figure on the same split: a first-order Markov chain's, a linear predictor's."""
    windows: int = 0
    """How many windows, spread over the split, it was measured on; 0: the whole split."""
    corpora: tuple[str, ...] = ()
    """Of which corpora the split is; none: of those that it has learned from."""


class Measured(msgspec.Struct, frozen=True):
    """Something else that was measured, beside what it may be held against."""

    name: str
    value: float
    unit: str
    beside: str = ""
    """In words: what the same measure gives for people, for real sound, for chance."""


class Indexed(msgspec.Struct, frozen=True, kw_only=True):
    """The index of what a model has learned from, a file beside the artifact; see `models.contract.index`.

    digest: its SHA-256, in hexadecimal. bytes: its size. pieces: how many it is of, which are of these corpora.
    """

    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    bytes: Annotated[int, Meta(ge=0)]
    corpora: list[str]
    pieces: int


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an artifact says about itself."""

    format: int
    minor: int = MINOR
    name: str
    kind: Kind
    net: str
    config: dict[str, int | float | str]
    representation: str
    vocabulary: dict[str, list[int | str]]
    stream: StreamSpec
    precision: Literal["fp32", "fp16", "int8"]
    sample_rate: int = 0
    """Samples a second; 0 for a model that does not make sound itself."""
    knobs: dict[str, float] = {}
    """Knob defaults that suit this model."""
    licence: str
    author: str = ""
    corpora: list[Corpus]
    trainings: list[Training] = []
    heard: list[int] = []
    """The prints of all pieces that it has learned from (see `models.corpus.prints`)."""
    figures: list[Figure]
    pair: Pair | None = None
    """The golden pair."""
    index: Indexed | None = None
    """The index that belongs to it; None where none was made."""
    copied: Copied | None = None
    """Where the graph may be cut so that compiled code copies; None where nothing is copied, and in older files."""
    measures: list[Measured] = []
    parameters: int
    notes: str = ""


class _Version(msgspec.Struct):
    format: int
    minor: int = 0
    kind: str = ""


def dump(document: Document) -> str:
    """Write the document as JSON."""
    return msgspec.json.encode(document).decode()


def load(text: str, where: str) -> tuple[Document, str]:
    """Read a document; `where` names the file in messages.

    Returns the document and a sentence on what was ignored (empty if nothing was).
    Raises ArtifactError for another format or kind, or JSON that is not a document.
    """
    with border(
        lambda said: ArtifactError(
            f"{where} carries a broken description ({said}): export the model again."
        )
    ):
        version = msgspec.json.decode(text, type=_Version)
        if version.format > FORMAT:
            raise ArtifactError(
                f"{where} has format {version.format}, newer than this extempo reads ({FORMAT}): "
                f"update extempo, or export the model again with this version."
            )
        if version.format < 1:
            raise ArtifactError(
                f"{where} has format {version.format}, which never was: export the model again."
            )
        if version.kind not in get_args(Kind):
            raise ArtifactError(
                f"{where} is a model of {version.kind or 'nothing'}; this extempo plays models of "
                f"{' and of '.join(get_args(Kind))}."
            )
        document = msgspec.json.decode(text, type=Document)
        if document.pair is None:
            document = msgspec.structs.replace(document, pair=older_pair(text, where))
    if not _is_name(document.name):
        raise ArtifactError(
            f"{where} has no name, or one that cannot be shown: export the model again with a name of 1 to "
            f"{LONGEST_NAME} bytes."
        )
    ignored = ""
    if version.minor > MINOR:
        ignored = f"{where} was written by a newer extempo: what this version does not know of it is ignored."
    return document, ignored


def _is_name(name: str) -> bool:
    return bool(name.strip()) and name.isprintable() and len(name.encode()) <= LONGEST_NAME

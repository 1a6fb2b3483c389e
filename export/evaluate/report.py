"""The report: what was measured, as values that are written as JSON and read back."""

from pathlib import Path
from tempfile import TemporaryFile
from typing import Final, Literal

import msgspec

from models.contract import files
from models.contract.border import border
from models.contract.errors import GivenError
from models.contract.whole import whole

FORMAT: Final = 1
JSON: Final = "report.json"
MOST: Final = 64 << 20
"""Bytes of a report that is read."""


class History(msgspec.Struct, frozen=True):
    """Nats of the same events, foretold from so many steps before them; 0 steps: from the piece's beginning."""

    steps: int
    nats: dict[str, float]


class Bin(msgspec.Struct, frozen=True):
    """Of the steps whose earlier next code got about this probability: the mean of it, and how often it came."""

    p: float
    right: float
    count: int


class Again(msgspec.Struct, frozen=True):
    """Where the last steps have occurred before: what the earlier next code gets.

    share: of all steps. right: how often it comes again. p: the mean probability that it gets. where_right: the same
    where it comes. nats: of that factor there. error: how far probabilities and what came are apart, weighed by bins.
    """

    factor: str
    length: int
    count: int
    share: float
    right: float
    p: float
    where_right: float
    nats: float
    error: float
    bins: list[Bin]


class Likelihood(msgspec.Struct, frozen=True):
    """Nats a step of held-out music, by factor and in all.

    streamed: with the state carried on from each piece's beginning. floor: a Markov chain's. histories: of `events`
    events in the midst of pieces.
    """

    pieces: int
    of: int
    steps: int
    longest: int
    streamed: dict[str, float]
    floor: dict[str, float]
    events: int
    histories: list[History]
    again: Again | None


class Spread(msgspec.Struct, frozen=True):
    """Values of one measure. low, middle, high: the 10 %, 50 % and 90 % quantiles."""

    low: float
    middle: float
    high: float
    mean: float
    values: list[float]


class Row(msgspec.Struct, frozen=True):
    """One measure: the model's values beside people's.

    overlap: of the two distributions, from 0 to 1. among_people: of people's and other people's.
    """

    name: str
    family: str
    unit: str
    help: str
    model: Spread | None
    people: Spread | None
    overlap: float | None = None
    among_people: float | None = None


class Table(msgspec.Struct, frozen=True):
    """The measures of one section, of so many excerpts of each side; said: of which, in a sentence."""

    played: int
    people: int
    said: str
    rows: list[Row]


class Curve(msgspec.Struct, frozen=True):
    """Nats over the minutes of a training, and over its steps; older reports have no steps."""

    name: str
    minutes: list[float]
    nats: list[float]
    steps: list[int] = []


class Trained(msgspec.Struct, frozen=True):
    """What an artifact says of its trainings, all together."""

    steps: int
    minutes: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found out of one artifact. A section that is None was not asked for, or not reached."""

    format: int = FORMAT
    kind: Literal["extempo evaluate"] = "extempo evaluate"
    name: str
    digest: str
    representation: str
    precision: str
    parameters: int
    bytes: int = 0
    """Of the file; 0 in older reports."""
    trained: Trained | None = None
    made: str
    corpora: list[str]
    split: str
    seeds: int
    bars: int
    knobs: dict[str, float | str] = {}
    """Those that were turned."""
    complete: bool = False
    seconds: dict[str, float] = {}
    notes: list[str] = []
    likelihood: Likelihood | None = None
    music: Table | None = None
    listening: Table | None = None
    copying: Table | None = None
    curves: list[Curve] = []


class _Version(msgspec.Struct):
    format: int = 0
    kind: str = ""


def write(report: Report, folder: Path) -> Path:
    """Write a report into its folder, which is made; return the file. Raises GivenError where it cannot be."""
    path = folder / JSON
    text = msgspec.json.format(msgspec.json.encode(report), indent=1)
    put(path, text)
    return path


def check(folder: Path) -> None:
    """Raise GivenError, one sentence, unless a folder, which is made, can be written into."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _unwritten(folder, error) from error


def put(path: Path, content: bytes) -> None:
    """Write a file whole, its folder made. Raises GivenError, one sentence, where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as fresh:
            fresh.write_bytes(content)
    except OSError as error:
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: OSError) -> GivenError:
    said = f"{path} cannot be written ({error.strerror}): give another place with -o."
    return GivenError(said)


def read(path: Path) -> Report:
    """Read a report. Raises GivenError, one sentence, for what is none, or of another format."""
    written = files.read(path, MOST)
    with border(
        lambda said: GivenError(
            f"{path} is no report of extempo evaluate ({said}): give its {JSON}."
        )
    ):
        version = msgspec.json.decode(written, type=_Version)
    if version.kind != "extempo evaluate":
        raise GivenError(f"{path} is no report of extempo evaluate: give its {JSON}.")
    if version.format != FORMAT:
        raise GivenError(
            f"{path} is a report of format {version.format}, and this extempo reads {FORMAT}: evaluate the "
            f"artifact again."
        )
    with border(
        lambda said: GivenError(f"{path} is a broken report ({said}): evaluate the artifact again.")
    ):
        return msgspec.json.decode(written, type=Report)

"""The corpora: a table of what is known, their splits, and any folder of files of one's own.

Below the data folder each known corpus has a folder with `index.csv` (columns file, split and
licence), or files that are named after the splits. Any other folder is split by a hash of what is in each
file, and where files hold many pieces, in each piece; one file of many pieces is a corpus as well.
"""

import functools
import hashlib
import logging
import math
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

import platformdirs

from models.contract.document import Corpus
from models.contract.errors import ExtempoError
from models.corpus import useful
from models.corpus.ahead import ahead
from models.corpus.cached import read_cached
from models.corpus.licences import NOT_STATED
from models.corpus.pieces import Piece, Score
from models.corpus.readers.reader import Held
from models.corpus.readers.table import READERS, reader_of, suffixes_of
from models.corpus.splits import (
    INDEX,
    Digest,
    Split,
    digest_of,
    found_in,
    indexed,
    named_splits,
    splits_of,
    unnamed,
)
from models.corpus.taken import left_out, tell, tell_of_pieces

MIDI: Final = ("midi",)
"""The kinds of files that hold scores; see `models.corpus.readers.table`."""
FEWEST: Final = 3
"""Files, or pieces, of which each split gets one."""
MANY: Final = 64
"""With fewer files to read than this, one process reads them all."""
PATIENCE: Final = 1.0
"""Seconds of reading after which another process helps."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """A corpus that is known: where it is from, and what may be done with it.

    tier: A, its licence is clear (public domain, CC0, CC BY, MIT) and what learned from it may
    ship; B, the music is in the public domain and its encoder's terms are not stated; C, there is
    no clear licence, and nothing that learned from it may ship. without: transcribers (parts of their names, in
    small letters) who ask for more than the others do; what they wrote down is left out.
    """

    title: str
    origin: str
    licence: str
    attribution: str
    tier: Literal["A", "B", "C"] = "A"
    without: tuple[str, ...] = ()


_CHOPIN = (
    "github.com/pl-wnifc/humdrum-chopin-first-editions@95dfb105c1669c72d10b04088566154f12d3dc1c"
)
_POLISH = "github.com/pl-wnifc/humdrum-polish-scores@c0403623c0da3f75f1bcd6041dc85098e0cabe02"
_MUTOPIA = "github.com/MutopiaProject/MutopiaProject@2144afd6f52d56c5b6995b8b589ef1268b3139f0"
_LIEDER = "github.com/OpenScore/Lieder@bca122458de6da362abe62dd6aec62e25d7759b1"
_MUSIC21 = (
    "PyPI music21@10.5.1 (sha256 dc3309498c4c95cebdf8d4f20c868deb6b63bce1d929cad4f51a7ccc982987b1):"
)
_NIFC = "The Fryderyk Chopin Institute (https://chopinscores.org, https://polishscores.org)"
_TYPESETTERS = "the typesetters of the Mutopia Project (https://www.mutopiaproject.org)"

SOURCES: Final[dict[str, Source]] = {
    "piano_scores": Source(
        "solo keyboard music",
        f"{_CHOPIN}, {_POLISH}, {_MUTOPIA}",
        "CC BY 4.0 and public domain",
        f"{_NIFC}; {_TYPESETTERS}",
    ),
    "piano_rendered": Source(
        "piano rendered from piano_scores by `python -m models.corpus.sound.cli`",
        f"{_CHOPIN}, {_POLISH}, {_MUTOPIA}; piano: MuseScore_General_HQ 0.2.1",
        "CC BY 4.0 and public domain",
        f"{_NIFC}; {_TYPESETTERS}; piano: Splendid Grand (public domain), adapted by S. Christian "
        f"Collins (MIT)",
    ),
    "lieder_cc0": Source(
        "songs for voice and piano", _LIEDER, "CC0 1.0", "OpenScore Lieder Corpus"
    ),
    "satb_polish": Source("four-part vocal music", _POLISH, "CC BY 4.0", _NIFC),
    "mutopia_guitar": Source(
        "guitar and lute solos", _MUTOPIA, "public domain and CC BY", _TYPESETTERS
    ),
    "jsb_chorales": Source(
        "four-part chorales by J. S. Bach",
        "github.com/czhuang/JSB-Chorales-dataset@9a7f733ddb4ed91f48da64ac7f0f621c34aadd4d",
        NOT_STATED,
        "Boulanger-Lewandowski et al. 2012, Huang et al. 2019",
        "B",
    ),
    "abc_pd": Source(
        "dance tunes in ABC, as printed from 1778 to 1903",
        f"{_MUSIC21} airdsAirs, ryansMammoth and oneills1850 of music21/corpus",
        NOT_STATED,
        "Jack Campin (Aird's Airs); the volunteers who transcribed Ryan's Mammoth Collection and O'Neill's "
        "Music of Ireland, without Henrik Norbeck's tunes; music21",
        "B",
        ("norbeck",),
    ),
    "nottingham_abc": Source(
        "folk tunes with chords",
        "github.com/jukedeck/nottingham-dataset@0992bb6cd864f6d4b90d6663e08c0ef53ffaa08f",
        NOT_STATED,
        "Eric Foxley's Nottingham Music Database",
        "C",
    ),
}


def files_of(
    folder: Path,
    split: Split,
    without: Collection[Path] = (),
    digest: Digest | None = None,
    kinds: Sequence[str] = MIDI,
) -> list[Path]:
    """Return the files of some kinds (names in `READERS`) of a split, in a fixed order.

    without: files that are useless, as if they were not there. digest: for who asks again, and remembers.
    Raises ExtempoError if the folder is not there or the split has no file.
    """
    if not folder.exists():
        raise ExtempoError(
            f"there is no corpus in {folder}: name the folder above it with --data, or get it "
            f"from its origin ({_origin(folder.name)})."
        )
    index = folder / INDEX
    if index.is_file():
        wanted = suffixes_of(kinds)
        found = [path for path in indexed(index)[split] if path.suffix.lower() in wanted]
    else:
        here = found_in(folder, suffixes_of(kinds))
        useful = (path for path in here if path not in without)
        found = (named_splits(here) or splits_of(useful, digest or _digest))[split]
    paths = sorted(path for path in found if path not in without)
    if not paths:
        raise ExtempoError(
            f"{folder} has no {_named(kinds)} files for {split}: {_too_few(folder, kinds)}."
        )
    return paths


def _named(kinds: Sequence[str]) -> str:
    return " or ".join(READERS[kind].kind for kind in kinds)


def _too_few(folder: Path, kinds: Sequence[str]) -> str:
    count = len(found_in(folder, suffixes_of(kinds)))
    if count < FEWEST:
        return f"it has {count} of them, and there must be {FEWEST}, one for each split"
    return "put more of them there"


def _digest(path: Path) -> bytes:
    return digest_of(path, reader_of(path).most)


def load(folder: Path, split: Split, cache: Path | None = None) -> list[Score]:
    """Read the scores of a split of a corpus, as `read` does."""
    return cast(list[Score], read(folder, (split,), cache, MIDI)[split])


def read(
    folder: Path, splits: Sequence[Split], cache: Path | None = None, kinds: Sequence[str] = MIDI
) -> dict[Split, list[Piece]]:
    """Read splits of a corpus; parsed files are kept in `cache` (the user's cache if None).

    kinds: of files, names in `READERS`. What was taken and what was left out is logged: a line for files, and
    one for each reason for which some of their pieces were. Raises ExtempoError if the folder is not there, or
    there is nothing for a split.
    """
    store = cache or Path(platformdirs.user_cache_dir("extempo")) / "corpus"
    found: dict[Path, Held] = {}
    left: dict[Path, str] = {}
    digest = functools.cache(_digest)
    while True:
        known = len(left)
        try:
            paths = _paths(folder, splits, left, digest, kinds)
        except ExtempoError as error:
            raise ExtempoError(f"{error} It {left_out(left)}.") if left else error from None
        asked = list(dict.fromkeys(path for split in splits for path in paths[split]))
        fresh = [path for path in asked if path not in found]
        for path, result in zip(fresh, _read_all(store, fresh), strict=True):
            if isinstance(result, str):
                left[path] = result
            elif fault := useful.fault(result):
                left[path] = f"{path} {fault}: leave it out."
            else:
                source = SOURCES.get(folder.name)
                found[path] = useful.wanted(result, source.without if source else ())
        pieces = _pieces(paths, found, parted=_is_parted(folder, kinds))
        # Where nothing of a split is of use, the files are split as if the useless were not there.
        if all(pieces.values()):
            tell(folder, {split: len(pieces[split]) for split in splits}, left)
            within = [one for path in asked if path in found for one in found[path].left_out]
            tell_of_pieces(folder, unnamed(folder, suffixes_of(kinds)) + within)
            return pieces
        if len(left) == known:
            count = sum(len(held.pieces) for held in found.values())
            raise ExtempoError(
                f"{folder} has too little {_named(kinds)}: it holds {count} pieces that are of use, and there "
                f"must be {FEWEST}, one for each split."
                + (f" It {left_out(left)}." if left else "")
            )


def _is_parted(folder: Path, kinds: Sequence[str]) -> bool:
    """Return whether a corpus is split piece by piece: nothing says how, and files hold many."""
    many = any(READERS[kind].many for kind in kinds)
    said = (folder / INDEX).is_file()
    return many and not said and not named_splits(found_in(folder, suffixes_of(kinds)))


def _paths(
    folder: Path,
    splits: Sequence[Split],
    left: Collection[Path],
    digest: Digest,
    kinds: Sequence[str],
) -> dict[Split, list[Path]]:
    """Return the files of each split; where pieces are split, all of them."""
    if not folder.exists() or not _is_parted(folder, kinds):
        return {split: files_of(folder, split, left, digest, kinds) for split in splits}
    useful = [path for path in found_in(folder, suffixes_of(kinds)) if path not in left]
    return {split: useful for split in splits}


def _pieces(
    paths: Mapping[Split, Sequence[Path]], found: Mapping[Path, Held], *, parted: bool
) -> dict[Split, list[Piece]]:
    pieces = {
        split: [piece for path in of if path in found for piece in found[path].pieces]
        for split, of in paths.items()
    }
    if not parted:
        return pieces
    parts = splits_of(
        next(iter(pieces.values())), lambda one: hashlib.sha256(one.content()).digest()
    )
    return {split: parts[split] for split in pieces}


def _read_all(store: Path, paths: Sequence[Path]) -> Iterator[Held | str]:
    """Yield what each file holds; where it takes long, a second process reads from the middle on."""
    began = time.monotonic()
    with ExitStack() as helped:
        for number, path in enumerate(paths):
            rest = len(paths) - number
            if number and rest >= MANY and time.monotonic() - began > PATIENCE:
                helped.enter_context(ahead(store, paths[number + rest // 2 :]))
                began = math.inf
            yield read_cached(store, path)


def describe(name: str, pieces: int) -> Corpus:
    """Return what an artifact says of a corpus that it learned from."""
    # Folders that lie elsewhere are named with all that lies above them: that is nobody's business.
    name = Path(name).name
    source = SOURCES.get(name)
    if source is None:
        return Corpus(name, NOT_STATED, NOT_STATED, "a folder of the user's own", pieces)
    return Corpus(name, source.licence, source.attribution, source.origin, pieces, source.tier)


def _origin(name: str) -> str:
    return SOURCES[name].origin if name in SOURCES else "a folder of your own"

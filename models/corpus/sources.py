"""The corpora: a table of what is known, their splits, and any folder of files of one's own.

Below the data folder each known corpus has a folder with `index.csv` (columns file, split and
licence), or files that are named after the splits. Any other folder is split by families of pieces (see
`models.corpus.families`); one file of many pieces is a corpus as well.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast, get_args

import platformdirs

from models.contract.document import Corpus
from models.contract.errors import ExtempoError
from models.corpus import chosen, useful
from models.corpus import folder as folders
from models.corpus.folder import Folder
from models.corpus.licences import NOT_STATED
from models.corpus.pieces import Piece, Score
from models.corpus.splits import Split
from models.corpus.taken import tell, tell_of_pieces, tell_of_versions

MIDI: Final = ("midi",)
"""The kinds of files that hold scores; see `models.corpus.readers.table`."""


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
    "groove": Source(
        "people playing drums, with their timing and touch",
        "magenta.tensorflow.org/datasets/groove, by github.com/zharry29/drums-with-llm"
        "@476adbc938a600eaca26bbb02648e6127b5eca64 (groove/)",
        "CC BY 4.0",
        "Groove MIDI Dataset 1.0.0 (Gillick, Roberts, Engel, Eck and Bamman 2019), Google LLC",
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


def load(folder: Path, split: Split, cache: Path | None = None) -> list[Score]:
    """Read the scores of a split of a corpus, as `read` does."""
    return cast(list[Score], list(read(folder, (split,), cache, MIDI)[split]))


def read(
    folder: Path, splits: Sequence[Split], cache: Path | None = None, kinds: Sequence[str] = MIDI
) -> dict[Split, Sequence[Piece]]:
    """Return the pieces of splits of a corpus, as `held` reads them.

    What was taken and what was left out is logged: a line for files, and one for each reason for which some of
    their pieces were.
    """
    found = told(folder, splits, cache, kinds)
    return {split: found.of(split) for split in splits}


def told(
    folder: Path, splits: Sequence[Split], cache: Path | None = None, kinds: Sequence[str] = MIDI
) -> Folder:
    """Read splits of a corpus, as `held` does, and log what was taken and what was left out."""
    found = held(folder, splits, cache, kinds)
    tell(folder, {split: len(found.splits[split]) for split in splits}, found.left)
    tell_of_pieces(folder, found.within)
    if found.mixed:
        tell_of_versions(folder, len(found.pieces))
    return found


def held(
    folder: Path, splits: Sequence[Split], cache: Path | None = None, kinds: Sequence[str] = MIDI
) -> Folder:
    """Read splits of a corpus, or of a part of one (see `chosen`); parsed files are kept in `cache` (None: the user's).

    kinds: of files, names in `READERS`. Raises ExtempoError if the folder is not there, or there is
    nothing for a split.
    """
    folder, pattern = chosen.whole_of(folder)
    _there(folder)
    found = folders.held(folder, splits, cache or kept(), kinds, _unwanted(folder, kinds))
    return chosen.part_of(found, pattern, folder.name)


def whole(folder: Path, cache: Path | None, kinds: Sequence[str]) -> Folder:
    """Read all of a corpus, however little it is; see `held`."""
    _there(folder)
    return folders.whole(folder, get_args(Split), cache or kept(), kinds, _unwanted(folder, kinds))


def kept() -> Path:
    """Return where parsed files are kept, unless somebody says otherwise."""
    return Path(platformdirs.user_cache_dir("extempo")) / "corpus"


def _there(folder: Path) -> None:
    if not folder.exists():
        raise ExtempoError(
            f"there is no corpus in {folder}: name the folder above it with --data, or get it "
            f"from its origin ({_origin(folder.name)})."
        )


def _unwanted(folder: Path, kinds: Sequence[str]) -> folders.Unwanted:
    source = SOURCES.get(folder.name)
    return functools.partial(useful.unwanted, without=source.without if source else (), kinds=kinds)


def describe(name: str, pieces: int) -> Corpus:
    """Return what an artifact says of a corpus that it learned from."""
    # Folders that lie elsewhere are named with all that lies above them: that is nobody's business.
    name = Path(name).name
    source = SOURCES.get(chosen.corpus_of(name))
    if source is None:
        return Corpus(name, NOT_STATED, NOT_STATED, "a folder of the user's own", pieces)
    return Corpus(name, source.licence, source.attribution, source.origin, pieces, source.tier)


def _origin(name: str) -> str:
    return SOURCES[name].origin if name in SOURCES else "a folder of your own"

"""Files of MusicXML, plain or compressed, as scores; music21 reads them, which the extra `notation` installs.

What such a file could do beside holding music is refused before music21 sees it: entities, which may grow without
end or name other files, and archives that hold far more than they take.
"""

import io
import sys
import warnings
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree
from xml.parsers import expat

from models.contract import files
from models.contract.errors import ExtempoError
from models.corpus.packed import Arrays, pack, unpack
from models.corpus.pieces import Score
from models.corpus.readers.engraved import Said, score_of
from models.corpus.readers.reader import Held, LackingError
from models.midi.messages import DRUMS

VERSION: Final = 3
"""Raised when the same file would be read to other notes; parts caches from before."""
MOST: Final = 32 << 20
"""Bytes of a file at most, packed and unpacked."""
NOTES: Final = 50_000
"""Notes of a file at most: music21 takes some milliseconds for each."""
MEASURES: Final = 200_000
"""Bars of all parts at most."""
_PACKED: Final = ".mxl"
_CONTAINER: Final = "META-INF/container.xml"


class MusicXmlReader:
    """Reads files of MusicXML, each a piece."""

    kind = "MusicXML"
    suffixes = (".musicxml", _PACKED, ".xml")
    version = VERSION
    most = MOST
    many = False
    beside: tuple[str, ...] = ()

    def read(self, path: Path) -> Held:
        """Return the one piece of a file."""
        return Held((read_musicxml(path),))

    def arrays(self, held: Held) -> Arrays:
        """Return all that it holds."""
        pieces: Any = held.pieces
        return pack(pieces)

    def held(self, name: str, arrays: Arrays) -> Held:
        """Return the piece that these keep, under the name of a file."""
        return Held([one.named(name) for one in unpack(arrays)])


def read_musicxml(path: Path) -> Score:
    """Read a file of MusicXML. Raises ExtempoError, one sentence that says why, where it cannot be."""
    data = files.read(path, MOST)
    try:
        root = _root(_unpacked(data) if data[:2] == b"PK" else data)
    except _NotReadError as error:
        raise ExtempoError(f"{path} cannot be read as MusicXML: {error}.") from error
    score = _scored(path, root)
    if not score.parts:
        raise ExtempoError(f"{path} has no notes: leave it out.")
    return score


class _NotReadError(Exception):
    """Why bytes are no MusicXML, in words for whoever wrote them."""


def _unpacked(data: bytes) -> bytes:
    """Return the score inside an archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _within(archive, _inside(archive))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _NotReadError(f"it is packed in a way that cannot be unpacked ({error})") from error


def _inside(archive: zipfile.ZipFile) -> str:
    """Return the name of the score in an archive; some programs write a table of contents that cannot be read."""
    names = archive.namelist()
    with suppress(_NotReadError, KeyError):
        named = _tree(_within(archive, _CONTAINER)).find(".//{*}rootfile")
        if named is not None and named.get("full-path") in names:
            return named.get("full-path", "")
    for name in names:
        if name.endswith((".musicxml", ".xml")) and not name.startswith(_CONTAINER[:8]):
            return name
    raise _NotReadError("no score is in it")


def _within(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        data = file.read(MOST + 1)
    if len(data) > MOST:
        raise _NotReadError(f"what is packed in it has more than {MOST >> 20} MB")
    return data


def _root(data: bytes) -> ElementTree.Element:
    """Return the root of a score, which is one of parts that hold measures."""
    root = _tree(data)
    if root.tag == "score-timewise":
        raise _NotReadError("its measures hold parts (score-timewise); save it as score-partwise")
    if root.tag != "score-partwise":
        raise _NotReadError(f"it is a text of another kind, {root.tag[:40]!r}")
    for tag, most, what in (("note", NOTES, "notes"), ("measure", MEASURES, "bars")):
        count = sum(1 for _ in root.iter(tag))
        if count > most:
            raise _NotReadError(f"it has {count:,} {what}, more than {most:,}")
    return root


def _tree(data: bytes) -> ElementTree.Element:
    before = expat.ParserCreate()
    before.EntityDeclHandler = _refuse
    try:
        before.Parse(data, True)
        return ElementTree.fromstring(data)
    except (expat.ExpatError, ElementTree.ParseError, ValueError, LookupError) as error:
        raise _NotReadError(f"it is no text in XML ({error})") from error


def _refuse(*_entity: object) -> None:
    raise _NotReadError("it defines entities, which scores have no use for")


def _said(root: ElementTree.Element) -> dict[str, Said]:
    """Return what is said of parts, by their names: music21 makes something else of it."""
    found = {}
    for part in root.iter("score-part"):
        program = _number(part, "midi-instrument/midi-program", 1) - 1
        drums = _number(part, "midi-instrument/midi-channel", 0) == DRUMS
        strike = _number(part, "midi-instrument/midi-unpitched", 0) - 1
        found[part.get("id", "")] = Said(min(max(program, 0), 127), drums, (), strike)
    for part in root.iter("part"):
        shift, shifts = 0, []
        for measure in part.iter("measure"):
            for one in measure.iter("transpose"):
                shift = _number(one, "chromatic", 0) + 12 * _number(one, "octave-change", 0)
            shifts.append(shift)
        name = part.get("id", "")
        found[name] = found.get(name, Said(0, False, ()))._replace(shifts=shifts)
    return found


def _number(element: ElementTree.Element, name: str, otherwise: int) -> int:
    try:
        return int(float(element.findtext(name, "")))
    except (ValueError, OverflowError):
        return otherwise


def _scored(path: Path, root: ElementTree.Element) -> Score:
    """Return what music21 makes of a text."""
    try:
        from music21.musicxml.xmlToM21 import MusicXMLImporter
    except ModuleNotFoundError as error:
        raise LackingError(
            f"{path} is MusicXML, which takes the extra `notation` ({error.name} is not installed): {sys.executable} "
            "-m pip install -c constraints.txt -e '.[notation]' where extempo's Makefile is."
        ) from error
    try:
        with warnings.catch_warnings(action="ignore"):
            importer = MusicXMLImporter()
            written = importer.xmlRootToScore(root)
            names = {id(part): name for name, part in importer.m21PartObjectsById.items()}
            said = _said(root)
            # A part of two staves is two for music21.
            of = (said[names[id(part)].partition("-Staff")[0]] for part in written.parts)
            return score_of(path.name, list(zip(written.parts, of, strict=True)))
    except Exception as error:
        why = f"{type(error).__name__}: {error}".strip(" :.").splitlines()[0][:120]
        raise ExtempoError(f"{path} cannot be read as MusicXML: music21 says {why}.") from error

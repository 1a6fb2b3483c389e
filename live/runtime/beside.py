"""The index beside an artifact: found, and held against what the artifact says of it."""

import hashlib
from pathlib import Path

from models.contract import files, index
from models.contract.document import Document
from models.contract.errors import ExtempoError, GivenError
from models.contract.index import NONE, Index


def index_of(document: Document, artifact: Path) -> Index:
    """Return the index of an artifact; where the one that it names is not to be had, one that says why.

    Nothing is raised: it plays without. Any thread may call it.
    """
    named = document.index
    if named is None:
        return NONE
    beside = artifact.with_suffix(index.SUFFIX)
    try:
        data = files.read(beside, index.MOST)
        if hashlib.sha256(data).hexdigest() != named.digest:
            raise GivenError(f"{beside} is not the index that {artifact.name} names.")
        return index.read(data, str(beside))
    except ExtempoError as error:
        why = str(error).rstrip(".").split(": ")[0]
        return Index(
            lacks=f"{why}, so that novelty does nothing: put the index of {document.name} there, or make it again"
            " with extempo index."
        )

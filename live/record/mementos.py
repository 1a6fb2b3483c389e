"""Mementos that a journal goes on from: they lie beside it."""

from pathlib import Path

from live.engine import memento
from live.engine.memento import MementoError
from live.engine.notes import operations as op
from live.engine.notes.past import Past
from live.engine.notes.remembering import unpack
from models.contract.stepping import StepModel


def read(did: op.Restore, folder: Path, model: StepModel) -> Past:
    """Return what a voice of notes goes on from; MementoError where it is not there or not the same."""
    path = memento.beside(folder, did.digest)
    if not path.exists():
        raise MementoError(
            f"The journal goes on from what was kept before, and {path} is not there: "
            "put it beside the journal; -o writes its notes without."
        )
    stored = memento.read(path)
    if stored.content_digest != did.digest:
        raise MementoError(
            f"{path} is not what the journal goes on from: -o writes its notes without."
        )
    past = unpack(stored.content, model, str(path))
    if did.whole and not past.moments:
        raise MementoError(f"{path} keeps slots only, and the journal goes on from all of it.")
    return past

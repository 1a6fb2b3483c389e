"""The command `measure`: how well a model foretells music that it has not heard."""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import click
import msgspec
import onnx
import torch
from onnx import numpy_helper
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from export.likelihood import nats_a_step
from live.runtime.library import find
from live.runtime.prepare import prepare
from live.runtime.prepared import Prepared
from live.runtime.steps import OnnxModel
from models.contract.document import Figure, Kind, Measured
from models.contract.errors import ExtempoError
from models.corpus.encoders.table import encoder_of
from models.nets.own import OwnNet
from models.nets.table import build_audio
from models.train import figures, options
from models.train.checkpoint import Checkpoint, compact, load_checkpoint, save_checkpoint
from models.train.evaluate import measure
from models.train.recipe import recipe_of
from models.train.sound import figures as sound_figures
from models.train.subject import Asked, Overlap, Subject

WINDOWS: Final = 64
"""How many windows an artifact of notes is measured on: stepping it as on stage takes long."""

console = Console(stderr=True)


@click.command("measure")
@click.argument("model")
@options.net
@options.data
@click.option(
    "--corpus",
    multiple=True,
    metavar="NAME",
    help="Measure on this folder below --data instead of what it has learned from; may be repeated.",
)
@click.option("--split", type=click.Choice(["valid", "test"]), default="valid", show_default=True)
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="Write the checkpoint with these figures here, in half precision, without what only "
    "training needs.",
)
@options.threads
def command(
    model: str,
    own: OwnNet | None,
    data: Path,
    corpus: tuple[str, ...],
    split: Literal["valid", "test"],
    keep: Path | None,
    threads: int | None,
) -> None:
    """Measure MODEL, a checkpoint (.pt) or an artifact, on a split of music that it has not seen.

    Nats a step beside a Markov chain's, or bits a sample beside a linear predictor's and what
    the frequencies of the codes alone give. It says what the model has learned from, and if what it
    was measured on is among that.
    """
    options.tell_of_corpora(console)
    options.use_threads(threads)
    try:
        checkpoint = _halved(Path(model), own) if model.endswith(".pt") else None
        if own is not None and checkpoint is None:
            raise ExtempoError(f"{model} is no checkpoint, and holds its network: leave out --net.")
        if keep is not None and checkpoint is None:
            raise ExtempoError(f"{model} is no checkpoint: --keep writes checkpoints only.")
        subject = _trained(model, checkpoint) if checkpoint else _artifact(model)
        asked = Asked(data, dict.fromkeys(corpus, 1.0) or _own(subject), split)
        where = split if asked.corpora.keys() == subject.own.keys() else _named(asked)
        found, measures, overlap = _measured(subject, asked, where)
        if keep is not None and checkpoint is not None:
            held = found if where == split else []
            others = [figure for figure in checkpoint.figures if not held or figure.split != split]
            kept = msgspec.structs.replace(checkpoint, figures=others + held)
            save_checkpoint(keep, kept.with_measures(measures))
    except ExtempoError as error:
        raise click.ClickException(str(error)) from error
    for sentence in (subject.learned, overlap.said(asked.corpora)):
        console.print(escape(sentence), style="yellow" if overlap.again else "")


def _measured(
    subject: Subject, asked: Asked, where: str
) -> tuple[list[Figure], list[Measured], Overlap]:
    """Measure and show it; of other music than its own, the figures are something else measured."""
    if subject.net is not None:
        sound, overlap = sound_figures.figures_of(subject, asked)
        table = Table("a sample", "model", "linear predictor", "how often each code comes")
        nats = sound.model, sound.linear, sound.unigram
        table.add_row(f"bits on {where}", *(f"{sound_figures.bits(each):.3f}" for each in nats))
        table.add_row(f"nats on {where}", *(f"{each:.3f}" for each in nats))
        console.print(table)
        return [sound.figure], [sound.measure_on(where)], overlap
    found, overlap = figures.figures_of(subject, asked)
    some = f", {found[0].windows} windows" if found[0].windows else ""
    table = Table("factor", "model", "Markov chain", title=f"nats a step on {where}{some}")
    several = len(found) > 2
    for figure in found if several else found[:1]:
        table.add_row(figure.factor, f"{figure.nats:.3f}", f"{figure.floor:.3f}")
    if not several:
        bits = (f"{nats / math.log(2):.3f}" for nats in (found[0].nats, found[0].floor))
        table.add_row(f"bits a {found[0].factor}", *bits)
    console.print(table)
    whole = found[-1]
    beside = f"Markov chain: {whole.floor:.2f}"
    other = Measured(f"what comes next, {where}", whole.nats, "nats a step", beside)
    return found, [] if where == asked.split else [other], overlap


def _named(asked: Asked) -> str:
    return f"{asked.split} of {', '.join(Path(name).name for name in asked.corpora)}"


def _own(subject: Subject) -> Mapping[str, float]:
    if not subject.own:
        raise ExtempoError(
            f"{subject.name} does not say what it has learned from: name a folder with --corpus."
        )
    return subject.own


def _halved(path: Path, own: OwnNet | None) -> Checkpoint:
    """Return a checkpoint with its weights in half precision, as it ships."""
    found = load_checkpoint(path).with_own(own, path)
    return msgspec.structs.replace(found, weights=compact(found.weights))


def _trained(name: str, found: Checkpoint) -> Subject:
    try:
        recipe = recipe_of(found.recipe)
    except msgspec.ValidationError as error:
        raise ExtempoError(
            f"{name} was trained by a recipe that this extempo does not know ({error}): train it again."
        ) from error
    subject = partial(
        Subject, name, found.corpora, found.history, found.heard, recipe.corpora, recipe.seed
    )
    if found.sounds:
        return subject(net=found.build_audio())
    writes = encoder_of(found.written)
    return subject(nats=partial(measure, found.build()), writes=writes)


def _artifact(name: str) -> Subject:
    prepared = prepare(find(name))
    document = prepared.document
    last = document.trainings[-1] if document.trainings else None
    own = last.corpora if last else {corpus.name: 1.0 for corpus in document.corpora}
    subject = partial(
        Subject, name, document.corpora, document.trainings, document.heard, own,
        last.seed if last else 1,
    )  # fmt: skip
    return subject(**_KINDS[document.kind](prepared))


def _notes(prepared: Prepared) -> dict[str, Any]:
    model = OnnxModel(prepared)
    writes = encoder_of(model.representation)
    return {"nats": partial(nats_a_step, model), "writes": writes, "most": WINDOWS}


def _sound(prepared: Prepared) -> dict[str, Any]:
    net = build_audio(prepared.document.net, prepared.document.config)
    net.load_state_dict(_weights(prepared, net.named_weights()))
    return {"net": net.eval()}


_KINDS: Final[Mapping[Kind, Callable[[Prepared], dict[str, Any]]]] = {
    "events": _notes,
    "audio": _sound,
}
"""How an artifact of each kind is measured."""


def _weights(prepared: Prepared, names: Iterable[str]) -> dict[str, torch.Tensor]:
    """Return the weights of an artifact of sound, as its network in PyTorch names them."""
    graph = onnx.load(prepared.path).graph
    known = {tensor.name: tensor for tensor in graph.initializer}
    return {
        f"weights.{name}": torch.from_numpy(numpy_helper.to_array(known[name]).copy())
        for name in names
    }

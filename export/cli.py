"""The command `export`: a checkpoint becomes an artifact that plays on stage."""

import statistics
from pathlib import Path
from typing import Final, cast

import click
import msgspec
from rich.console import Console

from export import indexing
from export.artifact import About, describe, graph_of, opened, write_artifact
from export.kinds import Precision
from export.likelihood import nats_a_step
from live.declared.knob import Kind
from live.declared.knobs import find
from live.ipc import config
from live.runtime.steps import OnnxModel
from live.runtime.timing import stepper, time_hot
from models.contract.document import Document, Measured
from models.contract.errors import ExtempoError
from models.contract.whole import apart
from models.corpus import sources
from models.corpus.encoders.table import encoder_of
from models.corpus.licences import licence_of
from models.corpus.windows import Batch, measuring_batches
from models.nets.notes import NotesNet
from models.nets.own import OwnNet, blamed
from models.train import options
from models.train.author import author as whoever
from models.train.checkpoint import Checkpoint, load_checkpoint
from models.train.evaluate import SEED, measure

WINDOWS: Final = 32
"""How many windows of held-out music measure what 8 bits cost."""


def _playable(_context: click.Context, _option: click.Parameter, output: Path) -> Path:
    """Refuse a file that nobody would take for a model."""
    if output.suffix != ".onnx":
        raise click.BadParameter(f"{output}: a model is an .onnx file, such as mine.onnx.")
    return output


@click.command("export")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@options.net
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    callback=_playable,
    required=True,
    help="The .onnx file to write.",
)
@click.option("--int8", is_flag=True, help="8-bit weights: a quarter of the size, and faster.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder of the corpora: for the index, and to measure what --int8 costs.",
)
@click.option(
    "--index/--no-index",
    default=None,
    help="Write the index of what it has learned from beside it, for the knob novelty [where --data is given].",
)
@click.option("--name", help="What the model calls itself [the recipe's name].")
@click.option(
    "--licence", help="The licence of the artifact [the recipe's, or what its corpora ask for]."
)
@click.option("--author", help="Who made it [who trained it].")
@click.option(
    "--set",
    "settings",
    metavar="KNOB=VALUE",
    multiple=True,
    help="A knob's default that suits this model. May be given several times.",
)
@click.option(
    "--measures",
    type=click.Path(path_type=Path),
    help="A JSON file of what else was measured: [{name, value, unit, beside}].",
)
@click.option("--notes", default="", help="A sentence that the artifact says of itself.")
def command(
    checkpoint: Path,
    own: OwnNet | None,
    output: Path,
    int8: bool,
    data: Path | None,
    index: bool | None,
    name: str | None,
    licence: str | None,
    author: str | None,
    settings: tuple[str, ...],
    measures: Path | None,
    notes: str,
) -> None:
    """Export CHECKPOINT to one .onnx file, and refuse to write what does not agree with PyTorch."""
    console = Console()
    options.tell_of_corpora(console)
    precision: Precision = "int8" if int8 else "fp32"
    try:
        apart(output, (checkpoint, measures))
        trained = _trained(checkpoint, own, console)
        net = trained.network()
        about = About(
            name=name or str(trained.recipe.get("name", checkpoint.stem)),
            net=trained.net,
            licence=licence or _licence(trained),
            author=author or _author(trained),
            corpora=trained.corpora,
            trainings=trained.history,
            heard=trained.heard,
            figures=trained.figures,
            measures=trained.measures + _measured(measures),
            knobs=_suiting(settings, net.kind),
            notes=notes,
        )
        with blamed(trained.own, "cannot be exported"):
            graph = graph_of(net, precision)
            document = describe(net, about, precision)
        if int8:
            # Only networks of notes come in 8 bits: `graph_of` refuses others.
            small, held_out = opened(graph, document), _held_out(trained, data)
            console.print(cost := _cost(cast(NotesNet, net), about, small, held_out))
            document = msgspec.structs.replace(document, notes=f"{notes} {cost}".strip())
        indexed = _indexed(trained, document, data, index)
        document = msgspec.structs.replace(document, index=indexed and indexed.said)
        difference = write_artifact(net, graph, document, output)
        if indexed is not None:
            indexing.write(output, indexed.data)
    except ExtempoError as error:
        raise click.ClickException(str(error)) from error
    size = f"{output.stat().st_size / 1e6:.1f} MB, {net.parameter_count():,} parameters"
    console.print(f"{output}: {precision}, {size}", markup=False, soft_wrap=True)
    console.print(f"agrees with PyTorch within {difference:.2g} in every log-probability")
    _tell_of_origin(console, about, output, indexed)


def _trained(path: Path, own: OwnNet | None, console: Console) -> Checkpoint:
    """Return a checkpoint, and say where its network is not as it was when it was trained."""
    found = load_checkpoint(path)
    if own is not None and (said := own.changed(found.own)):
        console.print(said, style="yellow", markup=False)
    return found.with_own(own, path)


def _tell_of_origin(
    console: Console, about: About, output: Path, indexed: indexing.Made | None
) -> None:
    """Say whose it is, whether it may be passed on, and what was indexed of what it has learned from."""
    if indexed is not None:
        console.print(f"{indexing.place(output)}: {indexed.told}", markup=False, soft_wrap=True)
    console.print(f"licence {about.licence}; author {about.author or 'not known'}", markup=False)
    if forbidden := [corpus.name for corpus in about.corpora if corpus.tier == "C"]:
        console.print(
            f"It has learned from {', '.join(forbidden)}, which may not be learned from for what is "
            f"passed on: keep the file to yourself.",
            style="yellow",
        )


def _indexed(
    trained: Checkpoint, document: Document, data: Path | None, asked: bool | None
) -> indexing.Made | None:
    """Return the index of what it has learned from; None where it is not asked for, or not possible."""
    if asked and data is None:
        raise ExtempoError("--index needs the folder of the corpora: give it with --data.")
    wanted = (data is not None and not trained.sounds) if asked is None else asked
    if not wanted or data is None:
        return None
    kinds = indexing.kinds_of(document, document.name)
    return indexing.made(trained.corpora, kinds, data, trained.heard)


def _licence(trained: Checkpoint) -> str:
    """Return the recipe's licence, or what its corpora ask for."""
    return str(trained.recipe.get("licence", "")) or licence_of(trained.corpora)


def _author(trained: Checkpoint) -> str:
    """Return who trained it last, or who exports it where the checkpoint does not say."""
    return (trained.history[-1].author if trained.history else "") or whoever()


def _measured(path: Path | None) -> list[Measured]:
    if path is None:
        return []
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Measured])
    except (OSError, msgspec.DecodeError) as error:
        raise ExtempoError(
            f"{path} cannot be read as measures ({error}): give a JSON list of objects that have "
            f"name, value and unit."
        ) from error


def _suiting(settings: tuple[str, ...], kind: Kind) -> dict[str, float]:
    """Return the knobs that the settings turn; a choice by its number, as artifacts write it."""
    voice, transport = config.knobs(settings, kind)
    if transport:
        raise ExtempoError(
            f"{', '.join(transport)} belongs to the clock, not to a model: leave it out."
        )
    return {
        name: float(find(kind, name).choices.index(value) if isinstance(value, str) else value)
        for name, value in voice.items()
    }


def _held_out(trained: Checkpoint, data: Path | None) -> list[Batch]:
    """Return windows of the valid split that the model is measured on; none without a folder."""
    if data is None:
        return []
    writes = encoder_of(trained.written)
    pieces = [
        piece
        for name in trained.recipe["corpora"]
        for piece in sources.read(data / name, ("valid",), kinds=writes.reads)["valid"]
    ]
    return list(measuring_batches(writes, pieces, WINDOWS, writes.measured, SEED, WINDOWS))


def _cost(net: NotesNet, about: About, small: OnnxModel, held_out: list[Batch]) -> str:
    """Say what 8 bits gain in speed and lose in likelihood, beside the same weights in 32 bits."""
    plain = opened(graph_of(net, "fp32"), describe(net, about, "fp32"))
    times = [stepper(model) for model in (plain, small)]
    # In turns, so that whatever else the machine does slows both.
    rounds = [[time_hot(step, 100).p50 for step in times] for _ in range(5)]
    before, after = (statistics.median(column) for column in zip(*rounds, strict=True))
    said = f"An event takes {after:.0f} us where 32 bits take {before:.0f} ({before / after:.1f} times as fast)"
    if not held_out:
        return f"{said}; what 8 bits lose in likelihood was not measured (--data)."
    lost = nats_a_step(small, held_out)["all"] - measure(net, held_out)["all"]
    steps = sum(int(batch.scored.any(-1).sum()) for batch in held_out)
    return f"{said}; 8 bits lose {lost:+.4f} nats a step on {steps} held-out steps."

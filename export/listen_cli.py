"""The command `listen`: what a network of sound plays, beside real sound of the same notes."""

from pathlib import Path
from typing import Final, Literal, cast

import click
from rich.console import Console
from rich.table import Table

from export.artifact import About, describe, graph_of, in_memory
from export.listen import Heard, listen, measures_of, spots_of
from live.declared.knobs import SoundKnobs, turned
from live.ipc import config
from live.runtime import opening
from live.runtime.library import find
from live.runtime.sound import file as sound_file
from live.runtime.sound.stream import KEYS
from live.runtime.sound.wavenet import Draw, WaveNet
from models.contract.document import Document, Measured
from models.contract.errors import ExtempoError
from models.contract.samples import Sound
from models.numbers import Number
from models.train import options
from models.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

SHAPING: Final = ("temperature", "top_p", "seed")
"""The knobs that shape what is drawn."""


@click.command("listen")
@click.argument("model")
@options.data
@click.option("--split", type=click.Choice(["valid", "test"]), default="valid", show_default=True)
@click.option(
    "--excerpts", type=Number(2, whole=True), default=12, show_default=True, help="How many."
)
@click.option("--seconds", type=Number(1.0), default=20.0, show_default=True, help="Each so long.")
@click.option(
    "--set",
    "settings",
    metavar="KNOB=VALUE",
    multiple=True,
    help=f"{', '.join(SHAPING)}: else as the model asks. May be given several times.",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="Write the checkpoint with what was measured here, for `extempo export`.",
)
@click.option(
    "--wav",
    type=click.Path(path_type=Path),
    help="Folder for the excerpts as WAV files, real and played.",
)
def command(
    model: str,
    data: Path,
    split: Literal["valid", "test"],
    excerpts: int,
    seconds: float,
    settings: tuple[str, ...],
    keep: Path | None,
    wav: Path | None,
) -> None:
    """Listen to MODEL, a checkpoint (.pt) or an artifact, as it plays the notes of held-out sound.

    How far it is from the real sound, how many pitches are found in it and how late they are, each
    beside what the same measure gives for real sound.
    """
    console = Console()
    try:
        checkpoint = load_checkpoint(Path(model)) if model.endswith(".pt") else None
        if keep is not None and checkpoint is None:
            raise ExtempoError(f"{model} is no checkpoint: --keep writes checkpoints only.")
        network = _opened(model, checkpoint)
        draw = _draw(network.document, settings)
        folders = [data / corpus.name for corpus in network.document.corpora]
        heard = listen(network, spots_of(network, folders, split, seconds, excerpts), draw)
        measures = measures_of(heard, split, keys=KEYS in network.abilities)
        if wav is not None:
            _write(wav, heard)
        if keep is not None and checkpoint is not None:
            save_checkpoint(keep, checkpoint.with_measures(measures))
    except ExtempoError as error:
        raise click.ClickException(str(error)) from error
    turned = f"temperature {draw.temperature:g}, top-p {draw.top_p:g}"
    console.print(f"{len(heard.real)} excerpts of {seconds:g} s, {turned}")
    console.print(_table(measures))


def _opened(model: str, checkpoint: Checkpoint | None) -> WaveNet:
    if checkpoint is None:
        return cast(WaveNet, opening.opened(find(model), "audio").model)
    if not checkpoint.sounds:
        raise ExtempoError(f"{model} plays notes: only networks of sound can be listened to.")
    net = checkpoint.build_audio()
    about = About(name=model, net=checkpoint.net, licence="", corpora=checkpoint.corpora)
    return WaveNet.of_prepared(in_memory(graph_of(net, "fp32"), describe(net, about, "fp32")))


def _draw(document: Document, settings: tuple[str, ...]) -> Draw:
    """Return how a voice with number 1 would draw."""
    chosen, transport = config.knobs(settings, "audio")
    other = [name for name in (*chosen, *transport) if name not in SHAPING]
    if other:
        raise ExtempoError(f"{', '.join(other)} does not shape what is drawn: leave it out.")
    knobs = turned(SoundKnobs(), {**document.knobs, **chosen})
    return Draw(knobs.temperature, knobs.top_p, knobs.seed << 8 | 1)


def _write(folder: Path, heard: Heard) -> None:
    for who, side in (("real", heard.real), ("played", heard.played)):
        for number, (sound, _) in enumerate(side):
            sound_file.write(folder / f"{number:02}-{who}.wav", heard.rate, [_stereo(sound)])


def _stereo(sound: Sound) -> Sound:
    return sound[:, None].repeat(2, 1)


def _table(measures: list[Measured]) -> Table:
    table = Table("what", "model", "unit", "beside")
    for measure in measures:
        table.add_row(measure.name, f"{measure.value:.1f}", measure.unit, measure.beside)
    return table

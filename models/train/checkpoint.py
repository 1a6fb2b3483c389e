"""Checkpoints: torch files of plain tensors and values, that load with `weights_only=True`."""

import os
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Final
from zipfile import BadZipFile, is_zipfile

import msgspec
import torch
from torch import Tensor, nn

from models.contract.document import Corpus, Figure, Measured, Training
from models.contract.errors import ExtempoError, GivenError
from models.contract.representation import Representation, Vocabulary
from models.contract.representations.table import representation
from models.contract.whole import whole
from models.nets.audio import AudioNet
from models.nets.notes import NotesNet
from models.nets.own import OwnNet, blamed
from models.nets.table import AUDIO_NETS, build, build_audio
from models.train.recipe import recipe_of, training_of

FORMAT: Final = 1


class Progress(msgspec.Struct, frozen=True):
    """How far training has come. minutes: spent in training, over all its starts."""

    step: int = 0
    minutes: float = 0.0
    best: float = float("inf")
    """The best figure so far, nats a step on the valid split."""
    since_best: int = 0
    """Measurements since then."""
    measured: float = 0.0
    """Minutes when it was measured last."""
    began: float = float("inf")
    """The figure of the weights that it began with, if they had learned before."""
    latest: float = float("inf")
    """The figure of the last measurement after the beginning."""
    measured_on: int = 0
    """What it is measured on; 0 if that was not kept."""


class Checkpoint(msgspec.Struct, frozen=True):
    """A trained network and where it comes from."""

    net: str
    config: dict[str, int | float | str]
    representation: str
    vocabulary: Vocabulary
    """What its codes mean; empty for sound."""
    weights: dict[str, Tensor]
    recipe: dict[str, Any]
    progress: Progress
    corpora: list[Corpus]
    figures: list[Figure]
    measures: list[Measured] = []
    """What else was measured."""
    trainings: list[Training] = []
    """How it came to be, first to last."""
    heard: list[int] = []
    """The prints of the pieces that it has learned from (see `models.corpus.prints`)."""
    own: OwnNet | None = None
    """The network, where it is one of the user's own; without its class where only the file says so."""

    @property
    def sounds(self) -> bool:
        """Return whether it makes sound itself, whatever its representation."""
        return self.net in AUDIO_NETS

    def network(self) -> NotesNet | AudioNet:
        """Return the network with these weights, float32, ready to play."""
        return self.build_audio() if self.sounds else self.build()

    def build(self) -> NotesNet:
        """Return the network of notes with these weights, float32, ready to play (dropout off).

        Raises ExtempoError for one of the user's own whose class is not given, or that they do not fit.
        """
        if self.own is not None and self.own.made is None:
            raise _unnamed(self.own, "this checkpoint")
        net = build(self.net, self.config, self.written, self.own)
        with blamed(self.own, "does not take these weights"):
            fill(net, _floats(self.weights), "" if self.own else "this checkpoint")
        return net.eval()

    def with_own(self, own: OwnNet | None, where: Path) -> "Checkpoint":
        """Return the checkpoint with the class of its network, if it is one of the user's own; where: its file.

        Raises GivenError where it needs one and none is given, one is given and it needs none, or it is another.
        """
        if own is None and self.own is None:
            return self
        if self.own is None:
            raise GivenError(f"{where} is of extempo's own network {self.net}: leave out --net.")
        if own is None:
            raise _unnamed(self.own, str(where))
        if own.name != self.own.name:
            raise GivenError(
                f"{where} was trained with {self.own.name} of {self.own.file}, and not with {own.name} of {own.file}: "
                f"name the first with --net."
            )
        return msgspec.structs.replace(self, own=own)

    def build_audio(self) -> AudioNet:
        """Return the network of audio with these weights, float32, ready to play."""
        net = build_audio(self.net, self.config)
        fill(net, _floats(self.weights), "this checkpoint")
        return net.eval()

    @property
    def written(self) -> Representation:
        """Return how it writes notes down."""
        return representation(self.representation, self.vocabulary, "the checkpoint")

    @property
    def history(self) -> list[Training]:
        """Return its trainings; of a checkpoint from before they were kept, what its recipe tells."""
        if self.trainings:
            return self.trainings
        try:
            recipe = recipe_of(self.recipe)
        except msgspec.ValidationError:
            return []
        return [training_of(recipe, self.progress.step, self.progress.minutes)]

    def with_measures(self, measures: list[Measured]) -> "Checkpoint":
        """Return the checkpoint with these measures; they replace those of the same name."""
        names = {measure.name for measure in measures}
        others = [measure for measure in self.measures if measure.name not in names]
        return msgspec.structs.replace(self, measures=others + measures)


def save_checkpoint(
    path: Path, checkpoint: Checkpoint, resume: Mapping[str, Any] | None = None
) -> None:
    """Write a checkpoint; a kill at any moment leaves the old file or the new one.

    resume: what training needs to go on, beside the weights. Raises ExtempoError if it cannot be written.
    """
    document: dict[str, Any] = {
        "format": FORMAT,
        "net": checkpoint.net,
        "config": dict(checkpoint.config),
        "representation": checkpoint.representation,
        "vocabulary": {name: list(values) for name, values in checkpoint.vocabulary.items()},
        "weights": checkpoint.weights,
        "recipe": checkpoint.recipe,
        "progress": msgspec.to_builtins(checkpoint.progress),
        "corpora": msgspec.to_builtins(checkpoint.corpora),
        "figures": msgspec.to_builtins(checkpoint.figures),
        "measures": msgspec.to_builtins(checkpoint.measures),
        "trainings": msgspec.to_builtins(checkpoint.trainings),
        "heard": list(checkpoint.heard),
    }
    if checkpoint.own is not None:
        document["own"] = msgspec.to_builtins(checkpoint.own.remembered())
    if resume is not None:
        document["resume"] = dict(resume)
    try:
        with whole(path) as fresh:
            torch.save(document, fresh)
    except (OSError, RuntimeError) as error:
        # Torch has an error of its own for a disk that fills up while it writes.
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise ExtempoError(
            f"{path} cannot be written ({reason}), and is as it was: make room there, or name "
            f"another place."
        ) from error


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises ExtempoError if the file is missing, broken or not a checkpoint of this vocabulary.
    """
    return load_to_resume(path)[0]


def load_to_resume(path: Path) -> tuple[Checkpoint, dict[str, Any]]:
    """Read a checkpoint, and what training needs to go on (empty if it was not kept)."""
    if not os.path.exists(path):
        raise ExtempoError(f"there is no checkpoint {path}: train a model first.")
    if not is_zipfile(path):
        raise ExtempoError(f"{path} is not a checkpoint of extempo: train it again.")
    try:
        document = torch.load(path, map_location="cpu", weights_only=True)
        vocabulary = msgspec.convert(document["vocabulary"], dict[str, list[int | str]])
        if document["net"] not in AUDIO_NETS:
            representation(str(document["representation"]), vocabulary, str(path))
        checkpoint = Checkpoint(
            document["net"],
            document["config"],
            document["representation"],
            vocabulary,
            document["weights"],
            document["recipe"],
            msgspec.convert(document["progress"], Progress),
            msgspec.convert(document["corpora"], list[Corpus]),
            msgspec.convert(document["figures"], list[Figure]),
            msgspec.convert(document.get("measures", []), list[Measured]),
            msgspec.convert(document.get("trainings", []), list[Training]),
            msgspec.convert(document.get("heard", []), list[int]),
            _own(document.get("own")),
        )
    except (
        *(OSError, RuntimeError, BadZipFile, UnpicklingError, KeyError, TypeError),
        msgspec.ValidationError,
    ) as error:
        raise ExtempoError(f"{path} is not a checkpoint of extempo: train it again.") from error
    return checkpoint, document.get("resume", {})


def _own(said: Any) -> OwnNet | None:
    """Return which network of one's own a file names: code is never what a file says."""
    own = msgspec.convert(said, OwnNet | None)
    return own and own.remembered()


def _unnamed(own: OwnNet, where: str) -> GivenError:
    return GivenError(
        f"{where} was trained with a network of one's own, {own.name} of {own.file}: name it with --net {own.said}."
    )


def fill(net: nn.Module, weights: Mapping[str, Tensor], where: str) -> None:
    """Give a network its weights. Raises ExtempoError, one sentence, where they are those of another.

    where: the file that they are of; empty: torch says what it has against them.
    """
    asked_for = net.state_dict() if where else dict(weights)
    for name, tensor in weights.items():
        if name in asked_for and tensor.shape != asked_for[name].shape:
            shapes = (tensor.shape, asked_for[name].shape)
            had, asked = ("x".join(map(str, shape)) for shape in shapes)
            raise ExtempoError(
                f"{where} does not fit together: its weights {name} are {had}, and its vocabulary and settings ask "
                f"for {asked}: take another copy of it, or train it again."
            )
    if odd := sorted(asked_for.keys() ^ weights.keys()):
        says = "lacks" if odd[0] in asked_for else "has"
        raise ExtempoError(
            f"{where} does not fit together: it {says} the weights {odd[0]}, and its settings say otherwise: take "
            "another copy of it, or train it again."
        )
    net.load_state_dict(dict(weights))


def _floats(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.float() for name, tensor in weights.items()}


def compact(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights in half precision, for a file of half the size."""
    return {name: tensor.half() for name, tensor in weights.items()}

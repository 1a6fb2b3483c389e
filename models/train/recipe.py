"""Recipes: one TOML file says all that makes a model come out as it does."""

import math
import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from models.contract.document import Training
from models.contract.errors import ExtempoError
from models.contract.nearest import meant

FOLDER: Final = Path(__file__).parent.parent / "recipes"
TINIEST: Final = 1e-9
_RANGES: Final = (
    ("batch", 1, 1 << 16),
    ("length", 8, 1 << 16),
    ("seconds", 1e-3, 600.0),
    ("minutes", TINIEST, sys.float_info.max),
    ("steps", 0, math.inf),
    ("rate", 0.0, 1e3),
    ("warmup", 0, math.inf),
    ("warmup_share", TINIEST, 1.0),
    ("weight_decay", 0.0, 1e3),
    ("clip", TINIEST, sys.float_info.max),
    ("measure_minutes", 0.0, sys.float_info.max),
    ("measure_steps", 0, math.inf),
    ("measure_windows", 1, math.inf),
    ("measure_length", 0, 1 << 16),
    ("patience", 1, math.inf),
    ("average", 0.0, 0.9999999),
    ("jitter", 0.0, 1.0),
    ("noise", 0.0, 256.0),
    ("seed", 0, (1 << 63) - 1),
)
"""Settings of recipes, each with the least and the most that it may be."""


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is trained on what, and how.

    corpora: folders below the data folder, or parts of them (see `models.corpus.chosen`), with their weights.
    length: steps in a window.
    whole: pieces are learned whole, those of like length side by side, as many as `batch` windows hold.
    representation: how notes are written down, a name in `models.corpus.encoders.table`.
    The learning rate rises for `warmup` steps, or for `warmup_share` of the budget if that is
    less, then falls along a cosine to nothing when the budget is spent: `steps` if that is not 0,
    or else `minutes` of training.
    """

    name: str
    title: str
    net: str
    corpora: dict[str, float]
    kind: Literal["events", "audio"] = "events"
    representation: str = "performance"
    asked: list[str] = []
    """What the network may be asked for beside its place, see `models.contract.asked`."""
    writing: dict[str, int] = {}
    """How its representation is written, settings of its encoder (`models.corpus.encoders`)."""
    config: dict[str, int | float | str] = {}
    seed: int = 1
    batch: int = 64
    length: int = 256
    whole: bool = False
    rate: float = 2e-3
    rates: dict[str, float] = {}
    """Of parts that have a rate of their own, by the beginnings of their weights' names."""
    warmup: int = 100
    warmup_share: float = 0.08
    minutes: float = 60.0
    steps: int = 0
    weigh: dict[str, float] = {}
    """How much factors count beside the others (1) while it learns, by name; figures are of all alike."""
    weight_decay: float = 0.01
    clip: float = 1.0
    measure_minutes: float = 4.0
    """How often the model is measured on the valid split and a checkpoint is written."""
    measure_steps: int = 0
    """The same in steps, if it is not 0."""
    measure_windows: int = 192
    measure_length: int = 0
    """Steps of a window that it is measured on; 0: as many as its representation says."""
    patience: int = 12
    """How many measurements without a better one end the training."""
    average: float = 0.0
    """How much of the weights' running average stays at each step; 0: there is none.

    What is measured and kept is the average, if there is one."""

    author: str = ""
    """Who trains it; empty: the name that git or the system has."""
    licence: str = ""
    """Of the model; empty: what follows from the licences of the corpora."""


class SoundRecipe(Recipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is trained on which sounds; corpora are folders of sound files.

    seconds: what is scored of a window, after what the network must hear before. jitter: the
    largest share of a window's samples that are heard one code off. noise: codes by which all of
    them are heard off, at most, as a standard deviation.
    """

    seconds: float = 0.5
    jitter: float = 0.0
    noise: float = 0.0


def read_recipe(name: str) -> Recipe:
    """Return a recipe by its name, or from a TOML file.

    Raises ExtempoError if there is none, or its text is not a recipe.
    """
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not os.path.isfile(path):
        known = sorted(p.stem for p in FOLDER.glob("*.toml"))
        raise ExtempoError(
            f"There is no recipe {name!r}: choose one of {', '.join(known)}, or a .toml file."
            f"{meant(name, known)}"
        )
    try:
        with path.open("rb") as file:
            recipe = recipe_of(tomllib.load(file))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ExtempoError(f"{path} is not a recipe ({error}): mend that line.") from error
    check(recipe, str(path))
    return recipe


def check(recipe: Recipe, where: str) -> None:
    """Raise ExtempoError, which names a setting and what it may be, if one is out of range."""
    for name, low, high in _RANGES:
        value = getattr(recipe, name, low)
        # What is not a number is in no range.
        if not low <= value <= high:
            raise ExtempoError(
                f"{where}: {name} is {value:g}, and may be {low:g}"
                + (" or more." if high == math.inf else f" to {high:g}.")
            )
    if not recipe.corpora:
        raise ExtempoError(f"{where} names no corpora: add one below [corpora].")
    for name, weight in recipe.corpora.items():
        if not (0.0 < weight < math.inf):
            raise ExtempoError(f"{where}: the weight of {name} is {weight:g}, and must be above 0.")
    for name, rate in recipe.rates.items():
        if not 0.0 <= rate <= 1e3:
            raise ExtempoError(f"{where}: the rate of {name} is {rate:g}, and may be 0 to 1000.")
    for name, share in recipe.weigh.items():
        if not 0.0 <= share <= 1e3:
            raise ExtempoError(f"{where}: {name} counts {share:g}, and may count 0 to 1000.")
    for name, setting in {**recipe.config, **recipe.writing}.items():
        if isinstance(setting, int | float) and not (0 <= setting < math.inf):
            raise ExtempoError(f"{where}: {name} is {setting:g}, and must not be below 0.")


_KINDS: Final[Mapping[str, type[Recipe]]] = {"events": Recipe, "audio": SoundRecipe}


def recipe_of(fields: dict[str, Any]) -> Recipe:
    """Return the recipe that these fields say; msgspec.ValidationError if they say none."""
    # What it says of its kind is held against the recipe's own field.
    kind = _KINDS.get(str(fields.get("kind")), Recipe)
    return msgspec.convert(fields, kind)


def training_of(
    recipe: Recipe, steps: int, minutes: float, date: str = "", author: str = ""
) -> Training:
    """Return what an artifact says of a training by a recipe."""
    return Training(
        recipe=recipe.name,
        # A folder may be named with all that lies above it, which is nobody's business.
        corpora={Path(name).name: weight for name, weight in recipe.corpora.items()},
        steps=steps,
        minutes=round(minutes, 2),
        batch=recipe.batch,
        rate=recipe.rate,
        seed=recipe.seed,
        date=date,
        author=author or recipe.author,
    )

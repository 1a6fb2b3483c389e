"""Recipes: one TOML file says all that makes a model come out as it does."""

import tomllib
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from models.contract.document import Training
from models.contract.errors import ExtempoError

FOLDER: Final = Path(__file__).parent.parent / "recipes"


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is trained on what, and how.

    corpora: folders below the data folder, with their weights. length: events in a window.
    The learning rate rises for `warmup` steps, or for `warmup_share` of the budget if that is
    less, then falls along a cosine to nothing when the budget is spent: `steps` if that is not 0,
    or else `minutes` of training.
    """

    name: str
    title: str
    net: str
    corpora: dict[str, float]
    kind: Literal["events", "audio"] = "events"
    config: dict[str, int | float | str] = {}
    seed: int = 1
    batch: int = 64
    length: int = 256
    rate: float = 2e-3
    warmup: int = 100
    warmup_share: float = 0.08
    minutes: float = 60.0
    steps: int = 0
    weight_decay: float = 0.01
    clip: float = 1.0
    measure_minutes: float = 4.0
    """How often the model is measured on the valid split and a checkpoint is written."""
    measure_steps: int = 0
    """The same in steps, if it is not 0."""
    measure_windows: int = 192
    patience: int = 12
    """Training ends after so many measurements without a better one."""
    average: float = 0.0
    """How much of the weights' running average stays at each step; 0: there is none.

    What is measured and kept is the average, if there is one."""

    author: str = ""
    """Who trains it; empty: whom git or the system names."""
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
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.toml")))
        raise ExtempoError(f"there is no recipe {name!r}: choose one of {known}, or a .toml file.")
    try:
        with path.open("rb") as file:
            recipe = recipe_of(tomllib.load(file))
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ExtempoError(f"{path} is not a recipe ({error}): mend that line.") from error
    if recipe.batch < 1 or recipe.length < 8 or not recipe.minutes > 0 or not recipe.corpora:
        raise ExtempoError(f"{path} asks for nothing to train: check batch, length and corpora.")
    return recipe


def recipe_of(fields: dict[str, Any]) -> Recipe:
    """Return the recipe that these fields say; msgspec.ValidationError if they say none."""
    kind = SoundRecipe if fields.get("kind") == "audio" else Recipe
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

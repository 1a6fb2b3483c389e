"""Options that several subcommands share."""

import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from live import config
from live.knobs import TRANSPORT, Value

F = TypeVar("F", bound=Callable[..., Any])
_FROM_FILE = "live.cli.options.knobs"


class PathType(click.Path):
    """A path as a `Path`; a file is told from a folder, and has to be there if so asked."""

    def __init__(self, **kinds: bool) -> None:
        super().__init__(path_type=Path, **kinds)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """Return the path; a settings file may hold anything."""
        if not isinstance(value, str | Path):
            self.fail(f"{value!r} is no path.", param, ctx)
        return super().convert(value, param, ctx)


class Number(click.FloatRange):
    """A number in a range; nan is in none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value!r} is no number.", param, ctx)
        return number


def _load(context: click.Context, _parameter: click.Parameter, path: Path | None) -> None:
    if path is None:
        return
    settings = config.read(path)
    turned = settings.pop("knobs", {})
    if not isinstance(turned, dict):
        raise config.ConfigError(
            f"[knobs] in {path} is a table, such as temperature = 0.8 below it."
        )
    known = {option.name: option for option in context.command.params if option.name != "file"}
    names = {word.lstrip("-"): name for name, option in known.items() for word in option.opts}
    for word in settings:
        if word not in names:
            raise config.ConfigError(
                f"{path} has a setting {word!r}, which is none: {', '.join(sorted(names))} are, and [knobs]."
            )
    found = {names[word]: value for word, value in settings.items()}
    for name, value in found.items():
        # One of an option that may be given several times needs no list.
        if getattr(known[name], "multiple", False) and not isinstance(value, list):
            found[name] = [value]
    # Beside the defaults, for --set adds to them and does not replace them.
    context.meta[_FROM_FILE] = [
        # TOML's true and false are a switch's 1 and 0.
        f"{name}={int(value) if isinstance(value, bool) else value}"
        for name, value in turned.items()
    ]
    context.default_map = {**(context.default_map or {}), **found}


def file(command: F) -> F:
    """Add --config, whose file gives other options their values."""
    return click.option(
        "--config",
        "file",
        type=PathType(exists=True, dir_okay=False),
        is_eager=True,
        expose_value=False,
        callback=_load,
        help="A TOML file: options by their long names, knobs in a table [knobs].",
    )(command)


def knobs(command: F) -> F:
    """Add --tempo, --mode, --seed and --set."""
    for option in (
        click.option(
            "--set",
            "settings",
            metavar="KNOB=VALUE",
            multiple=True,
            help="Turn any knob; `extempo knobs` lists them. May be given several times.",
        ),
        click.option("--seed", metavar="NUMBER", help="The same seed gives the same notes."),
        click.option("--mode", metavar="NAME", help="solo, continue or respond."),
        click.option(
            "--tempo", metavar="BPM", help="Beats a minute  [default: the phrase's, or 100]."
        ),
    ):
        command = option(command)
    return command


def settled(
    settings: tuple[str, ...], **named: str | None
) -> tuple[Mapping[str, Value], Mapping[str, Value]]:
    """Return the knobs of voice 1 and of the transport that the options turn.

    An option of its own counts more than --set, and that more than the file. Raises KnobError, one sentence.
    """
    words = [f"{name}={value}" for name, value in named.items() if value is not None]
    from_file = click.get_current_context().meta.get(_FROM_FILE, [])
    return config.knobs([*from_file, *settings, *words])


def in_tempo(transport: Mapping[str, Value], played: Path | None) -> Mapping[str, Value]:
    """Return the transport's knobs with the tempo of the file that is played in, where none is asked for."""
    from live.ports import phrase

    if played is None or "tempo" in transport:
        return transport
    knob = TRANSPORT["tempo"]
    return {**transport, "tempo": min(max(phrase.tempo(played), knob.low), knob.high)}

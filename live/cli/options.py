"""Options that several subcommands share; `live.cli.asked` makes of them what plays."""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from live.declared.knob import KnobError
from live.declared.knobs import CLOCK_KNOBS, NOTE_KNOBS
from live.ipc import config
from models.contract.nearest import meant
from models.numbers import Number

F = TypeVar("F", bound=Callable[..., Any])
Settings = dict[str, object]
"""What a settings file says, by the options' long names."""
_FROM_FILE = "live.cli.options.file"
_TURNED = "live.cli.options.knobs"
_NAMED = "live.cli.options.named"


class PathType(click.Path):
    """A path as a `Path`; a file is told from a folder, and has to be there if so asked."""

    def __init__(self, **kinds: bool) -> None:
        super().__init__(path_type=Path, **kinds)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """Return the path; a settings file may hold anything."""
        if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
            self.fail(f"{value!r} is no path.", param, ctx)
        return super().convert(value, param, ctx)


def words(command: click.Command) -> dict[str, str]:
    """Return the words that a settings file may set of a command, and whose of its parameters they are."""
    return {
        word.lstrip("-"): str(option.name)
        for option in command.params
        if option.name != "file"
        for word in option.opts
    }


def _load(context: click.Context, path: Path, ours: Callable[[Settings], Settings]) -> None:
    context.meta[_NAMED] = path
    with config.border(path):
        _load_settings(context, path, ours(config.read(path)))


def _load_settings(context: click.Context, path: Path, settings: Settings) -> None:
    turned = settings.pop("knobs", {})
    if not isinstance(turned, dict):
        raise config.ConfigError(
            f"[knobs] in {path} is a table, such as temperature = 0.8 below it."
        )
    known = {option.name: option for option in context.command.params}
    names = words(context.command)
    for word in settings:
        if word not in names:
            raise config.ConfigError(
                f"{path} has a setting {word!r}, which is none: {', '.join(sorted(names))} are, and [knobs]."
                f"{meant(word, (*names, *NOTE_KNOBS, *CLOCK_KNOBS))}"
            )
    found = {names[word]: value for word, value in settings.items()}
    for name, value in found.items():
        word = next(word for word in settings if names[word] == name)
        convert = partial(
            _word, word=word, path=path, named=isinstance(known[name].type, click.Path)
        )
        # One of an option that may be given several times needs no list.
        if getattr(known[name], "multiple", False):
            found[name] = [convert(one) for one in (value if isinstance(value, list) else [value])]
        else:
            found[name] = convert(value)
    # Beside the defaults, for --set adds to them and does not replace them.
    context.meta[_FROM_FILE] = list(_settings(turned))
    context.default_map = {**(context.default_map or {}), **found}


def _word(value: object, word: str, path: Path, named: bool) -> str | bool:
    """Return a value as it would be written on the command line. named: the option takes a path, and no number."""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float) and not named:
        return str(value)
    raise config.ConfigError(
        f"{path} gives {word!r} what no option takes ({value!r}): a word or a number."
    )


def _settings(turned: Mapping[str, Any], whose: str = "") -> Iterator[str]:
    """Yield a table of knobs as --set takes them; a table in it, [knobs.2], is a voice's."""
    for name, value in turned.items():
        if isinstance(value, dict) and not whose:
            yield from _settings(value, f"{name}.")
        elif isinstance(value, dict | list):
            raise KnobError(f"{whose}{name} in [knobs] takes one value, not {value!r}.")
        else:
            # TOML's true and false are a switch's 1 and 0.
            yield f"{whose}{name}={int(value) if isinstance(value, bool) else value}"


def file(ours: Callable[[Settings], Settings] = dict) -> Callable[[F], F]:
    """Add --config, whose file gives other options their values.

    ours: returns those of the file's settings that are for this command.
    """

    def load(context: click.Context, _parameter: click.Parameter, path: Path | None) -> None:
        if path is not None:
            _load(context, path, ours)

    return click.option(
        "--config",
        "file",
        type=PathType(exists=True, dir_okay=False),
        is_eager=True,
        expose_value=False,
        callback=load,
        help="A TOML file: options by their long names, knobs in a table [knobs].",
    )


def settings_file() -> Path | None:
    """Return the file that --config names in the command that runs."""
    named: Path | None = click.get_current_context().meta.get(_NAMED)
    return named


def knobs(command: F) -> F:
    """Add --tempo, --metre, --mode, --seed and --set; `turned` returns what they say."""
    for option in (
        click.option(
            "--set",
            "settings",
            metavar="KNOB=VALUE",
            multiple=True,
            expose_value=False,
            callback=_keep,
            help="Turn any knob; `extempo knobs` lists them. 2.KNOB=VALUE is voice 2's."
            " May be given several times.",
        ),
        _named("--seed", "NUMBER", "The same seed gives the same notes."),
        _named("--mode", "NAME", "solo, continue or respond."),
        _named("--metre", "N/N", "A bar, such as 3/4 or 6/8  [default: the phrase's, or 4/4]."),
        _named("--tempo", "BPM", "Quarters a minute  [default: the phrase's, or 100]."),
    ):
        command = option(command)
    return command


def _named(name: str, metavar: str, text: str) -> Callable[[F], F]:
    """Return an option that turns the knob of its name."""
    return click.option(name, metavar=metavar, expose_value=False, callback=_keep, help=text)


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    context.meta.setdefault(_TURNED, {})[parameter.name] = value


def turned() -> list[str]:
    """Return the knobs that the command which runs turns, as --set takes them, the last of a name counts."""
    meta = click.get_current_context().meta
    named = dict(meta.get(_TURNED, {}))
    settings = (*meta.get(_FROM_FILE, ()), *named.pop("settings", ()))
    return [*settings, *(f"{name}={value}" for name, value in named.items() if value is not None)]


def clock(command: F) -> F:
    """Add --clock; `live.cli.asked.music` checks it, for what knows the sources brings NumPy along."""
    return click.option(
        "--clock",
        metavar="SOURCE",
        default="auto",
        show_default=True,
        help="Who leads the clock: player (it comes to your beat), internal or tap (it does not), or auto: you,"
        " while a voice answers you. Taps and the tempo's knob count whichever that is.",
    )(command)


def voices(command: F) -> F:
    """Add --voice."""
    return click.option(
        "--voice",
        "others",
        multiple=True,
        metavar="ARTIFACT",
        help="One more voice on the same clock: voice 2, then 3. One of sound plays the notes of the"
        " others, and yours. May be given several times.",
    )(command)


def prime(command: F) -> F:
    """Add --prime; `live.cli.asked.primed` checks its file."""
    return click.option(
        "--prime",
        type=PathType(exists=True, dir_okay=False),
        metavar="SOUND",
        help="A sound file that voices of sound go on from at the start, as if they had just played its"
        " end.",
    )(command)


def plan(command: F) -> F:
    """Add --plan; `live.cli.asked.first` reads it."""
    return click.option(
        "--plan",
        "plans",
        multiple=True,
        metavar="LETTERS [BARS]",
        help='A form that is played over and over, such as "AABA 8": sections of 8 bars, and what was'
        " played in the first comes back. 2.LETTERS is voice 2's. May be given several times.",
    )(command)


def phrase_delay(default: float, text: str | None = None) -> Callable[[F], F]:
    """Add --phrase-delay."""
    return click.option(
        "--phrase-delay",
        type=Number(min=0),
        default=default,
        show_default=True,
        metavar="SECONDS",
        help=text,
    )

"""The subcommands, and how errors are told: one sentence, never a traceback."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import click

from live.cli import streams
from models.contract.errors import ExtempoError, line
from models.contract.nearest import meant

_LONGEST: Final = 400
"""Characters of a refusal: what it tells back may be a page."""


class _Command(NamedTuple):
    where: str
    """`module:attribute`."""
    help: str
    extra: str = ""
    """The optional dependencies that it needs."""


_COMMANDS: Final = {
    "play": _Command("live.cli.play:play", "Play now: the main thing."),
    "render": _Command("live.cli.render:render", "Write what it would play, as MIDI or as sound."),
    "replay": _Command("live.cli.render:replay", "Play a journal again: the same notes."),
    "models": _Command("live.cli.models:models", "List the models; install and remove them."),
    "check": _Command("live.cli.models:check", "Replay a model's golden pair here, and time it."),
    "bench": _Command("live.cli.bench:bench", "Measure what playing takes on this machine."),
    "knobs": _Command("live.cli.knobs:knobs", "List every knob and its OSC address."),
    "devices": _Command(
        "live.cli.devices:devices", "List where notes and sound can go and come from."
    ),
    "doctor": _Command(
        "live.cli.doctor:doctor", "Say what is wrong with this machine, and the cure."
    ),
    "corpus": _Command(
        "export.corpus.cli:command", "Say what a folder of music holds, and what not.", "train"
    ),
    "train": _Command("export.train_cli:command", "Train a model from a recipe.", "train"),
    "measure": _Command("export.measure_cli:command", "Measure what a model has learned.", "train"),
    "evaluate": _Command(
        "export.evaluate.cli:command",
        "Judge a model of notes beside people, in one report.",
        "train",
    ),
    "compare": _Command(
        "export.evaluate.compare_cli:command", "Put judged models in one table.", "train"
    ),
    "look": _Command(
        "models.train.look_cli:look_command", "Look at music beside music by people.", "train"
    ),
    "listen": _Command(
        "export.listen_cli:command", "Listen to a network of sound beside real sound.", "train"
    ),
    "export": _Command("export.cli:command", "Make a checkpoint playable.", "train"),
    "index": _Command(
        "export.index_cli:command",
        "Index what a model has learned from: the knob novelty.",
        "train",
    ),
}


class _Told(click.ClickException):
    """One of our own errors, as click shows it."""

    def __init__(self, error: ExtempoError) -> None:
        super().__init__(str(error))
        setattr(self, "exit_code", error.status)  # noqa: B010  click's types know it of classes only


class _Group(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = _COMMANDS[cmd_name]
        module, _, attribute = command.where.partition(":")
        try:
            found: click.Command = getattr(importlib.import_module(module), attribute)
        except ModuleNotFoundError as error:
            raise click.ClickException(_missing(cmd_name, command.extra, error)) from error
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"There is no command {args[0]!r}.{meant(args[0], _COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # click would import every subcommand for its first line of help.
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in _COMMANDS.items()])

    def main(self, *args: Any, **kwargs: Any) -> Any:
        with streams.written():
            return super().main(*args, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for word in args:
            try:
                word.encode()
            except UnicodeEncodeError:
                # Journals and messages between the processes could not name it.
                text = f"The name {word!r} is not UTF-8: rename it, and try again."
                raise click.UsageError(text) from None
        with _in_short():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _in_short():
                return super().invoke(ctx)
        except ExtempoError as error:
            raise _Told(error) from error


@contextmanager
def _in_short() -> Iterator[None]:
    """Shorten an error to one line."""
    try:
        yield
    except click.ClickException as error:
        # Each kind of it makes its own text out of this.
        vars(error)["message"] = line(error.message, _LONGEST)
        raise


def _missing(name: str, extra: str, error: ModuleNotFoundError) -> str:
    if not extra:
        return f"{error.name} is not installed, and `extempo {name}` needs it: `make play` installs it."
    return (
        f"`extempo {name}` needs the extra `{extra}` ({error.name} is not installed): `make dev` sets"
        f" it up, then use .venv-dev/bin/extempo; or pip install -e '.[{extra}]' here."
    )


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="extempo")
def extempo() -> None:
    """A musician that listens and plays along.

    \b
    extempo play                     plays with the model that ships
    extempo play --mode respond      answers what you play
    extempo play --voice piano-wavenet
                                     a network makes the sound as well
    extempo play --help              says what else it can do
    """

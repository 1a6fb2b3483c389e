"""`extempo render` and `extempo replay`: music without time, from nothing or from a journal."""

import time
from dataclasses import replace
from functools import cache
from pathlib import Path

import click

from live import replay as replaying
from live import take
from live.cli import options
from live.cli.options import PathType
from live.engine.loading import open_artifact
from live.engine.offline import render as play_offline
from live.knobs import TRANSPORT
from live.ports import phrase
from live.wire import FromPorts, Pedal, Played

_SUSTAIN = 64


@click.command()
@click.argument("model", required=False)
@click.option("--bars", type=click.IntRange(1, 100_000), default=64, show_default=True)
@click.option(
    "-o", "--output", type=PathType(dir_okay=False), default=Path("out.mid"), show_default=True
)
@click.option(
    "--in",
    "source",
    type=PathType(exists=True, dir_okay=False),
    metavar="MIDI",
    help="A MIDI file that is played in as you would, from --phrase-delay on.",
)
@options.phrase_delay(0.0)
@options.knobs
@options.file
def render(
    model: str | None,
    bars: int,
    output: Path,
    source: Path | None,
    phrase_delay: float,
) -> None:
    """Write what MODEL would play as a MIDI file, faster than real time.

    \b
    extempo render --bars 64 -o out.mid
    extempo render --in phrase.mid --mode continue --seed 7
    """
    asked = options.music(model, played=source)
    metre = int(asked.transport.get("metre", TRANSPORT["metre"].default))
    asked = replace(asked, beats=bars * metre)
    begun = time.perf_counter()
    played = _played(source, phrase_delay) if source else []
    rendering = play_offline(asked, open_artifact, played)
    seconds = time.perf_counter() - begun
    journal = replaying.parse(rendering.lines)
    count = take.write(output, journal)
    length = rendering.timeline.time_of(bars * metre)
    click.echo(
        f"{output}: {count} notes in {bars} bars, {length:.0f} seconds of music"
        f" in {seconds:.1f} seconds."
    )


def _played(source: Path, delay: float) -> list[FromPorts]:
    """Return a MIDI file's notes as the ports would bring them."""
    found: list[FromPorts] = []
    for at, data in phrase.read(source):
        kind = data[0] & 0xF0
        if kind == 0xB0 and data[1] == _SUSTAIN:
            found.append(Pedal(down=data[2] >= 64, at=at + delay))
        elif kind in (0x80, 0x90):
            velocity = data[2] if kind == 0x90 else 0
            found.append(Played(pitch=data[1], velocity=velocity, at=at + delay))
    return found


@click.command()
@click.argument("journal", type=PathType(exists=True, dir_okay=False))
@click.option(
    "-o", "--output", type=PathType(dir_okay=False), help="Write the take as a MIDI file."
)
def replay(journal: Path, output: Path | None) -> None:
    """Play JOURNAL again, and see that every note is the same.

    \b
    extempo replay takes/2026-03-01-201500.jsonl -o tuesday.mid
    """
    found = replaying.read(journal)
    if output is not None:
        # First, for it needs no artifact: what was played is in the journal.
        count = take.write(output, found)
        click.echo(f"{output}: {count} notes.")
    same = replaying.replay(found, cache(open_artifact))
    click.echo(f"All {same} notes come out the same.")

"""The kinds of voices that there are: one line each."""

from collections.abc import Mapping
from typing import Final

from live.declared.knobs import Kind, Value
from live.engine.notes.voice import NotesVoice
from live.engine.stage import Stage
from live.engine.voice import Opens, Resources, Voice


def _sound(
    number: int,
    path: str,
    knobs: Mapping[str, Value],
    stage: Stage,
    resources: Resources,
    now: float,
) -> Voice:
    # Brings a compiler along, which only those need who play sound.
    from live.engine.sound.voice import SoundVoice

    return SoundVoice.open(number, path, knobs, stage, resources, now)


KINDS: Final[Mapping[Kind, Opens]] = {"events": NotesVoice.open, "audio": _sound}

"""The kinds of voices, one line each."""

from collections.abc import Mapping
from typing import Final

from live.declared.knob import Kind
from live.engine.notes.voice import NotesVoice
from live.engine.sound.voice import SoundVoice
from live.engine.voice import Opens

KINDS: Final[Mapping[Kind, Opens]] = {"events": NotesVoice.open, "audio": SoundVoice.open}

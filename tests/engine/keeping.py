"""An engine that keeps what its voice knows, whose clock is turned by hand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from live.daemon.memory import Last
from live.engine.conductor import Conductor
from live.engine.keeper import Keeper
from live.engine.loading import Artifacts
from live.engine.notes.voice import NotesVoice
from live.engine.stage import Stage
from live.engine.voice import Resources
from live.ipc.commands import Command
from live.ipc.config import MemoryOptions, VoiceOptions
from live.ipc.news import Entry, Kept
from live.ipc.wire import CommittedNote, FromPorts
from live.record import replay
from live.runtime import opening
from live.time.clock import Timeline
from tests.system_tools import wait_for


class Run:
    """An engine with one voice. Another one may go on where `before` was killed.

    second: knobs of one more voice, if there is to be one.
    """

    def __init__(
        self,
        folder: Path,
        artifact: Path,
        before: "Run | None" = None,
        gap: float = 0.0,
        second: dict[str, float | str] | None = None,
        **knobs: float | str,
    ) -> None:
        self.folder = folder
        self.now = before.now + gap if before is not None else 0.0
        self.told: list[Any] = []
        self.lines: list[str] = []
        self.notes: list[CommittedNote] = []
        self.keeper: Keeper | None = None
        options: MemoryOptions | None = MemoryOptions(folder / "memory", folder / "takes", "run")
        self.last = Last(options)
        if before is not None:
            options = before.last.begin_again()
        self.stage = Stage(Timeline.start(self.now, 120.0), self._send, self._say)
        self.artifacts = Artifacts(opening.opened, beside=False)
        self.conductor = Conductor(self.stage, Resources(self.artifacts), {})
        voices = {1: VoiceOptions(artifact, "events", {"seed": 3} | knobs)}
        if second is not None:
            voices[2] = VoiceOptions(artifact, "events", {"seed": 4} | second)
        self.conductor.begin(voices, self.now)
        self.stage.announce(self.stage.timeline.last)
        assert options is not None
        self.keeper = Keeper(
            self.stage, self.conductor.voices, options, self._say, self.conductor.go_on
        )
        self.keeper.begin(self.now)

    @property
    def voice(self) -> NotesVoice:
        """The voice."""
        voice = self.conductor.voices[1]
        assert isinstance(voice, NotesVoice)
        return voice

    def _send(self, message: Any) -> None:
        if isinstance(message, CommittedNote):
            self.notes.append(message)

    def _say(self, message: Any) -> None:
        if isinstance(message, Entry):
            self.lines.append(message.line)
            self.last.entry(message.line)
            return
        if isinstance(message, Kept):
            self.last.keep(message)
        self.told.append(message)
        if self.keeper is not None:
            self.keeper.heed(message)

    def play(
        self, seconds: float, asked: Sequence[Command] = (), played: Sequence[FromPorts] = ()
    ) -> None:
        """Play for a while, after what is asked and played at once."""
        until = self.now + seconds
        while self.now < until:
            self.now += 0.01
            for _ in range(8):
                self.conductor.turn(self.now, asked, played)
                asked, played = (), ()
            assert self.keeper is not None
            self.keeper.turn(self.now)

    def ask(self, *commands: Command) -> None:
        """Have it act on commands."""
        self.play(0.1, commands)

    def load(self, artifact: Path) -> None:
        """Have it play another artifact."""
        self.voice.take_over(opening.opened(artifact), self.now)

    def wait_until_kept(self, lines: int) -> None:
        """Return once what it knew after so many lines of its journal is on the disk."""

        def kept() -> bool:
            self.play(0.01)
            return any(isinstance(one, Kept) and one.lines >= lines for one in self.told)

        wait_for(kept, 10, "a memento")

    def said(self, kind: type) -> list[str]:
        """What was told in sentences of a kind."""
        return [one.text for one in self.told if isinstance(one, kind)]

    def close(self) -> None:
        """End it well."""
        assert self.keeper is not None
        self.keeper.close(self.now)

    def replayed(self) -> int:
        """Replay its journal, as it lies among the takes."""
        path = self.folder / "takes" / "it.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(self.lines))
        opened: dict[str, Any] = {}
        return replay.replay(
            replay.read(path), lambda name: opened.setdefault(name, opening.opened(name))
        )

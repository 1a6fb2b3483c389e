"""All voices of sound of one engine, beside its voices of notes and on the same clock."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from live.declared.knobs import Value
from live.engine.loading import Library
from live.engine.settling import Settling
from live.engine.stage import Stage
from live.ipc import commands as ask
from live.ipc.soundring import SoundRing
from live.ipc.wire import (
    LetGo,
    Lifted,
    Moved,
    Pedal,
    Played,
    Ready,
    Segment,
    Sound,
    ToPorts,
    Trouble,
)

if TYPE_CHECKING:
    from live.engine.sound.performer import Outlet, SoundPerformer
    from live.engine.sound.voice import SoundVoice

    Play = Callable[[SoundVoice], Outlet]

ToVoice = (
    ask.SetKnob | ask.Play | ask.Sustain | ask.Save | ask.Recall | ask.Rewind | ask.Reset
    | ask.Force | ask.Load | ask.Prime
)  # fmt: skip
"""Commands to one voice."""
MARGIN = 0.003
"""Seconds that a note needs on its way from where it is committed to where it is played."""


class Sounds:
    """The conductor's half that plays sound. play: begins to play a voice. capture: where what comes in is found.

    Threads: the engine's only; nothing here waits.
    """

    def __init__(
        self, stage: Stage, library: Library, play: "Play | None", capture: SoundRing | None
    ) -> None:
        self.performers: dict[int, SoundPerformer] = {}
        self._stage = stage
        self._library = library
        self._play = play
        self._capture = capture
        self._settling = Settling(library, "audio")

    def begin(self, number: int, path: str, knobs: Mapping[str, Value], now: float) -> None:
        """Add a voice that plays an artifact. Raises ArtifactError where the file cannot be played."""
        from live.engine.sound.performer import SoundPerformer
        from live.engine.sound.voice import SoundVoice

        assert self._play is not None
        instrument = self._library.take_sound(path)
        settled = self._settling.begin(number, path, knobs)
        outlet = self._play(SoundVoice(number, instrument, settled))
        performer = SoundPerformer(
            number, self._stage, outlet, instrument.model, settled, self._capture,
            self._library.beside,
        )  # fmt: skip
        performer.begin(path, self._library.digest(path), now)
        self.performers[number] = performer
        self._tell_ready(number, path)
        for knob, value in settled.items():
            self._stage.news(Moved(voice=number, knob=knob, value=value))

    def heed(self, message: ToPorts, now: float) -> None:
        """Play what a voice of notes plays, where a voice of sound follows it."""
        if isinstance(message, Sound | Segment | LetGo):
            for performer in self.performers.values():
                performer.heed(message, now)

    def hear(self, played: Played | Pedal | Lifted, now: float) -> None:
        """Take what the player does."""
        for performer in self.performers.values():
            performer.hear(played, now)

    def rest(self, on: bool, now: float) -> None:
        """Fall silent with the clock, and go on with it."""
        for performer in self.performers.values():
            performer.rest(on, now)

    def panic(self, now: float) -> None:
        """Forget everything, whatever sounds."""
        for performer in self.performers.values():
            performer.panic(now)

    def act(self, performer: "SoundPerformer", command: ToVoice, now: float) -> None:
        """Act on a command to one voice."""
        match command:
            case ask.SetKnob():
                performer.turn(command.knob, command.value, now)
            case ask.Play():
                at = command.at or now
                played = Played(pitch=command.pitch, velocity=command.velocity, at=at)
                performer.hear(played, now)
            case ask.Sustain():
                performer.hear(Pedal(down=command.down, at=command.at or now), now)
            case ask.Load():
                self._library.ask(command)
            case ask.Prime():
                performer.prime(command.path, command.seconds, now)
            case ask.Force():
                text = f"Voice {command.voice} plays sound: only what draws notes can be forced."
                self._stage.news(Trouble(code="force", text=text))
            case _:
                performer.move_memory(command, now)

    def swap(self, number: int, path: str, now: float) -> None:
        """Let a loaded artifact take over, with the knobs that it asks for where the last one's still stand."""
        instrument, performer = self._library.take_sound(path), self.performers[number]
        performer.change(instrument, path, self._library.digest(path), now)
        self._tell_ready(number, path)
        for knob, value in self._settling.swap(number, path, performer.knobs).items():
            performer.turn(knob, value, now)

    @property
    def lead(self) -> float:
        """How many seconds before its time a note must be known to be played here in time."""
        followed = [one.depth for one in self.performers.values() if one.follows_voices]
        return max(followed) + MARGIN if followed else 0.0

    def troubles(self) -> Iterable[Trouble]:
        """Return what has gone wrong since, beside the music."""
        return [trouble for one in self.performers.values() for trouble in one.troubles()]

    def report(self) -> None:
        """Tell how each voice does."""
        for performer in self.performers.values():
            self._stage.news(performer.sounding())

    def _tell_ready(self, number: int, path: str) -> None:
        self._stage.news(Ready(voice=number, name=self._library.name(path), path=path))

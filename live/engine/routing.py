"""Who hears whom, as data taken from the voices' knobs: the same live and in a replay."""

from dataclasses import dataclass
from typing import Self

import msgspec

from live.declared.knobs import NoteKnobs, SoundKnobs
from live.ipc.wire import ALL, PLAYER, CommittedNote, LetGo, Lifted, Pedal, Played, Who
from models.contract.grid import Note


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody did, for those who hear them: a note, a pedal, or that all their notes end.

    note: a voice's note in ticks; the player's comes as it was played. returns: what the hearer plays
    comes back to them, through others perhaps: neither may then wait for the other for ever.
    """

    who: Who
    what: Played | Pedal | Lifted | CommittedNote | LetGo
    note: Note | None = None
    returns: bool = False


class Listening(msgspec.Struct, frozen=True, array_like=True):
    """Whom a voice hears: one of `live.declared.knobs.HEARS`, on one MIDI channel (0: on every one).

    plays: the channel of its own notes; chords: of what accompanies them; 0 where there are none.
    """

    whom: str = PLAYER
    channel: int = 0
    plays: int = 0
    chords: int = 0

    @classmethod
    def of(cls, knobs: NoteKnobs | SoundKnobs, plays: int = 0, chords: int = 0) -> Self:
        """Return what a voice's knobs say."""
        return cls(knobs.hears, knobs.hears_channel, plays, chords)

    @property
    def channels(self) -> set[int]:
        """Return the channels on which its notes may sound."""
        return {self.plays, self.chords} - {0}

    def hears(self, voice: int, who: Who) -> bool:
        """Return whether voice number `voice` hears somebody so, on one channel or another."""
        kind = PLAYER if who == PLAYER else "voices"
        return who != voice and self.whom in (ALL, kind, f"voice-{who}")


class Routing:
    """Who hears whom. Nobody hears itself. Threads: the engine's only."""

    def __init__(self) -> None:
        self._voices: dict[int, Listening] = {}
        self._known: dict[tuple[Who, int], tuple[int, ...]] = {}
        """What `hearers` has found since a voice last listened otherwise: it is asked for every note."""

    def set(self, voice: int, listening: Listening) -> list[Who]:
        """Have a voice listen so from now on; return who is not heard any more as they were."""
        before = self._voices.get(voice, Listening("none"))
        self._voices[voice] = listening
        self._known.clear()
        moved = before.channel != listening.channel and listening.channel != 0
        everybody: list[Who] = [PLAYER, *self._voices]
        return [
            who
            for who in everybody
            if before.hears(voice, who) and (moved or not listening.hears(voice, who))
        ]

    def stands(self, voice: int, listening: Listening) -> bool:
        """Return whether a voice listens so already."""
        return self._voices.get(voice) == listening

    def hearers(self, who: Who, channel: int) -> tuple[int, ...]:
        """Return the voices that hear somebody's notes on a MIDI channel."""
        found = self._known.get((who, channel))
        if found is None:
            found = self._known[who, channel] = tuple(
                voice
                for voice, listening in self._voices.items()
                if listening.channel in (0, channel) and listening.hears(voice, who)
            )
        return found

    def returns(self, who: Who, hearer: int) -> bool:
        """Return whether what a hearer plays comes back to whom it hears, through others perhaps."""
        reached, around = {hearer}, [hearer]
        while around:
            voice = around.pop()
            channels = self._voices[voice].channels
            found = {one for channel in channels for one in self.hearers(voice, channel)} - reached
            reached |= found
            around += found
        return who in reached

    def partners(self, voice: int) -> list[int]:
        """Return the voices whose notes a voice hears and to whom its own come back, through others perhaps."""
        return [
            who
            for who, theirs in self._voices.items()
            if voice in {one for plays in theirs.channels for one in self.hearers(who, plays)}
            and self.returns(who, voice)
        ]

    def nobody(self, voice: int) -> str:
        """Return why a voice hears nobody though it is to hear a voice; nothing where it does."""
        named = self._voices[voice].whom.rpartition("voice-")[2]
        if not named.isdecimal() or (int(named) != voice and int(named) in self._voices):
            return ""
        why = "no voice hears itself" if int(named) == voice else f"there is no voice {named}"
        return f"Voice {voice} hears nobody: {why}."

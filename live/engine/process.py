"""The engine's process: the loop in real time round the conductor."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import Final

from live.declared.knobs import ClockKnobs, turned
from live.engine.conductor import Conductor
from live.engine.flood import Portions
from live.engine.keeper import Keeper
from live.engine.loading import Artifacts
from live.engine.outbox import Outbox
from live.engine.sound.generator import SoundGenerator
from live.engine.sound.orders import Outlet
from live.engine.sound.sounder import Sounder
from live.engine.stage import AHEAD, Stage
from live.engine.voice import Resources
from live.ipc import pulse
from live.ipc.acts import Quit
from live.ipc.commands import Command
from live.ipc.config import EngineOptions
from live.ipc.news import FromEngine, Trouble
from live.ipc.ring import Ring, Wake
from live.ipc.soundring import SoundRing
from live.ipc.wire import FromPorts, ToPorts
from live.machine import realtime
from live.runtime.opening import opened_to_play
from live.time.clock import Timeline
from models.contract.errors import ExtempoError

WARM = 0.004
"""Seconds between two steps that are thrown away while somebody plays: cold caches cost a millisecond."""
PLAYING = 8.0
"""Seconds after the player's last note for which the caches are kept warm."""
PRIORITY = 50
"""Below the ports and the audio server, above everything else."""
PATIENCE: Final = 60.0
"""Seconds that the music waits for the speakers: what mixes sound is compiled the first time."""
_LOOK: Final = 0.01


def run(
    options: EngineOptions,
    commands: Ring[Command],
    played: Ring[FromPorts],
    to_ports: Ring[ToPorts],
    news: Ring[FromEngine],
    wake: Wake,
    sound: tuple[SoundRing, ...] = (),
    capture: SoundRing | None = None,
) -> None:
    """Play until told to quit, or until the options' beats are over. This process's main function.

    sound: a ring for each voice of sound, in the order of the voices. capture: what comes in.
    """

    tell = Outbox(news)
    keeper: Keeper | None = None

    def say(message: FromEngine) -> None:
        tell(message)
        if keeper is not None:
            keeper.heed(message)

    if capture is not None:
        # An engine that was killed may have left a microphone open.
        capture.header["sounding"] = 0
    now = monotonic()
    tempo = turned(ClockKnobs(), options.transport).tempo
    stage = Stage(Timeline.start(now, tempo), _sending(to_ports, tell), say)
    band = Band(sound)
    resources = Resources(Artifacts(opened_to_play), band.play, capture)
    conductor = Conductor(stage, resources, options.transport, options.source)
    try:
        conductor.begin(options.voices, now)
    except ExtempoError as error:
        tell(Trouble(code="load", text=str(error)))
        tell.close()
        return
    for refusal in realtime.enter(PRIORITY):
        tell(Trouble(code="realtime", text=refusal))
    band.wait(commands)
    _begin(stage, tempo)
    if options.memory is not None:
        keeper = Keeper(stage, conductor.voices, options.memory, tell, conductor.go_on)
        keeper.begin(monotonic())
    band.start()
    try:
        _loop(conductor, commands, played, wake, options.beats, tell, keeper)
    finally:
        pulse.end("the engine")
        band.close()
        if keeper is not None:
            keeper.close(monotonic())
        tell.close()


def _sending(to_ports: Ring[ToPorts], tell: Outbox) -> Callable[[ToPorts], None]:
    """Return what hands the ports a message, and tells control where they do not take it."""

    def send(message: ToPorts) -> None:
        if not to_ports.put(message):
            tell(Trouble(code="ports", text="The ports do not take notes: is the output hanging?"))

    return send


def _begin(stage: Stage, tempo: float) -> None:
    """Have the first beat fall as soon as notes can be played."""
    stage.timeline = Timeline.start(monotonic() + AHEAD, tempo)
    stage.announce(stage.timeline.last)
    stage.flush()


class Band:
    """The voices of sound of this process, each with a thread and a ring. Threads: main."""

    def __init__(self, rings: tuple[SoundRing, ...]) -> None:
        self._rings = rings
        self._free = iter(rings)
        self._sounders: list[Sounder] = []

    def play(self, voice: SoundGenerator) -> Outlet:
        """Give a voice the next ring, to be played on from `start` on."""
        self._sounders.append(Sounder(voice, next(self._free)))
        return self._sounders[-1]

    def wait(self, commands: Ring[Command]) -> None:
        """Wait until the sound is listened to, so that nobody misses the beginning, or until asked."""
        ends = monotonic() + PATIENCE
        while not all(ring.header["rate"][0] for ring in self._rings):
            if len(commands) or monotonic() > ends:
                return
            sleep(_LOOK)

    def start(self) -> None:
        """Begin to play."""
        for sounder in self._sounders:
            sounder.start()

    def close(self) -> None:
        """Fade out, and end the threads."""
        for sounder in self._sounders:
            sounder.close()


def _loop(
    conductor: Conductor,
    commands: Ring[Command],
    played: Ring[FromPorts],
    wake: Wake,
    beats: float,
    tell: Outbox,
    keeper: Keeper | None = None,
) -> None:
    heard = float("-inf")
    beat = pulse.begin("the engine")
    portions = Portions()
    while True:
        beat()
        now = monotonic()
        portions.add(commands.drain(), now)
        if text := portions.complaint(now):
            tell(Trouble(code="busy", text=text))
        asked = portions.next()
        notes = played.drain()
        if notes:
            heard = now
        due = conductor.turn(now, asked, notes)
        if keeper is not None:
            keeper.turn(now)
        if tell.catch_up():
            due = min(due, now + WARM)
        if any(isinstance(command.act, Quit) for command in asked):
            return
        if beats and conductor.stage.timeline.beat_of(now) >= beats:
            conductor.turn(now, (Command(Quit()),), ())
            return
        if portions:
            continue
        if due > now + WARM and now - heard < PLAYING:
            wake.wait(WARM)
            if not len(played) and not len(commands):
                conductor.warm()
        else:
            wake.wait(due - monotonic())

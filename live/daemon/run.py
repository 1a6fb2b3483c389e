"""One run of extempo: its name, its memory and its rings, and the daemon that plays in between."""

import warnings
from dataclasses import replace

from live.control.control import Find
from live.daemon import memory
from live.daemon.daemon import Daemon
from live.daemon.greeting import About
from live.daemon.links import Links
from live.daemon.processes import signals_held
from live.ipc import pulse
from live.ipc.config import ControlOptions, EngineOptions, PortOptions
from live.ports import names


def run(
    engine: EngineOptions, ports: PortOptions, control: ControlOptions, find: Find, about: About
) -> bool:
    """Play until a signal comes, the options' seconds are over or a process dies twice.

    Returns whether everything that was played has been kept.

    find: finds and checks an artifact that OSC asks for. Raises ExtempoError where the run cannot
    begin or go on. Threads: main.
    """
    sounds = sum(voice.sounds for voice in engine.voices.values())
    # Where somebody ends multiprocessing's helper, another one takes its place.
    warnings.filterwarnings("ignore", "resource_tracker", UserWarning)
    with signals_held():
        links = Links(sounds)
    pulse.adopt(links.pulse)
    try:
        with (
            names.held(ports.client, names.folder()) as client,
            memory.held(control, client) as kept,
        ):
            engine = replace(engine, memory=kept)
            daemon = Daemon(links, engine, replace(ports, client=client), control, find, about)
            try:
                daemon.play()
            finally:
                daemon.close()
        return daemon.whole
    finally:
        links.close()

from threading import Thread

from live.engine.process import Band, run
from live.ipc.acts import Panic
from live.ipc.commands import Command
from live.ipc.config import EngineOptions
from live.ipc.news import FromEngine, Trouble
from live.ipc.ring import Ring, Wake
from live.ipc.soundring import SoundRing
from live.ipc.wire import FromPorts, ToPorts


def test_the_music_waits_for_who_plays_its_sound_but_not_once_it_is_asked_for_something():
    commands: Ring[Command] = Ring(Command, slots=4)
    ring = SoundRing()
    try:
        Band(()).wait(commands)
        waiting = Thread(target=Band((ring,)).wait, args=(commands,), daemon=True)
        waiting.start()
        waiting.join(0.1)
        assert waiting.is_alive()
        ring.header["rate"] = 48000
        waiting.join(10)
        assert not waiting.is_alive()
        ring.header["rate"] = 0
        commands.put(Command(Panic()))
        Band((ring,)).wait(commands)
    finally:
        for one in (commands, ring):
            one.close()
            one.unlink()


def test_a_microphone_that_a_killed_engine_left_open_is_closed_by_the_next(tmp_path):
    commands: Ring[Command] = Ring(Command, slots=4)
    played: Ring[FromPorts] = Ring(FromPorts, slots=4)
    to_ports: Ring[ToPorts] = Ring(ToPorts, slots=4)
    news: Ring[FromEngine] = Ring(FromEngine, slots=4)
    capture, wake = SoundRing(), Wake()
    try:
        capture.header["sounding"] = 1
        options = EngineOptions(artifact=str(tmp_path / "none.onnx"), kind="audio")
        run(options, commands, played, to_ports, news, wake, (), capture)
        assert capture.header["sounding"] == 0
        (told,) = news.drain()
        assert isinstance(told, Trouble)
        assert told.code == "load"
    finally:
        for one in (commands, played, to_ports, news, capture):
            one.close()
            one.unlink()
        wake.close()

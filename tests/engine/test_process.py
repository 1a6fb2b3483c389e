from threading import Thread

from live.commands import Command, Panic
from live.engine.process import Band, Teller
from live.ring import Ring
from live.soundring import SoundRing
from live.wire import Entry, FromEngine, Trouble


def test_lines_that_are_lost_while_control_hangs_are_told_of():
    ring: Ring[FromEngine] = Ring(FromEngine, slots=4)
    try:
        tell = Teller(ring)
        for number in range(10):
            tell(Entry(line=str(number)))
        assert [entry.line for entry in ring.drain()] == ["0", "1", "2", "3"]
        tell(Entry(line="10"))
        line, told = ring.drain()
        assert line == Entry(line="10")
        assert isinstance(told, Trouble)
        assert "6 lines of the journal are lost" in told.text
        tell(Entry(line="11"))
        assert ring.drain() == [Entry(line="11")]
    finally:
        ring.close()
        ring.unlink()


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
        commands.put(Panic())
        Band((ring,)).wait(commands)
    finally:
        for one in (commands, ring):
            one.close()
            one.unlink()

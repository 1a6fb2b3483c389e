from live.engine.process import Teller
from live.ring import Ring
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

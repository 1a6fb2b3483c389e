import time

import pytest

from live.wire import Segment, Sent, Sound, Trouble
from tests.system_tools import ForeignClient, jack_server, wait_for, why_no_jack

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(why_no_jack() is not None, reason=str(why_no_jack())),
]


def test_when_jack_dies_it_says_so_and_comes_back_with_the_notes_let_go(start):
    name = f"extempo-lost-{time.monotonic_ns() % 1000000}"
    with jack_server(name):
        foreign = ForeignClient()
        ports = start(out="jack", listen="jack", connect=("foreign",))
        ports.opened()
        now = time.monotonic()
        ports.put(
            Segment(beat=0.0, at=now, tempo=60.0),
            Sound(voice=1, pitch=60, velocity=80, channel=1, at=now, end=1.5, number=1),
        )
        foreign.wait_for(1)
        foreign.close()
    wait_for(lambda: "stopped" in "".join(one.text for one in ports.said(Trouble)))
    # What plays on without JACK is still told, and its end is owed.
    wait_for(lambda: time.monotonic() > now + 1.7)
    ports.put(
        Sound(voice=1, pitch=72, velocity=80, channel=1, at=now + 1.8, end=1.9, number=2),
    )
    assert [one.pitch for one in ports.said(Sent, 2)] == [60, 72]
    with jack_server(name):
        foreign = ForeignClient()
        wait_for(lambda: "runs again" in ports.said(Trouble)[-1].text, 10)
        wait_for(lambda: ("off", 60) in foreign.notes())
        ports.put(
            Sound(
                voice=1,
                pitch=64,
                velocity=80,
                channel=1,
                at=time.monotonic() + 0.1,
                end=1e4,
                number=3,
            ),
        )
        wait_for(lambda: ("on", 64) in foreign.notes())
        ports.close()
        foreign.close()

import subprocess
import sys

import pytest

from live.ipc.config import PortOptions
from live.ports import native, opening
from live.ports.native import PortError

HIDDEN = """
import sys
for name in ("jack", "rtmidi", "miniaudio", "tinysoundfont", "mido"):
    sys.modules[name] = None
import live, live.ipc.ring, live.time.table, live.machine.realtime
from live.ipc.config import PortOptions
from live.ports import opening
synth = opening.synth(PortOptions(), alone=True)
ports = opening.open_ports(PortOptions(), lambda at, data: None, synth)
print(ports.opened().heard)
"""


@pytest.mark.parametrize(
    ("load", "name"),
    [
        (native.jack, "jack"),
        (native.rtmidi, "rtmidi"),
        (native.miniaudio, "miniaudio"),
        (native.tinysoundfont, "tinysoundfont"),
    ],
)
def test_a_missing_library_is_one_sentence(monkeypatch, load, name):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(PortError, match=r"missing|lacks") as caught:
        load()
    assert str(caught.value).count("\n") == 0


def test_without_any_library_it_still_opens():
    done = subprocess.run(
        [sys.executable, "-c", HIDDEN], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("nowhere, notes are only shown")


def test_opening_imports_no_native_library():
    code = "import sys; import live.ports.process; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"jack", "_rtmidi", "rtmidi", "miniaudio", "tinysoundfont"}
    assert opening.__name__ in loaded


def test_auto_plays_without_the_synth_that_has_no_mix_and_who_asked_for_it_is_told():
    place = opening.synth(PortOptions(out="auto"), alone=False)
    assert place.voice is not None
    place.lose(PortError("It could not be compiled."))
    assert (place.voice, place.where) == (None, "It could not be compiled.")
    with pytest.raises(PortError, match="compiled"):
        opening.synth(PortOptions(out="jack,synth"), alone=False).lose(PortError("not compiled"))
    assert opening.synth(PortOptions(out="auto", synth=False), alone=False).voice is None
    assert opening.synth(PortOptions(out="jack"), alone=False).voice is None

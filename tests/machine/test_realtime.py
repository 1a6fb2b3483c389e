import json
import subprocess
import sys

import pytest

from live.machine import realtime

ENTER = """
import gc, json, os, sys
from live.machine import realtime
if len(sys.argv) > 1:
    import resource
    resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536))
    os.setuid(65534)
refused = realtime.enter(20)
policy = os.sched_getscheduler(0) if hasattr(os, "sched_getscheduler") else None
print(json.dumps([refused, gc.isenabled(), gc.get_freeze_count() > 0, policy,
                  sys.getswitchinterval(), realtime.priority_refused(), realtime.memory_refused()]))
"""


def entered(*arguments):
    command = [sys.executable, "-c", ENTER, *arguments]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def test_a_process_that_entered_has_no_collector_and_short_turns():
    _, collects, frozen, _, switch, _, _ = entered()
    assert not collects
    assert frozen
    assert switch < 0.001


@pytest.mark.skipif(sys.platform != "linux", reason="scheduling classes are Linux's")
def test_what_is_granted_is_taken_and_what_is_refused_is_said_with_its_cure():
    import os

    refused, *_, policy, _, priority, _ = entered()
    assert (policy == os.SCHED_FIFO) == (priority is None)
    assert all(realtime.LIMITS in text for text in refused)


@pytest.mark.skipif(sys.platform != "linux", reason="limits are Linux's")
def test_without_any_right_it_goes_on_and_says_what_to_do():
    import os

    if os.geteuid():
        pytest.skip("only root can give up its rights for a test")
    refused, *_, policy, _, priority, memory = entered("as nobody")
    assert policy == os.SCHED_OTHER
    assert refused == [priority, memory]
    assert "rtprio" in priority
    assert "memlock" in memory


BACK = """
import json, os, sys, threading
from live.machine import realtime
if len(sys.argv) > 1:
    import resource
    resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
    os.setuid(65534)
realtime.enter(20)

def work():
    realtime.stand_back()
    found.append([os.sched_getscheduler(0), os.sched_getparam(0).sched_priority])

found = [[os.sched_getscheduler(0), os.sched_getparam(0).sched_priority]]
thread = threading.Thread(target=work)
thread.start()
thread.join()
print(json.dumps(found))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="scheduling classes are Linux's")
@pytest.mark.parametrize("rights", [(), ("as nobody",)])
def test_work_beside_the_music_goes_behind_it_and_before_other_programs(rights):
    import os

    if rights and os.geteuid():
        pytest.skip("only root can give up its rights for a test")
    command = [sys.executable, "-c", BACK, *rights]
    plays, works = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    if plays == [os.SCHED_FIFO, 20]:
        assert works == [os.SCHED_FIFO, 1]
    else:
        assert works == plays == [os.SCHED_OTHER, 0]


LARGE = """
import ctypes, json, mmap, re
from live.machine import realtime

def large(at):
    for area in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", open("/proc/self/smaps").read())[1:]:
        first, end = (int(side, 16) for side in area.split()[0].split("-"))
        if first <= at < end:
            return int(re.search(r"AnonHugePages: +(\\d+)", area)[1])

SIZE = 16 << 20
weights = mmap.mmap(-1, SIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
weights[:] = kept = bytes(range(256)) * (SIZE >> 8)
at = ctypes.addressof(ctypes.c_char.from_buffer(weights))
second = (at >> 21) + 2 << 21
madvise = ctypes.CDLL(None).madvise
madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
granted = not madvise(second, 2 << 20, 25)
realtime.enter(20)
print(json.dumps([granted, large(second), weights[:] == kept]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="large pages on demand are Linux's")
def test_what_was_allocated_before_lies_in_large_pages_where_the_system_grants_them():
    command = [sys.executable, "-c", LARGE]
    printed = subprocess.run(command, capture_output=True, check=True).stdout
    granted, large, same = json.loads(printed)
    assert same
    if not granted:
        pytest.skip("this system has no large pages to give")
    assert large >= 8 << 10

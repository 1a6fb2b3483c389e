import pytest

from live.ipc.config import PortOptions
from tests.ports.running import RunningPorts


@pytest.fixture
def start(tmp_path):
    """Start ports processes, all with one state folder."""
    running = []

    def start(voices=0, again=False, **options):
        running.append(RunningPorts(PortOptions(**options), tmp_path, voices, again=again))
        return running[-1]

    yield start
    for ports in running:
        ports.close()

import logging
from collections.abc import Iterator

import pytest

from live.ipc.soundring import SoundRing
from tests import system_tools


@pytest.fixture(scope="session")
def jack_server() -> Iterator[str]:
    """A JACK server of this test run's own; its name."""
    reason = system_tools.why_no_jack()
    if reason:
        pytest.skip(reason)
    with system_tools.jack_server() as name:
        yield name


@pytest.fixture
def foreign(jack_server: str) -> Iterator[system_tools.ForeignClient]:
    """Another program on that server."""
    client = system_tools.ForeignClient()
    yield client
    client.close()


@pytest.fixture
def ring() -> Iterator[SoundRing]:
    """The ring of a voice of sound."""
    ring = SoundRing()
    yield ring
    ring.close()
    ring.unlink()


@pytest.fixture(autouse=True)
def _levels_as_they_were() -> Iterator[None]:
    """A command that shows what it reads of corpora leaves no trace in the tests after it."""
    yield
    logging.getLogger("models.corpus.taken").setLevel(logging.NOTSET)

"""A server on a free port with a peer, for all tests of what comes over OSC."""

from collections.abc import Iterator

import pytest

from tests.control.desk import Pair, daemon


@pytest.fixture
def pair() -> Iterator[Pair]:
    with daemon() as both:
        yield both

"""How many errors a peer is told, so that a flood is not answered by a flood."""

from typing import Final

from live.control.subscribers import Peer

RATE: Final = 20.0
"""Errors a second."""
BURST: Final = 20.0
"""Errors at once."""
PEERS: Final = 256
"""Peers that are remembered."""


class Throttle:
    """A bucket of tokens for each peer. Threads: the receiving one."""

    def __init__(self) -> None:
        self._buckets: dict[Peer, tuple[float, float, int]] = {}
        self.left_out = 0
        """Errors that nobody was told."""

    def passes(self, peer: Peer, now: float) -> int | None:
        """Return how many errors this peer was not told before this one; None: nor this one."""
        tokens, before, kept = self._buckets.pop(peer, (BURST, now, 0))
        tokens = min(BURST, tokens + (now - before) * RATE)
        if len(self._buckets) >= PEERS:
            del self._buckets[next(iter(self._buckets))]
        if tokens < 1:
            self._buckets[peer] = tokens, now, kept + 1
            self.left_out += 1
            return None
        self._buckets[peer] = tokens - 1, now, 0
        return kept

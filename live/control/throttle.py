"""What one peer may cost: errors that it is told, bytes of answers, messages that wait for their time."""

from typing import Final

from live.control.subscribers import Peer

PEERS: Final = 256
"""Peers that are remembered."""


class Buckets:
    """A bucket of tokens for each peer, filled at `rate` a second up to `burst`. Threads: one at a time."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._levels: dict[Peer, tuple[float, float]] = {}

    def left(self, peer: Peer, now: float) -> float:
        """Return how many tokens a peer has."""
        tokens, before = self._levels.get(peer, (self._burst, now))
        return min(self._burst, tokens + (now - before) * self._rate)

    def take(self, peer: Peer, now: float, tokens: float) -> None:
        """Take tokens from a peer, also more than it has."""
        left = self.left(peer, now) - tokens
        self._levels.pop(peer, None)
        if len(self._levels) >= PEERS:
            del self._levels[next(iter(self._levels))]
        self._levels[peer] = left, now


class Throttle:
    """How many errors a peer is told, so that a flood is not answered by a flood. Threads: one at a time."""

    RATE: Final = 20.0
    """Errors a second, and at once."""

    def __init__(self) -> None:
        self._buckets = Buckets(self.RATE, self.RATE)
        self._kept: dict[Peer, int] = {}

    def passes(self, peer: Peer, now: float) -> int | None:
        """Return how many errors this peer was not told before this one; None: nor this one."""
        if self._buckets.left(peer, now) < 1:
            if len(self._kept) >= PEERS:
                self._kept.clear()
            self._kept[peer] = self._kept.get(peer, 0) + 1
            return None
        self._buckets.take(peer, now, 1)
        return self._kept.pop(peer, 0)


class Answers:
    """How much a peer is answered: who asks for more waits, and others are served meanwhile.

    Threads: one at a time.
    """

    BYTES: Final = 128 << 10
    """Bytes a second, and at once."""
    LEAST: Final = 512
    """Bytes that a question counts as at least: it takes its time also where nothing is answered."""

    def __init__(self) -> None:
        self._buckets = Buckets(self.BYTES, self.BYTES)

    def open(self, peer: Peer, now: float) -> bool:
        """Return whether a peer is answered now."""
        return self._buckets.left(peer, now) > 0

    def count(self, peer: Peer, now: float, size: int) -> None:
        """Count the bytes of an answer."""
        self._buckets.take(peer, now, max(size, self.LEAST))


class Ahead:
    """How many messages of each peer wait for their time. Threads: one at a time."""

    MOST: Final = 64

    def __init__(self) -> None:
        self._times: dict[Peer, list[float]] = {}

    def admit(self, peer: Peer, at: float, now: float) -> bool:
        """Count a message that is to act at `at`; False where too many of this peer wait already."""
        self._times = {
            one: left
            for one, times in self._times.items()
            if (left := [time for time in times if time > now])
        }
        waiting = self._times.setdefault(peer, [])
        if len(waiting) >= self.MOST:
            return False
        waiting.append(at)
        return True

    def clear(self) -> None:
        """Nothing waits any more."""
        self._times.clear()

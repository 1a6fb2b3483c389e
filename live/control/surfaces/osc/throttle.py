"""What a peer and its host may cost: errors that they are told, bytes of answers, commands that wait."""

import math
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

from live.control.surfaces.osc.subscribers import Peer

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

PEERS: Final = 256
"""Peers, and hosts, that are remembered."""
OF_ONE_HOST: Final = 2
"""How many peers' share all peers of one host have together: a host can be as many peers as it likes."""


class _Remembered(Generic[K, V]):
    """A value for each of the peers seen last."""

    def __init__(self) -> None:
        self._values: dict[K, V] = {}

    def get(self, key: K, default: V) -> V:
        return self._values.get(key, default)

    def put(self, key: K, value: V) -> None:
        self._values.pop(key, None)
        if len(self._values) >= PEERS:
            del self._values[next(iter(self._values))]
        self._values[key] = value

    def clear(self) -> None:
        self._values.clear()


class _Buckets(Generic[K]):
    """A bucket of tokens for each key, filled at `rate` a second up to `burst`."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._levels: _Remembered[K, tuple[float, float]] = _Remembered()

    def left(self, key: K, now: float) -> float:
        tokens, before = self._levels.get(key, (self._burst, now))
        return min(self._burst, tokens + (now - before) * self._rate)

    def take(self, key: K, now: float, tokens: float) -> None:
        self._levels.put(key, (self.left(key, now) - tokens, now))


class Buckets:
    """A bucket of tokens for each peer, filled at `rate` a second up to `burst`, and one for each host.

    Threads: one at a time.
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._peers: _Buckets[Peer] = _Buckets(rate, burst)
        self._hosts: _Buckets[str] = _Buckets(OF_ONE_HOST * rate, OF_ONE_HOST * burst)

    def left(self, peer: Peer, now: float) -> float:
        """Return how many tokens a peer has."""
        return min(self._peers.left(peer, now), self._hosts.left(peer[0], now))

    def take(self, peer: Peer, now: float, tokens: float) -> None:
        """Take tokens from a peer, also more than it has."""
        self._peers.take(peer, now, tokens)
        self._hosts.take(peer[0], now, tokens)


class Throttle:
    """How many errors a peer is told, so that a flood is not answered by a flood. Threads: one at a time."""

    RATE: Final = 20.0
    """Errors a second, and in one burst."""

    def __init__(self) -> None:
        self._buckets = Buckets(self.RATE, self.RATE)
        self._kept: dict[Peer, int] = {}

    def passes(self, peer: Peer, now: float) -> int | None:
        """Return how many errors were withheld from this peer before this one; None withholds this one too."""
        if self._buckets.left(peer, now) < 1:
            if len(self._kept) >= PEERS:
                self._kept.clear()
            self._kept[peer] = self._kept.get(peer, 0) + 1
            return None
        self._buckets.take(peer, now, 1)
        return self._kept.pop(peer, 0)


class Answers:
    """How much a peer is answered: one that asks for more has to wait while others are served.

    Threads: one at a time.
    """

    BYTES: Final = 128 << 10
    """Bytes a second, and in one burst."""
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


class Work:
    """How much a peer has voices do: each may cost a step of a network, and knobs cost none.

    Threads: one at a time.
    """

    RATE: Final = 400
    """Notes, slots and the like a second."""
    BURST: Final = 400
    """The same, in one burst."""

    def __init__(self) -> None:
        self._buckets = Buckets(self.RATE, self.BURST)

    def open(self, peer: Peer, now: float) -> bool:
        """Return whether this peer may ask for more now."""
        return self._buckets.left(peer, now) > 0

    def count(self, peer: Peer, now: float, things: int) -> None:
        """Count what was done."""
        self._buckets.take(peer, now, things)


class Ahead:
    """How many commands of each peer, and of each host, wait for their time. Threads: one at a time.

    Times are monotonic seconds. Panics are counted by themselves: no other command keeps one out.
    """

    MOST: Final = 64
    """Commands of one peer."""
    PANICS: Final = 16
    """Panics of one host."""

    def __init__(self) -> None:
        self._waiting: _Remembered[str, list[tuple[float, int]]] = _Remembered()
        """When commands of a host act, with the port that each came from."""
        self._panics: _Remembered[str, list[float]] = _Remembered()
        self._next_panic = math.inf

    def room(self, peer: Peer, now: float) -> int:
        """Return how many more commands of a peer may wait."""
        self._look(now)
        host, port = peer
        waiting = [one for one in self._waiting.get(host, []) if one[0] > now]
        self._waiting.put(host, waiting)
        own = sum(one[1] == port for one in waiting)
        return min(self.MOST - own, OF_ONE_HOST * self.MOST - len(waiting))

    def room_for_panic(self, peer: Peer, now: float) -> bool:
        """Return whether one more panic of a host may wait."""
        self._look(now)
        return len(self._panics.get(peer[0], [])) < self.PANICS

    def count(self, peer: Peer, at: float, commands: int) -> None:
        """Count commands of a peer that wait until `at`."""
        host, port = peer
        self._waiting.put(host, self._waiting.get(host, []) + [(at, port)] * commands)

    def count_panic(self, peer: Peer, at: float) -> None:
        """Count a panic of a peer's host that waits until `at`."""
        self._panics.put(peer[0], [*self._panics.get(peer[0], []), at])

    def clear_at(self, at: float) -> None:
        """A panic that waits until `at` clears everything then."""
        self._next_panic = min(self._next_panic, at)

    def clear(self) -> None:
        """Forget everything that was waiting."""
        self._waiting.clear()
        self._panics.clear()
        self._next_panic = math.inf

    def _look(self, now: float) -> None:
        # The first panic clears everything, other panics too.
        if self._next_panic <= now:
            self.clear()
